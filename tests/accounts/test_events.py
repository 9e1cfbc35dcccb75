"""The event log: one line for each thing that happened, in words fit for the creator."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.db import transaction
from django.utils import timezone

from accounts import events
from accounts.models import Event, Tenant
from tests.factories import make_connection, make_tenant

pytestmark = pytest.mark.django_db


def test_a_line_holds_what_it_is_told(tenant):
    subject, at = uuid.uuid4(), timezone.now() - dt.timedelta(days=1)
    written = events.record(
        tenant=tenant,
        kind="refreshed",
        text="Renewed.",
        subject_id=subject,
        actor="a@b.example",
        detail={"n": 1},
        at=at,
    )
    line = Event.objects.get(pk=written.pk)
    assert (line.tenant, line.kind, line.text, line.subject_id) == (tenant, "refreshed", "Renewed.", subject)
    assert (line.actor, line.detail, line.at) == ("a@b.example", {"n": 1}, at)


def test_without_an_actor_the_product_acted_now(tenant):
    before = timezone.now()
    line = events.record(tenant=tenant.pk, kind="x", text="y")
    assert (line.actor, line.detail) == ("Perennial", {})
    assert before <= line.at <= timezone.now()


def test_a_line_goes_with_the_transaction_that_wrote_it(tenant):
    before = Event.objects.count()
    with pytest.raises(RuntimeError), transaction.atomic():
        events.record(tenant=tenant, kind="x", text="y")
        raise RuntimeError
    assert Event.objects.count() == before


def test_a_timeline_is_newest_first_and_one_connections_own(signed_in, tenant):
    mine, other = make_connection(tenant=tenant), make_connection(tenant=tenant)
    now = timezone.now()
    for hours, text in [(3, "the oldest line"), (1, "the newest line"), (2, "the middle line")]:
        events.record(tenant=tenant, kind="x", text=text, subject_id=mine.pk, at=now - dt.timedelta(hours=hours))
    events.record(tenant=tenant, kind="x", text="of another one", subject_id=other.pk)
    html = signed_in.get(f"/w/{tenant.slug}/connections/{mine.pk}/").content.decode()
    places = [html.index(text) for text in ("the newest line", "the middle line", "the oldest line")]
    assert places == sorted(places)
    assert "of another one" not in html


def test_codes_for_staff_are_not_shown_to_the_creator(signed_in, tenant):
    mine = make_connection(tenant=tenant)
    events.record(tenant=tenant, kind="x", text="It ended.", subject_id=mine.pk, detail={"fbtrace_id": "AbCdTrace"})
    assert "AbCdTrace" not in signed_in.get(f"/w/{tenant.slug}/connections/{mine.pk}/").content.decode()


def test_markup_in_a_line_is_shown_and_not_run(signed_in, tenant):
    mine = make_connection(tenant=tenant)
    events.record(tenant=tenant, kind="x", text="<img src=x onerror=alert(1)>", subject_id=mine.pk)
    assert "<img src=x" not in signed_in.get(f"/w/{tenant.slug}/connections/{mine.pk}/").content.decode()


def test_a_workspaces_history_goes_with_it_and_no_other(tenant):
    other = make_tenant()
    count = Event.objects.for_tenant(other).count()
    Tenant.objects.filter(pk=tenant.pk).delete()
    assert not Event.objects.filter(tenant=tenant.pk).exists()
    assert Event.objects.for_tenant(other).count() == count > 0
