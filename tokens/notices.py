"""What the mails about connections say: for each kind the words, looked up when the mail is written.

The outbox holds ids alone. The link is derived here, at delivery, so that it stands in no row and a repeated mail
carries the same one.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from notifications.audience import DIGEST
from notifications.digest import of_held
from notifications.models import Outage, OutboxMessage
from notifications.registry import Audience, Context, Line, Sample, register
from tokens import mail_values, samples
from tokens.confirming import to_be_confirmed
from tokens.flags import missing_permissions
from tokens.models import Brake, Connection, Flavour, Link, MetaApp, Status
from tokens.remedies import OUR_WORDS, SEEN, to_check
from tokens.reminders import expires_soon, reminder_values
from tokens.services import links
from tokens.services.fault_words import words_seen
from tokens.services.mail_link import pass_on
from tokens.services.reconnect_requests import SENT, note_link_step
from tokens.staff_values import refused_values, set_up_wrongly
from tokens.watch import troubles
from tokens.wording import lacks_in_words

# Design rule 7: news that nobody needs to act on is not worth a late mail.
NOBODY = uuid.UUID(int=0)
# They carry the link of a request to come back, whose way is followed.
ASK_BACK = (
    "reconnect_needed",
    "reconnect_link",
    "reconnect_reminder_1",
    "reconnect_reminder_2",
    "reconnect_reminder_3",
)
NEWS_LASTS = dt.timedelta(days=1)


def register_kinds() -> None:
    """Called once, when the apps are ready."""
    for name, title, context, line, sample in _TO_CREATORS:
        sent = _asked_back if name in ASK_BACK else None
        register(name, title=title, context=context, line=line, sample=sample, sent=sent)
    for name, title, line in _NEWS:
        register(
            name,
            title=title,
            context=_revived,
            max_age=NEWS_LASTS,
            audience=Audience.MEMBERS,
            line=line,
            sample=samples.revived,
        )
    for name, title, tell, made_up in _TO_STAFF:
        register(name, title=title, context=tell, audience=Audience.STAFF, sample=made_up)
    register(DIGEST, title="News in one mail", context=of_held, sample=samples.digest)


def _reconnect_needed(message: OutboxMessage) -> dict[str, Any] | None:
    """Nothing to say any more once somebody has reconnected or disconnected it, or a newer link was sent."""
    link = _open_link(message)
    broken = _broken(link)
    return None if link is None or broken is None or _passed_on(message, broken) else _about(message, link, broken)


def _reconnect_reminder(message: OutboxMessage) -> dict[str, Any] | None:
    """As for the first mail about it."""
    link = _open_link(message)
    broken = _broken(link)
    if link is None or broken is None or _passed_on(message, broken):
        return None
    return reminder_values(broken, message.recipient, url=links.url_of(link), expires_at=link.expires_at)


def _broken(link: Link | None) -> Connection | None:
    """What a link would revive, while it is inactive."""
    revived = link.revives if link else None
    return revived if revived is not None and revived.status == Status.INACTIVE else None


def _reconnect_link(message: OutboxMessage) -> dict[str, Any] | None:
    link = _open_link(message)
    revived = link.revives if link else None
    if link is None or revived is None or revived.status == Status.DISCONNECTED or _passed_on(message, revived):
        return None
    return _about(message, link, revived)


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
    if (not missing and connection.credential.permission_missing_since is None) or _passed_on(message, connection):
        return None
    return {**_about(message, link, connection), "missing": lacks_in_words(missing)}


def _expires_soon(message: OutboxMessage) -> dict[str, Any] | None:
    """The row is the link that the mail is to carry, or the connection, whose newest open link it then carries.

    Nothing to say any more where that very link was used or replaced, or where a later end was reached without it.
    """
    link = _open_link(message)
    connection = _connection(link.connection_id if link else message.subject_id)
    if connection is not None and _passed_on(message, connection):
        return None
    if link is not None:
        return expires_soon(message, connection, link)
    opening = _open_links().filter(connection=connection, expires_at__gt=timezone.now())
    newest = opening.order_by("-created_at").first() if connection else None
    return expires_soon(message, connection, newest)


def _passed_on(message: OutboxMessage, connection: Connection) -> bool:
    return pass_on(message, connection, timezone.now())


def _open_link(message: OutboxMessage) -> Link | None:
    """The link that the mail is to carry; None where it was used, replaced or withdrawn, its workspace deleted."""
    link = _open_links().filter(pk=message.subject_id or NOBODY).first()
    if link is not None:
        links.freshen(link, timezone.now())
    return link


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
        "through_facebook": link.flavour == Flavour.FACEBOOK_LOGIN,
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
    return {
        "connection": connection,
        "workspace": connection.tenant.name,
        "url": url,
        "invited": _invited(connection),
        "confirm": to_be_confirmed(connection, connection.credential, timezone.now()),
    }


def _invited(connection: Connection) -> str:
    """Whose invitation brought it here; empty where none did. The contact address may be another one since."""
    used = Link.objects.filter(connection=connection, kind=Link.Kind.CONNECT, used_at__isnull=False)
    return used.order_by("-used_at").values_list("contact_email", flat=True).first() or ""


def _of_connection(message: OutboxMessage) -> dict[str, Any] | None:
    connection = _connection(message.subject_id)
    return None if connection is None else {"connection": connection, "credential": connection.credential}


def _refused(message: OutboxMessage) -> dict[str, Any] | None:
    values = _of_connection(message)
    return None if values is None else refused_values(values)


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
    return None if app is None else set_up_wrongly(app)


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


_TO_CREATORS: tuple[tuple[str, str, Context, Line, Sample], ...] = (
    (
        "reconnect_needed",
        "An account ended: please reconnect",
        _reconnect_needed,
        mail_values.ended_line,
        samples.reconnect_needed,
    ),
    *(
        (
            f"reconnect_reminder_{number}",
            f"Reminder {number}: please reconnect",
            _reconnect_reminder,
            mail_values.reminder_line,
            samples.reconnect_reminder,
        )
        for number in (1, 2, 3)
    ),
    ("reconnect_link", "Reconnect link", _reconnect_link, mail_values.reconnect_line, samples.reconnect_link),
    (
        "permission_missing",
        "A permission is missing",
        _permission_missing,
        mail_values.permission_line,
        samples.permission_missing,
    ),
    ("expires_soon", "An account ends soon", _expires_soon, mail_values.expiry_line, samples.expires_soon),
    (
        "connect_invitation",
        "Invitation to connect",
        _connect_invitation,
        mail_values.invitation_line,
        samples.connect_invitation,
    ),
)
_NEWS: tuple[tuple[str, str, Line], ...] = (
    ("creator_connected", "A creator has connected", mail_values.connected_line),
    ("revived", "An account was reconnected", mail_values.revived_line),
)
_TO_STAFF: tuple[tuple[str, str, Context, Sample], ...] = (
    ("brake_fell", "The brake fell", _brake_fell, samples.brake_fell),
    ("our_fault", "A fault of our own", _our_fault, samples.our_fault),
    ("refused_by_meta", "Meta refuses a request", _refused, samples.refused_by_meta),
    ("standstill", "The work stands still", _standstill, samples.standstill),
    ("all_clear", "The work goes on", _all_clear, samples.all_clear),
    ("connect_misconfigured", "The Meta app is set up wrongly", _of_app, samples.connect_misconfigured),
)
