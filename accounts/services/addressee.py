"""Whose account an invited address is.

Anybody can type anybody's address into the sign-up form. Only a confirmed address says whose account it is; a claim
that nobody ever confirmed gives way to the one who holds the mailed link.
"""

from __future__ import annotations

from enum import StrEnum

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator

from accounts.models import User


class Standing(StrEnum):
    NOBODY = "nobody"
    UNPROVEN = "unproven"
    KNOWN = "known"


def account_of(email: str) -> tuple[Standing, User | None]:
    """The account behind an address, for whoever holds a link that was mailed there.

    Returns:
        KNOWN with the account that signs in as ever. UNPROVEN with one of which no address was ever confirmed:
        perhaps a stranger made it and knows its password. NOBODY without one: also where an account only claims the
        address beside another one, which is confirmed.
    """
    holder = _holder(email)
    if holder is not None:
        return Standing.KNOWN, holder
    user = User.objects.filter(email=email).first()
    if user is None:
        return Standing.NOBODY, None
    # Barred by staff, or behind a second factor: never past the ordinary sign-in.
    if not user.is_active or Authenticator.objects.filter(user=user).exists():
        return Standing.KNOWN, user
    if EmailAddress.objects.filter(user=user, verified=True).exists():
        return Standing.NOBODY, None
    return Standing.UNPROVEN, user


def is_of(email: str, user: User) -> bool:
    """Whether the address is the signed-in user's: confirmed, or claimed while nobody else's is confirmed."""
    holder = _holder(email)
    if holder is not None:
        return bool(holder.pk == user.pk)
    return user.email == email or EmailAddress.objects.filter(user=user, email=email).exists()


def prove(email: str, user: User) -> None:
    """Marks the address as confirmed, in the caller's transaction; the main one where the user has none."""
    address, _ = EmailAddress.objects.get_or_create(user=user, email=email)
    address.verified = True
    address.primary = address.primary or not EmailAddress.objects.filter(user=user, primary=True).exists()
    address.save()


def make_way(email: str) -> None:
    """Ends the claim to `email` of an account that has confirmed another address, in the caller's transaction."""
    user = User.objects.filter(email=email).first()
    if user is None:
        return
    EmailAddress.objects.filter(user=user, email=email).delete()
    other = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary", "pk").first()
    if other is None:
        raise AssertionError("an account without another address makes no way")
    other.set_as_primary()


def _holder(email: str) -> User | None:
    """The one user who has confirmed the address."""
    address = EmailAddress.objects.select_related("user").filter(email=email, verified=True).first()
    return address.user if address else None
