"""Asks Meta about one credential and judges the answer. Writes nothing."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

from django.conf import settings
from django.utils import timezone

from tokens.fields import Unreadable
from tokens.flavours.interface import Fresh, Keeper, Keys, Sign
from tokens.meta import (
    Exchange,
    MetaError,
    MetaRateLimited,
    MetaTransient,
    OurMisconfiguration,
    PermissionMissing,
    Refused,
    Secret,
    TokenDead,
    observing,
)
from tokens.models import Credential, Reason
from tokens.services.changes import SAME
from tokens.services.verdicts import (
    Alive,
    Call,
    Contradicted,
    Dead,
    OurFault,
    Passing,
    PermissionLost,
    RefusedByMeta,
    Renewed,
    TooYoung,
    Unrenewable,
    Verdict,
    facts_of,
)

_T = TypeVar("_T")


@dataclass(slots=True)
class Inquiry:
    """One attempt's conversation with Meta: the flavour's keeper, and how each of its calls went."""

    keeper: Keeper
    pause: Callable[[float], None] = time.sleep
    detailed: bool = False
    """Whether a check also asks for the account's name and kind; the daily one is kept cheap."""
    calls: list[Call] = field(default_factory=list)
    unparsable: bool = False
    """Meta could not parse what we sent: more likely our own fault than the creator's."""

    def refresh(self, credential: Credential) -> Verdict:
        """Asks for a renewed token.

        Args:
            credential: with its connection; opened for the calls alone. Once its known expiry has passed it is dead
                without a call, unless that expiry is one that a person may have put off.
        """
        asked_at = timezone.now()
        if _is_over(credential.known_expiry, asked_at):
            return self._over(credential, asked_at)
        if not credential.renewable or _is_over(credential.renewal_expires_at, asked_at):
            return Unrenewable()
        try:
            keys = open_keys(credential)
        except Unreadable:
            return OurFault("undecryptable")
        answer = self._asked(lambda: self.keeper.refresh(keys))
        if isinstance(answer, Fresh):
            return self._believed(answer, keys, asked_at)
        if isinstance(answer, TokenDead):
            return self._second_opinion(keys, answer, contradicts=Contradicted)
        return judge(answer)

    def _believed(self, fresh: Fresh, keys: Keys, asked_at: dt.datetime) -> Verdict:
        """An answer without a sound expiry is doubted: its token must not replace a good one if it does not work."""
        renewed = Renewed(fresh.token, fresh.expires_in, asked_at, fresh.renewal, fresh.renewal_expires_at)
        if renewed.expires_in is not None or renewed.renewal_expires_at is not None:
            return renewed
        answer = self._asked(lambda: self.keeper.me(replace(keys, token=fresh.token)))
        return Passing("unexpected", facts_of(answer)) if isinstance(answer, TokenDead) else renewed

    def check(self, credential: Credential) -> Verdict:
        """Asks whether the token works. Argument as of `refresh`."""
        now = timezone.now()
        if _is_over(credential.known_expiry, now):
            return self._over(credential, now)
        try:
            keys = open_keys(credential)
        except Unreadable:
            return OurFault("undecryptable")
        answer = self._asked(lambda: self.keeper.check(keys, detailed=self.detailed))
        return self._second_opinion(keys, answer) if isinstance(answer, TokenDead) else _settled(answer)

    def _over(self, credential: Credential, now: dt.datetime) -> Verdict:
        """What it means that the known end has passed.

        Facebook lets an app see a person's data for so long after that person's last consent, which may have been for
        another account, or to another workspace: before such a connection ends Meta is asked whether it does.
        """
        if credential.renewal is None and not credential.connection.page_id:
            return Dead(Reason.EXPIRED)
        try:
            keys = open_keys(credential)
        except Unreadable:
            return OurFault("undecryptable")
        answer = self._asked(lambda: self.keeper.check(keys))
        if isinstance(answer, Sign):
            return _put_off(answer, credential.known_expiry, now)
        if isinstance(answer, PermissionMissing):
            # Past the end a token is as valid as before, and reads nothing.
            return Dead(Reason.EXPIRED, facts_of(answer))
        if isinstance(answer, TokenDead):
            return self._second_opinion(keys, answer, contradicts=lambda facts: Passing("unexpected", facts))
        return judge(answer)

    def me(self, credential: Credential) -> Alive | MetaError:
        """One call that only a living token answers, its failure as a value.

        Raises:
            Unreadable: the token can't be decrypted.
        """
        return self._me(open_keys(credential))

    def _me(self, keys: Keys) -> Alive | MetaError:
        answer = self._asked(lambda: self.keeper.me(keys))
        return _alive(answer) if isinstance(answer, Sign) else answer

    def _asked(self, call: Callable[[], _T]) -> _T | MetaError:
        """What a call answers; frames that hold secrets end before anything is raised."""
        error, answer = None, None
        with observing() as exchanges:
            try:
                answer = call()
            except MetaError as caught:
                error = caught
        self._count(error, exchanges)
        return cast(_T, answer) if error is None else error

    def _second_opinion(
        self, keys: Keys, first: TokenDead, contradicts: Callable[[dict[str, Any]], Verdict] | None = None
    ) -> Verdict:
        """A single 190 has been seen to be spurious: only a second one of the same class, after a pause, counts.

        Args:
            keys: what is asked about.
            first: the first answer.
            contradicts: what it means that the token lives all the same; by default that it lives.
        """
        self.unparsable = first.unparsable
        self.pause(settings.CONFIRM_PAUSE_SECONDS)
        second = self._me(keys)
        if isinstance(second, TokenDead):
            reason = self.keeper.reason_of(first.reason if second.reason == "unknown" else second.reason)
            return Dead(reason, facts_of(second) | {"first": facts_of(first)})
        if isinstance(second, Alive):
            return second if contradicts is None else contradicts(facts_of(first))
        return judge(second)

    def _count(self, error: MetaError | None, exchanges: list[Exchange]) -> None:
        """One call may be several exchanges, `/me` with fewer fields each time: the last figure is the newest."""
        self.calls.append(
            Call(
                isinstance(error, MetaTransient | MetaRateLimited),
                seconds=sum(each.seconds for each in exchanges),
                usage=next((each.usage for each in reversed(exchanges) if each.usage is not None), None),
                error=error,
            )
        )


def judge(error: MetaError) -> Verdict:
    """What an answer other than a dead token means (meta-wire 4.5)."""
    facts = facts_of(error)
    match error:
        case MetaRateLimited():
            return Passing("rate_limited", facts, wait=error.retry_after)
        case PermissionMissing():
            return PermissionLost(facts)
        case OurMisconfiguration():
            return OurFault(error.kind, facts)
        case Refused(kind="too_young"):
            return TooYoung()
        case Refused(kind="unsupported_request" | "bad_request"):
            return RefusedByMeta(facts)
        case MetaTransient():
            return Passing(error.kind, facts)
    # Unknown codes, policy blocks, replies that make no sense: kept for staff, never a reason to end anything.
    return Passing("unexpected", facts)


def _settled(answer: Sign | MetaError) -> Verdict:
    return _alive(answer) if isinstance(answer, Sign) else judge(answer)


def _alive(sign: Sign) -> Alive:
    return Alive(sign.handle, sign.name, sign.permissions, sign.expires_at)


def _put_off(sign: Sign, known: dt.datetime | None, now: dt.datetime) -> Verdict:
    """What it means that a token whose known end has passed still answers."""
    if sign.expires_at is None:
        return Passing("unexpected")
    later = known is None or sign.expires_at - known > SAME
    return _alive(sign) if later and sign.expires_at > now else Dead(Reason.EXPIRED)


def _is_over(end: dt.datetime | None, now: dt.datetime) -> bool:
    return end is not None and now >= end


def open_keys(credential: Credential) -> Keys:
    """What a connection is kept alive with, decrypted for the length of an attempt.

    Raises:
        Unreadable: it can't be decrypted.
        ValueError: there is nothing: it was disconnected.
    """
    if credential.token is None:
        raise ValueError("The connection has no token.")
    connection = credential.connection
    return Keys(
        token=Secret(credential.token.reveal()),
        renewal=None if credential.renewal is None else Secret(credential.renewal.reveal()),
        account_id=connection.instagram_id,
        page_id=connection.page_id,
        person_id=connection.exchange_user_id,
    )
