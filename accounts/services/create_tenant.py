"""Creates a workspace together with its owner's membership."""

from __future__ import annotations

import itertools

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from accounts import events
from accounts.addresses import LONGEST, RESERVED, belongs_to_another
from accounts.models import Membership, Role, Tenant, User


def create_tenant(*, name: str, owner: User) -> Tenant:
    """A workspace named `name` that belongs to `owner`, all or nothing.

    Returns:
        The tenant; its slug comes from the name, with `-2`, `-3` … where that is taken or was once another's.
    """
    with transaction.atomic():
        tenant = _insert(name)
        Membership.objects.create(tenant=tenant, user=owner, role=Role.OWNER)
        events.record(
            tenant=tenant,
            kind="workspace_created",
            text=f"The workspace “{name}” was created.",
            actor=owner.email,
        )
    return tenant


def get_or_create_owner(email: str) -> User:
    """The user with that address, in any case; a new one can sign in only after setting a password by mail."""
    user = User.objects.filter(email__iexact=email).first()
    if user is not None:
        return user
    with transaction.atomic():
        user = User.objects.create_user(email)
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
    return user


def _insert(name: str) -> Tenant:
    stem = slugify(name)[:LONGEST].strip("-_") or "workspace"
    for number in itertools.count(1):
        slug = stem if number == 1 else f"{stem}-{number}"
        if slug in RESERVED or belongs_to_another(slug):
            continue
        try:
            with transaction.atomic():
                return _owned(Tenant.objects.create(name=name, slug=slug))
        except IntegrityError:  # somebody took it in the same moment
            continue
    raise AssertionError("count() does not end")


def _owned(tenant: Tenant) -> Tenant:
    if belongs_to_another(tenant.slug, tenant.pk):
        raise IntegrityError("somebody gave the address up in the same moment: it stays theirs")
    return tenant
