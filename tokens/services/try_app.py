"""Tests a workspace's own Meta app, as far as Meta can be asked without a person."""

from __future__ import annotations

import logging

from tokens.meta import FacebookClient, InstagramClient, MetaError, Secret
from tokens.models import Flavour, MetaApp
from tokens.services import consent
from tokens.services.note_app import note_app, word_of

# Meta never issued it. What it complains of first tells what is wrong: app, secret, redirect URI, or only this.
NO_CODE = "perennial-asks-whether-this-app-is-set-up"

logger = logging.getLogger(__name__)


def try_app(app: MetaApp, client: InstagramClient) -> str:
    """Has Meta exchange a code that does not exist, and judges what it complains of.

    Args:
        app: a tenant's own Meta app, whose secret can be read.
        client: of `app`.

    Returns:
        A word of `wording.APP_VERDICTS`, stored on the app as well.
    """
    word = what_meta_says(client)
    note_app(app, word)
    return word


def what_meta_says(client: InstagramClient | FacebookClient, flavour: str = Flavour.INSTAGRAM_LOGIN) -> str:
    """As `try_app`, of any app, and nothing is stored.

    Args:
        client: of the app.
        flavour: of the app; one that people consent to.
    """
    try:
        client.exchange_code(code=Secret(NO_CODE), redirect_uri=consent.redirect_uri(flavour))
    except MetaError as error:
        logger.info("The test of a Meta app ended with: %s", error)
        return word_of(error)
    # A token for a code that does not exist: whoever answers there is not Meta.
    return "unclear"
