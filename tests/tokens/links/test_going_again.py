"""Whoever is back from Instagram by a link, and would leave once more, though the link has ended meanwhile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.markup import Page
from tests.tokens.journeys import allow, deny, leave_from
from tokens.models import Connection, Link
from tokens.services import links
from tokens.services.disconnect import disconnect
from tokens.services.send_link import send_link

pytestmark = pytest.mark.django_db


@pytest.fixture
def cancelled(path: str, phone: Client) -> str:
    """Carla pressed Cancel at Instagram; where "Try again" posts to."""
    page = Page(phone.get(deny(leave_from(phone, path), "creator"), follow=True).content.decode())
    return page.form_of("Try again").action


def expire(link: Link, alice: Any) -> None:
    Link.objects.filter(pk=link.pk).update(expires_at=timezone.now())


def replace(link: Link, alice: Any) -> None:
    assert link.connection
    send_link(link.connection, actor=alice.email)


def end(link: Link, alice: Any) -> None:
    assert link.connection
    disconnect(link.connection, by=alice)


Ending = Callable[[Link, Any], None]


@pytest.mark.parametrize("ending", [expire, replace], ids=lambda each: each.__name__)
def test_a_link_that_ended_during_the_visit_is_good_for_another_try(
    ending: Ending, cancelled: str, link: Link, phone: Client, alice: Any
) -> None:
    ending(link, alice)
    phone.get(allow(leave_from(phone, cancelled), "creator"))
    assert Connection.objects.get().status == "active"


@pytest.mark.parametrize("ending", [expire, replace], ids=lambda each: each.__name__)
def test_an_hour_later_its_own_page_offers_a_new_one(
    ending: Ending, cancelled: str, link: Link, path: str, phone: Client, alice: Any, travel: Any
) -> None:
    ending(link, alice)
    travel(timezone.now() + dt.timedelta(hours=1))
    answer = phone.post(cancelled)
    assert (answer.status_code, answer["Location"]) == (302, path)
    assert "Send me a new link" in Page(phone.get(path).content.decode()).button_words


def test_a_link_that_was_ended_for_good_leads_to_the_page_that_says_so(
    cancelled: str, link: Link, path: str, phone: Client, alice: Any
) -> None:
    end(link, alice)
    assert phone.post(cancelled)["Location"] == path
    assert "ended by its workspace" in Page(phone.get(path).content.decode()).text


def test_a_link_that_was_used_elsewhere_starts_no_consent(cancelled: str, link: Link, path: str, phone: Client) -> None:
    links.use_up(link, timezone.now())
    assert phone.post(cancelled)["Location"] == path
