"""From a code to connections: short-lived token, long-lived token, accounts, rows. Each step that fails ends well.

What Meta has handed out is never thrown away for a fault in passing: it waits, encrypted, behind "Finish
connecting". Where a person's consent opens several accounts it waits for that person's choice.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from django.db.models import Q
from django.utils import timezone

from tokens.fields import Unreadable
from tokens.flavours import FLAVOURS
from tokens.flavours.interface import ConsentKeeper, Found, Granted, Offer, known
from tokens.meta import (
    LongLivedToken,
    MetaError,
    MetaRateLimited,
    MetaTransient,
    OurMisconfiguration,
    PermissionMissing,
    Refused,
    Secret,
    TokenDead,
    UnexpectedReply,
)
from tokens.models import ConnectAttempt, Connection, Status
from tokens.services import choice, consent
from tokens.services.link_account import Account, EndedMeanwhile, LinkClosed, Stays, WrongAccount, link_account
from tokens.services.make_due import make_persons_checks_due
from tokens.services.note_app import note_app, note_trouble, word_of
from tokens.services.note_unknown import note_unknown
from tokens.services.stays import why_it_stays

EXCHANGE_TRIES = 3
EXCHANGE_SECONDS = 10.0
EXCHANGE_PAUSE = 0.3
TOKEN_WAITS = dt.timedelta(hours=1)
FINISHING = dt.timedelta(seconds=60)

Outcome = ConnectAttempt.Outcome
Pending = ConnectAttempt.Pending
_T = TypeVar("_T")
PASSING = (MetaTransient, MetaRateLimited, UnexpectedReply)
# What came so far waits for somebody to go on with it.
WAITING = (Outcome.UNFINISHED, Outcome.CHOOSE)
# Refusals that pass with time, and those that nobody documents.
UNSETTLED = ("blocked", "unknown")

logger = logging.getLogger(__name__)


def finish_with_code(attempt: ConnectAttempt, keeper: ConsentKeeper, code: Secret, *, seen_by: str = "") -> str:
    """Exchanges `code` and goes on to the connection.

    Args:
        attempt: the one whose state was just spent.
        keeper: of the attempt's Meta app.
        code: what Instagram's consent page sent along.
        seen_by: the address of whoever is signed in there and sees what comes of it: no mail tells them.

    Returns:
        The outcome, stored on the attempt for its result page.
    """
    return _Finishing(attempt, keeper, seen_by).with_code(code)


def finish_pending(attempt: ConnectAttempt, keeper: ConsentKeeper, *, seen_by: str = "") -> str:
    """Goes on where an attempt was interrupted, with the secret that waits. Otherwise as `finish_with_code`."""
    secret = attempt.pending_secret
    if secret is None or attempt.pending_until is None or attempt.pending_until <= timezone.now():
        return conclude(attempt, Outcome.CODE_REJECTED)
    steps = _Finishing(attempt, keeper, seen_by)
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
    """Of two that press "Finish connecting" at once, one goes on; a killed one may be repeated after a while.

    What waits is read anew: whoever went on before, while `attempt` was in our hands, may have come further with it.
    """
    now = timezone.now()
    rows = ConnectAttempt.objects.filter(pk=attempt.pk)
    free = rows.filter(Q(finishing_until__isnull=True) | Q(finishing_until__lte=now), pending_secret__isnull=False)
    if not free.update(finishing_until=now + FINISHING):
        return False
    waits = rows.values("outcome", "pending", "pending_secret", "pending_facts", "pending_until").first()
    for column, value in (waits or {}).items():
        setattr(attempt, column, value)
    return waits is not None


def release_pending(attempt: ConnectAttempt) -> None:
    """Gives back what `claim_pending` took, where nothing was done with it."""
    ConnectAttempt.objects.filter(pk=attempt.pk).update(finishing_until=None)


def conclude(attempt: ConnectAttempt, outcome: str, **handles: str | list[str]) -> str:
    """Stores what the result page tells, and erases what waited unless the outcome is that it waits."""
    attempt.outcome = outcome
    attempt.finishing_until = None
    attempt.handles = handles
    columns = ["outcome", "handles", "connection", "finishing_until"]
    if outcome not in WAITING:
        attempt.pending, attempt.pending_secret = "", None
        attempt.pending_facts, attempt.pending_until = {}, None
        # What waits is stored by `consent.keep_pending` alone: it may have been erased under our feet since.
        columns += ["pending", "pending_secret", "pending_facts", "pending_until"]
    # Not `save`: the row may have been erased along with its connection.
    ConnectAttempt.objects.filter(pk=attempt.pk).update(**{name: getattr(attempt, name) for name in columns})
    return outcome


class _Finishing:
    """The steps from a code to a connection, for one attempt."""

    def __init__(self, attempt: ConnectAttempt, keeper: ConsentKeeper, seen_by: str) -> None:
        self.attempt = attempt
        self.keeper = keeper
        self.flavour = FLAVOURS[attempt.meta_app.flavour]
        self.seen_by = seen_by
        self.facts: dict[str, Any] = dict(attempt.pending_facts)

    def with_code(self, code: Secret) -> str:
        redirect_uri = consent.redirect_uri(self.flavour.name)
        answer = _answer(lambda: self.keeper.exchange_code(code=code, redirect_uri=redirect_uri))
        if isinstance(answer, Granted):
            granted = answer.permissions
            self.facts = {
                "user_id": answer.user_id,
                "permissions": None if granted is None else list(granted),
            }
            if self._lacks_basics(granted):
                return conclude(self.attempt, Outcome.PERMISSION_UNTICKED)
            return self.with_short_token(answer.token)
        if isinstance(answer, MetaTransient | MetaRateLimited):
            # Perhaps it was never exchanged: it is good for an hour, and trying tells.
            return self._wait(Pending.CODE, code, consent.CODE_LIFETIME)
        return self._failed(answer)

    def _lacks_basics(self, granted: Iterable[str] | None) -> bool:
        return granted is not None and not set(self.flavour.basics) <= set(granted)

    def with_short_token(self, short: Secret) -> str:
        issued_at = timezone.now()
        answer = _persistently(lambda: self.keeper.lengthen(short))
        if isinstance(answer, LongLivedToken):
            self.facts |= {"issued_at": issued_at.isoformat(), "expires_in": answer.expires_in}
            return self.with_long_token(answer.token)
        if self._may_pass(answer, Pending.SHORT_TOKEN):
            return self._wait(Pending.SHORT_TOKEN, short, TOKEN_WAITS)
        return self._failed(answer)

    def with_long_token(self, token: Secret) -> str:
        answer = _answer(lambda: self.keeper.accounts(token))
        if isinstance(answer, Offer):
            return self._choose(token, answer)
        if self._may_pass(answer, Pending.LONG_TOKEN):
            return self._wait(Pending.LONG_TOKEN, token, TOKEN_WAITS)
        return self._failed(answer)

    def _choose(self, token: Secret, offer: Offer) -> str:
        """Goes on with the account that is meant, or lets the person choose where that is not clear."""
        if self._lacks_basics(offer.permissions):
            return conclude(self.attempt, Outcome.PERMISSION_UNTICKED)
        chosen = choice.meant(self.attempt, offer, self.facts.get("chosen"))
        if chosen is None:
            self.facts |= choice.facts_of(offer)
            return self._wait(Pending.LONG_TOKEN, token, TOKEN_WAITS, outcome=Outcome.CHOOSE)
        if not chosen:
            return conclude(
                self.attempt, Outcome.NO_ACCOUNT, unlinked=[page.name or page.id for page in offer.unlinked]
            )
        return self._link_all([account_of(found, offer, self.facts) for found in chosen])

    def _link_all(self, accounts: list[Account]) -> str:
        """One connection an account, each stored by itself: what ends one of them is no matter to the others."""
        ended, left = "", list[str]()
        linked, kept = list[tuple[Connection, str]](), list[Connection]()
        for account in accounts:
            outcome = self._link(account)
            if isinstance(outcome, Connection):
                kept.append(outcome)
            elif isinstance(outcome, str):
                ended = outcome
                left.append(f"@{account.profile.username or account.instagram_id}")
            else:
                linked.append(outcome)
        if not linked and not kept:
            return ended
        told: dict[str, str | list[str]] = {"kept": [str(each) for each in kept]} if kept else {}
        if left:
            told["left"] = ", ".join(left)
        if not linked:
            self.attempt.connection = kept[0]
            return conclude(self.attempt, Outcome.RENEWED, **told)
        if len(linked) > 1:
            told["all"] = ", ".join(str(each) for each, _ in linked)
        return self._connected(linked, accounts[0].person_id, told)

    def _connected(self, linked: list[tuple[Connection, str]], person_id: str, told: dict[str, str | list[str]]) -> str:
        note_app(self.attempt.meta_app, "connected")
        if person_id:
            made = [connection.pk for connection, _ in linked]
            make_persons_checks_due(self.attempt.meta_app, person_id, apart_from=made)
        connection, was = linked[0]
        self.attempt.connection = connection
        outcome = {"": Outcome.CONNECTED, Status.ACTIVE: Outcome.RENEWED}.get(was, Outcome.RECONNECTED)
        return conclude(self.attempt, outcome, found=connection.handle, **told)

    def _link(self, account: Account) -> tuple[Connection, str] | Connection | str:
        """The connection and its status before; one that stays as it is; else the outcome that is stored already."""
        username = account.profile.username or ""
        if (account.profile.account_type or "").upper() == "PERSONAL":
            return conclude(self.attempt, Outcome.PERSONAL_ACCOUNT, found=username)
        try:
            stays = why_it_stays if self.facts.get("pasted") else None
            connection, was = link_account(self.attempt, account, seen_by=self.seen_by, why_it_stays=stays)
        except Stays as stay:
            return stay.connection
        except WrongAccount as wrong:
            return conclude(self.attempt, Outcome.WRONG_ACCOUNT, expected=wrong.expected, found=wrong.found)
        except EndedMeanwhile:
            return conclude(self.attempt, Outcome.ENDED_MEANWHILE, found=username)
        except LinkClosed:
            return conclude(self.attempt, Outcome.LINK_CLOSED, found=username)
        if contact := self.facts.get("contact_email"):
            Connection.objects.filter(pk=connection.pk).update(contact_email=contact)
        return connection, was

    def _may_pass(self, error: MetaError, stage: str) -> bool:
        """Whether the token in our hands is worth keeping: unless the answer settles it, it is.

        A single 190 has been seen to be spurious: "Finish connecting" is what asks a second time.
        """
        if isinstance(error, TokenDead):
            return self.attempt.pending != stage
        return isinstance(error, PASSING) or (isinstance(error, Refused) and error.kind in UNSETTLED)

    def _wait(self, kind: str, secret: Secret, lifetime: dt.timedelta, *, outcome: str = Outcome.UNFINISHED) -> str:
        if not consent.keep_pending(self.attempt, kind, secret, self.facts, lifetime):
            return conclude(self.attempt, Outcome.LINK_CLOSED)
        return conclude(self.attempt, outcome)

    def _failed(self, error: MetaError) -> str:
        outcome = _outcome_of(error)
        logger.warning("Connecting ended with %s: %s", outcome, error)
        note_unknown([error], timezone.now())
        if outcome == Outcome.MISCONFIGURED:
            note_trouble(self.attempt.meta_app, word_of(error))
        return conclude(self.attempt, outcome)


def account_of(found: Found, offer: Offer, facts: dict[str, Any]) -> Account:
    """What is stored of an account.

    Args:
        found: the account.
        offer: what it was found in.
        facts: `issued_at` and `expires_in` of the token of sixty days, `user_id` and `permissions` as far as the
            exchange told them; of a pasted one whether it is `dated`, and whether it was `exchanged`.
    """
    expires_in = facts.get("expires_in")
    issued_at = dt.datetime.fromisoformat(facts["issued_at"])
    end = None if expires_in is None else issued_at + dt.timedelta(seconds=expires_in)
    granted = facts.get("permissions") if offer.permissions is None else list(offer.permissions)
    account = Account(
        profile=found.profile,
        token=found.token,
        issued_at=issued_at,
        expires_at=end,
        dated=facts.get("dated", True),
        exchanged=facts.get("exchanged", False),
        exchange_user_id=facts.get("user_id", ""),
        permissions=granted,
    )
    if offer.renewal is None:
        return account
    return replace(
        account,
        renewal=offer.renewal,
        renewal_expires_at=_later(end, known(offer.renewal_expires_at)),
        expires_at=known(offer.expires_at),
        person_id=offer.person_id,
        page_id=found.page_id,
        page_name=found.page_name,
    )


def _later(*ends: dt.datetime | None) -> dt.datetime | None:
    """Of what the exchange told and what was told of the token, the later; None where neither told an end."""
    return max((end for end in ends if end is not None), default=None)


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
