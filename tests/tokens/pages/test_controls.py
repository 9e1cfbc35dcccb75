"""The named controls: buttons of POST forms that work without script, on every page."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Role
from tests.factories import make_connection, make_member
from tests.markup import Page
from tests.tokens.journeys import deny, leave, sign_in
from tokens.models import ConnectAttempt
from tokens.services import links

NAMED = {
    "Connect Instagram", "Reconnect Instagram", "Refresh now", "Check now", "Disconnect", "Send reconnect link",
    "Invite a creator",
}  # fmt: skip
PUBLIC = ["/", "/privacy/", "/terms/", "/data-deletion/", "/accounts/signup/", "/accounts/login/",
          "/accounts/password/reset/", "/nowhere/"]  # fmt: skip

pytestmark = pytest.mark.django_db


@pytest.fixture
def pages(signed_in, tenant, emulator, creator, path):
    """Every kind of page that the product shows, by what it is."""
    dead = make_connection(tenant=tenant, status="inactive", reason="expired")
    gone = make_connection(tenant=tenant, status="disconnected")
    flagged = make_connection(tenant=tenant, permissions=[])
    base = f"/w/{tenant.slug}/connections"
    denied = signed_in.get(deny(leave(signed_in, tenant.slug), "creator"))["Location"]
    link = links.issue(dead, recipients=[])
    used = links.issue(flagged, recipients=[])
    links.use_up(used, used.created_at)
    invited = links.issue_connect(tenant, email="carla@creator.example", handle="", invited_by=None)
    creators = f"/w/{tenant.slug}/creators"
    found = {address: Client().get(address) for address in PUBLIC}
    found |= {
        "workspace": signed_in.get(f"/w/{tenant.slug}/"),
        "active": signed_in.get(path),
        "inactive": signed_in.get(f"{base}/{dead.pk}/"),
        "disconnected": signed_in.get(f"{base}/{gone.pk}/"),
        "flagged": signed_in.get(f"{base}/{flagged.pk}/"),
        "asks before disconnecting": signed_in.post(f"{path}disconnect/"),
        "bad contact": signed_in.post(f"{path}contact/", {"contact_email": "x"}),
        "denied": signed_in.get(denied),
        "refused state": signed_in.get("/oauth/callback/instagram/?state=x"),
        "link": Client().get(f"/link/{links.token_of(link)}/"),
        "used link": Client().get(f"/link/{links.token_of(used)}/"),
        "creators": signed_in.get(f"{creators}/"),
        "invite": signed_in.post(f"{creators}/invite/"),
        "bad invitation": signed_in.post(f"{creators}/invite/", {"email": "x"}),
        "many": signed_in.get(f"{creators}/invite-many/"),
        "bad list": signed_in.post(f"{creators}/invite-many/", {"pasted": ""}),
        "many invited": signed_in.post(f"{creators}/invite-many/", {"pasted": "a@x.example\nb"}),
        "asks before withdrawing": signed_in.post(f"{creators}/{invited.pk}/withdraw/"),
        "connect link": Client().get(f"/link/{links.token_of(invited)}/"),
        "new link": Client().post(f"/link/{links.token_of(used)}/new/"),
        "paste": signed_in.get(f"/w/{tenant.slug}/connect/paste/"),
        "bad paste": signed_in.post(f"/w/{tenant.slug}/connect/paste/", {"token": "1|x"}, follow=True),
        "account": signed_in.get("/accounts/email/"),
        "sign out": signed_in.get("/accounts/logout/"),
        "password": signed_in.get("/accounts/password/change/"),
        "viewer": sign_in(make_member(tenant, Role.VIEWER)).get(path),
    }
    assert ConnectAttempt.objects.exists()
    return {name: Page(response.content.decode()) for name, response in found.items()}


EXPECTED = {
    "workspace": {"Connect Instagram", "Invite a creator"},
    "creators": {"Invite a creator"},
    "invite": {"Invite a creator"},
    "bad invitation": {"Invite a creator"},
    "connect link": {"Connect Instagram"},
    "active": {"Reconnect Instagram", "Refresh now", "Check now", "Disconnect", "Send reconnect link"},
    "inactive": {"Reconnect Instagram", "Refresh now", "Check now", "Disconnect", "Send reconnect link"},
    "flagged": {"Reconnect Instagram", "Refresh now", "Check now", "Disconnect", "Send reconnect link"},
    "disconnected": {"Reconnect Instagram"},
    "asks before disconnecting": {"Disconnect"},
    "link": {"Reconnect Instagram"},
    "bad contact": {"Reconnect Instagram", "Refresh now", "Check now", "Disconnect", "Send reconnect link"},
}


def test_each_control_is_where_it_belongs_and_nowhere_else(pages):
    found = {name: set(page.button_words) & NAMED for name, page in pages.items()}
    assert {name: words for name, words in found.items() if words} == EXPECTED


def test_no_other_button_begins_with_the_words_of_a_control(pages):
    for name, page in pages.items():
        for words in page.button_words:
            begins = [control for control in NAMED if words.lower().startswith(control.lower())]
            assert begins in ([], [words]), f"{words!r} on the page {name!r}"


def test_no_control_stands_twice_on_a_page(pages):
    for name, page in pages.items():
        controls = [words for words in page.button_words if words in NAMED]
        assert len(controls) == len(set(controls)), name


def test_every_button_submits_a_post_form_with_a_csrf_token(pages):
    for name, page in pages.items():
        for button in page.buttons:
            assert button.type == "submit", f"{button.words!r} on the page {name!r}"
            assert button.form is not None
            if button.form.method == "get":
                # A search: it asks, and carries nothing that must not stand in an address.
                assert button.words not in NAMED
                assert "csrfmiddlewaretoken" not in button.form.fields
                continue
            assert button.form.method == "post"
            assert "csrfmiddlewaretoken" in button.form.fields
            alone = [each.words for each in button.form.buttons] == [button.words]
            assert alone or button.words not in NAMED, f"{button.words!r} shares its form on the page {name!r}"


def test_no_page_carries_script_or_style_of_its_own(pages):
    for name, page in pages.items():
        for inline in ("<script>", "<style", " style=", "onclick=", "javascript:", "onsubmit="):
            assert inline not in page.html, f"{inline!r} on the page {name!r}"


def test_no_page_loads_anything_from_elsewhere(pages):
    for name, page in pages.items():
        assert 'src="http' not in page.html, name
        assert "<iframe" not in page.html
        for line in page.html.splitlines():
            assert not ("<link" in line and "http" in line), f"{name}: {line}"


def test_every_page_has_one_heading_a_language_and_a_title(pages):
    for name, page in pages.items():
        assert page.html.count("<h1") == 1, name
        assert '<html lang="en"' in page.html, name
        assert "<title>" in page.html, name


def test_links_change_nothing_but_lead(pages):
    for name, page in pages.items():
        for href in page.hrefs:
            assert not any(word in href for word in ("/disconnect/", "/refresh/", "/check/", "/reconnect/")), (
                name,
                href,
            )
