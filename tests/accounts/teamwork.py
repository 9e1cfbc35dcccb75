"""What people do with a team: invite, open the mailed link, press the one button there."""

from __future__ import annotations

import re
from typing import Any

from django.core import mail
from django.test import Client

from accounts.models import Event, Invitation, Membership, Role, Tenant, User
from accounts.services.invite_member import invite_member
from tests.accounts.people import SITE, read
from tests.factories import make_member, make_user
from tests.rows import all_rows
from tests.tokens.journeys import sign_in

BOB = "bob@example.com"
PASS_PHRASE = "correct horse battery"


def team_path(tenant: Tenant, rest: str = "") -> str:
    return f"/w/{tenant.slug}/team/{rest}"


def owner_of(tenant: Tenant) -> User:
    return Membership.objects.for_tenant(tenant).filter(role=Role.OWNER).earliest("pk").user


def member_of(tenant: Tenant, role: str, email: str = "") -> Membership:
    """A further member, by a row that buttons point to."""
    user = make_member(tenant, role, user=make_user(email) if email else None)
    return Membership.objects.get(tenant=tenant, user=user)


def browser_of(member: Membership) -> Client:
    return sign_in(member.user)


def invite(tenant: Tenant, email: str = BOB, role: str = Role.MEMBER, by: User | None = None) -> Invitation:
    """Invited as by the page; the mail lies in the outbox of the tests."""
    invite_member(tenant, email=email, role=role, by=by or owner_of(tenant))
    return Invitation.objects.get(tenant=tenant, email=email, accepted_at=None, withdrawn_at=None)


def mailed_invitation(number: int = -1) -> str:
    """The path of the link in a mail, the newest by default."""
    found = set(re.findall(rf"{re.escape(SITE)}(/invitation/[^/\s]+/)", str(mail.outbox[number].body)))
    assert len(found) == 1, found
    return str(found.pop())


def press(browser: Client, path: str, words: str, follow: bool = True, **typed: str) -> Any:
    """Opens `path`, fills in what is typed and presses the button; the page that it leads to."""
    form = read(browser.get(path)).form_of(words)
    return browser.post(form.action or path, {**form.fields, **typed}, follow=follow)


def message_of(response: Any) -> str:
    """All that the page says."""
    return read(response).text


def kinds(tenant: Tenant) -> list[str]:
    """What happened there, oldest first."""
    return list(Event.objects.for_tenant(tenant).order_by("pk").values_list("kind", flat=True))


def last_event(tenant: Tenant) -> Event:
    event: Event = Event.objects.for_tenant(tenant).latest("pk")
    return event


def roles(tenant: Tenant) -> dict[str, str]:
    """Who is in the team, as what."""
    return dict(Membership.objects.for_tenant(tenant).values_list("user__email", "role"))


def rows_that_count() -> dict[str, list[str]]:
    """All rows but those in which every request of a browser is noted: sessions, devices, rate limits."""
    return all_rows(apart_from=frozenset({"django_session", "usersessions_usersession", "perennial_cache"}))
