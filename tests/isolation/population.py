"""A workspace with rows of every kind, each carrying a word by which it would be known elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils import timezone

from accounts import derived, events
from accounts.models import FormerSlug, Invitation, Membership, Role, Tenant, User
from accounts.services import invitations
from notifications import unsubscribing
from notifications.models import MailPreference, OutboxMessage, SilencedAddress, Unsubscribed
from tests.factories import make_connection, make_member, make_meta_app, make_tenant, make_user
from tests.test_tenancy_keys import BELONGING, EXCEPTIONS
from tokens.models import (
    ConnectAttempt,
    ImportLine,
    Link,
    MetaApp,
    PermissionNeeds,
    ReconnectRequest,
    Strike,
    SweepRun,
    TokenImport,
)
from tokens.services import links

OWNED = [model for model in BELONGING if model._meta.label not in EXCEPTIONS]


@dataclass
class Populated:
    """A workspace, its people by role, and the words that nobody outside may ever read."""

    tenant: Tenant
    people: dict[str, User] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)

    def ids(self) -> dict[str, list[Any]]:
        """The keys of all its rows, by the converter that takes them."""
        keys = [key for model in OWNED for key in model._default_manager.filter(tenant=self.tenant).values_list("pk")]
        plain = [key for (key,) in keys]
        return {
            "UUIDConverter": [key for key in dict.fromkeys(plain) if not isinstance(key, int)],
            "IntConverter": [key for key in dict.fromkeys(plain) if isinstance(key, int)],
            "StringConverter": self._tokens(),
            "SlugConverter": ["instagram_login"],
            "member": [*Membership.objects.filter(tenant=self.tenant).values_list("pk", flat=True)],
        }

    def _tokens(self) -> list[str]:
        tokens = [links.token_of(link) for link in Link.objects.filter(tenant=self.tenant)]
        tokens += [unsubscribing.token_of(row) for row in OutboxMessage.objects.filter(tenant=self.tenant)]
        return tokens + [invitations.token_of(row) for row in Invitation.objects.filter(tenant=self.tenant)]


def populate(word: str) -> Populated:
    """A workspace in whose names, addresses and handles `word` stands, and in nothing else's."""
    owner = make_user(f"owner-{word}@example.com")
    tenant = make_tenant(f"{word} Studio", owner=owner)
    made = Populated(tenant, {Role.OWNER: owner}, [word])
    for role in (Role.ADMIN, Role.MEMBER, Role.VIEWER):
        made.people[role] = make_member(tenant, role, user=make_user(f"{role}-{word}@example.com"))
    # What stands in addresses is told back in answers; by another word than what stands in pages.
    tenant.slug = "place-" + "".join(chr(ord("a") + (ord(c) * 7 + 3) % 26) for c in word)
    tenant.save()
    _fill(tenant, owner, word)
    return made


def _fill(tenant: Tenant, owner: User, word: str) -> None:
    now = timezone.now()
    FormerSlug.objects.create(tenant=tenant, slug=f"former-{tenant.slug}")
    app = make_meta_app(tenant=tenant, app_id=f"app-{word}")
    connection = make_connection(tenant=tenant, handle=f"handle_{word}", contact_email=f"contact@{word}.example")
    make_connection(tenant=tenant, handle=f"gone_{word}", status="inactive", meta_app=app)
    invitation = Invitation(tenant=tenant, email=f"invited@{word}.example", role=Role.MEMBER, invited_by=owner)
    invitations.renew(invitation, now)
    invitation.save()
    links.issue(connection, recipients=[f"contact@{word}.example"])
    ReconnectRequest.objects.create(tenant=tenant, connection=connection, reason="expired", queued_at=now)
    links.issue_connect(tenant, email=f"creator@{word}.example", handle=f"new_{word}", invited_by=owner)
    ConnectAttempt.objects.create(
        tenant=tenant, meta_app=app, user=owner, connection=connection, state_hash=derived.digest(f"state-{word}"),
        session_hash="0" * 64, expires_at=now, used_at=now, outcome="denied", handles={"found": f"found_{word}"},
    )  # fmt: skip
    PermissionNeeds.objects.create(tenant=tenant, permissions=["instagram_business_basic"], changed_by=owner)
    SweepRun.objects.create(tenant=tenant, purpose="refresh", owner=f"process-{word}", started_at=now)
    Strike.objects.create(meta_app=app, tenant=tenant, connection=connection, cause="deaths", at=now)
    job = TokenImport.objects.create(tenant=tenant, user=owner, file_name=f"{word}.csv", lines=1)
    ImportLine.objects.create(tenant=tenant, token_import=job, number=2, outcome="refused", sentence=f"It is {word}.")
    OutboxMessage.objects.create(
        tenant=tenant,
        kind="reconnect_link",
        recipient=f"contact@{word}.example",
        dedupe_key=derived.digest(word),
        topic_id=connection.pk,
    )
    SilencedAddress.objects.create(tenant=tenant, address=f"silent@{word}.example", why="bounced")
    Unsubscribed.objects.create(tenant=tenant, topic_id=connection.pk, address=f"contact@{word}.example")
    MailPreference.objects.create(tenant=tenant, user=owner, group="revived", wanted=False)
    for subject in (None, connection.pk):
        events.record(tenant=tenant, kind="noted", text=f"About {word}.", subject_id=subject, actor=f"by {word}")


def kinds_without_rows(tenant: Tenant) -> list[type[models.Model]]:
    """The kinds of rows that the population has forgotten."""
    return [model for model in OWNED if not model._default_manager.filter(tenant=tenant).exists()]


def own_meta_app(tenant: Tenant) -> MetaApp:
    return MetaApp.objects.get(tenant=tenant)
