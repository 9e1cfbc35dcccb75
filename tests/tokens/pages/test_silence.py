"""Members are told on every page of a workspace when renewals stand still."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from tests.markup import Page
from tokens.services.heartbeat import SWEEP, beat

pytestmark = pytest.mark.django_db
OPERATOR = "The operator of this installation should look at the worker."


@pytest.fixture(params=["", "connections/{pk}/", "connect/instagram_login/"])
def text(request, signed_in, tenant, creator):
    address = f"/w/{tenant.slug}/{request.param.format(pk=creator.pk)}"
    return lambda: Page(signed_in.get(address).content.decode()).text


def test_nothing_is_said_while_sweeps_run(text):
    beat(SWEEP, timezone.now() - dt.timedelta(minutes=9))
    assert OPERATOR not in text()


def test_ten_minutes_of_silence_are_told_with_their_beginning(text):
    since = timezone.now() - dt.timedelta(minutes=11)
    beat(SWEEP, since)
    assert f"Renewals have not run since {since:%-d %B %Y, %H:%M} UTC" in text()
    assert OPERATOR in text()


def test_an_installation_that_never_swept_says_so(text):
    assert f"Renewals have not run yet. {OPERATOR}" in text()


def test_visitors_and_fragments_are_not_told(signed_in, tenant, path):
    for address in ("/", "/privacy/", "/accounts/login/"):
        assert OPERATOR not in Client().get(address).content.decode()
    for address in (f"/w/{tenant.slug}/", path):
        assert OPERATOR not in signed_in.get(address, headers={"HX-Request": "true"}).content.decode()
