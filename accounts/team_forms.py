"""Forms about the team."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.adapter import get_adapter
from allauth.account.forms import PasswordField
from django import forms

from accounts.forms import clean_email
from accounts.models import Role, User
from accounts.rights import IN_WORDS, may_handle

LONGEST_PASSWORD = 1000


def roles_given_by(role: str) -> list[tuple[str, str]]:
    """The roles that a member with `role` may give, by value and name."""
    return [(each.value, str(each.label)) for each in Role if may_handle(role, each)]


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(
        label="Role", error_messages={"required": "Choose a role.", "invalid_choice": "Choose one of the roles."}
    )

    def __init__(self, *args: Any, manager_role: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["role"]).choices = self.choices_for(manager_role)

    def choices_for(self, manager_role: str) -> list[tuple[str, str]]:
        return roles_given_by(manager_role)


class InviteForm(RoleForm):
    """Whom to invite, and as what."""

    email = forms.CharField(
        max_length=254,
        label="E-mail address",
        error_messages={"required": "Type the address of whom you invite."},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("email", "role")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"role": Role.MEMBER}, **kwargs})

    def choices_for(self, manager_role: str) -> list[tuple[str, str]]:
        return [(value, f"{label}: can {IN_WORDS[value]}") for value, label in roles_given_by(manager_role)]

    def clean_email(self) -> str:
        return clean_email(self.cleaned_data["email"])


class InvitedPasswordForm(forms.Form):
    """The password of whoever is invited; the address is given."""

    password1 = PasswordField(label="Password", autocomplete="new-password", max_length=LONGEST_PASSWORD)

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = User(email=email)

    def clean_password1(self) -> str:
        return str(get_adapter().clean_password(self.cleaned_data["password1"], user=self._user))
