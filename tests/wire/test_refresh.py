"""A long-lived token is refreshed: when, into what, and what becomes of the old string."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.emulator.records import BASIC, Token
from tests.emulator.state import State

from .client import PUBLISH, Client


def test_a_refresh_starts_sixty_new_days(client: Client, state: State, lea: Token) -> None:
    told = client.refresh(lea.access_token).json
    assert told["expires_in"] == 5_184_000
    assert told["token_type"] == "bearer"
    fresh = state.tokens[told["access_token"]]
    assert fresh.expires_at - fresh.issued_at == 5_184_000
    assert abs(fresh.issued_at - state.now()) < 60
    assert state.refreshes("lea") == 1


def test_no_secret_is_needed_and_the_header_will_do(client: Client, lea: Token) -> None:
    headers = {"Authorization": f"Bearer {lea.access_token}"}
    assert client.get("/refresh_access_token", headers, grant_type="ig_refresh_token").status == 200


@pytest.mark.parametrize(
    ("position", "code", "message"),
    [
        ("refuse_100", 100, "The access token must be at least 24 hours old to be refreshed."),
        ("refuse_1", 1, "The access token must be at least 24 hours old"),
    ],
)
def test_a_token_younger_than_a_day_is_refused(
    client: Client, state: State, lea: Token, position: str, code: int, message: str
) -> None:
    state.configure(too_young=position)
    young = state.issue_token("lea", age_days=0.99).access_token
    reply = client.refresh(young)
    assert (reply.status, reply.error["code"], reply.error["message"]) == (400, code, message)
    assert state.refreshes("lea") == 0


def test_a_young_token_may_be_refreshed_all_the_same(client: Client, state: State, lea: Token) -> None:
    state.configure(too_young="allow")
    young = state.issue_token("lea").access_token
    assert client.refresh(young).status == 200


def test_a_refreshed_token_is_young_again(client: Client, lea: Token) -> None:
    fresh = client.refresh(lea.access_token).json["access_token"]
    assert client.refresh(fresh).error["code"] == 100


def test_an_expired_token_stays_dead(client: Client, state: State, lea: Token) -> None:
    state.expire("lea")
    reply = client.refresh(lea.access_token)
    assert reply.status == 400
    assert "Session has expired on" in reply.error["message"]


def test_a_short_token_cannot_be_refreshed(client: Client, state: State, lea: Token) -> None:
    short = state.issue_token("lea", kind="short").access_token
    assert client.refresh(short).error["message"] == "Unsupported request - method type: get"


@pytest.mark.parametrize(("position", "code"), [("code_10", 10), ("unsupported", 100)])
def test_a_refresh_needs_the_basic_permission(
    client: Client, state: State, lea: Token, position: str, code: int
) -> None:
    state.configure(no_basic=position)
    state.set_permissions("lea", [PUBLISH])
    assert client.refresh(lea.access_token).error["code"] == code


def test_a_refresh_never_adds_permissions(client: Client, state: State) -> None:
    state.add_person("mia")
    narrow = state.issue_token("mia", age_days=2, permissions=[BASIC])
    state.issue_token("mia", permissions=[BASIC, PUBLISH])
    fresh = client.refresh(narrow.access_token).json["access_token"]
    assert state.tokens[fresh].granted == (BASIC,)


def test_the_same_string_may_come_back(client: Client, state: State, lea: Token) -> None:
    state.configure(refresh_string="same")
    assert client.refresh(lea.access_token).json["access_token"] == lea.access_token
    assert abs(lea.issued_at - state.now()) < 60
    assert client.me(lea.access_token).status == 200


def test_an_old_string_may_die_at_once(client: Client, state: State, lea: Token) -> None:
    state.configure(old_string="dies_at_once")
    fresh = client.refresh(lea.access_token).json["access_token"]
    assert fresh != lea.access_token
    assert client.me(lea.access_token).error["code"] == 190
    assert client.me(fresh).status == 200


def test_an_old_string_may_die_later(client: Client, state: State, lea: Token) -> None:
    state.configure(old_string="dies_later", old_string_grace_seconds=60)
    client.refresh(lea.access_token)
    assert client.me(lea.access_token).status == 200
    state.set_clock(offset_seconds=61)
    assert "does not match current stored session" in client.me(lea.access_token).error["message"]


def test_an_old_string_may_live_on_to_its_own_end(client: Client, state: State, lea: Token) -> None:
    state.configure(old_string="lives")
    client.refresh(lea.access_token)
    state.set_clock(offset_seconds=57 * 86_400)
    assert client.me(lea.access_token).status == 200
    state.set_clock(offset_seconds=58 * 86_400 + 1)
    assert client.me(lea.access_token).error["code"] == 190


@pytest.mark.parametrize("told", [5_143_192, 60, "abc", -5, 0, 12.5])
def test_expires_in_is_whatever_is_switched_on(client: Client, state: State, lea: Token, told: object) -> None:
    state.configure(refresh_expires_in=told)
    assert client.refresh(lea.access_token).json["expires_in"] == told


def test_expires_in_may_be_missing(client: Client, state: State, lea: Token) -> None:
    state.configure(refresh_expires_in=None)
    assert set(client.refresh(lea.access_token).json) == {"access_token", "token_type"}


def test_what_is_told_is_how_long_it_lasts(client: Client, state: State, lea: Token) -> None:
    state.configure(refresh_expires_in=60)
    fresh = client.refresh(lea.access_token).json["access_token"]
    state.set_clock(offset_seconds=61)
    assert client.me(fresh).error["code"] == 190


def test_a_personal_account_may_be_refused(client: Client, state: State, lea: Token) -> None:
    state.set_account_type("lea", "PERSONAL")
    state.configure(personal_refresh="unsupported")
    assert client.refresh(lea.access_token).error["code"] == 100


@pytest.mark.parametrize("target", ["/refresh_access_token?grant_type=other", "/refresh_access_token"])
def test_the_grant_type_is_needed(client: Client, target: str) -> None:
    assert client.get(target).error["code"] == 100


def test_eight_at_once_refresh_one_token_once(client: Client, state: State, lea: Token) -> None:
    state.configure(old_string="dies_at_once")
    assert sorted(refresh_by_eight(client.url, lea)) == [200, *[400] * 7]
    assert state.refreshes("lea") == 1


def test_eight_at_once_all_get_the_same_string_only_once_it_is_young(client: Client, state: State, lea: Token) -> None:
    state.configure(refresh_string="same")
    assert sorted(refresh_by_eight(client.url, lea)) == [200, *[400] * 7]


def test_eight_at_once_get_eight_strings_while_the_old_one_lives(client: Client, state: State, lea: Token) -> None:
    assert refresh_by_eight(client.url, lea) == [200] * 8
    assert len(state.tokens_of("lea")) == 9
    assert state.refreshes("lea") == 8


def refresh_by_eight(url: str, token: Token) -> list[int]:
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda _: refresh_alone(url, token.access_token), range(8)))


def refresh_alone(url: str, token: str) -> int:
    client = Client(url)
    try:
        return client.refresh(token).status
    finally:
        client.close()
