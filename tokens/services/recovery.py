"""Lifts a brake once its trouble is over: canaries for bad weather, a sampled re-check for the other causes."""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Iterable

from django.db.models import Q

from tokens.fields import Unreadable
from tokens.meta import (
    InstagramClient,
    MetaError,
    MetaRateLimited,
    MetaTransient,
    OurMisconfiguration,
    TokenDead,
)
from tokens.models import Brake, Credential, MetaApp, Status, Strike
from tokens.querysets import CredentialQuerySet
from tokens.services.ask import Inquiry
from tokens.services.attempt import ClientFor
from tokens.services.brake import lift
from tokens.services.budget import paused
from tokens.services.claims import claim_one, hand_back
from tokens.services.verdicts import Alive

CANARIES = 3
# Among so many rows they are looked for, before it is looked among all.
NEIGHBOURS = 100
SAMPLE = 5
RECHECK_EVERY = dt.timedelta(minutes=10)
# Each sweep sends them: once a minute where workers run, at once where a person sweeps by hand.
CANARY_EVERY = dt.timedelta(0)

logger = logging.getLogger(__name__)


def try_to_lift(client_for: ClientFor, now: dt.datetime) -> None:
    """Tries the brakes that hold, each as often as its cause allows."""
    for held in Brake.objects.filter(lifted_at__isnull=True).select_related("meta_app"):
        every = CANARY_EVERY if held.cause == Brake.Cause.WEATHER else RECHECK_EVERY
        last = held.tried_at or held.fallen_at
        if paused(held.meta_app_id, now):
            continue  # Meta wants to hear nothing: more calls lengthen the wait
        if now - last >= every and _take_turn(held, now):
            _recheck_safely(held, client_for, now)


def _recheck_safely(held: Brake, client_for: ClientFor, now: dt.datetime) -> None:
    """As `recheck`; what goes wrong with one Meta app never stops the sweep of the others."""
    try:
        recheck(held, client_for(held.meta_app), now)
    except Exception as error:
        logger.error("The brake of Meta app %s could not be tried: %s", held.meta_app_id, type(error).__name__)


def recheck(held: Brake, client: InstagramClient, now: dt.datetime, *, by: str = "") -> bool:
    """Asks Meta about a few connections and lifts the brake if they answer as they should.

    Args:
        held: the brake.
        client: of its Meta app.
        now: the instant.
        by: who asked for it; the product itself by default.

    Returns:
        Whether the brake was lifted.
    """
    if held.cause == Brake.Cause.WEATHER:
        asked, who = _any_active(held.meta_app), "canaries"
    else:
        asked, who = _struck(held), "a sampled re-check"
    sound = _SOUND[held.cause]
    answers = [_ask(credential, client) for credential in asked]
    well = all(sound(answer) for answer in answers if answer is not None)
    # Somebody at work on every one of them tells nothing; nobody left to ask means that nothing is held back.
    known = any(answer is not None for answer in answers) or not answers
    return well and known and lift(held, by=by or who, now=now)


def _take_turn(held: Brake, now: dt.datetime) -> bool:
    """Of several sweeps at once, one sends the canaries."""
    return bool(Brake.objects.filter(pk=held.pk, tried_at=held.tried_at).update(tried_at=now))


def _any_active(app: MetaApp) -> Iterable[Credential]:
    rows = _active(app.pk)
    # As a rule a few neighbours of a place are enough: of many connections, databases sort all to find the first three.
    near = Credential.objects.filter(pk__gte=uuid.uuid4()).order_by("pk").values("pk")[:NEIGHBOURS]
    found = list(rows.filter(pk__in=near).order_by("pk")[:CANARIES])
    return found if len(found) == CANARIES else _some(rows, CANARIES)


def _active(app_id: uuid.UUID) -> CredentialQuerySet[Credential]:
    return Credential.objects.filter(
        connection__meta_app_id=app_id, connection__status=Status.ACTIVE, token__isnull=False
    )


def _some(rows: CredentialQuerySet[Credential], count: int) -> list[Credential]:
    """So many by chance: from a random place of the key onwards, since to shuffle millions takes seconds."""
    place, found = uuid.uuid4(), list[Credential]()
    for part in (rows.filter(pk__gte=place), rows.filter(pk__lt=place)):
        found += part.order_by("pk")[: count - len(found)]
    return found


def _struck(held: Brake) -> Iterable[Credential]:
    """Those whose answers led to the fall, or were held since, and that are still active."""
    window = Q(at__gte=held.fallen_at - dt.timedelta(minutes=10))
    struck = Strike.objects.filter(window, meta_app_id=held.meta_app_id, cause=held.cause).values("connection")
    rows = _active(held.meta_app_id)
    return _some(rows.filter(Q(pk__in=struck) | Q(last_failure="held")), SAMPLE)


def _ask(credential: Credential, client: InstagramClient) -> Alive | MetaError | Unreadable | None:
    """What `/me` says; None while somebody else is at work on the credential."""
    claim = claim_one(credential.pk, "check")
    if claim is None or credential.token is None:
        return None
    try:
        return Inquiry(client).me(credential.token)
    except Unreadable as error:
        return error
    finally:
        hand_back(claim)


Answer = Alive | MetaError | Unreadable


def _reached(answer: Answer) -> bool:
    return not isinstance(answer, MetaTransient | MetaRateLimited)


def _alive(answer: Answer) -> bool:
    return isinstance(answer, Alive)


def _understood(answer: Answer) -> bool:
    """Decrypted, and read by Meta: whatever it says of the token itself."""
    if isinstance(answer, TokenDead):
        return not answer.unparsable
    return not isinstance(answer, Unreadable | OurMisconfiguration | MetaTransient | MetaRateLimited)


_SOUND: dict[str, Callable[[Answer], bool]] = {
    Brake.Cause.WEATHER: _reached,
    Brake.Cause.DEATHS: _alive,
    Brake.Cause.OURS: _understood,
}
