"""Forms about connections."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from tokens.meta import Secret
from tokens.models import Flavour
from tokens.wording import PERMISSIONS

LONGEST_SECRET = 200
APP_ID = re.compile(r"[0-9]{1,100}")
BASIC = "instagram_business_basic"


class UploadForm(forms.Form):
    """A CSV of tokens."""

    file = forms.FileField(
        label="CSV file",
        allow_empty_file=False,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        help_text="At most 5 MB and 20,000 lines, as text in UTF-8.",
        error_messages={
            "required": "Choose a file first.",
            "missing": "Choose a file first.",
            "invalid": "Choose a file first.",
            "empty": "The file is empty.",
        },
    )

    def __init__(self, *args: Any, too_large: str = "", **kwargs: Any) -> None:
        """`too_large`: what to say where the file was too large to be kept for a look at it."""
        super().__init__(*args, **kwargs)
        if too_large:
            self.fields["file"].error_messages["required"] = too_large


class ContactForm(forms.Form):
    """Who is mailed about a connection."""

    contact_email = forms.EmailField(
        required=False,
        max_length=254,
        label="Contact address",
        help_text="Mails about this connection go here. Empty: to whoever connected it.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )


def checked_app_id(app_id: str) -> str:
    """An app id as Meta has them, or a sentence that says how they look."""
    app_id = app_id.strip()
    if not APP_ID.fullmatch(app_id):
        raise ValidationError("An app ID is a number. Meta's App Dashboard shows it.")
    return app_id


def checked_secret(secret: str) -> str:
    """A secret that can be sent to Meta, or a sentence; never the secret itself in one."""
    if not (secret.isascii() and secret.isprintable()) or " " in secret:
        raise ValidationError("A secret holds letters and digits only. Copy it again.")
    return secret


class MetaAppForm(forms.Form):
    """A workspace's own Meta app. Secrets go in and are never sent back, not even where something is wrong."""

    flavour = forms.ChoiceField(
        label="How people connect",
        choices=[(Flavour.INSTAGRAM_LOGIN.value, Flavour.INSTAGRAM_LOGIN.label)],
        initial=Flavour.INSTAGRAM_LOGIN.value,
        help_text="For Facebook Login and system users the installation's app is used.",
    )
    app_id = forms.CharField(
        label="Instagram app ID",
        max_length=100,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text="In Meta's dashboard under API setup with Instagram login; not the Meta app ID at the top.",
    )
    app_secret = forms.CharField(
        label="Instagram app secret",
        max_length=LONGEST_SECRET,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False),
    )
    meta_secret = forms.CharField(
        label="Meta app secret (optional)",
        max_length=LONGEST_SECRET,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False),
        help_text=(
            "Under App settings → Basic. When somebody removes the app or wants their data deleted, Meta tells us, "
            "signs it and does not document with which of the two secrets. With both we understand it in any case. "
            "Stored encrypted and never shown again; empty keeps what is stored."
        ),
    )
    scopes = forms.MultipleChoiceField(
        label="Permissions that it may ask for",
        choices=list(PERMISSIONS.items()),
        widget=forms.CheckboxSelectMultiple,
        initial=[BASIC],
        error_messages={
            "required": "Tick at least instagram_business_basic.",
            "invalid_choice": "One of these permissions does not exist with Instagram Login. Choose from the list.",
        },
        help_text="Ask for what you use: Meta's review wants a reason for each.",
    )

    def __init__(self, *args: Any, kept: bool = False, **kwargs: Any) -> None:
        """`kept`: there is a secret already, and an empty field keeps it."""
        super().__init__(*args, **kwargs)
        self.fields["app_secret"].help_text = (
            "Stored encrypted and never shown again. Leave it empty to keep the one that is stored."
            if kept
            else "Below the app ID, behind “Show”. Stored encrypted and never shown again."
        )

    @property
    def permissions_shown(self) -> list[str]:
        """What is ticked as the form stands, for the check-list; where that makes no sense, what has to be."""
        ticked = [name for name in self["scopes"].value() or [] if name in PERMISSIONS]
        return ticked or [BASIC]

    def clean_app_id(self) -> str:
        return checked_app_id(self.cleaned_data["app_id"])

    def clean_app_secret(self) -> Secret:
        return Secret(checked_secret(self.cleaned_data["app_secret"]))

    def clean_meta_secret(self) -> Secret:
        return Secret(checked_secret(self.cleaned_data["meta_secret"]))

    def clean_scopes(self) -> list[str]:
        """In the order of the list, whatever order they were sent in."""
        ticked = self.cleaned_data["scopes"]
        if BASIC not in ticked:
            raise ValidationError("Leave instagram_business_basic ticked: without it nothing can be kept alive.")
        return [name for name in PERMISSIONS if name in ticked]
