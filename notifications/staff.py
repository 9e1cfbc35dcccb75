"""What the staff's pages of all apps have in common: they show, and change nothing by themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.admin import ShowFacets
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

NUL = "\0"
_Column = TypeVar("_Column", bound=Callable[..., Any])


def column(words: str, **details: Any) -> Callable[[_Column], _Column]:
    """A method whose value stands on a page under `words`; `details` as unfold's `display` has them."""

    def dress(function: _Column) -> _Column:
        dressed: _Column = display(description=words, **details)(function)
        return dressed

    return dress


class StaffAdmin(ModelAdmin):  # type: ignore[misc]
    """Pages that stand nonsense in their addresses and answer no question that they do not ask themselves."""

    # A second COUNT over the whole table, beside the one that the pages of a list need.
    show_full_result_count = False
    # One COUNT for each word of each filter.
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 50
    list_filter_submit = True
    actions_selection_counter = True

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only our own filters: Django would let any column be guessed letter by letter, hashes included."""
        return lookup in {getattr(each, "parameter_name", None) for each in self.list_filter}

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        # PostgreSQL raises what Django does not expect where a key holds one.
        return None if NUL in object_id else super().get_object(request, object_id, from_field)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
            self._check_key(key)
        return super().response_action(request, queryset)

    def _check_key(self, key: str) -> None:
        try:
            column = self.model._meta.pk
            column.run_validators(column.to_python(key))
        except ValidationError:
            raise SuspiciousOperation("A row was chosen whose key can't be one.") from None
        if NUL in key:
            raise SuspiciousOperation("A row was chosen whose key holds a NUL.")


class ReadOnlyAdmin(StaffAdmin):
    """Rows whose life belongs to the product's services. Who may "change" them may press their buttons, no more."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_act_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person may press the buttons: the model's "change" permission says so."""
        return bool(request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}"))


class ChoiceFilter(DropdownFilter):  # type: ignore[misc]
    """A filter with a fixed set of words; a word that is none of them filters nothing."""

    def condition(self, word: str) -> Q:
        raise NotImplementedError

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        word = self.value()
        known = {str(choice) for choice, _ in self.lookup_choices}
        return queryset.filter(self.condition(word)) if word in known else queryset


def choice_filter(field: str, title: str, choices: list[tuple[str, str]]) -> type[ChoiceFilter]:
    """A filter by the values of one column."""

    class FieldFilter(ChoiceFilter):
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return choices

        def condition(self, word: str) -> Q:
            return Q(**{field: word})

    FieldFilter.title = title
    return FieldFilter
