"""Each death on Instagram's host, told by text and by subcode, met by each answer: judged before any row is touched.

What is stored for a verdict is the same whatever led to it: `test_refresh_and_check` meets each answer with a share of
the causes there, each cause with a share of the answers.
"""

from __future__ import annotations

import pytest

from tests.factories import made_up_token
from tests.flows.faults import Case
from tests.matrix.expected import CAUSES, NON_DEATHS, VERDICTS
from tests.matrix.ground import answer_of
from tests.matrix.scripted import ScriptedWire, client_of, deadly
from tokens.fields import seal
from tokens.flavours.instagram_login import InstagramLogin
from tokens.models import Connection, Credential, Flavour, MetaApp
from tokens.services.ask import Inquiry
from tokens.services.claims import Purpose
from tokens.services.verdicts import Alive, Contradicted, Dead

PURPOSES: tuple[Purpose, ...] = ("refresh", "check")
DEATHS = {(cause, subcodes): deadly(cause, subcodes=subcodes) for cause in CAUSES for subcodes in (False, True)}


def unsaved() -> Credential:
    connection = Connection(
        meta_app=MetaApp(flavour=Flavour.INSTAGRAM_LOGIN, app_id="4711"), instagram_id="17841", handle="creator"
    )
    return Credential(connection=connection, token=seal(made_up_token()))


def verdict(row: Credential, purpose: Purpose, *answers) -> object:
    first, *others = answers
    wire = ScriptedWire(refresh=[first], me=others) if purpose == "refresh" else ScriptedWire(me=list(answers))
    inquiry = Inquiry(InstagramLogin(client_of(wire)), pause=lambda seconds: None)
    return inquiry.refresh(row) if purpose == "refresh" else inquiry.check(row)


def wanted(purpose: Purpose, other: Case) -> type:
    if other.family == "well":
        return Contradicted if purpose == "refresh" else Alive
    return VERDICTS[other.family]


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("other", NON_DEATHS, ids=[case.name for case in NON_DEATHS])
def test_each_death_that_this_answer_follows_is_judged_by_the_answer(purpose: Purpose, other: Case):
    row = unsaved()
    for told, death in DEATHS.items():
        found = verdict(row, purpose, death, answer_of(other, "me", row.connection))
        assert type(found) is wanted(purpose, other), told


@pytest.mark.parametrize("purpose", PURPOSES)
def test_each_death_that_is_told_twice_is_one_with_its_reason(purpose: Purpose):
    row = unsaved()
    for (cause, subcodes), death in DEATHS.items():
        found = verdict(row, purpose, death, death)
        assert isinstance(found, Dead), (cause, subcodes)
        assert found.reason == CAUSES[cause], (cause, subcodes)
