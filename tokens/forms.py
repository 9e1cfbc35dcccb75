"""Forms about connections."""

from django import forms


class ContactForm(forms.Form):
    """Who is mailed about a connection."""

    contact_email = forms.EmailField(
        required=False,
        max_length=254,
        label="Contact address",
        help_text="Mails about this connection go here. Empty: to whoever connected it.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
