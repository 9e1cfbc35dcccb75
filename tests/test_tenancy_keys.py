"""Whatever belongs to a tenant carries its key: for isolation, for deletion and for later sharding."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import models

from accounts.models import Tenant

APPS = {"accounts", "tokens", "notifications"}
OURS = [model for model in apps.get_models() if model._meta.app_label in APPS]
# What leads to a tenant without carrying its key, and why.
EXCEPTIONS = {
    "tokens.Brake": "belongs to a Meta app, which may serve all tenants",
    "tokens.AppBudget": "the Meta app's",
    "tokens.DeletionRequest": "belongs to a person, who may ask for its state when app and workspace are gone",
    "tokens.CallTally": "belongs to a Meta app, which may serve all tenants",
}
# Where the key may be empty, and what that means.
NULLABLE = {
    "tokens.MetaApp": "the installation's own app",
    "notifications.OutboxMessage": "an alert to staff",
    "tokens.SweepRun": "a sweep of everybody's connections",
}


def foreign_keys(model: type[models.Model]) -> list[Any]:
    return [field for field in model._meta.get_fields() if isinstance(field, models.ForeignKey)]


def leads_to_a_tenant(model: type[models.Model], seen: frozenset[type[models.Model]] = frozenset()) -> bool:
    """Whether foreign keys, one after the other, end at a tenant."""
    if model in seen:
        return False
    targets = [field.related_model for field in foreign_keys(model)]
    return any(
        target is Tenant or (isinstance(target, type) and leads_to_a_tenant(target, seen | {model}))
        for target in targets
    )


BELONGING = [model for model in OURS if leads_to_a_tenant(model)]


def test_the_search_finds_what_belongs_to_a_tenant() -> None:
    labels = {model._meta.label for model in BELONGING}
    assert {"tokens.Connection", "tokens.Credential", "accounts.Membership", "tokens.CallTally"} <= labels
    assert not {"accounts.User", "accounts.Tenant"} & labels


@pytest.mark.parametrize("model", BELONGING, ids=lambda model: model._meta.label)
def test_a_row_that_belongs_to_a_tenant_carries_its_key(model: type[models.Model]) -> None:
    keys = [field for field in foreign_keys(model) if field.name == "tenant"]
    if model._meta.label in EXCEPTIONS:
        assert keys == [], "it carries the key now: take it off the list"
        return
    [key] = keys
    assert key.related_model is Tenant
    begun = any(index.fields[:1] == ["tenant"] and not index.condition for index in model._meta.indexes)
    assert key.db_index or key.unique or begun
    # Erasing a tenant takes its rows along.
    assert key.remote_field.on_delete is models.CASCADE
    assert key.null == (model._meta.label in NULLABLE)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_whatever_is_called_tenant_is_a_key_to_one(model: type[models.Model]) -> None:
    for field in model._meta.get_fields():
        if field.name in {"tenant", "tenant_id", "workspace"}:
            assert isinstance(field, models.ForeignKey)
            assert field.related_model is Tenant


def test_every_exception_names_a_model_that_exists() -> None:
    labels = {model._meta.label for model in OURS}
    assert set(EXCEPTIONS) | set(NULLABLE) <= labels
