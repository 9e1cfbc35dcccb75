"""Writes many answers in one transaction: the rows by one statement, their history by another.

Each row is written by compare-and-set on its claim, so that one that was lost meanwhile spoils none of the others.
Answers that concern more than their row are stored one by one, by `store`.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from accounts import events
from tokens.models import Credential
from tokens.services.changes import Change, Finding, plain_change
from tokens.services.claims import Claim, Held
from tokens.services.persistence import until_it_stands
from tokens.services.rows import Write, write_rows
from tokens.services.store import LOST, store
from tokens.services.verdicts import Call, Verdict

# Told the Meta app (id) and the calls of an answer.
Count = Callable[[uuid.UUID, Sequence[Call]], None]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an attempt on a held credential came to; `verdict` is None where it broke inside."""

    held: Held
    verdict: Verdict | None
    calls: Sequence[Call] = ()
    unparsable: bool = False

    @property
    def claim(self) -> Claim:
        return self.held.claim


@dataclass(frozen=True, slots=True)
class _Plain:
    """An answer that concerns its row alone."""

    answer: Answer
    finding: Finding
    change: Change


def store_group(answers: Sequence[Answer], *, worthwhile: Callable[[], bool], count: Count) -> list[str]:
    """Stores answers, those that can be together in one transaction.

    Args:
        answers: what was found out.
        worthwhile: whether a write that failed may be tried again, as `until_it_stands` has it.
        count: told the Meta app (id) and the calls of each answer that was not stored by itself.

    Returns:
        What became of each, in their order: a word for reports, `lost` where its claim stood no more.

    Raises:
        OperationalError, InterfaceError: the database took them not, however often it was asked.
    """
    now = timezone.now()
    together: dict[uuid.UUID, _Plain] = {}
    for answer in answers:
        # Of two on one row the second is stored by itself, and finds its claim lost.
        if answer.claim.connection_id not in together and (plain := _plain(answer, now)) is not None:
            together[answer.claim.connection_id] = plain
    group = list(together.values())
    words = until_it_stands(lambda: _store_together(group, now), worthwhile=worthwhile)
    if words:
        for each in group:
            count(each.finding.connection.meta_app_id, each.answer.calls)
    found = {id(each.answer): word for each, word in zip(group, words, strict=False)}
    return [found[id(answer)] if id(answer) in found else _store_alone(answer, worthwhile, count) for answer in answers]


def _plain(answer: Answer, now: dt.datetime) -> _Plain | None:
    if answer.verdict is None or answer.unparsable:
        return None
    finding = Finding(answer.claim, answer.held.credential, answer.verdict, now)
    try:
        change = plain_change(finding)
    except Exception:
        # Whatever an answer holds (a lifetime beyond all dates, say) must not keep the others from being stored. By
        # itself it fails in the same way, and `_store_alone` tells of it.
        return None
    return None if change is None else _Plain(answer, finding, change)


def _store_together(plain: Sequence[_Plain], now: dt.datetime) -> list[str]:
    """The words of what one transaction took; empty where one of them is such that it could take none."""
    if not plain:
        return []
    try:
        with transaction.atomic():
            written = write_rows([Write(each.answer.claim, each.change.columns) for each in plain])
            _tell([each for each in plain if each.answer.claim.connection_id in written], now)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        # A value that the database or its driver refuses: one by one, that alone fails.
        logger.warning("A group of answers is stored one by one: %s", type(error).__name__)
        return []
    return [each.change.word if each.answer.claim.connection_id in written else LOST for each in plain]


def _store_alone(answer: Answer, worthwhile: Callable[[], bool], count: Count) -> str:
    """One answer in a transaction of its own; what goes wrong with it stops no other."""
    if answer.verdict is None:
        return "error"
    try:
        credential = _whole(answer, worthwhile)
        if credential is None:
            count(answer.held.app_id, answer.calls)
            return LOST
        return store(
            answer.claim,
            credential,
            answer.verdict,
            calls=answer.calls,
            unparsable=answer.unparsable,
            worthwhile=worthwhile,
        )
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        # The class alone: texts of exceptions from below may quote what they choked on.
        logger.error("An answer on connection %s: %s", answer.claim.connection_id, type(error).__name__)
        return "error"


def _whole(answer: Answer, worthwhile: Callable[[], bool]) -> Credential | None:
    """The row with all of its columns; as it was claimed, where the claim was lost; None where it is erased."""

    def load() -> Credential | None:
        if (row := answer.claim.row().select_related("connection").first()) is not None:
            return row
        there = Credential.objects.filter(pk=answer.claim.connection_id).exists()
        return answer.held.credential if there else None

    return until_it_stands(load, worthwhile=worthwhile)


def _tell(plain: Sequence[_Plain], now: dt.datetime) -> None:
    lines = [
        events.Line(
            tenant_id=each.finding.connection.tenant_id,
            subject_id=each.finding.connection.pk,
            kind=each.change.line.kind,
            text=each.change.line.text,
            detail=each.change.line.detail,
            at=now,
        )
        for each in plain
        if each.change.line is not None
    ]
    events.record_all(lines)
