"""Many renewals of Facebook's stored in one statement: each row gets the pair of keys that is its own."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.factories import make_connection
from tests.tokens.helpers import credential_of, row
from tokens.clients import keeper_of
from tokens.models import Connection, Credential
from tokens.services import group as grouping
from tokens.services.rows import write_rows
from tokens.services.sweep import Sweep

pytestmark = pytest.mark.django_db(transaction=True)

NOW = dt.datetime(2026, 4, 19, 2, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def fleet(emulator, tenant, travel) -> list[Connection]:
    """Six accounts of six persons, all due now."""
    travel(NOW - 49 * DAY)
    world, made = emulator.state.facebook, []
    for number in range(6):
        account = emulator.state.add_person(f"anna{number}")
        person = world.add_person(f"Anna {number}")
        page = world.add_page(f"Page {number}", person.id, instagram=account.username)
        long = world.issue_token(person.id, "long")
        made.append(
            make_connection(
                tenant=tenant,
                flavour="facebook_login",
                token=world.page_token(long, page.id),
                renewal=long,
                instagram_id=account.user_id,
                handle=account.username,
                due_at=NOW,
            )
        )
    travel(NOW)
    return made


@pytest.mark.parametrize(("way", "word"), [("extends", "refreshed"), ("same_date", "not_prolonged")])
def test_a_group_of_renewals_mixes_up_no_keys(way, word, fleet, emulator, monkeypatch):
    emulator.state.configure(facebook_long_to_exchange=way)
    sizes, write = [], write_rows

    def counted(writes: Any) -> Any:
        sizes.append(len(writes))
        return write(writes)

    monkeypatch.setattr(grouping, "write_rows", counted)
    before = {each.pk: credential_of(each).token.reveal() for each in fleet}
    assert dict(Sweep("refresh", keeper_of, threads=6).run()) == {word: 6}
    assert max(sizes) > 1, "several were stored together"
    world = emulator.state.facebook
    for connection in fleet:
        kept = credential_of(connection)
        page, person = (world.tokens[each.reveal()] for each in (kept.token, kept.renewal))
        assert (page.page_id, page.parent) == (connection.page_id, person.access_token)
        assert kept.token.reveal() != before[connection.pk]
        assert (kept.version, kept.lease_owner) == (2, "")


def test_one_that_was_lost_meanwhile_keeps_both_of_its_keys_and_spoils_no_other(fleet, monkeypatch):
    lost, write = fleet[0], write_rows
    Credential.objects.filter(pk=lost.pk).update(version=9)
    before = row(lost)

    def late(writes: Any) -> Any:
        Credential.objects.filter(pk=lost.pk).update(version=10)
        return write(writes)

    monkeypatch.setattr(grouping, "write_rows", late)
    assert dict(Sweep("refresh", keeper_of, threads=6).run()) == {"refreshed": 5, "lost": 1}
    after = row(lost)
    assert (after["token"], after["renewal"]) == (before["token"], before["renewal"])
