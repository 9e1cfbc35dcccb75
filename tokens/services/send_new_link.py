"""Mails a new link to whoever holds one that no longer opens: to the address on record, never to one typed in."""

from __future__ import annotations

import hashlib

from accounts.rate_limits import NEW_LINKS_TO
from tokens.models import Connection, Link
from tokens.services import recipients
from tokens.services.invite_creator import send_again
from tokens.services.link_account import ACTORS
from tokens.services.send_link import send_link


def send_new_link(link: Link) -> None:
    """Sends one like `link`, whatever has become of it, unless too many went there or it has lost its point.

    An hour's mails are limited thrice: of one connection or invitation (as for members), of one address over all of
    its connections, and, before this is called, of one who asks.
    """
    revived = link.revives
    if revived is None:
        send_again(link, actor=ACTORS[Link.Kind.CONNECT])
    elif _has_room(revived):
        send_link(revived, actor=ACTORS[Link.Kind.RECONNECT])


def _has_room(connection: Connection) -> bool:
    """Counts for each of them, also where one has no room."""
    waits = [NEW_LINKS_TO.take(_shortened(address)) for address in recipients.of_connection(connection)]
    return not any(waits)


def _shortened(address: str) -> str:
    """The cache keeps no addresses, and takes no key that is as long as one may be."""
    return hashlib.sha256(address.encode()).hexdigest()
