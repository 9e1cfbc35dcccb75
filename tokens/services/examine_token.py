"""Finds out by asking Meta what a pasted token is worth. Stores nothing."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass

from django.utils import timezone

from tokens import paste_wording as words
from tokens.meta import (
    InstagramClient,
    LongLivedToken,
    MetaError,
    OurMisconfiguration,
    Profile,
    Refused,
    Secret,
    TokenDead,
)
from tokens.models import MetaApp
from tokens.services import brake
from tokens.services.bring_in import asked, is_personal
from tokens.services.link_account import Account
from tokens.services.note_app import note_trouble
from tokens.services.note_unknown import note_unknown
from tokens.services.refusal_words import word_for
from tokens.services.try_app import what_meta_says
from tokens.token_text import LONGEST, is_app_token, is_sendable, kind_by_looks
from tokens.wording import APP_VERDICTS

# Refusals that pass with time.
PASSING_KINDS = ("blocked", "too_young")
# What Instagram answers, at times, to whoever wants to exchange a token of sixty days.
LONG_LIVED_ALREADY = 452
# What Instagram says of a token of another product, too.
MAY_BE_ANOTHER_KIND = (words.CANNOT_PARSE, words.NOT_ACCEPTED, words.NOT_ALLOWED, words.REFUSED)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Examiner:
    """Examines tokens that were made for one Meta app.

    Args:
        meta_app: the one in use.
        client: of that app.
        has_secret: whether the app's secret can be read, without which nothing can be exchanged.
    """

    meta_app: MetaApp
    client: InstagramClient
    has_secret: bool

    def examine(self, token: Secret) -> Account | str:
        """What the token opens, with the token to keep; or why it is of no use, a word of `paste_wording.REFUSALS`.

        One of an hour comes back exchanged for one of sixty days, its dates known. Of one that Instagram lets nobody
        exchange, which is what it does with those of sixty days, neither issue nor expiry is known.
        """
        if word := unaskable(token):
            return word
        profile = asked(self.client, token)
        if isinstance(profile, MetaError):
            return self._refused(profile, token)
        if is_personal(profile):
            return words.PERSONAL
        return self._account(profile, token)

    def _account(self, profile: Profile, token: Secret) -> Account | str:
        issued_at = timezone.now()
        answer = self._exchanged(token) if self.has_secret else None
        if isinstance(answer, LongLivedToken):
            seconds = answer.expires_in
            expires_at = None if seconds is None else issued_at + dt.timedelta(seconds=seconds)
            return Account(profile, answer.token, issued_at, expires_at)
        if answer is not None and not _is_not_short(answer):
            return self._refused(answer, token)
        if answer is not None and answer.code != LONG_LIVED_ALREADY:
            note_unknown([answer], timezone.now())
        return Account(profile, token, issued_at=None, expires_at=None)

    def _exchanged(self, token: Secret) -> LongLivedToken | MetaError:
        try:
            return self.client.exchange_long_lived(token)
        except MetaError as error:
            return error

    def _refused(self, error: MetaError, token: Secret) -> str:
        note_unknown([error], timezone.now())
        word = self._word_of(error)
        if word in MAY_BE_ANOTHER_KIND and (looks := kind_by_looks(token)) not in ("", words.INSTAGRAM):
            word = looks
        logger.info("A pasted token was refused as %s: %s", word, error)
        return word

    def _word_of(self, error: MetaError) -> str:
        if isinstance(error, OurMisconfiguration):
            return self._whose_fault()
        if isinstance(error, TokenDead) and brake.holding(self.meta_app.pk) is not None:
            # Too many die just now to believe that this one did.
            return words.NO_ANSWER
        return word_for(error)

    def _whose_fault(self) -> str:
        """Meta says the same of a wrong secret of ours and of a token that was made through another app."""
        told = what_meta_says(self.client) if self.has_secret else "unreadable"
        if told == "sound":
            return words.WRONG_APP
        if APP_VERDICTS[told].tone != "bad":
            return words.LIMITED if told == "limited" else words.NO_ANSWER
        note_trouble(self.meta_app, told)
        return words.MISCONFIGURED


def unaskable(token: Secret) -> str:
    """Why a token is not even sent to Meta; empty where it may be."""
    if not token:
        return words.EMPTY
    if is_app_token(token):
        return words.APP_TOKEN
    if len(token.reveal()) > LONGEST:
        return words.TOO_LONG
    return "" if is_sendable(token) else words.GARBLED


def _is_not_short(error: MetaError) -> bool:
    """Whether the exchange was refused for good, as Meta does with whatever is no token of an hour.

    `/me` has just answered for this token, so that a death told here is none.
    """
    passing = isinstance(error, Refused) and error.kind in PASSING_KINDS
    return error.permanent and not passing and not isinstance(error, OurMisconfiguration)
