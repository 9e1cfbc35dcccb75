"""Reads and validates the environment: every mistake becomes one sentence that names the variable.

The sentences never show a value: most of these variables are secrets or hold one.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import os
import re
from collections.abc import Callable, Iterable
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

import environ
from croniter import croniter
from cryptography.fernet import Fernet
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

DATABASE_SCHEMES = {"sqlite", "postgres", "postgresql"}
TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}
FILE_LINE = re.compile(r"(?:export )?[A-Za-z_0-9]+=")
# A name or an address; IPv6 in brackets. Whatever else may stand in a URL ends up in headers of ours.
HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")
DEFAULT_PORTS = {"http": 80, "https": 443}
FERNET_KEY = re.compile(r"[A-Za-z0-9_-]{43}=")
MAIL_SERVICE = re.compile(r"[a-z0-9_]+")
BACKEND = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+", re.ASCII)
ID_LENGTH = 100
# Its library would wait without limit for a server that takes the line and says nothing, and the system for a quarter
# of an hour and more for one that is gone. Seconds, but the last.
POSTGRES_PATIENCE = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
WORD = re.compile(r"[A-Za-z0-9_.:-]+")
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
PLAIN_DOMAIN = re.compile(rf"({LABEL}\.)+[a-z]{{2,63}}", re.ASCII | re.IGNORECASE)


class SettingsError(Exception):
    """A setting is missing or malformed. The text names the variable, never its value."""


class MailAddress(EmailValidator):
    """Django's; its pattern for the domains of all scripts takes 40 ms of each process, and most are plain."""

    def validate_domain_part(self, domain_part: str) -> bool:
        return PLAIN_DOMAIN.fullmatch(domain_part) is not None or super().validate_domain_part(domain_part)


def load_file(path: Path) -> None:
    """Adds the variables of a `.env` file that the environment does not set already."""
    if not path.is_file():
        return
    text: str = _check(path.name, "can't be read as text in UTF-8", lambda name: path.read_text("utf-8-sig"), "")
    for number, line in enumerate(text.splitlines(), start=1):
        # The library would print such a line, secret included, and go on without it.
        if line.strip() and not line.lstrip().startswith("#") and not FILE_LINE.match(line):
            raise SettingsError(f"{path.name}, line {number}, is not of the form NAME=value.")
    environ.Env.read_env(io.StringIO(text))


def raw(name: str, default: str = "") -> str:
    """The variable as it stands: django-environ would take a value that begins with `$` for a name.

    Set to nothing is the same as not set.
    """
    return os.environ.get(name, "").strip() or default


def required(name: str, advice: str) -> str:
    value = raw(name)
    if not value:
        raise SettingsError(f"{name} is not set: {advice}")
    return value


def boolean(name: str, default: bool) -> bool:
    value = raw(name).lower()
    if not value:
        return default
    if value in TRUE | FALSE:
        return value in TRUE
    raise SettingsError(f"{name} must be True or False.")


def integer(name: str, default: int, *, least: int, most: int) -> int:
    return int(_number(name, default, int, least=least, most=most))


def decimal(name: str, default: float, *, least: float, most: float) -> float:
    return _number(name, default, float, least=least, most=most)


def _number(name: str, default: float, kind: type[int | float], *, least: float, most: float) -> float:
    text = raw(name)
    try:
        number = kind(text) if text else default
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        noun = "a whole number" if kind is int else "a number"
        raise SettingsError(f"{name} must be {noun} from {least} to {most}.")
    return number


def choice(name: str, default: str, allowed: Iterable[str]) -> str:
    value = raw(name).lower() or default
    if value not in allowed:
        raise SettingsError(f"{name} must be one of: {', '.join(sorted(allowed))}.")
    return value


def listed(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in raw(name, default).split(",") if item.strip()]


def addresses(name: str) -> list[str]:
    """A comma-separated list of mail addresses."""
    found = listed(name)
    for address in found:
        _check(name, "must be mail addresses with commas between them", MailAddress(), address)
    return found


def base_url(name: str, default: str) -> str:
    """An absolute http(s) address without a trailing slash, user, query or fragment; scheme and host in lower case."""
    value = raw(name, default)
    parts, port = _parts(value)
    host = f"[{parts.hostname}]" if parts and ":" in (parts.hostname or "") else parts and parts.hostname
    sound = bool(parts and parts.scheme in DEFAULT_PORTS and HOST.fullmatch(host or "")) and port != 0
    if not parts or not sound or parts.query or parts.fragment or "@" in parts.netloc or re.search(r"\s", value):
        raise SettingsError(f"{name} must be an http or https address such as {default}.")
    shown = "" if port in {None, DEFAULT_PORTS[parts.scheme]} else f":{port}"
    return f"{parts.scheme}://{host}{shown}{parts.path.rstrip('/')}"


def _parts(url: str) -> tuple[SplitResult | None, int | None]:
    """The address taken apart, and its port; None where it is none."""
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError:
        return None, None


def site_url(name: str, default: str) -> str:
    """The installation's own address: `base_url` that has no path."""
    value = base_url(name, default)
    if urlsplit(value).path:
        raise SettingsError(f"{name} must hold only scheme and host, such as {default}.")
    return value


def passkeys_work(site_url: str) -> bool:
    """Browsers offer passkeys on https and on this machine by its name, and never where the host is a number."""
    parts = urlsplit(site_url)
    host = parts.hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    return parts.scheme == "https" and not re.fullmatch(r"[\d.]+|.*:.*", host)


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def cron(name: str, default: str) -> str:
    """A five-field cron line that has a next tick."""
    value = raw(name, default)
    problem = f"must be a cron line of five fields with a next tick, such as {default}"
    if len(value.split()) != 5:
        raise SettingsError(f"{name} {problem}.")
    # Asked for a tick: `0 0 31 2 *` is well formed and never comes.
    _check(name, problem, lambda line: croniter(line, NOON).get_prev(), value)
    return value


def fernet_keys(name: str) -> list[str]:
    """Fernet keys, newest first. Each is 32 bytes in urlsafe base64, so that a mistyped one is found here."""
    advice = "give one or more keys of 32 bytes in urlsafe base64, newest first, with commas between them."
    required(name, advice)
    keys = listed(name)
    if not keys:
        raise SettingsError(f"{name} is empty: {advice}")
    for place, key in enumerate(keys, start=1):
        problem = f"has a key (number {place}) that is not 32 bytes in urlsafe base64"
        # The library passes over what follows the padding, such as a second key after a forgotten comma.
        if not FERNET_KEY.fullmatch(key):
            raise SettingsError(f"{name} {problem}.")
        _check(name, problem, Fernet, key)
    if len(set(keys)) != len(keys):
        raise SettingsError(f"{name} names the same key twice.")
    return keys


def database(name: str, default: str, base: Path) -> dict[str, Any]:
    """Django's settings of the one database: SQLite (path relative to `base`) or PostgreSQL."""
    url = raw(name, default)
    scheme = url.partition("://")[0]
    if scheme not in DATABASE_SCHEMES:
        raise SettingsError(f"{name} must begin with sqlite:// or postgres://.")
    if scheme == "sqlite" and not url.startswith("sqlite:///"):
        raise SettingsError(f"{name} must have three slashes before a relative file and four before an absolute one.")
    problem = "is not a database address such as postgres://user:password@host:5432/name"
    options: dict[str, Any] = dict(_check(name, problem, environ.Env.db_url_config, url))
    if not options["NAME"]:
        raise SettingsError(f"{name} names no database.")
    return _sqlite(options, base) if scheme == "sqlite" else _postgres(options)


def _sqlite(options: dict[str, Any], base: Path) -> dict[str, Any]:
    if options["NAME"] == ":memory:":
        raise SettingsError("DATABASE_URL must name a file: a database in memory is lost with its process.")
    options["NAME"] = str(base / options["NAME"])
    options["OPTIONS"] = {
        "timeout": 30,
        "transaction_mode": "IMMEDIATE",
        # FULL: with NORMAL a power loss may take the last commit, a token, with it.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    return options


def _postgres(options: dict[str, Any]) -> dict[str, Any]:
    options["OPTIONS"] = {**POSTGRES_PATIENCE, **options.get("OPTIONS", {})}
    options["CONN_MAX_AGE"] = 600
    options["CONN_HEALTH_CHECKS"] = True
    return options


def redis_or_empty(name: str) -> str:
    """A `redis://` address, or empty for the database."""
    value = raw(name)
    if not value:
        return ""
    parts, port = _parts(value)
    if parts is None or parts.scheme not in {"redis", "rediss"}:
        raise SettingsError(f"{name} must be empty or begin with redis://.")
    if not parts.hostname or port == 0 or not re.fullmatch(r"(/\d*)?", parts.path, re.ASCII):
        raise SettingsError(f"{name} must be an address such as redis://:password@host:6379/0.")
    return value


def email(name: str, default: str) -> dict[str, Any]:
    """Django's mail settings out of one address (`smtp+tls://user:password@host:587`, `consolemail://`, …)."""
    url = raw(name, default)
    scheme = url.partition(":")[0]
    if scheme in OTHER_BACKENDS:
        return OTHER_BACKENDS[scheme](name, url)
    if scheme not in environ.Env.EMAIL_SCHEMES:
        schemes = ", ".join(sorted([*environ.Env.EMAIL_SCHEMES, *OTHER_BACKENDS]))
        raise SettingsError(f"{name} must begin with one of: {schemes}.")
    problem = "is not a mail server's address such as smtp+tls://user:password@host:587"
    found: dict[str, Any] = dict(_check(name, problem, environ.Env.email_url_config, url))
    if scheme.startswith("smtp") and not found["EMAIL_HOST"]:
        raise SettingsError(f"{name} {problem}.")
    if scheme == "filemail" and not found["EMAIL_FILE_PATH"]:
        raise SettingsError(f"{name} names no directory: filemail:////var/mail is an absolute one.")
    return found


def _mail_service(name: str, url: str) -> dict[str, Any]:
    """`anymail://mailgun?API_KEY=…&SENDER_DOMAIN=…`: a mail service by django-anymail's name of it, and its settings.

    Page: https://anymail.dev/en/stable/esps/.
    """
    service, _, query = url.partition("://")[2].partition("?")
    service = service.rstrip("/")
    if not MAIL_SERVICE.fullmatch(service):
        raise SettingsError(f"{name} must name a mail service of django-anymail, such as anymail://mailgun?API_KEY=….")
    given = parse_qsl(query, keep_blank_values=True)
    options = {f"{service}_{option}".upper(): value for option, value in given}
    return {"EMAIL_BACKEND": f"anymail.backends.{service}.EmailBackend", "ANYMAIL": options}


def _other_backend(name: str, url: str) -> dict[str, Any]:
    """`backend://package.module.Class`: any mail backend of Django's kind."""
    path = url.partition("://")[2]
    if not BACKEND.fullmatch(path):
        raise SettingsError(f"{name} must name a class, such as backend://package.module.EmailBackend.")
    return {"EMAIL_BACKEND": path}


OTHER_BACKENDS: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "anymail": _mail_service,
    "backend": _other_backend,
}


def sender(name: str, default: str) -> str:
    """A mail address, with a name before it or not."""
    value = raw(name, default)
    # Django's own check, in the strictness of what goes into a header.
    _check(name, "must be a mail address", MailAddress(), parseaddr(value)[1])
    if not value.isprintable():
        raise SettingsError(f"{name} must be a mail address.")
    return value


def hosts(name: str, default: str) -> list[str]:
    """Host names as Django matches them: without scheme, port or path; `.example.com` and `*` are patterns."""
    found = listed(name) or [f"[{default}]" if ":" in default else default]
    if not all(host == "*" or HOST.fullmatch(host) for host in found):
        raise SettingsError(f"{name} must be host names with commas between them, without scheme and port.")
    return found


def scopes(name: str, default: str) -> list[str]:
    """Names of permissions."""
    found = listed(name, default)
    if not found or not all(WORD.fullmatch(scope) for scope in found):
        raise SettingsError(f"{name} must be names of permissions with commas between them.")
    return found


def app_id(name: str) -> str:
    """An app's id at Meta, or empty."""
    value = raw(name)
    if value and not (WORD.fullmatch(value) and len(value) <= ID_LENGTH):
        raise SettingsError(f"{name} must be the app's id as its dashboard shows it.")
    return value


def _check(name: str, problem: str, reader: Callable[[str], Any], value: str) -> Any:
    """What `reader` makes of `value`; its own error, which may quote a secret, is not passed on."""
    try:
        return reader(value)
    except (ValueError, TypeError, KeyError, AttributeError, OSError, ValidationError, environ.ImproperlyConfigured):
        pass
    # Outside the handler, so that the quoting error is not this one's context either.
    raise SettingsError(f"{name} {problem}.")


def version(name: str, default: str) -> str:
    """A Graph API version such as `v26.0`."""
    value = raw(name, default)
    if not re.fullmatch(r"v\d{1,3}\.\d{1,2}", value, re.ASCII):
        raise SettingsError(f"{name} must be a version such as {default}.")
    return value
