"""Forms of two-factor sign-in: our words, and an answer in words to whatever a browser sends as a passkey."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator

NAME_LENGTH = 60
# The longest is a recovery code; people type spaces into them.
CODE_LENGTH = 40
# What a browser sends is a few kilobytes.
CREDENTIAL_LENGTH = 20_000

_Checked = TypeVar("_Checked")
logger = logging.getLogger(__name__)


def _parsed(check: Callable[[], _Checked]) -> _Checked:
    """What `check` finds in a passkey's answer; whatever it chokes on is refused in words."""
    try:
        return check()
    except ValidationError:
        pass
    except Exception as error:
        # A forged answer makes the libraries that parse it raise nearly anything.
        logger.info("A passkey was refused: %s", type(error).__name__)
    raise get_adapter().validation_error("passkey_refused")


def _prepare_code(field: forms.Field) -> None:
    field.label = "Code"
    field.validators.append(MaxLengthValidator(CODE_LENGTH))
    field.widget.attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": CODE_LENGTH}


class CodeForm(AuthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _prepare_code(self.fields["code"])
        self.fields["code"].help_text = "From your app, or one of your recovery codes."


class CodeAgainForm(ReauthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _prepare_code(self.fields["code"])
        self.fields["code"].help_text = "From your app, or one of your recovery codes."


class AppForm(ActivateTOTPForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _prepare_code(self.fields["code"])
        self.fields["code"].help_text = "The six digits that the app shows now."


class _CredentialField(forms.Field):
    """The passkey's answer, as JSON in a hidden field. It is read once and never written back into a page."""

    widget = forms.HiddenInput
    default_error_messages = {"required": "The passkey did not answer. It needs a browser with JavaScript switched on."}

    def to_python(self, value: Any) -> Any:
        if not value:
            return None
        try:
            if len(value) > CREDENTIAL_LENGTH or "\x00" in value:
                raise ValueError
            found = json.loads(value)
        except (ValueError, RecursionError):
            raise get_adapter().validation_error("passkey_refused") from None
        if not isinstance(found, dict):
            raise get_adapter().validation_error("passkey_refused")
        return found

    def bound_data(self, data: Any, initial: Any) -> str:
        return ""


class NewPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    name = forms.CharField(
        required=False,
        max_length=NAME_LENGTH,
        label="Name",
        help_text="So that you can tell your passkeys apart, such as “My phone”.",
    )
    credential = _CredentialField()
    passwordless = forms.BooleanField(
        required=False,
        initial=True,
        label="Sign in with it alone, without a password",
        help_text="For a phone, a computer or a password manager. Untick it for a simple security key.",
    )

    def clean_name(self) -> str:
        return _printable(super().clean_name())

    def clean(self) -> dict[str, Any]:
        return _parsed(lambda: dict(super(NewPasskeyForm, self).clean()))


class RenamePasskeyForm(EditWebAuthnForm):  # type: ignore[misc]
    name = forms.CharField(max_length=NAME_LENGTH, label="Name")

    def clean_name(self) -> str:
        return _printable(self.cleaned_data["name"])


def _printable(name: str) -> str:
    if not name.isprintable():
        raise ValidationError("The name holds characters that can't be shown. Type it again.")
    return name


class PasskeyForm(AuthenticateWebAuthnForm):  # type: ignore[misc]
    """The second step of signing in."""

    credential = _CredentialField()

    def clean_credential(self) -> Authenticator:
        return _parsed(super().clean_credential)


class PasskeyAgainForm(ReauthenticateWebAuthnForm):  # type: ignore[misc]
    credential = _CredentialField()

    def clean_credential(self) -> Authenticator:
        return _parsed(super().clean_credential)


class PasskeyAloneForm(LoginWebAuthnForm):  # type: ignore[misc]
    """Signing in by a passkey and nothing else."""

    credential = _CredentialField()

    def clean_credential(self) -> Authenticator:
        return _parsed(super().clean_credential)
