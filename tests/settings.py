"""Settings for the tests: those of production with throw-away keys and quick passwords."""

import os

for _name, _value in {
    "SECRET_KEY": "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789",
    "FERNET_KEYS": "dGVzdHMtdGVzdHMtdGVzdHMtdGVzdHMtdGVzdHMtMDE=",
    "SITE_URL": "http://localhost:8000",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
    "INSTAGRAM_APP_ID": "1234567890",
    "INSTAGRAM_APP_SECRET": "emulator-app-secret",
    "FACEBOOK_APP_ID": "987654321012345",
    "FACEBOOK_APP_SECRET": "emulator-facebook-secret",
    "ALLOW_INSECURE_META": "True",
    "CONFIRM_PAUSE_SECONDS": "0",
    "SWEEP_THREADS": "8",
    "STAFF_ALERT_EMAILS": "staff@perennial.example",
    "DATABASE_URL": "sqlite:///.tests.sqlite3",
}.items():
    os.environ.setdefault(_name, _value)

from config.settings import *  # noqa: E402, F403
from config.settings import BROKER_URL, CACHE_URL, CACHES, DATABASES, MIDDLEWARE, Q_CLUSTER  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Tests end processes, not the server or the machine: what they wrote need not wait for the disk.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: sweeps run in threads and in processes of their own.
    DATABASES["default"]["TEST"] = {"NAME": DATABASES["default"]["NAME"]}
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
else:
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off -c jit=off"

# Each of the processes that share the tests gets a Redis database of its own: emptying one is no other's business.
_redis_database = 4 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 12
if CACHE_URL:
    CACHES["default"]["LOCATION"] = f"{CACHE_URL.rpartition('/')[0]}/{_redis_database}"
if BROKER_URL:
    Q_CLUSTER["redis"] = f"{BROKER_URL.rpartition('/')[0]}/{_redis_database}"

# It looks from a thread of its own, which would write beside the test; tests of it start it themselves.
MIDDLEWARE = [name for name in MIDDLEWARE if name != "config.watch.WatchMiddleware"]
