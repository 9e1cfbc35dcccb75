"""Three single mails reach an address in its day; what comes after is told in one mail the next morning."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.core import mail
from django.db import connection as database
from django.db import connections
from django.utils import timezone

from notifications import delivery
from notifications.delivery import deliver_due
from notifications.failures import Failure
from notifications.models import OutboxMessage, State
from notifications.services import forget_mails_to, notify
from tests.factories import make_tenant, make_user
from tests.tokens.telling.conftest import CARLA, DAY, HOUR, NOW, delivered
from tokens.models import Connection, Link, Status
from tokens.services.send_link import send_link

pytestmark = pytest.mark.django_db(transaction=True)


def rows(*states):
    return OutboxMessage.objects.filter(recipient=CARLA, state__in=states)


def held():
    return rows(State.HELD)


def morning_after(travel, days=1):
    travel((NOW + days * DAY).replace(hour=8, minute=1))


def test_the_fourth_is_told_the_next_morning_with_those_after_it(die, travel):
    for name in ("anna", "beth", "cora"):
        die(handle=name)
    delivered()
    for name in ("dana", "elsa"):
        die(handle=name)
    assert len(delivered()) == 3
    assert held().count() == 2
    travel(NOW + 20 * HOUR)
    assert len(delivered()) == 3
    morning_after(travel)
    [digest] = delivered()[3:]
    assert "@dana" in digest.body and "@elsa" in digest.body and "@anna" not in digest.body
    assert digest.body.count("/link/") == 2
    assert not held().exists()
    assert rows(State.SENT).count() == 6
    travel(NOW + 3 * DAY)
    assert len(delivered()) == 4


def test_a_digest_bears_the_date_of_its_own_morning(die, travel):
    for name in ("anna", "beth", "cora", "dana"):
        die(handle=name)
        delivered()
    travel((NOW + DAY).replace(hour=8, minute=1))
    digest = delivered()[-1]
    assert digest.extra_headers["Date"] == "Tue, 21 Apr 2026 08:00:00 +0000"


def test_the_day_is_the_readers(die, travel, tenant):
    make_user(CARLA, time_zone="Pacific/Auckland")
    for _ in range(3):
        die()
    delivered()
    travel(NOW + 3 * HOUR)  # past midnight there
    die()
    assert len(delivered()) == 4
    for _ in range(3):
        die()
    delivered()
    digest = OutboxMessage.objects.get(kind="digest")
    assert digest.due_at == dt.datetime(2026, 4, 21, 20, tzinfo=dt.UTC)


def test_no_workspace_uses_up_anothers(die):
    for _ in range(4):
        die(tenant=make_tenant())
    assert len(delivered()) == 4


def test_another_address_has_its_own_three(die):
    for _ in range(3):
        die()
    die("dora@creator.example")
    delivered()
    assert len(mail.outbox) == 4


def test_what_was_asked_for_on_a_page_comes_at_once_and_counts(die):
    for _ in range(3):
        connection = die()
    delivered()
    assert send_link(connection, actor="by somebody") == [CARLA]
    assert len(delivered()) == 4
    assert not held().exists()


def test_who_came_back_until_the_morning_is_left_out_and_nothing_is_sent_where_nobody_is_left(die, travel):
    for _ in range(3):
        die()
    delivered()
    late = [die(handle="dana"), die(handle="elsa")]
    delivered()
    back = next(each for each in late if each.handle == "elsa")
    Connection.objects.filter(pk=back.pk).update(status=Status.ACTIVE, reason="")
    morning_after(travel)
    [digest] = delivered()[3:]
    assert "@dana" in digest.body and "@elsa" not in digest.body
    assert set(rows(State.DROPPED).values_list("topic_id", "last_error")) == {(back.pk, "obsolete")}


def test_a_digest_of_which_nothing_is_left_is_not_sent(die, travel):
    for _ in range(4):
        die()
    delivered()
    Link.objects.update(used_at=timezone.now())
    morning_after(travel)
    assert len(delivered()) == 3
    assert rows(State.DROPPED).count() == 2


def test_news_that_waited_for_the_morning_is_not_too_old_for_it(die, travel, tenant):
    connection = die()
    for _ in range(2):
        die()
    delivered()
    Connection.objects.filter(pk=connection.pk).update(status=Status.ACTIVE, reason="")
    notify(
        kind="revived",
        recipients=[CARLA],
        tenant_id=tenant.pk,
        subject_id=connection.pk,
        dedupe_key="revived",
        topic_id=connection.pk,
        now=NOW - 5 * HOUR,
    )
    delivered()
    morning_after(travel)
    assert "works again" in delivered()[-1].body


def test_killed_before_the_answer_was_stored_the_digest_is_repeated_to_the_last_byte(die, travel, monkeypatch):
    for _ in range(5):
        die()
    delivered()
    morning_after(travel)
    with monkeypatch.context() as patch:
        patch.setattr(delivery._Run, "_end", lambda *_, **__: True)
        first = delivered()[3]
    assert held().count() == 2
    travel((NOW + DAY).replace(hour=8, minute=1) + delivery.LEASE)
    again = delivered()[4]
    assert again.message().as_bytes() == first.message().as_bytes()
    assert not held().exists()


def test_a_refused_digest_refuses_what_it_told(die, travel, monkeypatch):
    for _ in range(5):
        die()
    delivered()
    morning_after(travel)
    monkeypatch.setattr(delivery, "judge", lambda error: Failure("smtp_550", final=True, of_address=True))
    monkeypatch.setattr(delivery._Line, "send", lambda *_: (_ for _ in ()).throw(OSError()))
    deliver_due()
    assert set(rows(State.REFUSED).values_list("last_error", flat=True)) == {"smtp_550"}
    assert rows(State.REFUSED).count() == 3


def test_what_comes_while_the_digest_leaves_waits_for_the_next_one(die, travel):
    for _ in range(4):
        die()
    delivered()
    OutboxMessage.objects.filter(kind="digest").update(lease_until=NOW + HOUR, lease_owner="another")
    die()
    delivered()
    assert OutboxMessage.objects.filter(kind="digest").count() == 2
    assert held().values("digest_id").distinct().count() == 2


def test_an_erased_address_is_in_no_digest(die, travel, tenant):
    for _ in range(5):
        die()
    delivered()
    forget_mails_to([CARLA], tenant_id=tenant.pk)
    morning_after(travel)
    assert len(delivered()) == 3


@pytest.mark.skipif("database.vendor != 'postgresql'", reason="SQLite lets one write at a time.")
def test_deliverers_at_once_send_no_fourth(die):
    for _ in range(12):
        die()

    def work():
        deliver_due()
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (rows(State.SENT).count(), held().count()) == (3, 9)
    assert database.vendor == "postgresql"
