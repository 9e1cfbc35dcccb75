"""Mails a new link to whoever holds one that no longer opens: to the address on record, never to one typed in."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.rate_limits import NEW_INVITATIONS_TO, NEW_LINKS_TO, Limit
from tokens.flags import mended_by_a_person
from tokens.models import Connection, Link
from tokens.services import recipients
from tokens.services.invite_creator import AGAIN, send_again
from tokens.services.link_account import ACTORS
from tokens.services.send_link import VISITOR, lock_connected, mail_and_note, used_up_by_visitors

# A mail stays with whoever once got it, also when it is no longer for them.
GOOD_FOR_ASKING = dt.timedelta(days=60)


def send_new_link(link: Link) -> None:
    """Sends one like `link`, whatever has become of it, unless too many went there or it has lost its point.

    What was sent is limited by the connection and by the address within its workspace; of those who ask, how often,
    before this is called. Members' own mails count apart.
    """
    now = timezone.now()
    if link.created_at <= now - GOOD_FOR_ASKING:
        return
    if link.revives is None:
        _invite_again(link)
    else:
        _send_reconnect_link(link, link.revives, now)


def _invite_again(link: Link) -> None:
    invited = [_key(link, link.contact_email)]
    if _have_room(NEW_INVITATIONS_TO, invited) and send_again(link, actor=ACTORS[Link.Kind.CONNECT]) == AGAIN:
        _count(NEW_INVITATIONS_TO, invited)


def _send_reconnect_link(link: Link, connection: Connection, now: dt.datetime) -> None:
    """Mails once more the link that is open, where it is good for a while longer: it may lie in a mail of today.

    By a link of these days one is had also where all is well; by an older one only where it is of use.
    """
    young = link.created_at > now - dt.timedelta(days=settings.LINK_LIFETIME_DAYS)
    told = recipients.of_connection(connection)
    keys = [_key(connection, address) for address in told]
    if not _have_room(NEW_LINKS_TO, keys):
        return
    with transaction.atomic():
        # Of two that press at once, the second finds what the first has sent.
        locked = lock_connected(connection)
        if locked is None or used_up_by_visitors(locked, now) or not (young or mended_by_a_person(locked, now)):
            return
        sent = mail_and_note(locked, told, actor=VISITOR, now=now, occasion=f"asked:{uuid.uuid4()}")
    if sent:
        _count(NEW_LINKS_TO, keys)


def _have_room(limit: Limit, keys: list[str]) -> bool:
    return not any(limit.wait(key) for key in keys)


def _count(limit: Limit, keys: list[str]) -> None:
    for key in keys:
        limit.take(key)


def _key(row: Connection | Link, address: str) -> str:
    """The cache keeps no addresses, and takes no key that is as long as one may be."""
    return hashlib.sha256(f"{row.tenant_id}:{address}".encode()).hexdigest()
