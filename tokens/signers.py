"""Whose secrets may have signed one of Meta's callbacks: settings and stored secrets -> the callback, if one fits.

An app has two secrets, and Meta documents nowhere with which of them it signs. Each secret speaks for the connections
of its own Meta app alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.utils.crypto import salted_hmac

from tokens.fields import Sealed, Unreadable
from tokens.meta import Secret, SignedRequest, read_signed_request
from tokens.models import DeletionRequest, Flavour, MetaApp
from tokens.services.callbacks import Callback, Signer

INSTAGRAM, META = DeletionRequest.Secret.INSTAGRAM.value, DeletionRequest.Secret.META.value
SALT = "perennial.callback"


@dataclass(frozen=True, slots=True)
class Key:
    """A secret that may have signed, and what it speaks for."""

    flavour: str
    app_id: str
    name: str
    """Which of the app's secrets it is."""
    secret: Secret


def callback_of_installation(text: str) -> Callback | None:
    """What Meta sent to the addresses of the installation's apps; None where none of their secrets signed it.

    The database is asked only once one has.
    """
    keys = list(_keys_of_installation())
    found = read_signed_request(text, [key.secret for key in keys])
    if found is None:
        return None
    signed_with = {(keys[place].flavour, keys[place].app_id): keys[place].name for place in reversed(found.signed_with)}
    apps = MetaApp.objects.filter(tenant__isnull=True, app_id__in=[app_id for _, app_id in signed_with])
    known = {(flavour, app_id): pk for flavour, app_id, pk in apps.values_list("flavour", "app_id", "pk")}
    signers = [Signer(known.get(app), name) for app, name in signed_with.items()]
    return _callback(text, found, "installation", signers)


def callback_of_app(app_id: uuid.UUID, text: str) -> Callback | None:
    """What Meta sent to the addresses of a workspace's own app, whether or not it is still in use.

    Args:
        app_id: the id of our row, as the address has it.
        text: the signed request.

    Returns:
        None where no secret of that app signed it, or there is no such app or workspace.
    """
    app = MetaApp.objects.filter(pk=app_id, tenant__isnull=False, tenant__deleted_at__isnull=True).first()
    keys = [] if app is None else [(INSTAGRAM, _opened(app.secret)), (META, _opened(app.meta_secret))]
    found = read_signed_request(text, [secret for _, secret in keys])
    if app is None or found is None:
        return None
    return _callback(text, found, str(app.pk), [Signer(app.pk, keys[found.signed_with[0]][0])])


def _keys_of_installation() -> Iterator[Key]:
    """In the order of likelihood."""
    if settings.INSTAGRAM_APP_ID:
        instagram = (Flavour.INSTAGRAM_LOGIN.value, settings.INSTAGRAM_APP_ID)
        yield Key(*instagram, INSTAGRAM, Secret(settings.INSTAGRAM_APP_SECRET))
        yield Key(*instagram, META, Secret(settings.INSTAGRAM_META_APP_SECRET))
    if settings.FACEBOOK_APP_ID:
        facebook = (Flavour.FACEBOOK_LOGIN.value, settings.FACEBOOK_APP_ID)
        yield Key(*facebook, META, Secret(settings.FACEBOOK_APP_SECRET))


def _opened(sealed: Sealed | None) -> Secret:
    """Empty, and so fitting nothing, where it can't be read."""
    try:
        return Secret("" if sealed is None else sealed.reveal())
    except Unreadable:
        return Secret("")


def _callback(text: str, found: SignedRequest, whose: str, signers: list[Signer]) -> Callback:
    # With its signature: two apps may tell of the same person in the same second by the same payload.
    digest = salted_hmac(SALT, f"{whose}\n{text.replace('=', '')}", algorithm="sha256").hexdigest()
    return Callback(found.user_id, found.issued_at, tuple(signers), digest)
