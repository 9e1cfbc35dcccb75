"""Lifts a brake once its trouble is over: one connection is tried first, then a few more, until one does not do.

Canaries for bad weather, a sample of those concerned for the other causes.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass

from tokens.fields import Unreadable
from tokens.flavours.interface import Keeper
from tokens.meta import (
    MetaError,
    MetaRateLimited,
    MetaTransient,
    OurMisconfiguration,
    TokenDead,
)
from tokens.models import Brake, Credential, Status, Strike
from tokens.querysets import CredentialQuerySet
from tokens.remedies import SEEN, UNDECRYPTABLE, told
from tokens.services.ask import Inquiry
from tokens.services.attempt import KeeperFor
from tokens.services.brake import WINDOW, lift
from tokens.services.budget import paused
from tokens.services.claims import claim_one, hand_back
from tokens.services.retry_renewal import StillFailing, retry_renewal
from tokens.services.verdicts import Alive

CANARIES = 3
# Among so many rows they are looked for, before it is looked among all.
NEIGHBOURS = 100
SAMPLE = 5
# Of so many that struck, or are held, at most.
DRAWN_FROM = 500
RECHECK_EVERY = dt.timedelta(minutes=10)
# Each sweep sends them: once a minute where workers run, at once where a person sweeps by hand.
CANARY_EVERY = dt.timedelta(0)

logger = logging.getLogger(__name__)

Answer = Alive | MetaError | Unreadable | StillFailing


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of trying to lift a brake, with a sentence for staff."""

    lifted: bool
    sentence: str


def try_to_lift(keeper_for: KeeperFor, now: dt.datetime) -> None:
    """Tries the brakes that hold, each as often as its cause allows."""
    for held in Brake.objects.filter(lifted_at__isnull=True).select_related("meta_app"):
        every = CANARY_EVERY if held.cause == Brake.Cause.WEATHER else RECHECK_EVERY
        last = held.tried_at or held.fallen_at
        if paused(held.meta_app_id, now):
            continue  # Meta wants to hear nothing: more calls lengthen the wait
        if now - last >= every and _take_turn(held, now):
            _recheck_safely(held, keeper_for, now)


def _recheck_safely(held: Brake, keeper_for: KeeperFor, now: dt.datetime) -> None:
    """As `recheck`; what goes wrong with one Meta app never stops the sweep of the others."""
    try:
        recheck(held, keeper_for(held.meta_app), now)
    except Exception as error:
        logger.error("The brake of Meta app %s could not be tried: %s", held.meta_app_id, type(error).__name__)


def recheck(held: Brake, keeper: Keeper, now: dt.datetime, *, by: str = "") -> Trial:
    """Asks Meta about one connection, then about a few more, and lifts the brake if all answer as they should.

    It stops at the first that does not: while the trouble lasts, one call is enough to see it.

    Args:
        held: the brake.
        keeper: of its Meta app.
        now: the instant.
        by: who asked for it; the product itself by default.

    Returns:
        Whether the brake was lifted, and what was seen.
    """
    weather = held.cause == Brake.Cause.WEATHER
    asked = _asked(held)
    well: list[Credential] = []
    for credential in asked:
        answer = _ask(credential, keeper, held, first=not well)
        if answer is None:
            continue
        if not _SOUND[held.cause](answer):
            return Trial(False, _what_failed(well, credential, answer))
        well.append(credential)
    if asked and not well:
        return Trial(False, "Somebody is at work on each of them just now. Nothing was lifted; try it in a minute.")
    # Nobody left to ask means that nothing is held back.
    if not lift(held, by=by or ("canaries" if weather else "a sampled re-check"), now=now):
        return Trial(False, "It was lifted already.")
    return Trial(True, _what_worked(well))


def _what_failed(well: list[Credential], credential: Credential, answer: Answer) -> str:
    who = str(credential.connection)
    before = f"{_named(well)} answered as it should, but {who}" if well else f"The first one asked, {who},"
    return f"It holds on. {before} still fails: {_said(answer)}. Nothing was lifted."


def _what_worked(well: list[Credential]) -> str:
    if not well:
        return "Lifted: there is no connection left to ask."
    return f"Lifted: {_named(well)} answered as it should. What is due goes on with the next sweep."


def _named(well: list[Credential]) -> str:
    first, more = str(well[0].connection), len(well) - 1
    return f"{first}, asked first," if not more else f"{first}, asked first, and each of {more} more"


def _said(answer: Answer) -> str:
    if isinstance(answer, Unreadable):
        return SEEN[UNDECRYPTABLE]
    if isinstance(answer, StillFailing):
        return f"Meta tells who it is, but does not renew it: {answer.sentence}"
    return told(answer) if isinstance(answer, MetaError) else "it works"


def _take_turn(held: Brake, now: dt.datetime) -> bool:
    """Of several sweeps at once, one sends the canaries."""
    return bool(Brake.objects.filter(pk=held.pk, tried_at=held.tried_at).update(tried_at=now))


def _asked(held: Brake) -> list[Credential]:
    """Whom to ask, in their order."""
    rows = _active(held.meta_app_id)
    match held.cause:
        case Brake.Cause.WEATHER:
            return _some(rows, CANARIES)
        case Brake.Cause.DEATHS:
            # Whoever died before it fell and is active again brought a new token: that says nothing of what is held.
            keys = _held(rows)
            return _drawn(rows, keys, SAMPLE) if keys else _some(rows.filter(obtained_at__lt=held.fallen_at), SAMPLE)
    struck = _struck(rows, held)
    first = _drawn(rows, struck, 1)
    others = {*struck, *_held(rows)} - {row.pk for row in first}
    return first + _drawn(rows, others, SAMPLE - len(first))


def _active(app_id: uuid.UUID) -> CredentialQuerySet[Credential]:
    return Credential.objects.select_related("connection").filter(
        connection__meta_app_id=app_id, connection__status=Status.ACTIVE, token__isnull=False
    )


def _some(rows: CredentialQuerySet[Credential], count: int) -> list[Credential]:
    """So many by chance."""
    # As a rule the neighbours of a place are enough: of many connections, databases sort all to find the first three.
    near = Credential.objects.filter(pk__gte=uuid.uuid4()).order_by("pk").values("pk")[:NEIGHBOURS]
    keys = list(rows.filter(pk__in=near).values_list("pk", flat=True))
    return _drawn(rows, keys if len(keys) >= count else _from_a_place(rows, count), count)


def _held(rows: CredentialQuerySet[Credential]) -> list[uuid.UUID]:
    return _from_a_place(rows.filter(held_since__isnull=False), DRAWN_FROM)


def _struck(rows: CredentialQuerySet[Credential], held: Brake) -> list[uuid.UUID]:
    """Those whose answers led to the fall. Their keys first: joined, databases walk all connections to find them."""
    window = {"at__gte": held.fallen_at - WINDOW}
    strikes = Strike.objects.filter(meta_app_id=held.meta_app_id, cause=held.cause, **window).order_by("at")
    keys = set(strikes.values_list("connection", flat=True)[:DRAWN_FROM])
    return list(rows.filter(pk__in=keys).values_list("pk", flat=True))


def _from_a_place(rows: CredentialQuerySet[Credential], count: int) -> list[uuid.UUID]:
    """So many keys from a random place onwards, since to shuffle millions takes seconds."""
    place, found = uuid.uuid4(), list[uuid.UUID]()
    for part in (rows.filter(pk__gte=place), rows.filter(pk__lt=place)):
        found += part.order_by("pk").values_list("pk", flat=True)[: count - len(found)]
    return found


def _drawn(rows: CredentialQuerySet[Credential], keys: Collection[uuid.UUID], count: int) -> list[Credential]:
    drawn = random.sample(sorted(keys), min(count, len(keys)))
    return list(rows.filter(pk__in=drawn))


def _ask(credential: Credential, keeper: Keeper, held: Brake, *, first: bool) -> Answer | None:
    """What Meta says about one; None while somebody else is at work on it.

    `/me` knows nothing of what is refused when a token is to be renewed: of a fault of ours that was met there, the
    first one asked is renewed as well.
    """
    answer = _me(credential, keeper)
    ours = held.cause == Brake.Cause.OURS
    if ours and first and isinstance(answer, Alive) and credential.refresh_failures:
        return retry_renewal(credential.pk, keeper) or answer
    return answer


def _me(credential: Credential, keeper: Keeper) -> Alive | MetaError | Unreadable | None:
    claim = claim_one(credential.pk, "check")
    if claim is None or credential.token is None:
        return None
    try:
        return Inquiry(keeper).me(credential)
    except Unreadable as error:
        return error
    finally:
        hand_back(claim)


def _reached(answer: Answer) -> bool:
    return not isinstance(answer, MetaTransient | MetaRateLimited)


def _alive(answer: Answer) -> bool:
    return isinstance(answer, Alive)


def _understood(answer: Answer) -> bool:
    """Decrypted, and read by Meta: whatever it says of the token itself."""
    if isinstance(answer, TokenDead):
        return not answer.unparsable
    return not isinstance(answer, Unreadable | OurMisconfiguration | MetaTransient | MetaRateLimited | StillFailing)


_SOUND: dict[str, Callable[[Answer], bool]] = {
    Brake.Cause.WEATHER: _reached,
    Brake.Cause.DEATHS: _alive,
    Brake.Cause.OURS: _understood,
}
