"""Forms about the creators whom a workspace invites."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from tokens.clients import installation_has_app
from tokens.handles import clean_handle
from tokens.models import Flavour
from tokens.services.creator_list import MOST_LINES, BadList, Creator, read_creators, text_of

MOST_BYTES = 200_000
LONGEST_HANDLE = 200  # an address of a profile with what people copy along


class ThroughForm(forms.Form):
    """Through which login those who are invited shall connect; asked only where there is a choice."""

    flavour = forms.ChoiceField(
        required=False,
        label="They connect through",
        choices=[
            (Flavour.INSTAGRAM_LOGIN.value, "Instagram"),
            (Flavour.FACEBOOK_LOGIN.value, "Facebook, for a linked Page"),
        ],
        initial=Flavour.INSTAGRAM_LOGIN.value,
        help_text="Take Instagram where you can. Through Facebook somebody who manages the Page logs in, and confirms "
        "it every 90 days at the latest.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not installation_has_app(Flavour.FACEBOOK_LOGIN):
            del self.fields["flavour"]
        else:
            # Below all else: it is seldom changed.
            self.order_fields([*(name for name in self.fields if name != "flavour"), "flavour"])

    @property
    def through(self) -> str:
        """The flavour, once the form is valid."""
        return str(self.cleaned_data.get("flavour") or Flavour.INSTAGRAM_LOGIN)


class InviteCreatorForm(ThroughForm):
    """Whom to invite, and perhaps which account is expected."""

    email = forms.EmailField(
        label="E-mail address of the creator",
        max_length=254,
        error_messages={
            "required": "Write the creator's e-mail address: the link goes there.",
            "invalid": "That is no e-mail address.",
        },
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    handle = forms.CharField(
        required=False,
        max_length=LONGEST_HANDLE,
        label="Instagram handle (optional)",
        help_text="Such as @carla.bakes. No other account can be connected by the link then. Empty: any account.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean_handle(self) -> str:
        return clean_handle(self.cleaned_data["handle"])


class InviteManyForm(ThroughForm):
    """A list of creators, pasted or as a file."""

    pasted = forms.CharField(
        required=False,
        max_length=MOST_BYTES,
        strip=False,
        label="Paste a list",
        help_text="One creator a line: the e-mail address, then, if you like, a comma and the Instagram handle.",
        widget=forms.Textarea(
            attrs={
                "rows": 8,
                "autocomplete": "off",
                "spellcheck": "false",
                "placeholder": "carla@creator.example, @carla.bakes\notto@travels.example",
            }
        ),
    )
    file = forms.FileField(
        required=False,
        allow_empty_file=True,
        label="Or choose a CSV file",
        help_text=f"As a spreadsheet saves it, with commas, semicolons or tabs; at most {MOST_LINES} lines.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv,text/plain"}),
    )

    def clean_file(self) -> UploadedFile[bytes] | None:
        file: UploadedFile[bytes] | None = self.cleaned_data["file"]
        if file is not None and (file.size or 0) > MOST_BYTES:
            raise ValidationError(f"The file is too large for a list of {MOST_LINES} lines. Is it the right one?")
        return file

    def clean(self) -> dict[str, Any]:
        """Adds `creators`, the lines as read."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        pasted, file = cleaned["pasted"], cleaned["file"]
        if pasted.strip() and file is not None:
            raise ValidationError("There is a pasted list and a file. Use one of them at a time.")
        try:
            cleaned["creators"] = read_creators(text_of(file.read()) if file is not None else pasted)
        except BadList as problem:
            raise ValidationError(str(problem)) from None
        return cleaned

    @property
    def creators(self) -> list[Creator]:
        """The lines, once the form is valid."""
        creators: list[Creator] = self.cleaned_data["creators"]
        return creators
