"""Meta in this process: answers as the weather and the truth about each account have it. Costs no waiting."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal, Never

from tests.year.people import LIMITED, SIXTY_DAYS, Account, number_in
from tests.year.weather import DAY, HOUR, Sky
from tokens.meta import (
    LongLivedToken,
    MetaError,
    MetaRateLimited,
    MetaTransient,
    PermissionMissing,
    Profile,
    Refused,
    Secret,
    TokenDead,
    UnexpectedReply,
)

Call = Literal["refresh", "me"]
# Of the calls that time out while renewing: Meta has renewed, and its answer is lost.
ANSWER_LOST = 0.05
# An app whose limit is used up gets answers for one in so many accounts at the beginning of each hour.
ONE_IN = 500
LONGEST_WAIT = DAY


class Meta:
    """All accounts, and how Meta answers about them.

    Args:
        accounts: by their number.
        seed: of chance. What an account meets depends on seed, number and how often it was asked, not on which thread
            was first.

    `now` and `sky` are set by whoever moves the clock. `counts` tells how often what was answered.
    """

    def __init__(self, accounts: Sequence[Account], seed: int) -> None:
        self.accounts = accounts
        self.now = 0.0
        self.sky = Sky()
        self.counts: Counter[str] = Counter()
        self._seed = seed
        self._allowance = max(1, len(accounts) // ONE_IN)
        self._spent: Counter[tuple[int, int]] = Counter()

    def refresh(self, string: str) -> LongLivedToken:
        """Renews.

        Raises:
            MetaError: as the product's client does.
        """
        account = self.accounts[number_in(string)]
        chance = self._chance(account)
        if chance < self.sky.slow * ANSWER_LOST and not self.sky.out and self._would_renew(account, string):
            self._lose(account)
        chance = self._stormy("refresh", account, chance)
        self._truthful("refresh", account, string)
        self._refuse(account)
        self._lie("refresh", account, chance)
        if self.now - account.issued < DAY:
            raise Refused("too_young", call="refresh", status=400, code=100)
        lifetime = SIXTY_DAYS - account.number % 120
        account.renew(self.now, lifetime)
        account.renewed += 1
        self.counts["renewed"] += 1
        return LongLivedToken(Secret(account.string), int(lifetime))

    def me(self, string: str) -> Profile:
        """Tells whose token it is.

        Raises:
            MetaError: as the product's client does.
        """
        account = self.accounts[number_in(string)]
        chance = self._stormy("me", account, self._chance(account))
        self._truthful("me", account, string)
        if not account.lied:
            self._lie("me", account, chance)
        account.lied = False
        self.counts["alive"] += 1
        return Profile(str(account.number), None, f"creator{account.number}", None, None, None)

    def _chance(self, account: Account) -> float:
        """0 to 1."""
        account.calls += 1
        return (hash((self._seed, account.number, account.calls)) & 0xFFFFFFFF) / 2**32

    def _stormy(self, call: Call, account: Account, chance: float) -> float:
        """What hits a call whatever it asks. Returns the chance that is left for what comes after, 0 to 1."""
        sky = self.sky
        if sky.out:
            self._raise(_out(call, int(self.now / HOUR) + account.number))
        if account.app in sky.limited:
            self._spend(call, account.app)
        trouble = account.trouble(self.now)
        if trouble is not None and trouble.kind == LIMITED:
            wait = min(trouble.end - self.now, LONGEST_WAIT)
            self._raise(MetaRateLimited(wait, "account", call=call, status=400, code=80002))
        if chance < sky.slow:
            self._raise(MetaTransient("timeout", call=call))
        chance = (chance - sky.slow) / (1 - sky.slow)
        if chance < sky.failing:
            self._raise(any_fault(call, account.calls + account.number))
        chance = (chance - sky.failing) / (1 - sky.failing)
        if chance < sky.garbage:
            self._raise(_garbage(call, account.calls + account.number))
        return (chance - sky.garbage) / (1 - sky.garbage)

    def _spend(self, call: Call, app: int) -> None:
        hour = int(self.now / HOUR)
        self._spent[app, hour] += 1
        if self._spent[app, hour] > self._allowance:
            wait = max(1.0, math.ceil((hour + 1) * HOUR - self.now))
            self._raise(MetaRateLimited(wait, "app", call=call, status=400, code=4))

    def _truthful(self, call: Call, account: Account, string: str) -> None:
        if account.honours(string, self.now):
            return
        if self.now >= account.ended:
            self._raise(TokenDead(_reason(account.reason), call=call, status=400, code=190))
        if string == account.string:
            self._raise(TokenDead("expired", call=call, status=400, code=190, subcode=463))
        self._raise(TokenDead("unknown", call=call, status=400, code=190))

    def _refuse(self, account: Account) -> None:
        trouble = account.trouble(self.now)
        match trouble and trouble.kind:
            case "contradicted":
                # It is not chance: `/me` answers truthfully all the while.
                account.lied = True
                self._raise(TokenDead("unknown", call="refresh", status=400, code=190))
            case "unsupported":
                self._raise(Refused("unsupported_request", call="refresh", status=400, code=100))
            case "permission":
                self._raise(PermissionMissing(call="refresh", status=400, code=10))

    def _lie(self, call: Call, account: Account, chance: float) -> None:
        sky = self.sky
        if chance < sky.lying + sky.unparsable:
            account.lied = True
            self.counts["lies"] += 1
            self._raise(TokenDead("unknown", chance >= sky.lying, call=call, status=400, code=190))

    def _would_renew(self, account: Account, string: str) -> bool:
        honoured = account.honours(string, self.now) and self.now - account.issued >= DAY
        return honoured and account.trouble(self.now) is None and account.app not in self.sky.limited

    def _lose(self, account: Account) -> Never:
        """Meta renews and the answer never arrives: where strings rotate, the grant is lost to everybody."""
        account.renew(self.now, SIXTY_DAYS)
        if account.rotates:
            account.lost_at = self.now
        self.counts["answers lost"] += 1
        self._raise(MetaTransient("timeout", call="refresh"))

    def _raise(self, error: MetaError) -> Never:
        self.counts[type(error).__name__] += 1
        raise error


class Client:
    """Plays `InstagramClient` for one Meta app."""

    def __init__(self, meta: Meta) -> None:
        self._meta = meta

    def refresh(self, token: Secret) -> LongLivedToken:
        return self._meta.refresh(token.reveal())

    def me(self, token: Secret, *, detailed: bool = False) -> Profile:
        return self._meta.me(token.reveal())

    def close(self) -> None:
        """Nothing is open."""


def any_fault(call: Call, number: int) -> MetaError:
    """One of everything that passes, by a number."""
    match number % 3:
        case 0:
            return _out(call, number // 3)
        case 1:
            return _garbage(call, number // 3)
    wait = (None, 60.0, 3600.0)[number // 3 % 3]
    return MetaRateLimited(wait, "account", call=call, status=400, code=80002)


def _out(call: Call, number: int) -> MetaError:
    kinds: tuple[Any, ...] = ("connection", "timeout", "server", "not_json", "transient_code")
    return MetaTransient(kinds[number % len(kinds)], call=call)


def _garbage(call: Call, number: int) -> MetaError:
    match number % 5:
        case 0:
            return UnexpectedReply(call=call, status=200)
        case 1:
            return MetaTransient("not_json", call=call, status=200)
        case 2:
            return MetaTransient("empty", call=call, status=200)
        case 3:
            return Refused("unknown", call=call, status=400, code=99_999)
        case _:
            return Refused("blocked", call=call, status=400, code=368)


def _reason(reason: str) -> Any:
    return reason
