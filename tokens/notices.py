"""What the mails about connections say: for each kind the words, looked up when the mail is written.

The outbox holds ids alone. The link is derived here, at delivery, so that it stands in no row and a repeated mail
carries the same one.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from notifications.registry import Audience, register, register_unqueued
from tokens import mail_values, samples
from tokens.flags import missing_permissions
from tokens.models import Brake, Connection, Link, MetaApp, Status
from tokens.remedies import OUR_WORDS, SEEN, to_check
from tokens.reminders import expires_soon, reminder_values
from tokens.services import links
from tokens.services.fault_words import words_seen
from tokens.wording import lacks_in_words

if TYPE_CHECKING:
    from notifications.models import OutboxMessage

# Design rule 7: news that nobody needs to act on is not worth a late mail.
NOBODY = uuid.UUID(int=0)
NEWS_LASTS = dt.timedelta(days=1)


def register_kinds() -> None:
    """Called once, when the apps are ready."""
    register(
        "reconnect_needed",
        context=_reconnect_needed,
        line=mail_values.ended_line,
        sample=samples.reconnect_needed,
    )
    for number in (1, 2, 3):
        register(
            f"reconnect_reminder_{number}",
            context=_reconnect_reminder,
            line=mail_values.reminder_line,
            sample=samples.reconnect_reminder,
        )
    register(
        "reconnect_link",
        context=_reconnect_link,
        line=mail_values.reconnect_line,
        sample=samples.reconnect_link,
    )
    register(
        "permission_missing",
        context=_permission_missing,
        line=mail_values.permission_line,
        sample=samples.permission_missing,
    )
    register("expires_soon", context=_expires_soon, line=mail_values.expiry_line, sample=samples.expires_soon)
    register(
        "connect_invitation",
        context=_connect_invitation,
        line=mail_values.invitation_line,
        sample=samples.connect_invitation,
    )
    register(
        "creator_connected",
        context=_revived,
        max_age=NEWS_LASTS,
        audience=Audience.MEMBERS,
        line=mail_values.connected_line,
        sample=samples.revived,
    )
    register(
        "revived",
        context=_revived,
        max_age=NEWS_LASTS,
        audience=Audience.MEMBERS,
        line=mail_values.revived_line,
        sample=samples.revived,
    )
    register_unqueued("digest", audience=Audience.CREATORS, sample=samples.digest)
    register("brake_fell", context=_brake_fell, audience=Audience.STAFF, sample=samples.brake_fell)
    register("our_fault", context=_our_fault, audience=Audience.STAFF, sample=samples.our_fault)
    register("refused_by_meta", context=_of_connection, audience=Audience.STAFF, sample=samples.refused_by_meta)
    register("connect_misconfigured", context=_of_app, audience=Audience.STAFF, sample=samples.connect_misconfigured)


def _reconnect_needed(message: OutboxMessage) -> dict[str, Any] | None:
    """Nothing to say any more once somebody has reconnected or disconnected it, or a newer link was sent."""
    link = _open_link(message)
    broken = _broken(link)
    return None if link is None or broken is None else _about(message, link, broken)


def _reconnect_reminder(message: OutboxMessage) -> dict[str, Any] | None:
    """As for the first mail about it."""
    link = _open_link(message)
    broken = _broken(link)
    if link is None or broken is None:
        return None
    return reminder_values(broken, message.recipient, url=links.url_of(link), expires_at=link.expires_at)


def _broken(link: Link | None) -> Connection | None:
    """What a link would revive, while it is inactive."""
    revived = link.revives if link else None
    return revived if revived is not None and revived.status == Status.INACTIVE else None


def _reconnect_link(message: OutboxMessage) -> dict[str, Any] | None:
    link = _open_link(message)
    revived = link.revives if link else None
    if link is None or revived is None or revived.status == Status.DISCONNECTED:
        return None
    return _about(message, link, revived)


def _permission_missing(message: OutboxMessage) -> dict[str, Any] | None:
    """Nothing to say any more where nothing is missing by now, or where it has ended since: another mail tells that."""
    link = _open_link(message)
    connection = _connection(link.connection_id) if link else None
    if link is None or connection is None or connection.status != Status.ACTIVE:
        return None
    missing = missing_permissions(connection)
    if not missing and connection.credential.permission_missing_since is None:
        return None
    return {**_about(message, link, connection), "missing": lacks_in_words(missing)}


def _expires_soon(message: OutboxMessage) -> dict[str, Any] | None:
    """The row is the link that the mail is to carry, or the connection, whose newest open link it then carries.

    Nothing to say any more where that very link was used or replaced, or where a later end was reached without it.
    """
    link = _open_link(message)
    if link is not None:
        return expires_soon(message, _connection(link.connection_id), link)
    connection = _connection(message.subject_id)
    opening = _open_links().filter(connection=connection, expires_at__gt=timezone.now())
    newest = opening.order_by("-created_at").first() if connection else None
    return expires_soon(message, connection, newest)


def _open_link(message: OutboxMessage) -> Link | None:
    """The link that the mail is to carry; None where it was used, replaced or withdrawn, its workspace deleted."""
    return _open_links().filter(pk=message.subject_id or NOBODY).first()


def _open_links() -> QuerySet[Link]:
    rows = Link.objects.open().filter(tenant__deleted_at__isnull=True)
    return rows.select_related(
        "connection__connected_by", "connection__meta_app", "connection__tenant", "tenant", "invited_by"
    ).defer("connection__meta_app__secret", "connection__meta_app__meta_secret")


def _about(message: OutboxMessage, link: Link, connection: Connection) -> dict[str, Any]:
    return mail_values.about_connection(
        connection, message.recipient, url=links.url_of(link), expires_at=link.expires_at
    )


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
    rows = Connection.objects.with_dates().select_related("tenant", "meta_app__tenant", "connected_by")
    return rows.filter(pk=connection_id or NOBODY).first()


def _revived(message: OutboxMessage) -> dict[str, Any] | None:
    connection = _connection(message.subject_id)
    if connection is None or connection.status != Status.ACTIVE:
        return None
    url = mail_values.page_of(connection)
    return {"connection": connection, "workspace": connection.tenant.name, "url": url}


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
