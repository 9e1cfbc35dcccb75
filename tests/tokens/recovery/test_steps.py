"""From the mail to the revival: each step is noted when it is first reached, on one request for each end."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.services.delete_workspace import delete_workspace
from notifications.models import OutboxMessage
from tests.factories import make_connection
from tests.rows import all_rows
from tests.tokens.journeys import allow, deny, leave_from, sign_in
from tests.tokens.links.inviting import path_of
from tests.tokens.links.visiting import person
from tests.tokens.recovery.conftest import make_request
from tokens.models import Connection, Link, ReconnectRequest
from tokens.services.clear_up import clear_up
from tokens.services.disconnect import disconnect
from tokens.services.send_link import send_link

pytestmark = pytest.mark.django_db
STEPS = ("queued_at", "sent_at", "opened_at", "began_at", "returned_at", "revived_at")


def the_link() -> str:
    return path_of(Link.objects.filter(kind="reconnect").latest("created_at"))


def steps() -> tuple[dt.datetime | None, ...]:
    request = ReconnectRequest.objects.get()
    return tuple(getattr(request, name) for name in STEPS)


def reached() -> list[str]:
    return [name for name, at in zip(STEPS, steps(), strict=True) if at is not None]


def test_the_whole_way_is_noted_step_by_step(dead: Connection, travel: Any) -> None:
    start = timezone.now()
    Link.objects.update(created_at=start)
    ReconnectRequest.objects.update(queued_at=start)
    browser, hours = person(), iter(range(1, 9))

    def later() -> None:
        travel(start + dt.timedelta(hours=next(hours)))

    later()
    call_command("deliver_notifications")
    later()
    browser.get(the_link())
    later()
    way = leave_from(browser, the_link())
    travel(start + dt.timedelta(hours=3, minutes=5))
    browser.get(allow(way, "creator"))
    minutes = [None if at is None else (at - start).total_seconds() / 60 for at in steps()]
    assert minutes == [0, 60, 120, 180, 185, 185]
    request = ReconnectRequest.objects.get()
    assert (request.reason, request.by_link, request.seconds) == ("password_changed", True, 185 * 60)
    assert (request.tenant, request.connection) == (dead.tenant, dead)


def test_a_mail_that_is_only_owed_is_not_sent(dead: Connection) -> None:
    assert reached() == ["queued_at"]


def test_what_the_producer_makes_of_a_mail_that_left_never_repeats_it(
    dead: Connection, monkeypatch: pytest.MonkeyPatch, mailoutbox: Any, caplog: Any
) -> None:
    def fails(*_: Any) -> None:
        raise RuntimeError("planted-c4n4ry")

    monkeypatch.setattr("tokens.notices.note_link_step", fails)
    for _ in range(2):
        call_command("deliver_notifications")
    assert len(mailoutbox) == 1
    assert set(OutboxMessage.objects.values_list("state", flat=True)) == {"sent"}
    assert "What follows on the mail" in caplog.text
    assert "c4n4ry" not in caplog.text


def test_pruning_the_outbox_loses_nothing(dead: Connection) -> None:
    call_command("deliver_notifications")
    OutboxMessage.objects.all().delete()
    assert reached() == ["queued_at", "sent_at"]


def test_another_mail_belongs_to_the_same_request(dead: Connection, alice: Any, travel: Any) -> None:
    first = steps()
    travel(timezone.now() + dt.timedelta(days=8))
    assert send_link(dead, actor=alice.email)
    assert steps() == first
    person().get(the_link())
    assert "opened_at" in reached()


def test_the_next_end_is_another_request(dead: Connection, emulator: Any, signed_in: Client) -> None:
    browser = person()
    browser.get(allow(leave_from(browser, the_link()), "creator"))
    emulator.state.change_password("creator")
    signed_in.post(f"/w/{dead.tenant.slug}/connections/{dead.pk}/check/")
    assert [each.revived_at is None for each in ReconnectRequest.objects.order_by("queued_at")] == [False, True]


def test_who_declines_has_come_back_and_revived_nothing(dead: Connection) -> None:
    browser = Client()
    browser.get(deny(leave_from(browser, the_link()), "creator"))
    # Pressing the button tells that page and mail were there, whatever we took the browser for.
    assert reached() == list(STEPS[:-1])


def test_a_step_is_noted_once(dead: Connection, travel: Any) -> None:
    browser = person()
    browser.get(deny(leave_from(browser, the_link()), "creator"))
    before = steps()
    travel(timezone.now() + dt.timedelta(hours=1))
    browser.get(deny(leave_from(browser, the_link()), "creator"))
    assert steps() == before


def test_a_member_who_reconnects_revives_it_without_the_link(dead: Connection, alice: Any) -> None:
    browser = sign_in(alice)
    browser.get(allow(leave_from(browser, f"/w/{dead.tenant.slug}/connections/{dead.pk}/reconnect/"), "creator"))
    assert reached() == ["queued_at", "revived_at"]
    assert not ReconnectRequest.objects.get().by_link


def test_a_pasted_token_revives_it_too(dead: Connection, signed_in: Client, emulator: Any) -> None:
    token = emulator.state.issue_token("creator", age_days=2).access_token
    signed_in.post(f"/w/{dead.tenant.slug}/connect/paste/", {"token": token, "flavour": "instagram_login"})
    dead.refresh_from_db()
    assert dead.status == "active"
    assert reached() == ["queued_at", "revived_at"]


def test_nobody_is_asked_by_a_mail_about_a_connection_that_works(creator: Connection, alice: Any) -> None:
    assert send_link(creator, actor=alice.email)
    assert not ReconnectRequest.objects.exists()


def test_nobody_was_asked_where_nobody_could_be_mailed(tenant: Any, alice: Any) -> None:
    nobodys = make_connection(tenant=tenant, status="inactive")
    alice.is_active = False
    alice.save()
    assert send_link(nobodys, actor="somebody") == []
    assert not ReconnectRequest.objects.exists()


def test_a_clock_that_was_set_back_makes_nobody_quicker_than_at_once(dead: Connection) -> None:
    ReconnectRequest.objects.update(queued_at=timezone.now() + dt.timedelta(days=2))
    browser = person()
    browser.get(allow(leave_from(browser, the_link()), "creator"))
    assert ReconnectRequest.objects.get().seconds == 0


def test_disconnecting_ends_the_request(dead: Connection, alice: Any) -> None:
    disconnect(dead, by=alice)
    assert ReconnectRequest.objects.get().closed_at is not None
    before = all_rows()
    person().get(the_link())
    assert all_rows() == before


def test_connecting_anew_after_that_is_no_revival(dead: Connection, alice: Any) -> None:
    disconnect(dead, by=alice)
    browser = sign_in(alice)
    browser.get(allow(leave_from(browser, f"/w/{dead.tenant.slug}/connect/instagram_login/"), "creator"))
    dead.refresh_from_db()
    assert (dead.status, ReconnectRequest.objects.get().revived_at) == ("active", None)


def test_deleting_the_workspace_ends_its_own_requests_alone(dead: Connection, alice: Any) -> None:
    other = make_request(make_connection().tenant, ago=dt.timedelta(days=1))
    delete_workspace(dead.tenant, by=alice)
    assert list(ReconnectRequest.objects.open()) == [other]


def test_erasing_the_connection_or_the_workspace_erases_them(dead: Connection, tenant: Any) -> None:
    make_request(tenant, ago=dt.timedelta(days=1))
    dead.delete()
    assert ReconnectRequest.objects.count() == 1
    tenant.delete()
    assert not ReconnectRequest.objects.exists()


def test_they_are_kept_as_long_as_routine(tenant: Any, settings: Any) -> None:
    settings.EVENT_RETENTION_DAYS = 100
    young = make_request(tenant, ago=dt.timedelta(days=99))
    make_request(tenant, ago=dt.timedelta(days=101), took=dt.timedelta(hours=1))
    clear_up(timezone.now())
    assert list(ReconnectRequest.objects.all()) == [young]


def test_they_are_kept_as_long_as_the_pages_look_back(tenant: Any, settings: Any) -> None:
    settings.EVENT_RETENTION_DAYS = 30
    shown = make_request(tenant, ago=dt.timedelta(days=89), took=dt.timedelta(hours=1))
    make_request(tenant, ago=dt.timedelta(days=91), took=dt.timedelta(hours=1))
    clear_up(timezone.now())
    assert list(ReconnectRequest.objects.all()) == [shown]
