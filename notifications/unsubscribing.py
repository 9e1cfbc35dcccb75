"""Whoever gets a mail can end them by one click (RFC 8058), without signing in.

The link's token is the row's id, signed: it stands in no row, and nobody makes one up. It opens as long as the row is
kept, which is 90 days.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.signing import BadSignature, Signer

from notifications.audience import DIGEST, rule_of
from notifications.models import OutboxMessage, State, Unsubscribed
from notifications.preferences import choose, wants
from notifications.registry import Audience

# What a mail program shows a button of its own for.
HEADER, POST_HEADER, ONE_CLICK = "List-Unsubscribe", "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"


def token_of(message: OutboxMessage) -> str:
    return _signer().sign(message.pk.hex)


def url_of(message: OutboxMessage) -> str:
    """Where the mail is unsubscribed from; empty where it is not, as with alerts to staff."""
    return f"{settings.SITE_URL}/unsubscribe/{token_of(message)}/" if _can(message) else ""


def headers_of(message: OutboxMessage) -> dict[str, str]:
    """What lets mail programs offer it themselves. Page: https://www.rfc-editor.org/rfc/rfc8058."""
    url = url_of(message)
    return {HEADER: f"<{url}>", POST_HEADER: ONE_CLICK} if url else {}


def find(token: str) -> OutboxMessage | None:
    """The mail that a token came with; None where it is garbled, or its mail is forgotten."""
    try:
        key = uuid.UUID(_signer().unsign(token))
    except (BadSignature, ValueError):
        return None
    found = OutboxMessage.objects.select_related("tenant").filter(pk=key, tenant__isnull=False).first()
    return found if found is not None and _can(found) else None


def topics_of(message: OutboxMessage) -> list[UUID]:
    """What a creator's mail is about, each once; of a digest, what each of its lines is about."""
    found = [each.topic_id for each in _told(message) if _of_creator(each)]
    return list(dict.fromkeys(topic for topic in found if topic is not None))


def groups_of(message: OutboxMessage) -> list[str]:
    """The groups that a member's mail belongs to; of a digest, those of its lines."""
    rules = [rule_of(each.kind) for each in _told(message)]
    return list(dict.fromkeys(rule.group for rule in rules if rule is not None and rule.switchable))


def is_unsubscribed(address: str, topic_id: UUID | None) -> bool:
    return bool(topic_id and Unsubscribed.objects.filter(topic_id=topic_id, address=address.lower()).exists())


def unsubscribed_among(addresses: Iterable[str], topic_id: UUID) -> dict[str, dt.datetime]:
    """Those of `addresses` that want no mail about it, each with since when."""
    lowered = [address.lower() for address in addresses]
    return dict(Unsubscribed.objects.filter(topic_id=topic_id, address__in=lowered).values_list("address", "since"))


def is_off(message: OutboxMessage) -> bool:
    """Whether nothing of what the mail belongs to is sent to its reader any more."""
    topics, groups = topics_of(message), groups_of(message)
    tenant_id = _tenant(message)
    if groups and not get_user_model().objects.filter(email=message.recipient.lower()).exists():
        groups = []  # a member's former address gets none of the news
    return all(is_unsubscribed(message.recipient, topic) for topic in topics) and not any(
        wants(message.recipient, tenant_id=tenant_id, group=group) for group in groups
    )


def switch(message: OutboxMessage, *, on: bool, now: dt.datetime) -> list[UUID]:
    """Ends, or takes up again, what the mail belongs to, in the caller's transaction.

    Arguments:
        message: a mail that `find` gave.
        on: False to unsubscribe.
        now: the instant.

    Returns what of a creator's is now otherwise than before: connections, or the workspace itself.
    """
    address, tenant_id = message.recipient.lower(), _tenant(message)
    changed = []
    for topic in topics_of(message):
        rows = Unsubscribed.objects.filter(topic_id=topic, address=address)
        if on:
            done = bool(rows.delete()[0])
        else:
            _, done = rows.get_or_create(
                topic_id=topic, address=address, defaults={"tenant_id": tenant_id, "since": now}
            )
        changed += [topic] * done
    user = get_user_model().objects.filter(email=address).first()
    for group in groups_of(message) if user else []:
        choose(tenant_id=tenant_id, user_id=user.pk if user else None, group=group, wanted=on)
    return changed


def _signer() -> Signer:
    return Signer(salt="perennial.unsubscribe", sep=".", algorithm="sha256")


def _can(message: OutboxMessage) -> bool:
    rule = rule_of(message.kind)
    if rule is None or message.tenant_id is None:
        return False
    return message.kind == DIGEST or rule.switchable or _of_creator(message)


def _of_creator(message: OutboxMessage) -> bool:
    rule = rule_of(message.kind)
    return rule is not None and rule.audience is Audience.CREATORS and message.topic_id is not None


def _told(message: OutboxMessage) -> list[OutboxMessage]:
    if message.kind != DIGEST:
        return [message]
    # What had lost its point by then, or its reader did not want, stood in none of its lines.
    told = OutboxMessage.objects.filter(digest_id=message.pk).exclude(state=State.DROPPED)
    return list(told.order_by("created_at", "pk"))


def _tenant(message: OutboxMessage) -> UUID:
    if message.tenant_id is None:
        raise LookupError("Nobody unsubscribes from alerts to staff.")
    return message.tenant_id
