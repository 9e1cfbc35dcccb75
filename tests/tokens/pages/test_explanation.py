"""What stands between the workspace and Instagram: what will happen, what is stored, and the button."""

from __future__ import annotations

import pytest

from accounts.models import Role
from tests.factories import make_member
from tests.markup import Page
from tests.rows import all_rows
from tests.tokens.journeys import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(tenant):
    return f"/w/{tenant.slug}/connect/instagram_login/"


def test_it_says_what_happens_what_is_stored_and_what_is_needed(address, signed_in):
    page = Page(signed_in.get(address).content.decode())
    for words in ("What happens", "What is stored", "encrypted", "professional account", "never see its password"):
        assert words in page.text


def test_its_button_leaves_for_consent(address, signed_in, emulator):
    form = Page(signed_in.get(address).content.decode()).form_of("Connect Instagram")
    assert (form.method, form.action, form.visible) == ("post", address, [])
    assert signed_in.post(form.action, form.fields)["Location"].startswith(emulator.url)


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_changes_nothing_and_asks_nobody(method, address, signed_in, emulator, tenant):
    signed_in.get(f"/w/{tenant.slug}/")
    before = all_rows()
    assert getattr(signed_in, method)(address).status_code == 200
    assert all_rows() == before
    assert emulator.state.requests() == []


def test_who_may_not_connect_may_not_read_it(address, tenant):
    viewer = sign_in(make_member(tenant, Role.VIEWER))
    assert viewer.get(address).status_code == 403


@pytest.mark.parametrize("flavour", ["facebook_login", "nonsense"])
def test_another_way_says_that_it_is_not_set_up(flavour, tenant, signed_in, settings):
    settings.FACEBOOK_APP_ID = ""
    response = signed_in.get(f"/w/{tenant.slug}/connect/{flavour}/")
    assert response.status_code == 503
    assert "not set up" in Page(response.content.decode()).text


def test_without_a_meta_app_it_says_so(address, signed_in, settings):
    settings.INSTAGRAM_APP_SECRET = ""
    assert "not set up" in Page(signed_in.get(address).content.decode()).text
