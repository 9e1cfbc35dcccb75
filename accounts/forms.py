"""Forms of people and workspaces."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import SignupForm
from allauth.account.models import EmailAddress
from django import forms
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from accounts.models import Tenant, User
from accounts.services.create_tenant import create_tenant


def clean_name(value: str) -> str:
    """A workspace's name on one line: runs of white space become one space, other control characters are refused.

    Raises:
        ValidationError: it is empty, too long or holds control characters.
    """
    name = " ".join(value.split())
    limit = Tenant._meta.get_field("name").max_length or 0
    if not name:
        raise ValidationError("Give the workspace a name.")
    if len(name) > limit:
        raise ValidationError(f"A workspace's name has at most {limit} characters.")
    if not name.isprintable():
        raise ValidationError("The name holds characters that can't be shown. Type it again.")
    return name


def clean_email(value: str) -> str:
    """A user's mail address as it is stored, in lower case.

    Raises:
        ValidationError: it is no address, or too long.
    """
    email = value.strip().lower()
    validate_email(email)
    limit = User._meta.get_field("email").max_length or 0
    if len(email) > limit:
        raise ValidationError(f"A mail address has at most {limit} characters.")
    return email


class WorkspaceSignupForm(SignupForm):  # type: ignore[misc]
    """Sign-up: e-mail, password and workspace name, nothing else."""

    workspace_name = forms.CharField(
        max_length=80,
        label="Workspace name",
        help_text="Your agency, brand or own name. Members of the workspace see it.",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )

    def clean_email(self) -> str:
        # Somebody's further address that was never confirmed keeps nobody from signing up with it.
        EmailAddress.objects.filter(
            email=clean_email(self.cleaned_data["email"]), verified=False, primary=False
        ).delete()
        return str(super().clean_email())

    def clean_workspace_name(self) -> str:
        return clean_name(self.cleaned_data["workspace_name"])

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        try:
            return self._saved(request)
        except IntegrityError:
            # Somebody signed up with the address in the same moment: answered as for any known address.
            self.account_already_exists = True
            return self._saved(request)

    def _saved(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        if self.account_already_exists:
            # It takes most of the time that a new account would take: the clock shall not tell them apart.
            make_password(self.cleaned_data["password1"])
        user, response = super().try_save(request)
        return user, response

    def save(self, request: HttpRequest) -> User:
        # One transaction: nobody ends up with an account and no workspace.
        with transaction.atomic():
            user: User = super().save(request)
        return user

    def custom_signup(self, request: HttpRequest, user: User) -> None:
        super().custom_signup(request, user)
        create_tenant(name=self.cleaned_data["workspace_name"], owner=user)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["email", "password1", "workspace_name"])
