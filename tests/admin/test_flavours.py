"""Staff see which flavour a connection is of, and what only some of them have."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.factories import credential_of, make_connection
from tests.markup import Page
from tests.tokens.journeys import token_of

pytestmark = pytest.mark.django_db
LIST = "/admin/tokens/connection/"


@pytest.fixture
def rows(db):
    return {each: make_connection(flavour=each) for each in ("instagram_login", "facebook_login", "system_user")}


@pytest.mark.parametrize("flavour", ["instagram_login", "facebook_login", "system_user"])
def test_the_list_is_filtered_by_flavour(flavour, rows, staff):
    response = staff.get(LIST, {"meta_app__flavour": flavour})
    assert [each.pk for each in response.context["cl"].result_list] == [rows[flavour].pk]


def test_the_page_of_one_tells_what_renews_it_and_until_when_and_neither_key(rows, staff):
    connection = rows["facebook_login"]
    html = staff.get(reverse("admin:tokens_connection_change", args=[connection.pk])).content.decode()
    text = Page(html).text
    for words in ("A person must renew it by", "The key that renews it expires", connection.page_name):
        assert words in text
    assert token_of(connection) not in html
    renewal = credential_of(connection).renewal
    assert renewal is not None and renewal.reveal() not in html


def test_refreshing_what_nothing_renews_says_so(rows, staff):
    where = f"{LIST}{rows['system_user'].pk}/refresh-now/"
    page = Page(staff.post(where, {"confirmed": "yes"}, follow=True).content.decode())
    assert "Nothing renews it" in page.text
