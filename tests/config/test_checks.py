"""System checks: each id appears where its rule is broken, and only there."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import CheckMessage, Error, run_checks
from django.core.management import call_command

from tests.config.installation import SOUND, Installation
from tokens.checks import META_URLS, is_loopback

KEY = "Zm9yLXRlc3RzLWZvci10ZXN0cy1mb3ItdGVzdHMtMDE="
CLUSTER = {"name": "perennial", "workers": 2, "timeout": 90, "retry": 150, "orm": "default"}
SOUND_SETTINGS: dict[str, Any] = {
    "INSTAGRAM_AUTHORIZE_URL": "https://www.instagram.com/oauth/authorize",
    "INSTAGRAM_API_URL": "https://api.instagram.com",
    "INSTAGRAM_GRAPH_URL": "https://graph.instagram.com",
    "FACEBOOK_DIALOG_URL": "https://www.facebook.com",
    "FACEBOOK_GRAPH_URL": "https://graph.facebook.com",
    "ALLOW_INSECURE_META": False,
    "DEBUG": False,
    "SITE_HOST": "perennial.example",
    "SERVED_BY_HTTPS": True,
    "SECRET_KEY": "k" * 50,
    "FERNET_KEYS": [KEY],
    "FERNET_USE_HKDF": False,
    "STAFF_ALERT_EMAILS": ["staff@perennial.example"],
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "INSTAGRAM_APP_ID": "1",
    "INSTAGRAM_APP_SECRET": "s",
    "FACEBOOK_APP_ID": "",
    "FACEBOOK_APP_SECRET": "",
    "Q_CLUSTER": CLUSTER,
    "CACHES": {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "perennial_cache"}},
}
ELSEWHERE, HERE = "http://graph.example", "http://127.0.0.1:9000"
LOCMEM = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
DUMMY = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
# What is changed from the sound settings -> the ids that say so.
WRONG: list[tuple[dict[str, Any], set[str]]] = [
    *[({name: ELSEWHERE}, {"E001"}) for name in META_URLS],
    *[
        ({name: ELSEWHERE, "ALLOW_INSECURE_META": True, "DEBUG": True, "SITE_HOST": "localhost"}, {"E001"})
        for name in META_URLS
    ],
    *[({name: HERE}, {"E002"}) for name in META_URLS],
    *[({name: HERE, "ALLOW_INSECURE_META": True}, {"W001"}) for name in META_URLS],
    ({"DEBUG": True}, {"E003"}),
    ({"DEBUG": True, "SITE_HOST": "192.168.1.7"}, {"E003"}),
    ({"Q_CLUSTER": {**CLUSTER, "retry": 90}}, {"E004"}),
    ({"Q_CLUSTER": {**CLUSTER, "retry": 60}}, {"E004"}),
    ({"SECRET_KEY": KEY}, {"E005"}),
    ({"FERNET_USE_HKDF": True}, {"E006"}),
    ({"INSTAGRAM_APP_SECRET": ""}, {"E007"}),
    ({"INSTAGRAM_APP_ID": ""}, {"E007"}),
    ({"FACEBOOK_APP_ID": "2"}, {"E007"}),
    ({"FACEBOOK_APP_SECRET": "s"}, {"E007"}),
    ({"CACHES": LOCMEM}, {"E008"}),
    ({"CACHES": DUMMY}, {"E008"}),
    ({"EMAIL_BACKEND": "anymail.backends.no_such_service.EmailBackend"}, {"E009"}),
    ({"SECRET_KEY": "k" * 39}, {"W002"}),
    ({"SERVED_BY_HTTPS": False}, {"W003"}),
    ({"STAFF_ALERT_EMAILS": []}, {"W004"}),
    ({"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}, {"W005"}),
]
RIGHT: list[dict[str, Any]] = [
    {},
    {"INSTAGRAM_GRAPH_URL": HERE, "DEBUG": True, "SITE_HOST": "localhost"},
    {"DEBUG": True, "SITE_HOST": "127.0.0.1"},
    {"INSTAGRAM_APP_ID": "", "INSTAGRAM_APP_SECRET": ""},
    {"FACEBOOK_APP_ID": "2", "FACEBOOK_APP_SECRET": "s"},
    {"SECRET_KEY": "k" * 40},
    {"Q_CLUSTER": {**CLUSTER, "retry": 91}},
]


@pytest.fixture
def found(settings: Any) -> Any:
    """What our own checks find where the sound settings are changed so."""

    def run(**changes: Any) -> list[CheckMessage]:
        for name, value in {**SOUND_SETTINGS, **changes}.items():
            setattr(settings, name, value)
        return run_checks(tags=["perennial"], include_deployment_checks=True)

    return run


@pytest.mark.parametrize(("changes", "ids"), WRONG)
def test_a_broken_rule_is_found_by_its_id_alone(changes: dict[str, Any], ids: set[str], found: Any) -> None:
    messages = found(**changes)
    assert {message.id for message in messages} == {f"perennial.{name}" for name in ids}
    for message in messages:
        assert isinstance(message, Error) == (".E" in message.id)
        assert message.hint


@pytest.mark.parametrize("changes", RIGHT)
def test_sound_settings_are_not_complained_of(changes: dict[str, Any], found: Any) -> None:
    assert found(**changes) == []


def test_every_id_of_ours_is_tried_here() -> None:
    tried = set.union(*(ids for _, ids in WRONG))
    assert tried == {f"E00{number}" for number in range(1, 10)} | {f"W00{number}" for number in range(1, 6)}


def test_what_only_a_service_needs_is_asked_for_by_check_deploy_alone(settings: Any, found: Any) -> None:
    found(SERVED_BY_HTTPS=False, STAFF_ALERT_EMAILS=[])
    assert run_checks(tags=["perennial"]) == []


@pytest.mark.parametrize("host", ["localhost", "app.localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_is_known_by_all_its_names(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "localhost.example.com", "10.0.0.1", "0.0.0.0", "2001:db8::1", "perennial.example"]
)
def test_other_machines_are_not_taken_for_this_one(host: str) -> None:
    assert not is_loopback(host)


def test_the_settings_of_the_tests_pass_djangos_own_checks() -> None:
    call_command("check", verbosity=0, fail_level="ERROR")


PLANTED = {
    "SECRET_KEY": "c4n4ry",
    "INSTAGRAM_APP_ID": "1",
    "INSTAGRAM_GRAPH_URL": "http://graph.example",
    "FACEBOOK_APP_SECRET": "c4n4ry-2",
    "EMAIL_URL": "smtp://user:c4n4ry-3@mail.example",
    "DATABASE_URL": "postgres://user:c4n4ry-4@db.example/x",
    "BROKER_URL": "redis://:c4n4ry-5@redis.example",
    "CACHE_URL": "redis://:c4n4ry-6@redis.example",
    "STATUS_TOKEN": "c4n4ry-7",
}


def test_the_output_of_check_holds_no_secret(installation: Installation) -> None:
    run = installation.manage("check", "--deploy", **{**SOUND, **PLANTED})
    assert run.returncode == 1
    for name in ("E001", "E007", "W002", "W003", "W004"):
        assert f"perennial.{name}" in run.stderr
    assert "c4n4ry" not in run.stdout + run.stderr
    assert SOUND["FERNET_KEYS"] not in run.stdout + run.stderr


def test_an_error_of_a_check_keeps_the_web_application_from_starting(installation: Installation) -> None:
    run = installation.python("-c", "import config.wsgi", **{**SOUND, "INSTAGRAM_GRAPH_URL": "http://graph.example"})
    assert run.returncode == 1
    assert run.stderr.count("perennial.E001") == 1
    assert "Traceback" not in run.stderr


def test_the_web_application_runs_the_checks_once_and_starts_despite_warnings(installation: Installation) -> None:
    run = installation.python("-c", "import config.wsgi; print('up')", **{**SOUND, "SECRET_KEY": "c4n4ry"})
    assert run.returncode == 0
    assert run.stdout.splitlines()[-1] == "up"
    assert run.stderr.count("perennial.W002") == 1
    assert "c4n4ry" not in run.stdout + run.stderr
