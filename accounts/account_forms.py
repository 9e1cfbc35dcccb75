"""What is typed in on the pages of one's account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.workspace_forms import LongSelect, languages, offer, time_zones

AS_WORKSPACE = "As the workspace has it"


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


class PlaceForm(forms.Form):
    """In which language and time zone mails come; empty leaves it to the workspace that a mail is about."""

    language = forms.ChoiceField(label="Language", required=False)
    time_zone = forms.ChoiceField(label="Time zone", required=False, widget=LongSelect)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        kwargs["initial"] = {"language": user.language, "time_zone": user.time_zone}
        super().__init__(*args, **kwargs)
        offer(self.fields["language"], user.language, [("", AS_WORKSPACE), *languages()])
        offer(self.fields["time_zone"], user.time_zone, [("", AS_WORKSPACE), *time_zones()])
