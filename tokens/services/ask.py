"""Asks Meta about one credential and judges the answer. Writes nothing."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings
from django.utils import timezone

from tokens.fields import Sealed, Unreadable
from tokens.meta import (
    Exchange,
    InstagramClient,
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
from tokens.models import Reason
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
    Verdict,
    facts_of,
)


@dataclass(slots=True)
class Inquiry:
    """One attempt's conversation with Meta: the client, and how each of its calls went."""

    client: InstagramClient
    pause: Callable[[float], None] = time.sleep
    detailed: bool = False
    """Whether a check also asks for the account's name and kind; the daily one is kept cheap."""
    calls: list[Call] = field(default_factory=list)
    unparsable: bool = False
    """Meta could not parse what we sent: more likely our own fault than the creator's."""

    def refresh(self, token: Sealed, *, expires_at: dt.datetime | None) -> Verdict:
        """Asks for a renewed token.

        Args:
            token: the sealed token; it is decrypted for the calls alone.
            expires_at: its known expiry. Once that has passed the token is dead without a call.
        """
        asked_at = timezone.now()
        if expires_at is not None and asked_at >= expires_at:
            return Dead(Reason.EXPIRED)
        error = None
        with observing() as exchanges:
            try:
                fresh = self.client.refresh(Secret(token.reveal()))
            except Unreadable:
                return OurFault("undecryptable")
            except MetaError as caught:
                error = caught
        self._count(error, exchanges)
        if error is None:
            return self._believed(Renewed(fresh.token, fresh.expires_in, asked_at))
        if isinstance(error, TokenDead):
            return self._second_opinion(token, error)
        return judge(error)

    def _believed(self, renewed: Renewed) -> Verdict:
        """An answer without a sound expiry is doubted: its token must not replace a good one if it does not work."""
        if renewed.expires_in is not None:
            return renewed
        answer = self._me(renewed.token)
        return Passing("unexpected", facts_of(answer)) if isinstance(answer, TokenDead) else renewed

    def check(self, token: Sealed, *, expires_at: dt.datetime | None) -> Verdict:
        """Asks `/me` whether the token works. Arguments as of `refresh`."""
        if expires_at is not None and timezone.now() >= expires_at:
            return Dead(Reason.EXPIRED)
        try:
            answer = self.me(token, detailed=self.detailed)
        except Unreadable:
            return OurFault("undecryptable")
        return self._second_opinion(token, answer) if isinstance(answer, TokenDead) else _settled(answer)

    def me(self, token: Sealed, *, detailed: bool = False) -> Alive | MetaError:
        """One `/me` call, its failure as a value.

        Raises:
            Unreadable: the token can't be decrypted.
        """
        return self._me(Secret(token.reveal()), detailed=detailed)

    def _me(self, token: Secret, *, detailed: bool = False) -> Alive | MetaError:
        error = None
        with observing() as exchanges:
            try:
                profile = self.client.me(token, detailed=detailed)
            except MetaError as caught:
                error = caught
        self._count(error, exchanges)
        return Alive(profile.username or "", profile.name or "") if error is None else error

    def _second_opinion(self, token: Sealed, first: TokenDead) -> Verdict:
        """A single 190 has been seen to be spurious: only a second one of the same class, after a pause, counts."""
        self.unparsable = first.unparsable
        self.pause(settings.CONFIRM_PAUSE_SECONDS)
        second = self.me(token)
        if isinstance(second, TokenDead):
            reason = first.reason if second.reason == "unknown" else second.reason
            return Dead(reason, facts_of(second) | {"first": facts_of(first)})
        if isinstance(second, Alive):
            return second if first.call == "me" else Contradicted(facts_of(first))
        return _settled(second)

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


def _settled(answer: Alive | MetaError) -> Verdict:
    return answer if isinstance(answer, Alive) else judge(answer)
