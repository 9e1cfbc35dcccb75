"""What a workspace's address may be, and whose it is: the living ones' and those that a workspace gave up."""

from __future__ import annotations

import re
import uuid

from accounts.models import FormerSlug, Tenant

LONGEST = 50
# Words that may one day stand at the place of a slug.
RESERVED = frozenset({"new", "api", "admin", "all", "deleted"})
PATTERN = re.compile(r"[a-z0-9]+(?:[-_]+[a-z0-9]+)*")


def belongs_to_another(slug: str, tenant_id: uuid.UUID | None = None) -> bool:
    """Whether `slug` is, or was, the address of another workspace than `tenant_id`.

    Asked after `slug` was written, in the same transaction, the answer holds: whoever gives an address up keeps it
    until the end of the transaction that writes it down as a former one.
    """
    others, formers = Tenant.objects.filter(slug=slug), FormerSlug.objects.filter(slug=slug)
    if tenant_id is not None:
        others, formers = others.exclude(pk=tenant_id), formers.exclude(tenant_id=tenant_id)
    return others.exists() or formers.exists()
