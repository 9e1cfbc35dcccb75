"""Made-up values for the mails about workspaces, teams and accounts: nobody is meant, and no link of them opens."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import Role, Tenant, User
from accounts.rights import IN_WORDS, NAMES
from notifications.registry import Audience, Templates, register_unqueued

Cases = dict[str, dict[str, Any]]
WORKSPACE = "Flora & Friends"
ANNA, BERND = "anna@agency.example", "bernd@agency.example"
# allauth's own mails, by its names for them.
_OF_ALLAUTH = {
    "account": (
        "email_confirmation",
        "email_confirmation_signup",
        "password_reset_key",
        "account_already_exists",
        "unknown_account",
        "address_added",
        "email_changed",
        "email_deleted",
        "password_changed",
        "password_reset",
        "password_set",
    ),
    "mfa": ("recovery_codes_generated", "totp_activated", "totp_deactivated", "webauthn_added", "webauthn_removed"),
}


def register_unqueued_mails() -> None:
    """Shows, beside what the outbox sends, what leaves within the request. Called once, when the apps are ready."""
    register_unqueued("invitation", audience=Audience.MEMBERS, sample=invitation)
    for kind, sample in (
        ("owner_welcome", owner_welcome),
        ("account_deleted", account_deleted),
        ("second_factor_removed", second_factor_removed),
    ):
        register_unqueued(kind, audience=Audience.MEMBERS, sample=sample, translated=False)
    for folder, kinds in _OF_ALLAUTH.items():
        for kind in kinds:
            stem = f"{folder}/email/{kind}"
            templates = Templates(f"{stem}_subject.txt", f"{stem}_message.txt", f"{stem}_message.html")
            register_unqueued(kind, audience=Audience.MEMBERS, sample=of_allauth, templates=templates, translated=False)


def invitation() -> Cases:
    values = {**_of_team("kept_invitation"), "inviter": ANNA, "expires_at": timezone.now() + dt.timedelta(days=7)}
    return {"": values, "The inviter is gone": {**values, "inviter": ""}}


def member_joined() -> Cases:
    return {"": {**_of_team("landing"), "member": BERND}}


def member_removed() -> Cases:
    return {"": {"workspace": WORKSPACE}}


def role_changed() -> Cases:
    return {"": _of_team("landing")}


def workspace_deleted() -> Cases:
    until = timezone.now() + dt.timedelta(days=30)
    return {"": {"workspace": WORKSPACE, "who": ANNA, "url": _page("landing"), "until": until}}


def workspace_restored() -> Cases:
    return {"": {"workspace": WORKSPACE, "who": ANNA, "url": _page("landing")}}


def owner_welcome() -> Cases:
    return {"": {"tenant": Tenant(name=WORKSPACE), **_of_account()}}


def account_deleted() -> Cases:
    return {"": {**_of_account(), "gone": [WORKSPACE]}, "No workspace went with it": {**_of_account(), "gone": []}}


def second_factor_removed() -> Cases:
    return {"": _of_account()}


def of_allauth() -> Cases:
    """All that any of allauth's mails names: each takes what it needs."""
    urls = dict.fromkeys(("activate_url", "password_reset_url", "reset_url", "signup_url"), _page("landing"))
    addresses = {"new_email": BERND, "deleted_email": BERND, "from_email": ANNA, "to_email": BERND}
    told = {"timestamp": timezone.now(), "device": "Firefox on Linux", "ip": "192.0.2.7"}
    return {"": {**_of_account(), **urls, **addresses, **told}}


def _of_account() -> dict[str, Any]:
    return {"user": User(email=ANNA), "email": ANNA, "url": _page("landing"), "site_url": settings.SITE_URL}


def _of_team(page: str) -> dict[str, Any]:
    role = Role.MEMBER
    return {
        "workspace": WORKSPACE,
        "role": gettext(NAMES[role]),
        "can": gettext(IN_WORDS[role]),
        "url": _page(page),
    }


def _page(name: str) -> str:
    return settings.SITE_URL + reverse(name)
