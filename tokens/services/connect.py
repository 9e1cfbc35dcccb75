"""From a code to a connection: short-lived token, long-lived token, `/me`, row. Each step that fails ends well.

What Meta has handed out is never thrown away for a fault in passing: it waits, encrypted, behind "Finish
connecting".
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import Q
from django.utils import timezone

from tokens.fields import Unreadable
from tokens.meta import (
    InstagramClient,
    LongLivedToken,
    MetaError,
    MetaRateLimited,
    MetaTransient,
    OurMisconfiguration,
    PermissionMissing,
    Profile,
    Refused,
    Secret,
    ShortLivedToken,
    TokenDead,
    UnexpectedReply,
)
from tokens.models import ConnectAttempt, Status
from tokens.services import consent
from tokens.services.link_account import Account, EndedMeanwhile, LinkClosed, WrongAccount, link_account
from tokens.services.note_app import note_app, note_trouble, word_of
from tokens.services.note_unknown import note_unknown

BASIC = "instagram_business_basic"
EXCHANGE_TRIES = 3
EXCHANGE_SECONDS = 10.0
EXCHANGE_PAUSE = 0.3
TOKEN_WAITS = dt.timedelta(hours=1)
FINISHING = dt.timedelta(seconds=60)

Outcome = ConnectAttempt.Outcome
Pending = ConnectAttempt.Pending
_T = TypeVar("_T")
PASSING = (MetaTransient, MetaRateLimited, UnexpectedReply)
# Refusals that pass with time, and those that nobody documents.
UNSETTLED = ("blocked", "unknown")

logger = logging.getLogger(__name__)


def finish_with_code(attempt: ConnectAttempt, client: InstagramClient, code: Secret, *, seen_by: str = "") -> str:
    """Exchanges `code` and goes on to the connection.

    Args:
        attempt: the one whose state was just spent.
        client: of the attempt's Meta app.
        code: what Instagram's consent page sent along.
        seen_by: the address of whoever is signed in there and sees what comes of it: no mail tells them.

    Returns:
        The outcome, stored on the attempt for its result page.
    """
    return _Finishing(attempt, client, seen_by).with_code(code)


def finish_pending(attempt: ConnectAttempt, client: InstagramClient, *, seen_by: str = "") -> str:
    """Goes on where an attempt was interrupted, with the secret that waits. Otherwise as `finish_with_code`."""
    secret = attempt.pending_secret
    if secret is None or attempt.pending_until is None or attempt.pending_until <= timezone.now():
        return conclude(attempt, Outcome.CODE_REJECTED)
    steps = _Finishing(attempt, client, seen_by)
    going_on: dict[str, Callable[[Secret], str]] = {
        Pending.CODE: steps.with_code,
        Pending.SHORT_TOKEN: steps.with_short_token,
        Pending.LONG_TOKEN: steps.with_long_token,
    }
    try:
        return going_on[attempt.pending](Secret(secret.reveal()))
    except Unreadable:
        return conclude(attempt, Outcome.CODE_REJECTED)


def claim_pending(attempt: ConnectAttempt) -> bool:
    """Of two that press "Finish connecting" at once, one goes on; a killed one may be repeated after a while."""
    now = timezone.now()
    waiting = ConnectAttempt.objects.filter(pk=attempt.pk, pending_secret__isnull=False)
    free = waiting.filter(Q(finishing_until__isnull=True) | Q(finishing_until__lte=now))
    return bool(free.update(finishing_until=now + FINISHING))


def conclude(attempt: ConnectAttempt, outcome: str, **handles: str) -> str:
    """Stores what the result page tells, and erases what waited unless the outcome is that it waits."""
    attempt.outcome = outcome
    attempt.finishing_until = None
    attempt.handles = handles
    columns = ["outcome", "handles", "connection", "finishing_until"]
    if outcome != Outcome.UNFINISHED:
        attempt.pending, attempt.pending_secret = "", None
        attempt.pending_facts, attempt.pending_until = {}, None
        # What waits is stored by `consent.keep_pending` alone: it may have been erased under our feet since.
        columns += ["pending", "pending_secret", "pending_facts", "pending_until"]
    # Not `save`: the row may have been erased along with its connection.
    ConnectAttempt.objects.filter(pk=attempt.pk).update(**{name: getattr(attempt, name) for name in columns})
    return outcome


class _Finishing:
    """The steps from a code to a connection, for one attempt."""

    def __init__(self, attempt: ConnectAttempt, client: InstagramClient, seen_by: str) -> None:
        self.attempt = attempt
        self.client = client
        self.seen_by = seen_by
        self.facts: dict[str, Any] = dict(attempt.pending_facts)

    def with_code(self, code: Secret) -> str:
        answer = _answer(lambda: self.client.exchange_code(code=code, redirect_uri=consent.redirect_uri()))
        if isinstance(answer, ShortLivedToken):
            granted = answer.permissions
            self.facts = {
                "user_id": answer.user_id,
                "permissions": None if granted is None else list(granted),
            }
            if granted is not None and BASIC not in granted:
                return conclude(self.attempt, Outcome.PERMISSION_UNTICKED)
            return self.with_short_token(answer.token)
        if isinstance(answer, MetaTransient | MetaRateLimited):
            # Perhaps it was never exchanged: it is good for an hour, and trying tells.
            return self._wait(Pending.CODE, code, consent.CODE_LIFETIME)
        return self._failed(answer)

    def with_short_token(self, short: Secret) -> str:
        issued_at = timezone.now()
        answer = _persistently(lambda: self.client.exchange_long_lived(short))
        if isinstance(answer, LongLivedToken):
            self.facts |= {"issued_at": issued_at.isoformat(), "expires_in": answer.expires_in}
            return self.with_long_token(answer.token)
        if self._may_pass(answer, Pending.SHORT_TOKEN):
            return self._wait(Pending.SHORT_TOKEN, short, TOKEN_WAITS)
        return self._failed(answer)

    def with_long_token(self, token: Secret) -> str:
        answer = _answer(lambda: self.client.me(token, detailed=True))
        if isinstance(answer, Profile):
            return self._link(token, answer)
        if self._may_pass(answer, Pending.LONG_TOKEN):
            return self._wait(Pending.LONG_TOKEN, token, TOKEN_WAITS)
        return self._failed(answer)

    def _link(self, token: Secret, profile: Profile) -> str:
        if (profile.account_type or "").upper() == "PERSONAL":
            return conclude(self.attempt, Outcome.PERSONAL_ACCOUNT, found=profile.username or "")
        expires_in = self.facts.get("expires_in")
        issued_at = dt.datetime.fromisoformat(self.facts["issued_at"])
        account = Account(
            profile=profile,
            token=token,
            issued_at=issued_at,
            expires_at=None if expires_in is None else issued_at + dt.timedelta(seconds=expires_in),
            exchange_user_id=self.facts.get("user_id", ""),
            permissions=self.facts.get("permissions"),
        )
        try:
            connection, was = link_account(self.attempt, account, seen_by=self.seen_by)
        except WrongAccount as wrong:
            return conclude(self.attempt, Outcome.WRONG_ACCOUNT, expected=wrong.expected, found=wrong.found)
        except EndedMeanwhile:
            return conclude(self.attempt, Outcome.ENDED_MEANWHILE, found=profile.username or "")
        except LinkClosed:
            return conclude(self.attempt, Outcome.LINK_CLOSED, found=profile.username or "")
        note_app(self.attempt.meta_app, "connected")
        self.attempt.connection = connection
        outcome = {"": Outcome.CONNECTED, Status.ACTIVE: Outcome.RENEWED}.get(was, Outcome.RECONNECTED)
        return conclude(self.attempt, outcome, found=connection.handle)

    def _may_pass(self, error: MetaError, stage: str) -> bool:
        """Whether the token in our hands is worth keeping: unless the answer settles it, it is.

        A single 190 has been seen to be spurious: "Finish connecting" is what asks a second time.
        """
        if isinstance(error, TokenDead):
            return self.attempt.pending != stage
        return isinstance(error, PASSING) or (isinstance(error, Refused) and error.kind in UNSETTLED)

    def _wait(self, kind: str, secret: Secret, lifetime: dt.timedelta) -> str:
        if not consent.keep_pending(self.attempt, kind, secret, self.facts, lifetime):
            return conclude(self.attempt, Outcome.LINK_CLOSED)
        return conclude(self.attempt, Outcome.UNFINISHED)

    def _failed(self, error: MetaError) -> str:
        outcome = _outcome_of(error)
        logger.warning("Connecting ended with %s: %s", outcome, error)
        note_unknown([error], timezone.now())
        if outcome == Outcome.MISCONFIGURED:
            note_trouble(self.attempt.meta_app, word_of(error))
        return conclude(self.attempt, outcome)


def _outcome_of(error: MetaError) -> str:
    match error:
        case OurMisconfiguration():
            return Outcome.MISCONFIGURED
        case PermissionMissing():
            return Outcome.PERMISSION_UNTICKED
        case Refused(kind="code_rejected") | TokenDead():
            return Outcome.CODE_REJECTED
        case Refused(kind="unsupported_request"):
            return Outcome.REFUSED
    return Outcome.UNEXPECTED


def _answer(call: Callable[[], _T]) -> _T | MetaError:
    """The call's answer, or its error as a value: frames that hold secrets end before anything is raised."""
    try:
        return call()
    except MetaError as error:
        return error


def _persistently(call: Callable[[], _T]) -> _T | MetaError:
    """As `_answer`, with three tries within ten seconds where the fault may pass."""
    began = time.monotonic()
    answer = _answer(call)
    for _ in range(EXCHANGE_TRIES - 1):
        if not isinstance(answer, PASSING) or time.monotonic() - began > EXCHANGE_SECONDS * 2 / 3:
            break
        time.sleep(EXCHANGE_PAUSE)
        answer = _answer(call)
    return answer
