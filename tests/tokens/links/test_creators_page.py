"""The list of invitations: newest first, each with its state."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import make_connections, make_member, make_tenant
from tests.markup import Page
from tests.tokens.journeys import sign_in
from tests.tokens.links.inviting import connect_by
from tokens.models import Connection, Link
from tokens.services import links
from tokens.services.withdraw_link import withdraw_link

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(tenant):
    return f"/w/{tenant.slug}/creators/"


def rows(browser, address):
    html = browser.get(address).content.decode()
    found = re.findall(r"<tr role=\"row\">\s*<td.*?</tr>", html, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in found]


def test_an_empty_list_says_what_to_do(signed_in, address):
    page = Page(signed_in.get(address).content.decode())
    assert "Nobody was invited yet" in page.text
    assert page.form_of("Invite a creator").action == f"{address}invite/"


def test_each_invitation_shows_its_state_newest_first(signed_in, address, tenant, alice, invitation):
    now = timezone.now()
    expired, withdrawn, waiting = (
        links.issue_connect(
            tenant, email=f"{word}@x.example", handle="", invited_by=alice, now=now + dt.timedelta(seconds=n)
        )
        for n, word in enumerate(["expired", "withdrawn", "waiting"], start=1)
    )
    connect_by(invitation, "carla")
    Link.objects.filter(pk=expired.pk).update(expires_at=now)
    withdraw_link(withdrawn, by=alice)
    first, second, third, last = rows(signed_in, address)
    assert "waiting@x.example" in first
    assert "Waiting until" in first
    assert "Withdrawn" in second
    assert "Expired since" in third
    assert "Used by @carla" in last
    assert alice.email in last
    for row, buttons in ((first, True), (second, False), (third, True), (last, False)):
        assert ("Send again" in row, "Withdraw" in row.replace("Withdrawn", "")) == (buttons, buttons)
    assert waiting.expires_at.strftime("%Y") in first


def test_an_invitation_sent_again_stands_there_once(signed_in, address, tenant, alice, invitation):
    links.issue_connect(tenant, email=invitation.contact_email, handle="", invited_by=alice)
    assert len(rows(signed_in, address)) == 1


def test_reconnect_links_and_other_workspaces_do_not_stand_there(signed_in, address, link, alice):
    links.issue_connect(make_tenant(), email="other@x.example", handle="", invited_by=alice)
    assert rows(signed_in, address) == []


def test_one_whose_account_was_erased_is_gone_with_it(signed_in, address, invitation):
    connect_by(invitation, "carla")
    Connection.objects.all().delete()
    assert rows(signed_in, address) == []


def test_an_inviter_who_has_left_leaves_no_gap(signed_in, address, tenant):
    bob = make_member(tenant)
    links.issue_connect(tenant, email="x@x.example", handle="", invited_by=bob)
    bob.delete()
    assert "Somebody who has left" in rows(signed_in, address)[0]


def test_long_lists_have_pages(signed_in, address, tenant, alice):
    for n in range(51):
        links.issue_connect(tenant, email=f"c{n}@x.example", handle="", invited_by=alice)
    assert len(rows(signed_in, address)) == 50
    assert len(rows(signed_in, f"{address}?page=2")) == 1
    for nonsense in ("0", "x", "99", "-1", "%00", "9" * 50):
        assert signed_in.get(f"{address}?page={nonsense}").status_code == 200


def test_the_number_of_queries_does_not_depend_on_what_there_is(signed_in, address, tenant, alice):
    def queries():
        with CaptureQueriesContext(
            database,
        ) as captured:
            assert signed_in.get(address).status_code == 200
        return len(captured)

    links.issue_connect(tenant, email="first@x.example", handle="", invited_by=alice)
    signed_in.get(address)
    few = queries()
    [made, *_] = make_connections(30, tenant=tenant)
    for n in range(40):
        link = links.issue_connect(tenant, email=f"c{n}@x.example", handle="", invited_by=make_member(tenant))
        if n % 2:
            links.use_up(link, timezone.now(), made=made)
    make_tenant()
    assert queries() == few
    assert sign_in(alice).get(address).status_code == 200
