"""What the mails about the team say: for each kind the words, looked up when the mail is written."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext

from accounts import samples
from accounts.models import Invitation, Membership, Tenant
from accounts.rights import IN_WORDS, NAMES
from notifications.registry import Audience, DigestItem, register

if TYPE_CHECKING:
    from notifications.models import OutboxMessage

# News that nobody needs to act on is not worth a late mail.
NEWS_LASTS = dt.timedelta(days=1)


def register_team_kinds() -> None:
    """Called once, when the apps are ready."""
    register(
        "member_joined",
        title="Somebody joined the team",
        context=_member_joined,
        max_age=NEWS_LASTS,
        audience=Audience.MEMBERS,
        line=_joined_line,
        sample=samples.member_joined,
    )
    register(
        "member_removed",
        title="Removed from the team",
        context=_member_removed,
        audience=Audience.MEMBERS,
        line=_removed_line,
        sample=samples.member_removed,
    )
    register(
        "role_changed",
        title="Another role in the team",
        context=_role_changed,
        max_age=NEWS_LASTS,
        audience=Audience.MEMBERS,
        line=_role_line,
        sample=samples.role_changed,
    )


def _member_joined(message: OutboxMessage) -> dict[str, Any] | None:
    """Nothing to say any more where they have gone again."""
    rows = Invitation.objects.select_related("tenant", "accepted_by")
    invitation = rows.filter(pk__in=[message.subject_id], tenant__deleted_at=None).first()
    if invitation is None:
        return None
    membership = _membership(invitation.tenant, user=invitation.accepted_by)
    return None if membership is None else {**_about(membership), "member": membership.user.email}


def _member_removed(message: OutboxMessage) -> dict[str, Any] | None:
    """Nothing to say any more where they are back."""
    tenant = _tenant(message)
    if tenant is None or _membership(tenant, user__email=message.recipient):
        return None
    return {"workspace": tenant.name}


def _role_changed(message: OutboxMessage) -> dict[str, Any] | None:
    """The role as it is now: of several changes the last one counts."""
    tenant = _tenant(message)
    membership = _membership(tenant, user__email=message.recipient) if tenant else None
    return None if membership is None else _about(membership)


def _tenant(message: OutboxMessage) -> Tenant | None:
    return Tenant.objects.living().filter(pk__in=[message.tenant_id]).first()


def _membership(tenant: Tenant, **whose: Any) -> Membership | None:
    return Membership.objects.for_tenant(tenant).select_related("tenant", "user").filter(**whose).first()


def _about(membership: Membership) -> dict[str, Any]:
    tenant = membership.tenant
    return {
        "workspace": tenant.name,
        "role": gettext(NAMES[membership.role]),
        "can": gettext(IN_WORDS[membership.role]),
        "url": settings.SITE_URL + reverse("team", args=[tenant.slug]),
    }


def _joined_line(values: dict[str, Any]) -> DigestItem:
    return _line(values, gettext("%(member)s joined.") % {"member": values["member"]})


def _role_line(values: dict[str, Any]) -> DigestItem:
    return _line(values, gettext("Your role is now: %(role)s.") % {"role": values["role"]})


def _removed_line(values: dict[str, Any]) -> DigestItem:
    words, url = gettext("You are no longer a member."), settings.SITE_URL + reverse("landing")
    return DigestItem(values["workspace"], words, url, gettext("See your workspaces"), values["workspace"])


def _line(values: dict[str, Any], sentence: str) -> DigestItem:
    return DigestItem(values["workspace"], sentence, values["url"], gettext("See the team"), values["workspace"])
