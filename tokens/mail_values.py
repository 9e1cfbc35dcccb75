"""What the mails about one connection have in common: the words for its flavour, the button, why somebody gets it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext

from accounts.models import Tenant
from notifications.registry import DigestItem
from tokens.flavours import FLAVOURS
from tokens.models import Connection
from tokens.wording import why_it_ended


def about_connection(
    connection: Connection, recipient: str, *, url: str, expires_at: dt.datetime | None
) -> dict[str, Any]:
    """The values of a mail whose button brings a connection back.

    Args:
        connection: with its tenant, Meta app and credential.
        recipient: whom the mail goes to.
        url: where a person consents again. For a system user nobody can: the page where a token is pasted takes
            its place.
        expires_at: when `url` stops working; None where it does not.
    """
    flavour = FLAVOURS[connection.flavour]
    by_hand = not flavour.consents
    return {
        "connection": connection,
        "workspace": connection.tenant.name,
        "host": flavour.host,
        "page": connection.page_name,
        "by_hand": by_hand,
        "why": why_it_ended(connection.reason, connection.flavour),
        "url": _pasting(connection.tenant) if by_hand else url,
        "action": gettext("Paste a new token") if by_hand else gettext("Reconnect Instagram"),
        "expires_at": None if by_hand else expires_at,
        "because": because(connection, recipient),
    }


def because(connection: Connection, recipient: str) -> str:
    """Why `recipient` is told about a connection, as `services.recipients` chose."""
    names = {"connection": str(connection), "workspace": connection.tenant.name}
    behind = connection.connected_by
    if connection.contact_email.lower() == recipient:
        words = gettext("You get this mail because %(workspace)s named this address as the contact for %(connection)s.")
    elif behind is not None and behind.email.lower() == recipient:
        words = gettext("You get this mail because you connected %(connection)s to %(workspace)s.")
    else:
        words = gettext("You get this mail because you are an owner of %(workspace)s.")
    return words % names


def page_of(connection: Connection) -> str:
    """The connection's page in its workspace."""
    return settings.SITE_URL + reverse("connection", args=[connection.tenant.slug, connection.pk])


def _pasting(tenant: Tenant) -> str:
    return settings.SITE_URL + reverse("add_system_user", args=[tenant.slug])


# The same mails, each in one line of a digest.


def ended_line(values: dict[str, Any]) -> DigestItem:
    why = values["why"]
    return _to_do(values, f"{why.sentence} {why.remedy}" if why else gettext("It is no longer connected."))


def reconnect_line(values: dict[str, Any]) -> DigestItem:
    words = gettext("%(workspace)s asks you to bring the connection back.")
    return _to_do(values, words % {"workspace": values["workspace"]})


def reminder_line(values: dict[str, Any]) -> DigestItem:
    return _to_do(values, gettext("It is still not connected."))


def permission_line(values: dict[str, Any]) -> DigestItem:
    return _to_do(values, gettext("A permission is missing: connect it once more and leave everything ticked."))


def expiry_line(values: dict[str, Any]) -> DigestItem:
    return _to_do(values, gettext("It ends on %(day)s unless it is renewed.") % {"day": values["day"]})


def invitation_line(values: dict[str, Any]) -> DigestItem:
    handle, label = values["handle"], gettext("See what it is about")
    about = f"@{handle}" if handle else values["workspace"]
    words = gettext("%(workspace)s asks you to connect your Instagram account.") % {"workspace": values["workspace"]}
    return DigestItem(about, words, values["url"], label, values["workspace"], to_do=True)


def connected_line(values: dict[str, Any]) -> DigestItem:
    return _news(values, gettext("The creator whom you invited has connected it."))


def revived_line(values: dict[str, Any]) -> DigestItem:
    return _news(values, gettext("It works again."))


def _to_do(values: dict[str, Any], sentence: str) -> DigestItem:
    about = str(values["connection"])
    return DigestItem(about, sentence, values["url"], values["action"], values["workspace"], to_do=True)


def _news(values: dict[str, Any], sentence: str) -> DigestItem:
    label = gettext("Look at the connection")
    return DigestItem(str(values["connection"]), sentence, values["url"], label, values["workspace"])
