"""A workspace's slug comes from its name and belongs to it alone."""

from __future__ import annotations

import pytest

from accounts.models import Event, Membership, Role
from accounts.services.create_tenant import create_tenant
from tests.factories import make_user
from tests.races import together

pytestmark = pytest.mark.django_db


def slug(name, owner):
    return create_tenant(name=name, owner=owner).slug


def test_a_slug_comes_from_the_name(alice):
    assert slug("O'Hara & Söhne GmbH", alice) == "ohara-sohne-gmbh"


def test_a_taken_slug_gets_a_number(alice):
    assert [slug("Nook", alice) for _ in range(4)] == ["nook", "nook-2", "nook-3", "nook-4"]


def test_a_number_that_is_taken_by_a_name_is_passed_over(alice):
    assert [slug(name, alice) for name in ("Nook 2", "Nook", "Nook")] == ["nook-2", "nook", "nook-3"]


@pytest.mark.parametrize("name", ["日本語", "!!!", "🌱", "---", "مكتب"])
def test_a_name_without_letters_of_ours_is_called_workspace(name, alice):
    assert [slug(name, alice), slug(name, alice)] == ["workspace", "workspace-2"]


def test_a_long_name_makes_a_slug_that_fits(alice):
    slugs = [slug("word " * 15, alice) for _ in range(12)]
    assert len(set(slugs)) == 12
    assert max(map(len, slugs)) <= 60
    assert not any(each.endswith("-") or "--" in each for each in slugs)


@pytest.mark.parametrize("name", ["admin", "Accounts", "static", "meta"])
def test_a_name_like_a_path_of_ours_does_no_harm(name, alice, client):
    tenant = create_tenant(name=name, owner=alice)
    client.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(f"/w/{tenant.slug}/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_workspaces_of_one_name_made_at_once_get_different_slugs():
    owners = [make_user() for _ in range(4)]
    slugs = together(*(lambda owner=owner: slug("Nook", owner) for owner in owners))
    assert sorted(slugs) == ["nook", "nook-2", "nook-3", "nook-4"]
    assert Membership.objects.filter(role=Role.OWNER).count() == 4
    assert Event.objects.filter(kind="workspace_created").count() == 4
