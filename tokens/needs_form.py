"""What is ticked on the page of the permissions that a workspace needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from tokens.flavours.instagram_login import BASIC


class NeedsForm(forms.Form):
    """The ticks and, once the list of those concerned was seen, its digest and what to do about them."""

    permissions = forms.MultipleChoiceField(
        required=False,
        error_messages={"invalid_choice": "The Meta app does not ask for one of these. Choose from the list."},
    )
    seen = forms.CharField(required=False, max_length=64)
    ask = forms.CharField(required=False, max_length=10)

    def __init__(self, *args: Any, offered: Sequence[str], **kwargs: Any) -> None:
        """`offered`: what the Meta app can ask for."""
        super().__init__(*args, **kwargs)
        field = self.fields["permissions"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - for the type checker
        field.choices = [(name, name) for name in offered]

    def clean_permissions(self) -> list[str]:
        """The basic one is fixed on the page, and so not sent along."""
        return [BASIC, *(name for name in self.cleaned_data["permissions"] if name != BASIC)]

    def clean_ask(self) -> bool:
        """Nobody is mailed but by a clear yes."""
        return bool(self.cleaned_data["ask"] == "yes")
