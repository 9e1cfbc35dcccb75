"""One account by two flavours, or two apps, is two connections: each lives by itself and says what it is for."""

from __future__ import annotations

import pytest
from django.conf import settings

from tests.factories import make_connection, make_meta_app, make_tenant
from tests.markup import Page
from tests.tokens.callbacks.signing import deauthorize
from tests.tokens.flavours.facebook import SINGLE, FacebookPeople
from tests.tokens.helpers import credential_of, status_of
from tests.tokens.journeys import allow, leave
from tokens.models import Connection

pytestmark = pytest.mark.django_db

FOR_PAGES = "serves what needs the Page and its business, ads included."
WITHOUT_PAGES = "serves what works without a Facebook Page: profile, posts, comments and messages."


@pytest.fixture
def both(people: FacebookPeople) -> tuple[Connection, Connection]:
    """@cafe.luna through Instagram and through Facebook."""
    people.browser.get(allow(leave(people.browser, people.tenant.slug), "cafe.luna"))
    through_facebook = people.connect(SINGLE)
    return Connection.objects.get(meta_app__flavour="instagram_login"), through_facebook


def test_each_page_names_the_other_and_what_each_is_for(
    people: FacebookPeople, both: tuple[Connection, Connection]
) -> None:
    instagram, facebook = both
    assert instagram.instagram_id == facebook.instagram_id
    for one, other in (both, both[::-1]):
        page = Page(people.browser.get(people.page_of(one)).content.decode())
        assert "This account is connected 2 times" in page.text
        assert FOR_PAGES in page.text
        assert WITHOUT_PAGES in page.text
        assert people.page_of(other) in page.hrefs
    assert f"This one, with Facebook Login, {FOR_PAGES}" in people.shown(facebook)


def test_what_happens_to_one_does_not_happen_to_the_other(
    people: FacebookPeople, both: tuple[Connection, Connection]
) -> None:
    instagram, facebook = both
    deauthorize(people.scoped_id(SINGLE), settings.FACEBOOK_APP_SECRET)
    assert [status_of(each)[0] for each in both] == ["active", "inactive"]
    people.connect(SINGLE)
    people.browser.post(people.page_of(instagram, "disconnect/"), {"confirm": "yes"})
    assert [status_of(each)[0] for each in both] == ["disconnected", "active"]
    assert credential_of(facebook).token is not None


def test_two_apps_of_one_flavour_are_told_apart_by_their_numbers(people: FacebookPeople) -> None:
    one = make_connection(tenant=people.tenant, instagram_id="17841400000000001", handle="twice")
    other = make_connection(
        tenant=people.tenant, meta_app=make_meta_app(app_id="424242"), instagram_id="17841400000000001", handle="twice"
    )
    assert "Meta app 424242" in people.shown(one)
    assert people.page_of(other) in Page(people.browser.get(people.page_of(one)).content.decode()).hrefs


def test_another_workspaces_connection_is_nobodys_business_here(people: FacebookPeople) -> None:
    connection = people.connect(SINGLE)
    make_connection(tenant=make_tenant(), instagram_id=connection.instagram_id)
    assert "is connected 2 times" not in people.shown(connection)
