"""What an attempt tells of its calls: how long each took and what Meta's figure said."""

from __future__ import annotations

import pytest

from tests.factories import make_connection
from tests.tokens.fake_meta import FakeMeta
from tests.tokens.helpers import credential_of
from tokens.clients import keeper_of
from tokens.flavours.instagram_login import InstagramLogin
from tokens.meta import MetaRateLimited, TokenDead
from tokens.services.ask import Inquiry

pytestmark = pytest.mark.django_db


@pytest.fixture
def inquire(emulator):
    """An attempt on the token of a person whom the emulator knows."""
    emulator.state.add_person("anna")
    connection = make_connection(token=emulator.state.issue_token("anna", age_days=20))
    keeper = keeper_of(connection.meta_app, pool_size=1)
    inquiry = Inquiry(keeper, pause=lambda seconds: None)

    def ask(purpose="refresh"):
        credential = credential_of(connection)
        question = inquiry.refresh if purpose == "refresh" else inquiry.check
        question(credential)
        return inquiry.calls

    yield ask
    keeper.close()


@pytest.mark.parametrize("purpose", ["refresh", "check"])
def test_each_call_carries_its_seconds_and_metas_figure(purpose, inquire, emulator):
    emulator.state.configure(app_usage=61)
    [call] = inquire(purpose)
    assert (call.transient, call.usage, call.error) == (False, 61, None)
    assert 0 < call.seconds < 20


def test_without_a_header_there_is_no_figure(inquire):
    assert [call.usage for call in inquire()] == [None]


def test_a_call_that_asked_twice_is_one_with_both_seconds_and_the_last_figure(inquire, emulator):
    emulator.state.add_fault("code_100", path="/me", times=1)
    emulator.state.limit_app(percent=70)
    [call] = inquire("check")
    assert (call.usage, call.error) == (70, None)
    assert [entry["path"] for entry in emulator.state.requests()] == ["/v26.0/me"] * 2


def test_a_second_opinion_is_a_second_call(inquire, emulator):
    emulator.state.change_password("anna")
    calls = inquire()
    assert [type(call.error) for call in calls] == [TokenDead, TokenDead]


def test_a_limit_comes_with_its_wait_and_whom_it_concerns(inquire, emulator):
    emulator.state.limit_app(per_hour=0, retry_after=90)
    [call] = inquire()
    assert isinstance(call.error, MetaRateLimited)
    assert (call.error.scope, call.error.retry_after, call.usage) == ("app", 90, 100)


def test_a_client_without_a_wire_leaves_no_figures():
    connection = make_connection()
    inquiry = Inquiry(InstagramLogin(FakeMeta()))
    inquiry.me(credential_of(connection))
    assert [(call.seconds, call.usage) for call in inquiry.calls] == [(0, None)]
