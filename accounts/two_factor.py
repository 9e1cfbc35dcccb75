"""How allauth's second factor behaves here, and whether a session was opened with one."""

from __future__ import annotations

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from accounts import encryption
from accounts.models import User

# The `method` under which allauth notes in the session that a second factor was shown.
SECOND_FACTOR = "mfa"
# Recovery codes come with one of these and never stand alone.
REAL = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class TwoFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets rest encrypted; passkeys belong to SITE_URL's host, never to the one that a request claims."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "That is not right. A code of your app is good for half a minute: try the next one. "
        "A recovery code is good once.",
        "passkey_refused": "The passkey was not accepted. Try it once more, or use another way.",
        "unverified_email": "Confirm your e-mail address first: then you can turn two-factor sign-in on.",
        "add_email_blocked": "Turn two-factor sign-in off before you add an address.",
    }

    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return encryption.decrypt(encrypted_text)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": settings.SITE_HOST, "name": "Perennial"}

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return f"Passkey {number}"


def has_second_factor(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type__in=REAL).exists())


def shown_in(request: HttpRequest, user: User) -> bool:
    """Whether the session was opened, or confirmed since, with a second factor that `user` still has."""
    records = get_authentication_records(request, user)
    shown = [record.get("id") for record in records if record.get("method") == SECOND_FACTOR]
    return bool(shown) and bool(Authenticator.objects.filter(user=user, pk__in=shown).exists())


def note_as_shown(*, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """Whoever has just set one up has shown it: nobody is asked for it again in the same breath."""
    if authenticator.type in REAL:
        record_authentication(
            request, user, method=SECOND_FACTOR, id=authenticator.pk, type=authenticator.type, set_up=True
        )
