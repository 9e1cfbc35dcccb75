"""Puts other words in place of somebody's mail addresses, wherever the history names them."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Collection
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Q

from accounts.models import Event, Invitation, Membership
from accounts.querysets import EventQuerySet

BATCH = 500


def rename_person(addresses: Collection[str], words: str) -> None:
    """In the history of every workspace that these addresses have acted in or were invited to; in one transaction.

    Args:
        addresses: confirmed ones of one person; somebody else's would be taken out of the history with them.
        words: what takes their place.
    """
    if not addresses:
        return
    tenants = _tenants(addresses)
    Event.objects.by_people().filter(actor__in=addresses).update(actor=words)
    spelled = re.compile(
        rf"(?<![\w.+%-])(?:{'|'.join(re.escape(each) for each in addresses)})(?![\w-]|\.\w)", re.IGNORECASE
    )
    # Key by key: a workspace's history may be long, and what has been rewritten is not found again.
    last = 0
    while rows := list(_named(tenants, addresses).filter(pk__gt=last).order_by("pk")[:BATCH]):
        for row in rows:
            row.text = _put(spelled, row.text, words)
            row.detail = json.loads(spelled.sub(words, json.dumps(row.detail, ensure_ascii=False)))
        Event.objects.bulk_update(rows, ["text", "detail"])
        last = rows[-1].pk


def follow_address(*, from_email_address: EmailAddress | None, to_email_address: EmailAddress, **kwargs: Any) -> None:
    """Whose main address changes keeps what they did: whoever gets the old one some day did none of it."""
    if from_email_address is not None and from_email_address.verified:
        with transaction.atomic():
            rename_person([from_email_address.email.lower()], to_email_address.email.lower())


def _tenants(addresses: Collection[str]) -> list[uuid.UUID]:
    """The workspaces that may know the addresses: nobody else's history is searched for them."""
    acted = Event.objects.by_people().filter(actor__in=addresses).values_list("tenant_id", flat=True).distinct()
    invited = Invitation.objects.filter(email__in=addresses).values_list("tenant_id", flat=True)
    belongs = Membership.objects.filter(user__email__in=addresses).values_list("tenant_id", flat=True)
    return list({*acted.order_by(), *invited, *belongs})


def _named(tenants: list[uuid.UUID], addresses: Collection[str]) -> EventQuerySet:
    named = Q()
    for address in addresses:
        named |= Q(text__icontains=address) | Q(detail__icontains=address)
    return Event.objects.filter(named, tenant_id__in=tenants)


def _put(spelled: re.Pattern[str], text: str, words: str) -> str:
    """A sentence that began with the address begins with a capital letter."""
    longest: int = Event._meta.get_field("text").max_length or 0
    renamed = spelled.sub(words, text)
    begins = spelled.match(text) is not None
    return (renamed[:1].upper() + renamed[1:] if begins else renamed)[:longest]
