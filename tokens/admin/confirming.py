"""Buttons that ask first: one page of confirmation for a list and for a single row, one message an outcome."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from unfold.enums import ActionVariant

# So many handles stand in one message by name.
NAMED = 5


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one row. Rows with an equal outcome share a message."""

    level: int
    text: str


# Does it to one row after the other; the typed values of the form, if there is one, come along.
Work = Callable[[HttpRequest, list[Any], dict[str, Any]], Iterable[tuple[Any, Outcome]]]


@dataclasses.dataclass(frozen=True, slots=True)
class Button:
    """Something that staff do to rows.

    Args:
        name: a word for addresses and forms.
        label: what stands on it.
        consequence: what will happen, told before it does.
        work: does it.
        most: how many rows at once.
        too_many: what to do instead where more were chosen.
        form: asks for what it needs to know.
        icon: of unfold's symbols.
        danger: it can't be undone.
    """

    name: str
    label: str
    consequence: str
    work: Work
    most: int = 50
    too_many: str = "Choose fewer."
    form: type[forms.Form] | None = None
    icon: str = ""
    danger: bool = False


def on_list(button: Button) -> Callable[..., Any]:
    """The button as an action of a list."""

    def act(admin: Any, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        chosen = list(rows[: button.most + 1])
        if len(chosen) > button.most:
            sentence = f"“{button.label}” takes at most {button.most} at once. {button.too_many}"
            admin.message_user(request, sentence, messages.WARNING)
            return None
        return _confirmed(admin, request, button, chosen, back="") if chosen else None

    return _dressed(act, button, button.name)


def on_page(button: Button) -> Callable[..., Any]:
    """The button on the page of one row: GET asks, POST acts."""

    def act(admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        # Unfold looks at the permission where it shows the button, not where it is pressed.
        if not admin.has_act_permission(request):
            raise PermissionDenied
        row = admin.get_object(request, object_id)
        if row is None:
            raise Http404
        back = "../change/"
        return _confirmed(admin, request, button, [row], back=back) or redirect(back)

    return _dressed(act, button, f"{button.name}_here")


def _dressed(act: Any, button: Button, name: str) -> Callable[..., Any]:
    act.__name__ = act.original_function_name = name
    act.short_description = button.label
    act.allowed_permissions = ["act"]
    act.url_path = button.name.replace("_", "-")
    act.icon, act.attrs = button.icon, {}
    act.variant = ActionVariant.DANGER if button.danger else ActionVariant.DEFAULT
    dressed: Callable[..., Any] = act
    return dressed


def _confirmed(admin: Any, request: HttpRequest, button: Button, rows: list[Any], *, back: str) -> HttpResponse | None:
    """The page that asks; once it was answered, the messages and None."""
    answered = request.method == "POST" and "confirmed" in request.POST
    form = button.form(request.POST if answered else None) if button.form else None
    if not answered or (form is not None and not form.is_valid()):
        return _question(admin, request, button, rows, form, back)
    typed = form.cleaned_data if form is not None else {}
    found: defaultdict[Outcome, list[Any]] = defaultdict(list)
    for row, outcome in button.work(request, rows, typed):
        found[outcome].append(row)
        admin.log_change(request, row, f"{button.label}: {outcome.text}")
    for outcome, some in found.items():
        admin.message_user(request, f"{_names(some)}: {outcome.text}", outcome.level)
    return None


def _question(
    admin: Any, request: HttpRequest, button: Button, rows: list[Any], form: forms.Form | None, back: str
) -> HttpResponse:
    context = {
        **admin.admin_site.each_context(request),
        "title": button.label,
        "opts": admin.opts,
        "button": button,
        "rows": rows,
        "form": form,
        "back": back or ".",
        "checkbox": "" if back else ACTION_CHECKBOX_NAME,
    }
    request.current_app = admin.admin_site.name
    status = 400 if form is not None and form.is_bound else 200
    return TemplateResponse(request, "admin/confirm.html", context, status=status)


def _names(rows: list[Model]) -> str:
    named = ", ".join(str(row) for row in rows[:NAMED])
    return f"{named} and {len(rows) - NAMED} more" if len(rows) > NAMED else named
