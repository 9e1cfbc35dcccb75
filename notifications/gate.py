"""Whether a mail that is due may go to its reader at all: asked at delivery, so that a late word still counts."""

from __future__ import annotations

from notifications.audience import rule_of
from notifications.models import OutboxMessage
from notifications.preferences import wants
from notifications.registry import Audience
from notifications.silence import is_silenced
from notifications.unsubscribing import is_unsubscribed

SILENCED, UNSUBSCRIBED, SWITCHED_OFF = "silenced", "unsubscribed", "switched_off"


def why_not(message: OutboxMessage) -> str:
    """Why its reader does not get it, one stable word; empty where they do.

    What somebody asked for on a page reaches them although they unsubscribed.
    """
    if message.tenant_id is None:
        return ""
    if is_silenced(message.recipient, tenant_id=message.tenant_id):
        return SILENCED
    rule = rule_of(message.kind)
    if rule is None or rule.at_once:
        return ""
    if rule.audience is Audience.CREATORS and is_unsubscribed(message.recipient, message.topic_id):
        return UNSUBSCRIBED
    off = rule.switchable and not wants(message.recipient, tenant_id=message.tenant_id, group=rule.group)
    return SWITCHED_OFF if off else ""
