"""Finds out by asking Meta what a pasted token of Facebook's is worth. Stores nothing. Page: D-debug, D-longlived."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from tokens import paste_wording as words
from tokens.flavours.facebook_login import BASICS, DATA_ACCESS, FacebookLogin, first_end, instant
from tokens.flavours.interface import NEVER, Offer, known
from tokens.meta import (
    FacebookClient,
    Inspection,
    LongLivedToken,
    MetaError,
    Profile,
    Refused,
    Secret,
    TokenDead,
)
from tokens.models import MetaApp
from tokens.services import brake
from tokens.services.connect import account_of
from tokens.services.examine_token import MAY_BE_ANOTHER_KIND, unaskable
from tokens.services.link_account import Account
from tokens.services.note_app import note_trouble, word_of
from tokens.services.note_unknown import note_unknown
from tokens.services.refusal_words import word_for
from tokens.token_text import kind_by_looks

# What has less left than this is one of an hour or two, made to be exchanged.
SHORT = dt.timedelta(days=1)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Several:
    """A person's token, exchanged where it was short, that opens several accounts: somebody has to choose."""

    token: Secret
    offer: Offer
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FacebookExaminer:
    """Examines tokens that were made for one Meta app.

    Args:
        meta_app: the one in use.
        client: of that app.
    """

    meta_app: MetaApp
    client: FacebookClient

    def examine(self, token: Secret) -> Account | Several | str:
        """What the token opens, with the tokens to keep; or why it is of no use, a word of `paste_wording.REFUSALS`."""
        found = self.ask(token)
        return refused(found, self.meta_app, token) if isinstance(found, MetaError) else found

    def ask(self, token: Secret) -> Account | Several | str | MetaError:
        """As `examine`, a failure as a value; writes nothing, so that any thread may ask."""
        if word := unaskable(token):
            return word
        try:
            return self._examined(token, self.client.inspect(token))
        except MetaError as error:
            return error

    def _examined(self, token: Secret, told: Inspection) -> Account | Several | str:
        # Any field of an inspection may be left out; of a Page alone it names one.
        match told.kind or ("PAGE" if told.profile_id else ""):
            case "PAGE":
                return self._of_page(token, told)
            case "SYSTEM_USER":
                return words.SYSTEM_USER
            case "APP":
                return words.APP_TOKEN
        if told.scopes is not None and not set(BASICS) <= set(told.scopes):
            return words.LACKS_BASICS
        return self._of_person(*self._lengthened(token, told))

    def _lengthened(self, token: Secret, told: Inspection) -> tuple[Secret, dict[str, Any]]:
        """A person's token of sixty days, and what is known of its dates."""
        now = timezone.now()
        issued_at, end = instant(told.issued_at), instant(told.expires_at)
        if end is not None and (end == NEVER or end - now > SHORT):
            seconds = None if end == NEVER else (end - (issued_at or now)).total_seconds()
            dates = {"issued_at": (issued_at or now).isoformat(), "expires_in": seconds}
            return token, {**dates, "dated": issued_at is not None}
        long: LongLivedToken = self.client.exchange_user_token(token)
        return long.token, {"issued_at": now.isoformat(), "expires_in": long.expires_in, "exchanged": True}

    def _of_person(self, token: Secret, facts: dict[str, Any]) -> Account | Several | str:
        offer = FacebookLogin(self.client).accounts(token)
        if not offer.found:
            return words.NO_ACCOUNT
        if len(offer.found) == 1:
            return account_of(offer.found[0], offer, facts)
        return Several(token, offer, facts)

    def _of_page(self, token: Secret, told: Inspection) -> Account | str:
        """The Page's token alone: it lives as long as Meta lets it, and nobody but a person brings a later date."""
        page = self.client.page(told.profile_id or self.client.me(token).user_id or "", token)
        if not page.instagram_id:
            return words.PAGE_WITHOUT_ACCOUNT
        issued_at, end = instant(told.issued_at), first_end(told)
        begun = issued_at or timezone.now()
        return Account(
            profile=Profile(page.instagram_id, None, page.instagram_username, None, None, None),
            token=token,
            issued_at=begun,
            # Where Meta tells no end there is one all the same.
            expires_at=begun + DATA_ACCESS if end is None else known(end),
            dated=issued_at is not None,
            person_id=told.user_id or "",
            permissions=None if told.scopes is None else list(told.scopes),
            renewable=False,
            page_id=page.id,
            page_name=page.name,
        )


def refused(error: MetaError, meta_app: MetaApp, token: Secret) -> str:
    """Why a token of Facebook's is of no use, a word of `paste_wording.REFUSALS`; what no rule knows is noted."""
    note_unknown([error], timezone.now())
    logger.info("A pasted token was refused: %s", error)
    if isinstance(error, TokenDead) and brake.holding(meta_app.pk) is not None:
        # Too many die just now to believe that this one did.
        return words.NO_ANSWER
    if isinstance(error, Refused) and error.kind == "wrong_app":
        return words.WRONG_APP
    word = word_for(error)
    if word in MAY_BE_ANOTHER_KIND and kind_by_looks(token) not in ("", words.FACEBOOK):
        return kind_by_looks(token)
    if word == words.MISCONFIGURED:
        note_trouble(meta_app, word_of(error))
    return word
