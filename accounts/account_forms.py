"""What is typed in to delete one's account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import User


class DeleteAccountForm(forms.Form):
    """One's own address, typed as a confirmation."""

    confirm = forms.CharField(
        label="Your e-mail address",
        max_length=254,
        error_messages={"required": "Type your e-mail address to delete the account."},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "inputmode": "email"}
        ),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_confirm(self) -> str:
        typed = str(self.cleaned_data["confirm"])
        if typed.strip().casefold() != self.user.email.casefold():
            raise ValidationError("That is not the address of this account. Nothing was deleted.")
        return typed
