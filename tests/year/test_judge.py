"""The judge of the simulated year notices what it is there for: each promise can be broken."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from notifications.services import notify
from tests.year import whole as command
from tests.year.meta import Meta
from tests.year.people import Account
from tests.year.play import FIRST_DAY, Year
from tests.year.weather import DAY, HOUR, Spell, Weather
from tokens import due_dates
from tokens.fields import seal
from tokens.models import Connection, Credential, Reason, Status
from tokens.services import links
from tokens.services.ask import Inquiry
from tokens.services.verdicts import Dead

pytestmark = pytest.mark.django_db(transaction=True)

START = FIRST_DAY.timestamp()
FINE: dict[str, float] = {}
LAPSES, FALSE, LOST = (
    "lapses that the rules could have avoided",
    "false disconnects",
    "tokens that the product lost",
)


def a_year(days: int = 3, *, spells: Iterable[Spell] = (), checked: int = 0, connections: int = 4) -> Year:
    """A few days of a few accounts that nothing troubles of themselves."""
    year = Year(connections, days, checked, weather=Weather(spells, always=FINE))
    for account in year.accounts:
        account.ended, account.troubles = START + 1000 * DAY, ()
        account.issued, account.expires = START - 5 * DAY, START + 55 * DAY
    return year


def due_soon(account: Account) -> None:
    """Its token is due in the first night, and expires ten days later."""
    account.issued, account.expires = START - 49.5 * DAY, START + 10.5 * DAY


def spell(kind: str, first_day: float, last_day: float, share: float = 1.0) -> Spell:
    return Spell(kind, START + first_day * DAY, START + last_day * DAY, share)


def broken(year: Year) -> dict[str, float]:
    return {each.promise: each.found for each in year.judge.verdicts(year.days, year.now) if not each.kept}


def played(year: Year) -> dict[str, float]:
    """The promises that are broken after the run, with what was found."""
    year.populate()
    year.play()
    return broken(year)


def row_of(year: Year, number: int = 0) -> Any:
    return Credential.objects.filter(pk=year.accounts[number].key)


def test_a_quiet_year_breaks_nothing() -> None:
    year = a_year()
    due_soon(year.accounts[0])
    assert played(year) == {}
    assert year.accounts[0].renewed == 1


def test_a_disconnect_of_a_token_that_meta_honours_is_false() -> None:
    year = a_year()

    def end_it(day: int) -> None:
        rows = Connection.objects.filter(pk=year.accounts[0].key, status=Status.ACTIVE)
        rows.update(status=Status.INACTIVE, reason=Reason.UNKNOWN, status_changed_at=timezone.now())

    year.on_day = end_it
    assert played(year) == {FALSE: 1}


def test_the_end_of_a_token_that_meta_no_longer_honours_is_not_false() -> None:
    year = a_year(checked=1)
    year.accounts[0].ended = START + DAY / 2
    assert played(year) == {}
    assert (year.judge.total("ends noticed"), len(year.judge.notice_hours)) == (1, 1)


def test_an_engine_that_believes_the_first_190_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Inquiry, "_second_opinion", lambda self, keys, first, **how: Dead(first.reason))
    year = a_year(spells=[spell("lying", 0, 3)])
    due_soon(year.accounts[0])
    assert played(year)[FALSE] == 1


def test_a_190_that_me_contradicts_ends_nothing() -> None:
    year = a_year(spells=[spell("lying", 0, 3)], checked=4)
    due_soon(year.accounts[0])
    assert played(year) == {}
    assert year.meta.counts["lies"] > 4


def test_a_lapse_with_a_clear_hour_in_its_last_ten_days_is_avoidable() -> None:
    year = a_year(13, spells=[spell("outage", 0, 5), spell("pause", 5 + HOUR / DAY, 13)])
    due_soon(year.accounts[0])
    year.populate()
    row_of(year).update(due_at=None)
    year.play()
    assert broken(year) == {LAPSES: 1, "active connections that nothing would ever renew": 1}


def test_a_lapse_that_nothing_could_have_avoided_breaks_no_promise() -> None:
    year = a_year(13, spells=[spell("outage", 0, 5), spell("pause", 5, 13)])
    due_soon(year.accounts[0])
    assert played(year) == {}
    assert year.judge.total("unavoidable lapses") == 1


def test_a_limit_of_the_account_alone_counts_as_no_clear_hour() -> None:
    year = a_year(13)
    due_soon(year.accounts[0])
    year.accounts[0].troubles = (spell("limited", 0, 13),)
    assert played(year) == {}
    assert year.judge.total("unavoidable lapses") == 1


def test_after_a_refusal_the_rules_need_a_day_and_an_hour() -> None:
    year = a_year()
    account = year.accounts[0]
    due_soon(account)
    verdicts = []
    for clear_hours in (24.5, 25.5):
        account.troubles = (Spell("contradicted", START, account.expires - clear_hours * HOUR),)
        verdicts.append(year.judge.avoidable(account))
    assert verdicts == [False, True]


def test_an_engine_that_does_not_try_again_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due_dates, "pause", lambda failures: 30 * due_dates.DAILY)
    year = a_year(13, spells=[spell("outage", 0, 2)])
    due_soon(year.accounts[0])
    assert played(year) == {LAPSES: 1}


def test_a_token_that_was_overwritten_is_found() -> None:
    year = a_year()
    year.populate()
    row_of(year).update(token=seal("IGAA of another time"))
    year.play()
    assert broken(year) == {LOST: 1}


def test_refreshing_too_often_is_found(settings: Any) -> None:
    settings.REFRESH_AGE_DAYS = 15
    assert played(a_year(60)) == {"refreshes of one connection, at most": pytest.approx(4, abs=1)}


def test_a_mail_that_nothing_called_for_is_found() -> None:
    year = a_year()
    year.populate()
    connection = Connection.objects.get(pk=year.accounts[0].key)
    link = links.issue(connection, recipients=[connection.contact_email])
    notify(
        kind="reconnect_needed",
        recipients=[connection.contact_email],
        tenant_id=connection.tenant_id,
        subject_id=link.pk,
        dedupe_key="planted",
    )
    year.play()
    assert broken(year) == {"mails to creators that nothing called for": 1}


def test_an_attempt_that_breaks_off_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def choke(self: Meta, string: str) -> None:
        raise RuntimeError

    monkeypatch.setattr(Meta, "refresh", choke)
    year = a_year(1)
    due_soon(year.accounts[0])
    assert played(year)["attempts that broke off"] > 0


def test_the_command_fails_when_a_promise_is_broken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    late = time.time() - 60
    result = tmp_path / "out" / "year.json"
    code = command.whole(
        connections=2, days=1, checked=0, seed=1, seconds=30, result=str(result), began=late, patience=5, faults=None
    )
    assert code == 1
    assert '"kept": false' in result.read_text("utf-8")
    assert "broken" in capsys.readouterr().out
