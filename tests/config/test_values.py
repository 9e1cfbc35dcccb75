"""What the environment may say, and what becomes of it."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.config.conftest import ReadSettings


@pytest.mark.parametrize("name", ["SECRET_KEY", "INSTAGRAM_APP_SECRET", "FACEBOOK_APP_SECRET", "STATUS_TOKEN"])
@pytest.mark.parametrize("value", ["$ecret", "$SECRET_KEY", "%41#?&=;'\"\\n", "a b", "ключ", "{x}"])
def test_a_secret_is_taken_as_it_stands(name: str, value: str, read_settings: ReadSettings) -> None:
    assert read_settings(**{name: value})[name] == value


def test_a_mail_password_may_begin_with_a_dollar_sign(read_settings: ReadSettings) -> None:
    settings = read_settings(EMAIL_URL="smtp+tls://user:$ecret%40home@mail.example:587")
    assert settings["EMAIL_HOST_PASSWORD"] == "$ecret@home"
    assert (settings["EMAIL_HOST"], settings["EMAIL_PORT"]) == ("mail.example", 587)
    assert settings["EMAIL_USE_TLS"] is True


def test_several_fernet_keys_are_kept_in_their_order(read_settings: ReadSettings) -> None:
    newest, oldest = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    assert read_settings(FERNET_KEYS=f" {newest} , {oldest} ,")["FERNET_KEYS"] == [newest, oldest]
    assert read_settings()["FERNET_USE_HKDF"] is False


def test_a_relative_database_file_lies_in_the_installation(read_settings: ReadSettings) -> None:
    settings = read_settings(DATABASE_URL="sqlite:///data/my.sqlite3")
    assert settings["DATABASES"]["default"]["NAME"] == str(settings["BASE_DIR"] / "data/my.sqlite3")


def test_an_absolute_database_file_stays_where_it_is(read_settings: ReadSettings) -> None:
    settings = read_settings(DATABASE_URL="sqlite:////var/lib/perennial/my.sqlite3")
    assert settings["DATABASES"]["default"]["NAME"] == "/var/lib/perennial/my.sqlite3"


def test_sqlite_loses_no_commit_and_waits_for_locks(read_settings: ReadSettings) -> None:
    options = read_settings()["DATABASES"]["default"]["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert options["timeout"] == 30
    assert "journal_mode=WAL" in options["init_command"]
    assert "synchronous=FULL" in options["init_command"]


@pytest.mark.parametrize(
    ("written", "password"),
    [
        ("p%40ss%2Fw%3Ard%23%3F%25", "p@ss/w:rd#?%"),
        ("$ecret", "$ecret"),
        ("%24ecret%26more", "$ecret&more"),
        ("na%C3%AFve", "naïve"),
        ("a+b", "a+b"),
    ],
)
def test_a_postgres_password_may_hold_any_character(written: str, password: str, read_settings: ReadSettings) -> None:
    url = f"postgres://us%40er:{written}@db.example:6543/my_db?sslmode=require"
    database = read_settings(DATABASE_URL=url)["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["USER"], database["PASSWORD"]) == ("us@er", password)
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example", 6543, "my_db")
    assert database["OPTIONS"]["sslmode"] == "require"


def test_nobody_waits_for_ever_for_postgres_unless_its_address_says_so(read_settings: ReadSettings) -> None:
    url = "postgres://user:secret@db.example/name"
    usual = read_settings(DATABASE_URL=url)["DATABASES"]["default"]["OPTIONS"]
    assert (usual["connect_timeout"], usual["keepalives"], usual["tcp_user_timeout"]) == (5, 1, 30_000)
    said = read_settings(DATABASE_URL=f"{url}?connect_timeout=20&tcp_user_timeout=0")["DATABASES"]["default"]
    assert said["OPTIONS"] == {**usual, "connect_timeout": 20, "tcp_user_timeout": 0}
    assert "connect_timeout" not in read_settings()["DATABASES"]["default"]["OPTIONS"]


def test_redis_serves_queue_and_cache_where_it_is_named(read_settings: ReadSettings) -> None:
    settings = read_settings(BROKER_URL="redis://:p%40ss@redis.example:6379/1", CACHE_URL="rediss://redis.example/2")
    assert settings["Q_CLUSTER"]["redis"] == "redis://:p%40ss@redis.example:6379/1"
    assert "orm" not in settings["Q_CLUSTER"]
    assert settings["CACHES"]["default"]["LOCATION"] == "rediss://redis.example/2"


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("https://perennial.example/", "https://perennial.example"),
        ("HTTPS://Perennial.Example", "https://perennial.example"),
        ("https://perennial.example:443", "https://perennial.example"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_the_site_url_is_taken_as_browsers_spell_it(written: str, taken: str, read_settings: ReadSettings) -> None:
    settings = read_settings(SITE_URL=written)
    assert settings["SITE_URL"] == taken
    assert settings["CSRF_TRUSTED_ORIGINS"] == [taken]


@pytest.mark.parametrize("url", ["https://perennial.example", "HTTPS://perennial.example"])
def test_a_site_behind_https_gets_secure_cookies_and_hsts(url: str, read_settings: ReadSettings) -> None:
    settings = read_settings(SITE_URL=url)
    for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT"):
        assert settings[name] is True
    assert settings["SECURE_HSTS_SECONDS"] > 0


def test_a_site_on_plain_http_keeps_its_cookies(read_settings: ReadSettings) -> None:
    settings = read_settings()
    for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS"):
        assert not settings[name]


def test_forwarding_headers_count_only_behind_trusted_proxies(read_settings: ReadSettings) -> None:
    assert read_settings()["SECURE_PROXY_SSL_HEADER"] is None
    settings = read_settings(TRUSTED_PROXY_COUNT="2")
    assert settings["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    assert settings["ALLAUTH_TRUSTED_PROXY_COUNT"] == 2


def test_the_consent_hosts_are_where_forms_may_lead(read_settings: ReadSettings) -> None:
    settings = read_settings(INSTAGRAM_AUTHORIZE_URL="http://localhost:9000/oauth/authorize")
    assert "http://localhost:9000" in settings["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]["form-action"]
    assert "https://www.facebook.com" in settings["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]["form-action"]


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("TRUSTED_PROXY_COUNT", 0, 10),
        ("REFRESH_AGE_DAYS", 2, 50),
        ("NIGHT_LIMIT", 1, 100_000_000),
        ("CHECK_EVERY_HOURS", 1, 168),
        ("CONFIRM_PAUSE_SECONDS", 0, 60),
        ("SWEEP_THREADS", 1, 1024),
        ("CLAIM_SIZE", 1, 5000),
        ("GROUP_SIZE", 1, 1000),
        ("DRAIN_SECONDS", 1, 60),
        ("LINK_LIFETIME_DAYS", 1, 60),
        ("MAILS_PER_WORKSPACE_HOUR", 1, 1_000_000),
        ("BRAKE_MIN_DEATHS", 1, 1_000_000),
        ("BRAKE_SHARE", 0.0001, 1),
        ("EVENT_RETENTION_DAYS", 30, 36_500),
    ],
)
def test_a_number_may_be_as_small_and_as_large_as_its_bounds(
    name: str, least: float, most: float, read_settings: ReadSettings
) -> None:
    assert read_settings(**{name: str(least)})[name] == least
    assert read_settings(**{name: str(most)})[name] == most


@pytest.mark.parametrize("written", ["1", "true", "TRUE", "Yes", "on"])
def test_a_switch_may_be_written_in_several_ways(written: str, read_settings: ReadSettings) -> None:
    assert read_settings(DEBUG=written)["DEBUG"] is True


@pytest.mark.parametrize(
    ("site", "offered"),
    [
        ("http://localhost:8000", True),
        ("http://perennial.localhost", True),
        ("https://perennial.example", True),
        ("https://perennial.example:8443", True),
        ("http://perennial.example", False),
        ("http://127.0.0.1:8000", False),
        ("https://192.0.2.7", False),
        ("https://[2001:db8::7]", False),
    ],
)
def test_passkeys_are_offered_where_browsers_take_them(site: str, offered: bool, read_settings: ReadSettings) -> None:
    settings = read_settings(SITE_URL=site)
    assert ("webauthn" in settings["MFA_SUPPORTED_TYPES"]) is offered
    assert {"totp", "recovery_codes"} <= set(settings["MFA_SUPPORTED_TYPES"])


def test_a_second_factor_can_be_made_compulsory_for_staff(read_settings: ReadSettings) -> None:
    assert read_settings(STAFF_TWO_FACTOR="yes")["STAFF_TWO_FACTOR"] is True


@pytest.mark.parametrize(("verification", "allowed"), [("mandatory", True), ("optional", False), ("none", False)])
def test_a_second_factor_beside_an_unconfirmed_address(
    verification: str, allowed: bool, read_settings: ReadSettings
) -> None:
    assert read_settings(EMAIL_VERIFICATION=verification)["MFA_ALLOW_UNVERIFIED_EMAIL"] is allowed


def test_lists_are_separated_by_commas(read_settings: ReadSettings) -> None:
    settings = read_settings(
        STAFF_ALERT_EMAILS="a@staff.example, b@staff.example,",
        INSTAGRAM_SCOPES="instagram_business_basic,instagram_business_manage_insights",
        ALLOWED_HOSTS="perennial.example, .others.example",
    )
    assert settings["STAFF_ALERT_EMAILS"] == ["a@staff.example", "b@staff.example"]
    assert settings["INSTAGRAM_SCOPES"] == ["instagram_business_basic", "instagram_business_manage_insights"]
    assert settings["ALLOWED_HOSTS"] == ["perennial.example", ".others.example"]


def test_a_sender_may_have_a_name(read_settings: ReadSettings) -> None:
    assert read_settings(DEFAULT_FROM_EMAIL="Perennial <hello@perennial.example>")["DEFAULT_FROM_EMAIL"] == (
        "Perennial <hello@perennial.example>"
    )


def test_mail_may_go_by_a_mail_services_api(read_settings: ReadSettings) -> None:
    settings = read_settings(EMAIL_URL="anymail://mailgun?API_KEY=$ecret%26more&SENDER_DOMAIN=mg.example.com")
    assert settings["EMAIL_BACKEND"] == "anymail.backends.mailgun.EmailBackend"
    assert settings["ANYMAIL"] == {"MAILGUN_API_KEY": "$ecret&more", "MAILGUN_SENDER_DOMAIN": "mg.example.com"}


def test_mail_may_go_by_any_backend_of_djangos_kind(read_settings: ReadSettings) -> None:
    assert read_settings(EMAIL_URL="backend://our.mail.EmailBackend")["EMAIL_BACKEND"] == "our.mail.EmailBackend"


def test_mail_may_go_to_files(tmp_path: Path, read_settings: ReadSettings) -> None:
    settings = read_settings(EMAIL_URL=f"filemail:///{tmp_path}")
    assert settings["EMAIL_BACKEND"] == "django.core.mail.backends.filebased.EmailBackend"
    assert settings["EMAIL_FILE_PATH"] == str(tmp_path)
