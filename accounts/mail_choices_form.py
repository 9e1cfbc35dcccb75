"""The form of a member's choices: a field for each line of the table that can be switched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from notifications.audience import Rule
from notifications.preferences import Choice

WORKSPACE, ON, OFF = "workspace", "on", "off"
_WANTED = {WORKSPACE: None, ON: True, OFF: False}
_WORDS = {None: WORKSPACE, True: ON, False: OFF}


@dataclass(frozen=True, slots=True)
class Line:
    """A rule with the fields by which it is switched; without them it can't be."""

    rule: Rule
    own: forms.BoundField | None
    default: forms.BoundField | None


class MailChoicesForm(forms.Form):
    """`own` and `defaults` hold what was chosen once it is valid."""

    def __init__(self, *args: Any, choices: Sequence[Choice], with_defaults: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._groups = [choice.rule.group for choice in choices]
        self._with_defaults = with_defaults
        for choice in choices:
            title, group = choice.rule.title, choice.rule.group
            words = [(WORKSPACE, f"As the workspace ({_word(choice.default)})"), (ON, "On"), (OFF, "Off")]
            self.fields[f"own_{group}"] = _select(f"{title}: for me", words, _WORDS[choice.own])
            if with_defaults:
                words = [(ON, "On"), (OFF, "Off")]
                self.fields[f"default_{group}"] = _select(f"{title}: for everybody", words, _WORDS[choice.default])

    @property
    def own(self) -> dict[str, bool | None]:
        return {group: _WANTED[self.cleaned_data[f"own_{group}"]] for group in self._groups}

    @property
    def defaults(self) -> dict[str, bool] | None:
        if not self._with_defaults:
            return None
        return {group: self.cleaned_data[f"default_{group}"] == ON for group in self._groups}

    def lines(self, rules: Sequence[Rule]) -> list[Line]:
        """The table's lines, each with its fields."""
        return [Line(rule, self._field(f"own_{rule.group}"), self._field(f"default_{rule.group}")) for rule in rules]

    def _field(self, name: str) -> forms.BoundField | None:
        return self[name] if name in self.fields else None


def _select(label: str, words: list[tuple[str, str]], initial: str) -> forms.ChoiceField:
    widget = forms.Select(attrs={"class": "form-select", "aria-label": label})
    return forms.ChoiceField(label=label, choices=words, initial=initial, widget=widget)


def _word(wanted: bool) -> str:
    return "on" if wanted else "off"
