"""Changes a workspace's name, address, time zone, language and address for answers."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from accounts import events
from accounts.addresses import belongs_to_another
from accounts.languages import WORKSPACE_LANGUAGES
from accounts.models import FormerSlug, Tenant, User
from accounts.services.lock_living import lock_living

SENTENCES = {
    "name": "The workspace is now called “{}”.",
    "slug": "The workspace's address is now /w/{}/; the old one leads there.",
    "time_zone": "Dates are now shown in the time zone {}.",
    "language": "The language of dates and mails is now “{}”.",
    "reply_to": "Answers to the workspace's mails now go to {}.",
}
# What may be left empty, and what that means.
EMPTIED = {"reply_to": "Answers to the workspace's mails now go to whoever runs the site."}
LANGUAGES = dict(WORKSPACE_LANGUAGES)


class AddressTaken(Exception):
    """The address is another workspace's, or once was."""


def change_workspace(tenant: Tenant, *, by: User, **wanted: str) -> list[str]:
    """Sets what is `wanted` and records an event for each column that becomes another one.

    Args:
        tenant: the workspace; where somebody has deleted it meanwhile, nothing is changed.
        by: the member who asks.
        **wanted: new values of `name`, `slug`, `time_zone`, `language` and `reply_to`, checked.

    Returns:
        The names of the columns that were changed.

    Raises:
        AddressTaken: nothing was changed.
    """
    try:
        with transaction.atomic():
            return _change(tenant, by, wanted)
    except IntegrityError:  # somebody took it in the same moment
        raise AddressTaken from None


def _change(tenant: Tenant, by: User, wanted: dict[str, str]) -> list[str]:
    row = lock_living(tenant.pk)
    if row is None:
        return []
    given = {column: value for column, value in wanted.items() if value or column in EMPTIED}
    changed = [column for column in SENTENCES if column in given and given[column] != getattr(row, column)]
    if "slug" in changed:
        _move(row, wanted["slug"])
    for column in changed:
        setattr(row, column, wanted[column])
        sentence = SENTENCES[column] if wanted[column] else EMPTIED[column]
        text = sentence.format(LANGUAGES.get(wanted[column], wanted[column]))
        events.record(tenant=row, kind=f"workspace_{column}_changed", text=text, actor=by.email)
    row.save(update_fields=changed)
    return changed


def _move(row: Tenant, slug: str) -> None:
    """Takes the address and writes the old one down, so that it leads here and nobody else gets it."""
    FormerSlug.objects.for_tenant(row).filter(slug=slug).delete()
    Tenant.objects.filter(pk=row.pk).update(slug=slug)
    if belongs_to_another(slug, row.pk):
        raise AddressTaken
    FormerSlug.objects.create(tenant=row, slug=row.slug)
