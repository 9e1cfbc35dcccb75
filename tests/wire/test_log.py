"""Everything that arrived is written down and counted."""

from tests.emulator.records import Token
from tests.emulator.state import State

from .client import SECRET, Client


def test_a_request_is_written_down_whole(client: Client, state: State, lea: Token) -> None:
    headers = {"User-Agent": "perennial/1", "Authorization": f"Bearer {lea.access_token}"}
    client.get("/v26.0/me", headers, fields="username")
    [entry] = client.control("GET", "requests").json["requests"]
    assert (entry["method"], entry["path"], entry["status"]) == ("GET", "/v26.0/me", 200)
    assert entry["query"] == {"fields": "username"}
    assert entry["headers"]["authorization"] == f"Bearer {lea.access_token}"
    assert entry["headers"]["user-agent"] == "perennial/1"
    assert entry["username"] == "lea"
    assert entry["fault"] is None
    assert entry["at"][:4].isdecimal()


def test_a_form_is_written_down(client: Client, state: State) -> None:
    client.exchange("no-such-code")
    [entry] = state.requests("/oauth/access_token")
    assert entry["form"]["code"] == "no-such-code"
    assert entry["form"]["client_secret"] == SECRET
    assert entry["status"] == 400


def test_the_log_is_sifted_by_path_person_and_number(client: Client, state: State, lea: Token) -> None:
    client.me(lea.access_token)
    client.refresh(lea.access_token)
    client.me("unknown")
    assert len(state.requests("/me")) == 2
    assert len(state.requests(username="lea")) == 2
    told = client.control("GET", "requests?path=/me&username=lea").json["requests"]
    assert [entry["path"] for entry in told] == ["/v26.0/me"]
    assert len(client.control("GET", "requests?limit=1").json["requests"]) == 1


def test_the_log_can_be_emptied(client: Client, state: State, lea: Token) -> None:
    client.me(lea.access_token)
    client.control("DELETE", "requests")
    assert state.requests() == []
    assert state.counts() == {"paths": {}, "refreshes": {}}


def test_calls_are_counted_by_path_by_person_and_by_token(client: Client, state: State, lea: Token) -> None:
    state.add_fault("http_500", times=1)
    client.refresh(lea.access_token)
    client.refresh(lea.access_token)
    client.me(lea.access_token)
    counts = client.control("GET", f"counts?token={lea.access_token}").json
    assert counts["paths"]["/refresh_access_token"] == {"requests": 2, "succeeded": 1}
    assert counts["paths"]["/me"] == {"requests": 1, "succeeded": 1}
    assert counts["refreshes"] == {"lea": 1}
    assert counts["token"] == 3


def test_the_control_and_the_index_are_not_written_down(client: Client, state: State) -> None:
    client.control("GET", "state")
    client.get("/")
    assert state.requests() == []


def test_the_fault_that_struck_is_written_down(client: Client, state: State, lea: Token) -> None:
    state.add_fault("html_502", times=1)
    client.me(lea.access_token)
    [entry] = state.requests()
    assert (entry["fault"], entry["status"]) == ("html_502", 502)
