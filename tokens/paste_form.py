"""The form for a token that somebody pastes."""

from __future__ import annotations

from django import forms

from tokens.meta import Secret
from tokens.paste_wording import EMPTY, GARBLED, NO_ADDRESS
from tokens.token_text import trimmed


class PasteForm(forms.Form):
    """A token, and who is mailed about what it connects. What was posted is never shown: a fresh form is."""

    token = forms.CharField(
        label="Token",
        help_text="Spaces, line breaks and quotation marks around it do no harm.",
        # No input of the type “password”: browsers offer to keep those.
        widget=forms.Textarea(
            attrs={
                "rows": 4,
                "autocomplete": "off",
                "autocapitalize": "none",
                "autocorrect": "off",
                "spellcheck": "false",
            }
        ),
    )
    contact_email = forms.EmailField(
        required=False,
        max_length=254,
        label="Contact address (optional)",
        help_text="Mails about the connection go here. Empty: to you.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    @property
    def trouble(self) -> str:
        """Why it goes no further, a word of `paste_wording.REFUSALS`; empty where all is well."""
        if self.has_error("token"):
            return EMPTY if self.has_error("token", "required") else GARBLED
        return NO_ADDRESS if self.errors else ""

    def clean_token(self) -> Secret:
        return trimmed(self.cleaned_data["token"])

    def clean_contact_email(self) -> str:
        return str(self.cleaned_data["contact_email"]).lower()
