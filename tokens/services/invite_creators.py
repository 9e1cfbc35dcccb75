"""Invites many creators at once: one mail a line of a list."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from accounts.models import Tenant, User
from tokens.models import Flavour
from tokens.services.creator_list import Creator
from tokens.services.invite_creator import invite_creator

# One commit a line would take most of the time; one for all would keep others of the workspace waiting.
BATCH = 50


def invite_creators(
    tenant: Tenant, creators: Sequence[Creator], *, by: User, flavour: str = Flavour.INSTAGRAM_LOGIN
) -> list[str]:
    """Invites those whose lines are good.

    Args:
        tenant: the workspace that will own the connections.
        creators: the lines as read.
        by: the member who invites.
        flavour: through which login the accounts shall be connected.

    Returns:
        For each line, in its order, what `invite_creator` returns; empty for a line that has a problem.
    """
    outcomes: list[str] = []
    for start in range(0, len(creators), BATCH):
        with transaction.atomic():
            for each in creators[start : start + BATCH]:
                outcomes.append("" if each.problem else _invite(tenant, each, by, flavour))
    return outcomes


def _invite(tenant: Tenant, creator: Creator, by: User, flavour: str) -> str:
    return invite_creator(tenant, email=creator.email, handle=creator.handle, by=by, flavour=flavour)
