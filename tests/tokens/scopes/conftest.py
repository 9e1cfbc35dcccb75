from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Tenant, User
from tests.markup import Page
from tokens.models import PermissionNeeds

BASIC = "instagram_business_basic"
PUBLISH = "instagram_business_content_publish"
COMMENTS = "instagram_business_manage_comments"
INSIGHTS = "instagram_business_manage_insights"
ASKABLE = [BASIC, PUBLISH, COMMENTS, INSIGHTS]


@pytest.fixture(autouse=True)
def app_that_asks_for_four(settings: Any) -> None:
    settings.INSTAGRAM_SCOPES = ASKABLE


@pytest.fixture
def page(tenant: Tenant) -> str:
    return f"/w/{tenant.slug}/settings/permissions/"


@pytest.fixture
def need(tenant: Tenant, alice: User) -> Callable[..., PermissionNeeds]:
    """Says what the workspace needs, past the page."""

    def need(*permissions: str) -> PermissionNeeds:
        columns = {"permissions": list(permissions), "changed_by": alice}
        return PermissionNeeds.objects.update_or_create(tenant=tenant, flavour="instagram_login", defaults=columns)[0]

    return need


@pytest.fixture
def save(signed_in: Client, page: str) -> Callable[..., Page]:
    """Ticks and saves as a member does; the page that follows."""

    def save(*ticked: str, **more: str) -> Page:
        response = signed_in.post(
            page, {"permissions": [each for each in ticked if each != BASIC], **more}, follow=True
        )
        assert response.status_code == 200, response.content.decode()
        return Page(response.content.decode())

    return save


@pytest.fixture
def answer(signed_in: Client) -> Callable[..., Page]:
    """Presses one of the confirmation's two buttons; the page that follows."""

    def answer(asked: Page, words: str) -> Page:
        form = asked.form_of(words)
        choice = {"Save and ask them": "yes", "Save without asking": "no"}[words]
        ticked = asked.html.split('name="permissions" value="')[1:]
        fields = {**form.fields, "permissions": [each.partition('"')[0] for each in ticked], "ask": choice}
        response = signed_in.post(form.action, fields, follow=True)
        assert response.status_code == 200
        return Page(response.content.decode())

    return answer


def needed_by(tenant: Tenant) -> list[str] | None:
    """What the workspace has said; None where it never did."""
    return PermissionNeeds.objects.for_tenant(tenant).values_list("permissions", flat=True).first()
