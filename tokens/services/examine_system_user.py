"""Finds out by asking Meta what the pasted token of a system user is worth. Stores nothing. Page: D-sysuser."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from tokens import paste_wording as words
from tokens.flavours.facebook_login import first_end, instant
from tokens.flavours.interface import NEVER, known
from tokens.meta import FacebookClient, Inspection, MetaError, Secret
from tokens.models import MetaApp, Reason
from tokens.services.examine_facebook import refused
from tokens.services.examine_token import unaskable
from tokens.services.link_account import Account

# Without one of these a system user opens nothing that is of use here.
ADS = ("ads_read", "ads_management", "business_management")
# Either of these tells which ad accounts there are.
OPENS_ADS = ADS[:2]
_OF_SYSTEM_USER: dict[str, str] = {
    words.USER_GONE: Reason.SYSTEM_USER_DELETED,
    words.INSTAGRAM: words.NO_SYSTEM_USER,
}


@dataclass(frozen=True, slots=True)
class SystemUserExaminer:
    """Examines tokens that were generated for one Meta app.

    Args:
        meta_app: the one in use.
        client: of that app.
    """

    meta_app: MetaApp
    client: FacebookClient

    def examine(self, token: Secret) -> Account | str:
        """What the token opens; or why it is of no use, a word of `paste_wording.REFUSALS`."""
        found = self.ask(token)
        if not isinstance(found, MetaError):
            return found
        word = refused(found, self.meta_app, token)
        return _OF_SYSTEM_USER.get(word, word)

    def ask(self, token: Secret) -> Account | str | MetaError:
        """As `examine`, a failure as a value; writes nothing, so that any thread may ask."""
        if word := unaskable(token):
            return word
        try:
            told = self.client.inspect(token)
            if told.kind != "SYSTEM_USER":
                return words.NO_SYSTEM_USER
            if told.scopes is not None and not set(ADS) & set(told.scopes):
                return words.NO_ADS
            return self._account(token, told)
        except MetaError as error:
            return error

    def _account(self, token: Secret, told: Inspection) -> Account | str:
        end = first_end(told)
        if end is None:
            # It is the one thing that decides how it is kept alive.
            return words.NO_ANSWER
        profile, issued_at = self.client.me(token), instant(told.issued_at)
        assets = self.client.ad_accounts(token) if _opens_ads(told) else ()
        return Account(
            profile=profile,
            token=token,
            issued_at=issued_at or timezone.now(),
            expires_at=known(end),
            dated=issued_at is not None,
            permissions=None if told.scopes is None else list(told.scopes),
            renewable=end != NEVER,
            assets=[{"id": each.id, "name": each.name} for each in assets],
        )


def _opens_ads(told: Inspection) -> bool:
    return told.scopes is None or bool(set(OPENS_ADS) & set(told.scopes))
