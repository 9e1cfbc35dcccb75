"""What the mails about connections say: for each kind the words, looked up when the mail is written.

The outbox holds ids alone. The link is derived here, at delivery, so that it stands in no row and a repeated mail
carries the same one.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from notifications.models import Outage, OutboxMessage
from notifications.registry import register
from tokens.flags import missing_permissions
from tokens.flavours import FLAVOURS
from tokens.models import Brake, Connection, Link, MetaApp, Status
from tokens.remedies import OUR_WORDS, SEEN, to_check
from tokens.services import links
from tokens.services.fault_words import words_seen
from tokens.services.reconnect_requests import SENT, note_link_step
from tokens.watch import troubles
from tokens.wording import lacks_in_words, why_it_ended

# Design rule 7: news that nobody needs to act on is not worth a late mail.
NOBODY = uuid.UUID(int=0)
NEWS_LASTS = dt.timedelta(days=1)


def register_kinds() -> None:
    """Called once, when the apps are ready."""
    register(
        "reconnect_needed", title="An account ended: please reconnect", context=_reconnect_needed, sent=_asked_back
    )
    register("reconnect_link", title="Reconnect link", context=_reconnect_link, sent=_asked_back)
    register("permission_missing", title="A permission is missing", context=_permission_missing)
    register("connect_invitation", title="Invitation to connect", context=_connect_invitation)
    register("creator_connected", title="A creator has connected", context=_revived, max_age=NEWS_LASTS)
    register("revived", title="An account was reconnected", context=_revived, max_age=NEWS_LASTS)
    register("brake_fell", title="The brake fell", context=_brake_fell)
    register("our_fault", title="A fault of our own", context=_our_fault)
    register("refused_by_meta", title="Meta refuses a request", context=_of_connection)
    register("standstill", title="The work stands still", context=_standstill)
    register("all_clear", title="The work goes on", context=_all_clear)
    register("connect_misconfigured", title="The Meta app is set up wrongly", context=_of_app)


def _reconnect_needed(message: OutboxMessage) -> dict[str, Any] | None:
    """Nothing to say any more once somebody has reconnected or disconnected it, or a newer link was sent."""
    link = _open_link(message)
    revived = link.revives if link else None
    return None if link is None or revived is None or revived.status != Status.INACTIVE else _about(link, revived)


def _reconnect_link(message: OutboxMessage) -> dict[str, Any] | None:
    link = _open_link(message)
    revived = link.revives if link else None
    return None if link is None or revived is None or revived.status == Status.DISCONNECTED else _about(link, revived)


def _asked_back(message: OutboxMessage) -> None:
    link = Link.objects.select_related("connection").filter(pk=message.subject_id or NOBODY).first()
    if link is not None:
        note_link_step(link, SENT, timezone.now())


def _permission_missing(message: OutboxMessage) -> dict[str, Any] | None:
    """Nothing to say any more where nothing is missing by now, or where it has ended since: another mail tells that."""
    link = _open_link(message)
    connection = _connection(link.connection_id) if link else None
    if link is None or connection is None or connection.status != Status.ACTIVE:
        return None
    missing = missing_permissions(connection)
    if not missing and connection.credential.permission_missing_since is None:
        return None
    return {**_about(link, connection), "missing": lacks_in_words(missing)}


def _open_link(message: OutboxMessage) -> Link | None:
    """The link that the mail is to carry; None where it was used, replaced or withdrawn, its workspace deleted."""
    rows = Link.objects.open().filter(tenant__deleted_at__isnull=True)
    return rows.select_related("connection", "tenant", "invited_by").filter(pk=message.subject_id or NOBODY).first()


def _about(link: Link, connection: Connection) -> dict[str, Any]:
    return {
        "connection": connection,
        "workspace": link.tenant.name,
        "why": why_it_ended(connection.reason, link.flavour),
        "host": FLAVOURS[link.flavour].host,
        "by_hand": not FLAVOURS[link.flavour].consents,
        "url": links.url_of(link),
        "expires_at": link.expires_at,
    }


def _connect_invitation(message: OutboxMessage) -> dict[str, Any] | None:
    link = _open_link(message)
    if link is None:
        return None
    return {
        "workspace": link.tenant.name,
        "inviter": link.invited_by,
        "handle": link.expected_handle,
        "url": links.url_of(link),
        "expires_at": link.expires_at,
    }


def _connection(connection_id: uuid.UUID | None) -> Connection | None:
    rows = Connection.objects.with_dates().select_related("tenant", "meta_app__tenant")
    return rows.filter(pk=connection_id or NOBODY).first()


def _revived(message: OutboxMessage) -> dict[str, Any] | None:
    connection = _connection(message.subject_id)
    if connection is None or connection.status != Status.ACTIVE:
        return None
    path = reverse("connection", args=[connection.tenant.slug, connection.pk])
    return {"connection": connection, "workspace": connection.tenant.name, "url": settings.SITE_URL + path}


def _of_connection(message: OutboxMessage) -> dict[str, Any] | None:
    connection = _connection(message.subject_id)
    return None if connection is None else {"connection": connection, "credential": connection.credential}


def _our_fault(message: OutboxMessage) -> dict[str, Any] | None:
    values = _of_connection(message)
    if values is None:
        return None
    # It may have failed in another way since; then what is true of any fault of ours is told.
    word = values["credential"].last_failure
    app = values["connection"].meta_app
    return {**values, "seen": SEEN.get(word, ""), "checks": to_check(Brake.Cause.OURS, app, {word} & set(OUR_WORDS))}


def _brake_fell(message: OutboxMessage) -> dict[str, Any] | None:
    rows = Brake.objects.select_related("meta_app__tenant").defer("meta_app__secret", "meta_app__meta_secret")
    brake = rows.filter(pk=message.subject_id or NOBODY).first()
    if brake is None:
        return None
    words = [word for word, _ in words_seen(brake).most_common()]
    checks = to_check(brake.cause, brake.meta_app, words)
    return {"brake": brake, "app": brake.meta_app, "seen": [SEEN[word] for word in words], "checks": checks}


def _of_app(message: OutboxMessage) -> dict[str, Any] | None:
    app = MetaApp.objects.defer("secret").filter(pk=message.subject_id or NOBODY).first()
    return None if app is None else {"app": app, "site_url": settings.SITE_URL}


def _standstill(message: OutboxMessage) -> dict[str, Any] | None:
    """Nothing to say any more where all is well by now."""
    outage = Outage.objects.filter(pk=message.subject_id or NOBODY, over_at__isnull=True).first()
    found = troubles(timezone.now()) if outage else []
    return {"outage": outage, "troubles": found, "site_url": settings.SITE_URL} if found else None


def _all_clear(message: OutboxMessage) -> dict[str, Any] | None:
    """Nothing to say to whom nobody has told that something was wrong."""
    told = OutboxMessage.objects.filter(
        kind="standstill", subject_id=message.subject_id, recipient=message.recipient, sent_at__isnull=False
    )
    outage = Outage.objects.filter(pk=message.subject_id or NOBODY).first() if told.exists() else None
    return None if outage is None else {"outage": outage, "site_url": settings.SITE_URL}
