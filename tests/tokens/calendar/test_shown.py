"""Whoever looks at a connection sees that it was moved to an earlier night, and why."""

from __future__ import annotations

import pytest

from tests.markup import Page
from tests.tokens.calendar.nights import crowd, night, smooth
from tokens.models import Credential

pytestmark = pytest.mark.django_db


@pytest.fixture
def keys(tenant):
    """One that was moved and one that was not."""
    crowd(11, 30, tenant=tenant)
    smooth()
    return [Credential.objects.get(due_by_rule=night(30)).pk, Credential.objects.filter(due_by_rule=None)[0].pk]


def test_its_page_says_so_in_plain_words(signed_in, tenant, keys):
    moved, unmoved = (Page(signed_in.get(f"/w/{tenant.slug}/connections/{pk}/").content.decode()).text for pk in keys)
    assert "31 March 2026, 02:00 UTC" in moved
    assert "on an earlier night than needed, because very many connections fall on 1 April 2026, 02:00 UTC" in moved
    assert "1 April 2026, 02:00 UTC" in unmoved
    assert "earlier night" not in unmoved


def test_staff_see_both_dates(client, keys, django_user_model):
    staff = django_user_model.objects.create_superuser("staff@example.com", "x")
    client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
    moved, unmoved = (Page(client.get(f"/admin/tokens/connection/{pk}/change/").content.decode()).text for pk in keys)
    assert "Due by the rule, where moved to an earlier night" in moved
    assert "31 Mar 2026, 02:00 UTC" in moved
    assert "1 Apr 2026, 02:00 UTC" in moved
    assert "31 Mar 2026" not in unmoved
