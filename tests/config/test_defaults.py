"""What a setting is where the environment says nothing: the contract's table."""

import pytest

from tests.config.conftest import ReadSettings

DEFAULTS = {
    "CACHE_URL": "",
    "BROKER_URL": "",
    "EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend",
    "DEFAULT_FROM_EMAIL": "perennial@localhost",
    "STAFF_ALERT_EMAILS": [],
    "ACCOUNT_EMAIL_VERIFICATION": "mandatory",
    "STAFF_TWO_FACTOR": False,
    "SITE_URL": "http://localhost:8000",
    "DEBUG": False,
    "ALLOWED_HOSTS": ["localhost"],
    "TRUSTED_PROXY_COUNT": 0,
    "INSTAGRAM_APP_ID": "",
    "INSTAGRAM_APP_SECRET": "",
    "INSTAGRAM_SCOPES": ["instagram_business_basic"],
    "FACEBOOK_SCOPES": ["instagram_basic", "pages_show_list", "pages_read_engagement"],
    "INSTAGRAM_AUTHORIZE_URL": "https://www.instagram.com/oauth/authorize",
    "INSTAGRAM_API_URL": "https://api.instagram.com",
    "INSTAGRAM_GRAPH_URL": "https://graph.instagram.com",
    "FACEBOOK_APP_ID": "",
    "FACEBOOK_APP_SECRET": "",
    "FACEBOOK_DIALOG_URL": "https://www.facebook.com",
    "FACEBOOK_GRAPH_URL": "https://graph.facebook.com",
    "ALLOW_INSECURE_META": False,
    "GRAPH_API_VERSION": "v26.0",
    "REFRESH_AGE_DAYS": 50,
    "REFRESH_CRON": "0 2 * * *",
    "NIGHT_LIMIT": 10_000,
    "CHECK_EVERY_HOURS": 24,
    "CONFIRM_PAUSE_SECONDS": 2,
    "SWEEP_THREADS": 256,
    "CLAIM_SIZE": 500,
    "GROUP_SIZE": 64,
    "DRAIN_SECONDS": 30,
    "LINK_LIFETIME_DAYS": 7,
    "MAILS_PER_WORKSPACE_HOUR": 500,
    "BRAKE_MIN_DEATHS": 50,
    "BRAKE_SHARE": 0.05,
    "EVENT_RETENTION_DAYS": 400,
    "STATUS_TOKEN": "",
}
# Their settings hold more than the variable says.
NOT_VERBATIM = ["DATABASE_URL", "EMAIL_URL", "EMAIL_VERIFICATION"]


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_setting_has_the_default_of_the_contract(name: str, read_settings: ReadSettings) -> None:
    assert read_settings()[name] == DEFAULTS[name]


@pytest.mark.parametrize("name", [*DEFAULTS, *NOT_VERBATIM])
def test_set_to_nothing_is_the_same_as_not_set(name: str, read_settings: ReadSettings) -> None:
    spelled = {"ACCOUNT_EMAIL_VERIFICATION": "EMAIL_VERIFICATION", "EMAIL_BACKEND": "EMAIL_URL"}.get(name, name)
    unset = {key: value for key, value in read_settings().items() if key.isupper()}
    emptied = read_settings(**{spelled: " "})
    assert {key: emptied[key] for key in unset} == unset


def test_the_database_is_a_file_in_the_installation_by_default(read_settings: ReadSettings) -> None:
    settings = read_settings()
    assert settings["DATABASES"]["default"]["ENGINE"] == "django.db.backends.sqlite3"
    assert settings["DATABASES"]["default"]["NAME"] == str(settings["BASE_DIR"] / "perennial.sqlite3")


def test_cache_and_queue_live_in_the_database_by_default(read_settings: ReadSettings) -> None:
    settings = read_settings()
    assert settings["CACHES"]["default"]["BACKEND"] == "config.database_cache.DatabaseCache"
    assert settings["Q_CLUSTER"]["orm"] == "default"
    assert "redis" not in settings["Q_CLUSTER"]


def test_allowed_hosts_come_from_the_site_url(read_settings: ReadSettings) -> None:
    assert read_settings(SITE_URL="https://perennial.example:8443")["ALLOWED_HOSTS"] == ["perennial.example"]
    assert read_settings(SITE_URL="http://[::1]:8000")["ALLOWED_HOSTS"] == ["[::1]"]


def test_old_queue_tasks_are_not_caught_up_and_retry_is_above_timeout(read_settings: ReadSettings) -> None:
    cluster = read_settings()["Q_CLUSTER"]
    assert cluster["catch_up"] is False
    assert cluster["retry"] > cluster["timeout"]
    assert cluster["queue_limit"] == cluster["workers"]
    assert cluster["bulk"] == 1
