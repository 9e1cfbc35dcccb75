"""By which words one account is known in its workspace, and where they stand in what people have read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from accounts.models import Event, Invitation, Membership
from tokens.models import Connection, Link

# As `take_names` writes it.
_RENAMED = re.compile(r"(?:^@(.+?) is now called @(.+?)|^The account is @(.+?))\.(?: Its name is “|$)")
_NAMED = re.compile(r"“(.+)” now\.$")


@dataclass(frozen=True, slots=True)
class Traces:
    """The account's words, in small letters but for names. What another account or a member bears too is left out."""

    handles: frozenset[str]
    names: frozenset[str]
    ids: frozenset[str]
    addresses: frozenset[str]

    @property
    def words(self) -> frozenset[str]:
        return self.handles | self.names | self.ids | self.addresses

    def anywhere_in(self, *columns: str) -> Q:
        """The rows in whose columns one of the words stands, perhaps as a part of another word."""
        return Q(*(Q(**{f"{each}__icontains": word}) for each in columns for word in self.words), _connector=Q.OR)

    def in_sentence(self, text: str) -> bool:
        """Whether a sentence of ours names the account.

        What people chose stands after an @, as an address or in quotation marks; all other words are ours, also
        where an account happens to be called like one.
        """
        found = (
            (rf"(?<![\w.])@(?:{_any(self.handles)})(?!\.?\w)", self.handles),
            (rf"(?<!\w)(?:{_any(self.ids)})(?!\w)", self.ids),
            (rf"(?<![\w.+%-])(?:{_any(self.addresses)})(?![\w-]|\.\w)", self.addresses),
            (rf"“(?:[^”]*\W)?(?:{_any(self.handles | self.names)})(?:\W[^”]*)?”", self.handles | self.names),
        )
        return any(words and re.search(pattern, text, re.IGNORECASE) for pattern, words in found)

    def in_value(self, value: Any) -> bool:
        """Whether one of the words stands by itself somewhere in what was parsed from JSON."""
        if isinstance(value, dict):
            return any(self.in_value(each) for each in value.values())
        if isinstance(value, list):
            return any(self.in_value(each) for each in value)
        alone = rf"(?<!\w)(?:{_any(self.words)})(?!\w)"
        return bool(self.words) and re.search(alone, str(value), re.IGNORECASE) is not None


def traces_of(connection: Connection) -> Traces:
    """The words of a connection that is about to be erased: of today, and those it went by before."""
    handles, names = _former(connection)
    handles |= {connection.handle.lower()} - {""}
    names |= {connection.name} - {""}
    invited = Link.objects.for_tenant(connection.tenant).filter(kind=Link.Kind.CONNECT)
    by_link = invited.filter(Q(connection=connection) | Q(expected_handle__in=handles))
    addresses = {connection.contact_email, *by_link.values_list("contact_email", flat=True)} - {""}
    return _own(connection, handles, names, {address.lower() for address in addresses})


def _former(connection: Connection) -> tuple[set[str], set[str]]:
    events = Event.objects.for_tenant(connection.tenant).filter(subject_id=connection.pk, kind="renamed")
    handles, names = set[str](), set[str]()
    for text in events.values_list("text", flat=True):
        if found := _RENAMED.search(text):
            handles |= {each.lower() for each in found.groups() if each}
        if named := _NAMED.search(text):
            names.add(named[1].rpartition("“")[2])
    return handles, names


def _own(connection: Connection, handles: set[str], names: set[str], addresses: set[str]) -> Traces:
    """Without what is somebody else's as well: their data would be erased with it."""
    ids = connection.aliases
    others = Connection.objects.for_tenant(connection.tenant).exclude(pk=connection.pk)
    alike = others.filter(
        Q(handle__in=handles) | Q(name__in=names) | Q(contact_email__in=addresses) | Q(instagram_id__in=ids)
    )
    columns = ("handle", "name", "contact_email", "instagram_id", "app_scoped_id", "exchange_user_id")
    theirs = {word.lower() for row in alike.values_list(*columns) for word in row}
    members = Membership.objects.for_tenant(connection.tenant).filter(user__email__in=addresses)
    invited = Invitation.objects.for_tenant(connection.tenant).filter(email__in=addresses)
    theirs |= {*members.values_list("user__email", flat=True), *invited.values_list("email", flat=True)}
    kept = [
        frozenset(word for word in words if word.lower() not in theirs) for words in (handles, names, ids, addresses)
    ]
    return Traces(*kept)


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words))
