"""What is held about one person, to be handed to them: never a secret, and of a workspace they left their own acts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Model

from accounts.models import Event, Invitation, Membership, User
from notifications.models import MailPreference, OutboxMessage, SilencedAddress, Unsubscribed

Line = dict[str, Any]
Gather = Callable[[User], list[Line]]
_registered: dict[str, Gather] = {}


def register(name: str, gather: Gather) -> None:
    """To be called in an app's `ready`: `gather` tells what that app holds about a person, under `name`."""
    _registered[name] = gather


def own_data(user: User) -> dict[str, Any]:
    """Everything, ready for JSON but for its instants; the kinds of things in a fixed order."""
    addresses = confirmed_addresses(user)
    return {
        "account": _account(user),
        "email_addresses": _columns(EmailAddress, user, "email", "verified", "primary"),
        "ways_to_confirm_sign_in": _columns(Authenticator, user, "type", "created_at", "last_used_at"),
        "sessions": _columns(UserSession, user, "ip", "user_agent", "created_at", "last_seen_at"),
        "workspaces": _workspaces(user),
        "invitations": _invitations(addresses),
        **{name: gather(user) for name, gather in _registered.items()},
        "what_you_did": _acts(addresses),
        "mails_to_you": _mails(addresses),
        "addresses_that_take_no_mail": _silenced(addresses),
        "mails_you_unsubscribed_from": _unsubscribed(addresses),
        "mails_you_chose": _choices(user),
    }


def confirmed_addresses(user: User) -> list[str]:
    """The addresses that are surely the person's: what somebody only claims may be anybody's."""
    confirmed = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    return sorted({user.email, *(email.lower() for email in confirmed)})


def _columns(model: type[Model], user: User, *names: str) -> list[Line]:
    """Just these columns of the person's rows: whatever else stands there may be a secret."""
    return list(model._default_manager.filter(user=user).order_by("pk").values(*names))


def _account(user: User) -> Line:
    return {
        "email": user.email,
        "joined_at": user.date_joined,
        "last_sign_in_at": user.last_login,
        "staff": user.is_staff,
        "language": user.language,
        "time_zone": user.time_zone,
        "password": "kept as a hash, which can't be turned back" if user.has_usable_password() else "none",
    }


def _workspaces(user: User) -> list[Line]:
    rows = Membership.objects.filter(user=user).select_related("tenant").order_by("tenant__name", "pk")
    return [
        {"workspace": row.tenant.name, "address": row.tenant.slug, "role": row.role, "since": row.created_at}
        for row in rows
    ]


def _invitations(addresses: list[str]) -> list[Line]:
    """Into teams, to the person's addresses; who invited them is no business of the file's."""
    rows = Invitation.objects.filter(email__in=addresses).select_related("tenant").order_by("created_at", "pk")
    return [
        {
            "workspace": row.tenant.name,
            "email": row.email,
            "role": row.role,
            "created_at": row.created_at,
            "expires_at": row.expires_at,
            "accepted_at": row.accepted_at,
            "withdrawn_at": row.withdrawn_at,
        }
        for row in rows
    ]


def _acts(addresses: list[str]) -> list[Line]:
    rows = Event.objects.by_people().filter(actor__in=addresses).select_related("tenant").order_by("at", "pk")
    return [{"at": row.at, "workspace": row.tenant.name, "kind": row.kind, "text": row.text} for row in rows]


def _mails(addresses: list[str]) -> list[Line]:
    rows = OutboxMessage.objects.filter(recipient__in=addresses).order_by("created_at", "pk")
    return [
        {"kind": kind, "email": recipient, "state": state, "created_at": created_at, "sent_at": sent_at}
        for kind, recipient, state, created_at, sent_at in rows.values_list(
            "kind", "recipient", "state", "created_at", "sent_at"
        )
    ]


def _silenced(addresses: list[str]) -> list[Line]:
    rows = SilencedAddress.objects.filter(address__in=addresses).select_related("tenant").order_by("since", "pk")
    return [{"email": row.address, "workspace": row.tenant.name, "since": row.since} for row in rows]


def in_utc(value: Any) -> str:
    """How JSON writes an instant: ISO 8601 with `Z`.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(value, dt.datetime):
        raise TypeError(f"{type(value).__name__} is no instant")
    return value.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _unsubscribed(addresses: list[str]) -> list[Line]:
    rows = Unsubscribed.objects.filter(address__in=addresses).select_related("tenant").order_by("since", "pk")
    return [{"address": row.address, "workspace": row.tenant.name, "since": row.since} for row in rows]


def _choices(user: User) -> list[Line]:
    rows = MailPreference.objects.filter(user=user).select_related("tenant").order_by("tenant__name", "group")
    return [{"workspace": row.tenant.name, "mails": row.group, "wanted": row.wanted} for row in rows]
