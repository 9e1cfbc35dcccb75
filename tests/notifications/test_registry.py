"""Kinds of mail are registered once."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from notifications import registry


def words(message: Any) -> dict[str, Any]:
    return {}


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_kinds", {})


def test_a_registered_kind_is_found() -> None:
    registry.register("death", title="A death", context=words)
    assert registry.find("death").context is words


def test_the_same_registration_may_be_repeated() -> None:
    registry.register("death", title="A death", context=words)
    registry.register("death", title="A death", context=words)


def test_a_second_function_for_a_kind_is_a_mistake() -> None:
    registry.register("death", title="A death", context=words)
    with pytest.raises(ImproperlyConfigured, match="death"):
        registry.register("death", title="A death", context=lambda message: {})
    assert registry.find("death").context is words


@pytest.mark.parametrize("name", ["", "Death", "../death", "9lives", "x" * 41])
def test_a_name_that_could_be_no_templates_name_is_a_mistake(name: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        registry.register(name, title="A death", context=words)


def test_an_unknown_kind_is_not_found() -> None:
    with pytest.raises(registry.UnknownKind):
        registry.find("death")
