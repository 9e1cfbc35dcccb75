"""The staff's list of sweeps: what each did, found by purpose and date, and nothing to press."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from tests.factories import make_tenant
from tests.markup import Page
from tests.tokens.helpers import ago
from tokens.models import SweepRun

pytestmark = pytest.mark.django_db
LIST = "/admin/tokens/sweeprun/"


@pytest.fixture
def rows(db):
    """One that ended, one of last week that was killed, one of a workspace two weeks ago; by name."""

    def make(started, **columns):
        ended = columns.pop("ended", True)
        seconds = columns.get("seconds", 0)
        ended_at = started + dt.timedelta(seconds=seconds) if ended else None
        return SweepRun.objects.create(owner="host:1:abc", started_at=started, ended_at=ended_at, **columns)

    return {
        "fresh": make(
            ago(minutes=9), purpose="refresh", claimed=30, refreshed=21, lost=2, leases_recovered=5, seconds=4.0,
            failed={"died": 3, "our_fault": 4},
        ),
        "killed": make(ago(days=3), purpose="refresh", claimed=1, ended=False),
        "old": make(ago(days=14), purpose="check", claimed=8, alive=8, seconds=1.0, tenant=make_tenant("Far North")),
    }  # fmt: skip


def found(staff, rows, **query):
    response = staff.get(LIST, query)
    assert response.status_code == 200
    shown = [row.pk for row in response.context["cl"].result_list]
    return [next(name for name, row in rows.items() if row.pk == pk) for pk in shown]


def test_the_newest_comes_first(staff, rows):
    assert found(staff, rows) == ["fresh", "killed", "old"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"purpose": "refresh"}, ["fresh", "killed"]),
        ({"purpose": "check"}, ["old"]),
        ({"started": "hour"}, ["fresh"]),
        ({"started": "day"}, ["fresh"]),
        ({"started": "week"}, ["fresh", "killed"]),
        ({"started": "week", "purpose": "check"}, []),
        ({"started": "nonsense", "purpose": "\0"}, ["fresh", "killed", "old"]),
    ],
)
def test_filters_find_what_they_say(query, names, staff, rows):
    assert found(staff, rows, **query) == names


def test_a_row_tells_what_the_sweep_did(staff, rows):
    text = Page(staff.get(LIST, {"started": "hour"}).content.decode()).text
    for told in ("Renewing", "ended", "30", "21", "died 3, our fault 4", "2", "5", "4.0", "7.5"):
        assert told in text


def test_one_without_an_end_has_neither_length_nor_speed(staff, rows):
    page = Page(staff.get(reverse("admin:tokens_sweeprun_change", args=[rows["killed"].pk])).content.decode())
    assert "not ended" in page.text
    assert "0.0" not in page.text


def test_a_sweep_of_one_workspace_names_it(staff, rows):
    assert "Far North" in Page(staff.get(LIST, {"purpose": "check"}).content.decode()).text


def test_nobody_adds_changes_or_deletes_one(staff, rows):
    page = f"{LIST}{rows['fresh'].pk}/"
    for address in (f"{LIST}add/", f"{page}delete/"):
        assert staff.get(address).status_code == staff.post(address, {"post": "yes"}).status_code == 403
    assert staff.post(f"{page}change/", {"claimed": "9"}).status_code == 403
    rows["fresh"].refresh_from_db()
    assert rows["fresh"].claimed == 30


def test_the_sidebar_leads_to_it_for_whoever_may_see_it(staff, clerk):
    assert f'href="{LIST}"' in staff.get("/admin/").content.decode()
    browser = clerk("view_connection")
    assert f'href="{LIST}"' not in browser.get("/admin/").content.decode()
    assert browser.get(LIST).status_code == 403


def test_to_see_it_takes_its_own_permission_alone(clerk):
    assert clerk("view_sweeprun").get(LIST).status_code == 200
