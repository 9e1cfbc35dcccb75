"""Who gets what stands in one table: in the code, for every kind there is, and in the docs."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from notifications import registry
from notifications.audience import DIGEST, RULES, rule_of
from notifications.registry import Audience

PAGE = Path(__file__).parent.parent.parent / "docs" / "notifications.md"
COLUMNS = ("title", "kinds", "who", "when", "off")
LINE = re.compile(r"^" + "".join(rf"\| (?P<{name}>[^|]+) " for name in COLUMNS) + r"\|$", re.M)


def test_every_kind_that_leaves_by_the_outbox_falls_under_one_rule() -> None:
    queued = {kind.name: kind.audience for kind in registry.kinds() if kind.queued}
    ruled = Counter(kind for rule in RULES for kind in rule.kinds)
    assert set(ruled) == set(queued)
    assert set(ruled.values()) == {1}
    for name, audience in queued.items():
        rule = rule_of(name)
        assert rule is not None and rule.audience is audience, name


def test_only_members_switch() -> None:
    assert {rule.audience for rule in RULES if rule.switchable} == {Audience.MEMBERS}


def off(rule: object) -> str:
    for each in RULES:
        if each is rule:
            if each.switchable:
                return "each member, in the settings"
            creators = each.audience is Audience.CREATORS
            return "no" if not creators else "all that it tells of" if each.kinds == (DIGEST,) else "by its link"
    return ""


def test_the_docs_hold_the_same_table() -> None:
    lines = [match.groupdict() for match in LINE.finditer(PAGE.read_text("utf-8")) if "`" in match["kinds"]]
    told = [
        (line["title"], tuple(re.findall(r"`(\w+)`", line["kinds"])), line["who"], line["when"], line["off"])
        for line in lines
    ]
    assert told == [(rule.title, rule.kinds, rule.who, rule.when, off(rule)) for rule in RULES]
