"""The settings: each alone and all together. No value of a secret one is ever told."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import ERROR, CheckMessage, run_checks
from django.http.request import validate_host

from tokens.checks import is_loopback
from tokens.services.doctor.finding import Said, Task, ok, warning, wrong

AREA = "Settings"
# What has a line of its own here or among the mail.
TOLD_ELSEWHERE = {"perennial.E003", "perennial.W003", "perennial.W004", "perennial.W005"}
# Suffixes of names that only a network of one's own knows.
PRIVATE = (".local", ".internal", ".lan", ".test", ".invalid", ".example", ".localdomain", ".home.arpa")


def tasks() -> list[Task]:
    return [
        Task(AREA, "System checks", _checks, asks="nobody"),
        Task(AREA, "SITE_URL", _site_url, asks="nobody"),
        Task(AREA, "DEBUG", _debug, asks="nobody"),
        Task(AREA, "ALLOWED_HOSTS", _allowed_hosts, asks="nobody"),
        Task(AREA, "STATUS_TOKEN", _status_token, asks="nobody"),
        Task(AREA, "STAFF_ALERT_EMAILS", _staff, asks="nobody"),
    ]


def _checks() -> Iterator[Said]:
    found = run_checks(tags=["perennial"], include_deployment_checks=True)
    told = [each for each in found if each.id not in TOLD_ELSEWHERE]
    for each in told:
        yield _of_check(each)
    if not told:
        yield ok("The settings fit together.")


def _of_check(message: CheckMessage) -> Said:
    say = wrong if message.level >= ERROR else warning
    return say(str(message.msg), str(message.hint or ""), name=message.id or "System check")


def _site_url() -> Said:
    why = out_of_reach()
    if not why:
        return ok(f"{settings.SITE_URL}, by https and with a public name.")
    return warning(
        f"{settings.SITE_URL}: {why}. Meta sends nobody back to it and calls no callback there.",
        "For creators of your own set SITE_URL to the https address that the whole world reaches. On this machine "
        "alone, against an emulator, it may stay.",
    )


def out_of_reach() -> str:
    """Why Meta can't reach SITE_URL, or takes it for nothing; empty where it can, as far as the address tells."""
    host = urlsplit(settings.SITE_URL).hostname or ""
    if is_loopback(host):
        return "it names this very machine"
    if _is_private(host):
        return "it names a machine of a private network"
    return "" if settings.SITE_URL.startswith("https://") else "it is plain http, and Meta accepts https alone"


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(PRIVATE)


def _debug() -> Said:
    if not settings.DEBUG:
        return ok("Off.")
    remedy = "Set DEBUG=False: its error pages tell strangers about the inside."
    if is_loopback(settings.SITE_HOST):
        return warning("On, on a site that only this machine sees.", remedy)
    return wrong("On, and SITE_URL is public.", remedy)


def _allowed_hosts() -> Said:
    host = f"[{settings.SITE_HOST}]" if ":" in settings.SITE_HOST else settings.SITE_HOST
    if not validate_host(host, settings.ALLOWED_HOSTS):
        return wrong(
            "The host of SITE_URL is not among them: every page answers 400.",
            f"Add {host} to ALLOWED_HOSTS, or leave it empty.",
        )
    if "*" in settings.ALLOWED_HOSTS:
        return warning("Every host is allowed.", f"Name the hosts that you serve: ALLOWED_HOSTS={host}")
    return ok("The host of SITE_URL is among them.")


def _status_token() -> Said:
    if settings.STATUS_TOKEN:
        return ok("Set: /readyz and /metrics open to whoever has it.")
    if settings.TRUSTED_PROXY_COUNT:
        return warning(
            "Not set, and the site stands behind a proxy: nobody sees /readyz and /metrics through it.",
            "Set STATUS_TOKEN to a long random string, and give it to your monitoring.",
        )
    return ok("Not set: /readyz and /metrics answer direct requests of this machine alone.")


def _staff() -> Said:
    if settings.STAFF_ALERT_EMAILS:
        return ok(f"{len(settings.STAFF_ALERT_EMAILS)} set: who hears of a brake that fell.")
    return warning("Empty: nobody hears of a brake that fell.", "Name somebody: STAFF_ALERT_EMAILS=you@example.com")
