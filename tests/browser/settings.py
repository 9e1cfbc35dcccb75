"""The production's settings, but that a password's hash costs little, and that nothing waits for the disk (SQLite)."""

from config.settings import *  # noqa: F403
from config.settings import DATABASES
from config.settings import PASSWORD_HASHERS as _THOROUGH

PASSWORD_HASHERS = ["tests.browser.hashing.QuickArgon2", *_THOROUGH]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
