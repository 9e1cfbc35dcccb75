"""What the tests of the engine share: claims as a drain holds them, and answers to them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from tests.tokens.fake_meta import SIXTY_DAYS
from tokens.meta import Secret
from tokens.models import Connection
from tokens.services.brake import Tallies
from tokens.services.claims import Held, Purpose, claim_batch
from tokens.services.group import Answer, store_group
from tokens.services.verdicts import Renewed, Verdict


def held(made: Sequence[Connection], purpose: Purpose = "refresh") -> list[Held]:
    """The due ones among `made`, claimed, in their order."""
    found = {each.claim.connection_id: each for each in claim_batch(purpose, 500)}
    return [found[connection.pk] for connection in made]


def fresh(each: Held, token: str = "", expires_in: int | None = SIXTY_DAYS) -> Answer:
    """Meta has renewed it; the new token names its connection."""
    secret = Secret(token or f"IGAA{each.claim.connection_id.hex}")
    return Answer(each, Renewed(secret, expires_in, each.claim.until))


def of(each: Held, verdict: Verdict | None) -> Answer:
    return Answer(each, verdict)


def stored(*answers: Answer) -> list[str]:
    """What became of them; a write that fails is tried again without end."""
    tallies = Tallies()
    words = store_group(answers, worthwhile=lambda: True, count=tallies.note)
    tallies.store(at_once=True)
    return words


def eventually(condition: Callable[[], Any], what: str = "it never came to be") -> None:
    """Waits until `condition` holds, for twenty seconds at most."""
    deadline, pause = time.monotonic() + 20, threading.Event()
    while not condition():
        assert time.monotonic() < deadline, what
        pause.wait(0.005)
