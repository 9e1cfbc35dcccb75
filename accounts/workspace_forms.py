"""What is typed in to create, change and delete a workspace."""

from __future__ import annotations

import functools
import unicodedata
import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.addresses import LONGEST, PATTERN, RESERVED, belongs_to_another
from accounts.forms import clean_name
from accounts.languages import WORKSPACE_LANGUAGES
from accounts.models import Tenant

SELECTED = SafeString(" selected")
TAKEN = "This address belongs, or once belonged, to another workspace. Choose another one."


class NameForm(forms.Form):
    """A workspace's name."""

    name = forms.CharField(
        label="Workspace name",
        max_length=80,
        help_text="Your agency, brand or own name. Members of the workspace see it.",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )

    def clean_name(self) -> str:
        return clean_name(self.cleaned_data["name"])


class LongSelect(forms.Select):
    """A select with Django's markup, written at once: a template for each of 600 options takes 50 ms a page."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        chosen = self.format_value(value)
        options = format_html_join(
            "\n  ",
            '<option value="{}"{}>{}</option>',
            ((key, SELECTED if str(key) in chosen else "", label) for key, label in self.choices),
        )
        written = flatatt(self.build_attrs(self.attrs, attrs))
        return format_html('<select name="{}"{}>\n  {}\n</select>', name, written, options)


class WorkspaceForm(NameForm):
    """What admins and owners may change of a workspace."""

    slug = forms.CharField(
        label="Address",
        max_length=60,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )
    time_zone = forms.ChoiceField(
        label="Time zone", help_text="Dates on pages and in mails are shown in it.", widget=LongSelect
    )
    language = forms.ChoiceField(label="Language", help_text="Of dates and mails.")
    reply_to = forms.EmailField(
        label="Answers go to",
        max_length=254,
        required=False,
        help_text="Whoever answers a mail that Perennial sends for this workspace writes to this address; creators see "
        "it. When it is empty, answers go to whoever runs this site.",
        error_messages={"invalid": "Enter one complete mail address, such as hello@agency.example, or leave it empty."},
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, tenant: Tenant, **kwargs: Any) -> None:
        columns = ("name", "slug", "time_zone", "language", "reply_to")
        kwargs["initial"] = {column: getattr(tenant, column) for column in columns}
        super().__init__(*args, **kwargs)
        self.tenant = tenant
        self.fields["slug"].help_text = (
            f"{settings.SITE_URL}/w/…/ with what stands here in place of the dots. "
            "When you change it, the old address goes on leading here."
        )
        offer(self.fields["time_zone"], tenant.time_zone, time_zones())
        offer(self.fields["language"], tenant.language, languages())

    def clean_slug(self) -> str:
        slug = str(self.cleaned_data["slug"]).lower()
        if slug == self.tenant.slug:
            return slug
        if len(slug) > LONGEST:
            raise ValidationError(f"An address has at most {LONGEST} characters.")
        if not PATTERN.fullmatch(slug):
            raise ValidationError(
                "An address has letters from a to z, digits and hyphens between them, such as “flora-and-friends”."
            )
        if slug in RESERVED:
            raise ValidationError("This address is kept for Perennial itself. Choose another one.")
        if belongs_to_another(slug, self.tenant.pk):
            raise ValidationError(TAKEN)
        return slug


def offer(field: forms.Field, value: str, choices: list[tuple[str, str]]) -> None:
    """Offers `choices`, and the `value` that is stored now even where it is offered no more."""
    assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
    field.choices = choices if value in dict(choices) else [(value, value), *choices]


class DeleteForm(forms.Form):
    """The workspace's name, typed as a confirmation."""

    confirm = forms.CharField(
        label="The workspace's name",
        max_length=200,
        error_messages={"required": "Type the workspace's name to delete it."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, tenant: Tenant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tenant = tenant

    def clean_confirm(self) -> str:
        typed = self.cleaned_data["confirm"]
        if _plain(typed) != _plain(self.tenant.name):
            raise ValidationError("That is not the workspace's name. Nothing was deleted.")
        return str(typed)


def _plain(text: str) -> str:
    """Keyboards write an accent in one character or in two."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


@functools.cache
def time_zones() -> list[tuple[str, str]]:
    """Those of regions and UTC; abbreviations and offsets are left out, since they know no summer time."""
    names = {name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/")}
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in sorted(names))]


def languages() -> list[tuple[str, str]]:
    known = dict(settings.LANGUAGES)
    return [(code, name) for code, name in WORKSPACE_LANGUAGES if code in known]
