"""What is said of an account that a person must confirm again and again."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext

from notifications.localisation import day
from tokens.models import Connection, Credential, Flavour


def to_be_confirmed(connection: Connection, credential: Credential, now: dt.datetime) -> str:
    """What a person has to do later on, in the language that is active; empty where nobody has to do anything.

    Args:
        connection: with its Meta app.
        credential: its own.
        now: the instant.
    """
    if connection.flavour != Flavour.FACEBOOK_LOGIN:
        return ""
    by = credential.confirm_by(now)
    if by is None:
        return gettext("Facebook may want a person to confirm it every 90 days. We send a reminder in time.")
    return gettext("Facebook wants a person to confirm it by %(day)s. We send a reminder in time.") % {"day": day(by)}
