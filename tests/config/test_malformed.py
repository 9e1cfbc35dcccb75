"""A missing or malformed variable: one sentence that names it, never its value, wherever it is read."""

import pytest

from config.environment import SettingsError
from tests.config.conftest import Command, ReadSettings
from tests.config.installation import SOUND, Installation, free_port

CANARY = "c4n4ry"
A_KEY = SOUND["FERNET_KEYS"]
URLS = [
    "INSTAGRAM_AUTHORIZE_URL",
    "INSTAGRAM_API_URL",
    "INSTAGRAM_GRAPH_URL",
    "FACEBOOK_DIALOG_URL",
    "FACEBOOK_GRAPH_URL",
]
# Where nothing of the value is told, the canary stands in it.
MALFORMED: dict[str, list[str]] = {
    "FERNET_KEYS": [
        CANARY,
        f"{A_KEY},{CANARY}",
        f"{A_KEY}{CANARY}",
        f"{A_KEY}{A_KEY}",
        ",",
        f"{A_KEY},{A_KEY}",
        "ключ" + CANARY,
    ],
    "DATABASE_URL": [
        CANARY,
        f"mysql://root:{CANARY}@db.example/x",
        f"postgres://user:{CANARY}@db.example:port/x",
        f"postgres://user:{CANARY}@db.example:99999/x",
        f"postgres://user:{CANARY}@db.example",
        f"postgres://user:{CANARY}@[::1/x",
        "sqlite://:memory:",
        "sqlite:///:memory:",
        "sqlite://",
        "sqlite:///",
        f"sqlite://{CANARY}.sqlite3",
        f"sqlite://user:{CANARY}@host/x.sqlite3",
    ],
    "BROKER_URL": [
        CANARY,
        f"amqp://user:{CANARY}@mq.example",
        f"redis://:{CANARY}@[::1",
        f"redis://:{CANARY}@redis.example:port",
        f"redis://:{CANARY}@redis.example/zero",
        "redis://",
    ],
    "CACHE_URL": [CANARY, f"redis://:{CANARY}@[::1", f"memcached://{CANARY}", f"redis://:{CANARY}@redis.example:0"],
    "EMAIL_URL": [
        f"console://{CANARY}",
        f"smtp://user:{CANARY}@mail.example:port",
        f"smtp://user:{CANARY}@[::1",
        "smtp://",
        f"smtp://user:{CANARY}@",
        "filemail://",
        f"anymail://{CANARY}.no-service?API_KEY={CANARY}",
        f"anymail:///?API_KEY={CANARY}",
        f"anymail://[::1?API_KEY={CANARY}",
        f"backend://{CANARY}",
        CANARY,
    ],
    "DEFAULT_FROM_EMAIL": [CANARY, f"Perennial <{CANARY}>", f"a@b.example\nBcc: {CANARY}@c.example"],
    "STAFF_ALERT_EMAILS": [CANARY, f"a@staff.example,{CANARY}", f"a@staff.example;{CANARY}@staff.example"],
    "EMAIL_VERIFICATION": [CANARY, "True"],
    "SITE_URL": [
        CANARY,
        f"ftp://{CANARY}.example",
        f"https://{CANARY}.example/path",
        f"https://user:{CANARY}@perennial.example",
        f"https://{CANARY}.example?x=1",
        f"https://{CANARY}.example:port",
        f"https://{CANARY}.example:0",
        f"https://{CANARY} .example",
        f"https://{CANARY}.example;script-src",
        "https://",
        f"https://[::1{CANARY}",
    ],
    "DEBUG": [CANARY, "2", "Truе"],
    "ALLOW_INSECURE_META": [CANARY],
    "STAFF_TWO_FACTOR": [CANARY, "2"],
    "ALLOWED_HOSTS": [f"https://{CANARY}.example", f"{CANARY}.example:8000", f"{CANARY}.example/path", f"a b{CANARY}"],
    "TRUSTED_PROXY_COUNT": [CANARY, "-1", "11", "1.5"],
    "INSTAGRAM_APP_ID": [f"{CANARY} x", CANARY * 20],
    "FACEBOOK_APP_ID": [f'"{CANARY}"', CANARY * 20],
    "INSTAGRAM_SCOPES": [f"instagram_business_basic {CANARY}", ",", f"{CANARY};b"],
    "FACEBOOK_SCOPES": [f"instagram_basic {CANARY}", ","],
    **{
        name: [
            CANARY,
            f"//{CANARY}.example",
            f"https://user:{CANARY}@graph.example",
            f"https://graph.example/?{CANARY}",
            f"https://graph.example/#{CANARY}",
            f"javascript:{CANARY}",
        ]
        for name in URLS
    },
    "GRAPH_API_VERSION": [CANARY, "26.0", "v26", "v26.0/me", "v٢٦.0"],
    "REFRESH_AGE_DAYS": [CANARY, "1", "51", "-50", "49.5", "1e1"],
    "REFRESH_CRON": [CANARY, "0 2 * *", "0 25 * * *", "0 2 * * * *", "@daily", "0 0 31 2 *", "0 0 30 2 *"],
    "NIGHT_LIMIT": [CANARY, "0", "-1", "1e4", "10 000", "100000001"],
    "CHECK_EVERY_HOURS": [CANARY, "0", "169"],
    "CONFIRM_PAUSE_SECONDS": [CANARY, "-1", "61", "nan", "inf"],
    "SWEEP_THREADS": [CANARY, "0", "1025"],
    "CLAIM_SIZE": [CANARY, "0", "5001"],
    "GROUP_SIZE": [CANARY, "0", "1001"],
    "DRAIN_SECONDS": [CANARY, "0", "61", "nan"],
    "LINK_LIFETIME_DAYS": [CANARY, "0", "61", "7 days"],
    "MAILS_PER_WORKSPACE_HOUR": [CANARY, "0", "1000001", "500 an hour"],
    "BRAKE_MIN_DEATHS": [CANARY, "0", "1000001"],
    "BRAKE_SHARE": [CANARY, "0", "1.01", "5%", "nan"],
    "EVENT_RETENTION_DAYS": [CANARY, "29", "36501", "400 days"],
}
CASES = [(name, value) for name, values in MALFORMED.items() for value in values]
# One each, by the whole way from the command line.
FIRST = [(name, values[0]) for name, values in MALFORMED.items()]


def is_one_sentence_about(name: str, printed: str) -> bool:
    lines = printed.strip().splitlines()
    return len(lines) == 1 and name in lines[0] and lines[0].endswith(".") and CANARY not in lines[0]


@pytest.mark.parametrize(("name", "value"), CASES)
def test_a_malformed_value_is_refused_by_name_and_never_shown(
    name: str, value: str, read_settings: ReadSettings, recwarn: pytest.WarningsRecorder
) -> None:
    with pytest.raises(SettingsError) as refusal:
        read_settings(**{name: value})
    assert is_one_sentence_about(name, str(refusal.value))
    # Reports print the errors on the way to this one, too.
    assert refusal.value.__cause__ is None
    assert refusal.value.__context__ is None
    # Libraries' warnings quote the address.
    assert not recwarn.list


@pytest.mark.parametrize("name", ["SECRET_KEY", "FERNET_KEYS"])
@pytest.mark.parametrize("value", [None, "", "   "])
def test_without_its_secrets_it_refuses_to_start(name: str, value: str | None, read_settings: ReadSettings) -> None:
    with pytest.raises(SettingsError) as refusal:
        read_settings(**{name: value})
    assert is_one_sentence_about(name, str(refusal.value))


@pytest.mark.parametrize(("name", "value"), [("SECRET_KEY", ""), *FIRST])
def test_a_command_ends_with_exit_code_1_and_one_sentence(
    name: str, value: str, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("check", **{name: value}) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert is_one_sentence_about(name, printed.err)


# What libraries print as they are imported, and at its end, only a process shows.
@pytest.mark.parametrize(("name", "value"), [("SECRET_KEY", ""), ("DATABASE_URL", MALFORMED["DATABASE_URL"][1])])
def test_its_process_prints_nothing_else(name: str, value: str, installation: Installation) -> None:
    run = installation.manage("check", **{**SOUND, name: value})
    assert (run.returncode, run.stdout) == (1, "")
    assert is_one_sentence_about(name, run.stderr)


@pytest.mark.parametrize(("name", "value"), [("SECRET_KEY", ""), ("FERNET_KEYS", CANARY), ("REFRESH_CRON", CANARY)])
def test_the_web_application_ends_with_exit_code_1_and_one_sentence(
    name: str, value: str, installation: Installation
) -> None:
    run = installation.python("-c", "import config.wsgi", **{**SOUND, name: value})
    assert (run.returncode, run.stdout) == (1, "")
    assert is_one_sentence_about(name, run.stderr)


@pytest.mark.parametrize(("name", "value"), [("SECRET_KEY", ""), ("DATABASE_URL", f"mysql://x:{CANARY}@db.example/x")])
def test_gunicorn_ends_with_exit_code_1_and_one_sentence(name: str, value: str, installation: Installation) -> None:
    bind = f"127.0.0.1:{free_port()}"
    run = installation.python("-m", "gunicorn", "config.wsgi", "--bind", bind, **{**SOUND, name: value})
    assert (run.returncode, run.stdout) == (1, "")
    assert is_one_sentence_about(name, run.stderr)
