"""`appsecret_proof`, of whichever token is sent."""

import pytest

from tests.emulator.facebook.proof import proof_of as emulators
from tests.emulator.facebook.records import FacebookToken
from tests.emulator.facebook.world import Facebook

from .calls import APP_TOKEN, SECRET, Graph, Said, proof_of

WRONG = "Invalid appsecret_proof provided in the API argument"
MISSING = "API calls from the server require an appsecret_proof argument"


def test_it_is_the_known_one() -> None:
    vector = "6e9ef29b75fffc5b7abae527d58fdadb2fe42e7219011976917343065f58ed4a"
    assert emulators("message", "key") == vector == proof_of("message", "key")
    assert emulators("t", SECRET, "1700000000") == proof_of("t|1700000000")


def asked(graph: Graph, token: FacebookToken, **query: str) -> list[Said]:
    """By a person's token, and by an app's own."""
    of_app = {**query, **({"appsecret_proof": proof_of(APP_TOKEN)} if query.get("appsecret_proof") == "right" else {})}
    of_person = {
        **query,
        **({"appsecret_proof": proof_of(token.access_token)} if query.get("appsecret_proof") == "right" else {}),
    }
    return [
        graph.get("/me", token, **of_person),
        graph.get("/me/accounts", token, **of_person),
        graph.inspect(token, **of_app),
    ]


@pytest.mark.parametrize(
    ("position", "sent", "message"),
    [
        ("ignored", None, None), ("ignored", "0", None), ("ignored", "right", None),
        ("checked", None, None), ("checked", "0", WRONG), ("checked", "", WRONG), ("checked", "right", None),
        ("required", None, MISSING), ("required", "0", WRONG), ("required", "right", None),
    ],
)  # fmt: skip
def test_it_is_looked_at_as_switched(
    graph: Graph, world: Facebook, token: FacebookToken, position: str, sent: str | None, message: str | None
) -> None:
    world.switches.change({"proof": position})
    for said in asked(graph, token, **({} if sent is None else {"appsecret_proof": sent})):
        if message is None:
            assert said.status == 200
        else:
            assert said.codes == (400, 100, None)
            assert (said.error["message"], said.error["type"]) == (message, "GraphMethodException")


def test_checked_is_where_it_stands(world: Facebook) -> None:
    assert world.switches.proof == "checked"


def test_the_proof_of_another_token_is_wrong(graph: Graph, world: Facebook, token: FacebookToken) -> None:
    other = world.issue_token(token.holder.id)
    assert graph.get("/me", token, appsecret_proof=proof_of(other.access_token)).error["message"] == WRONG
    assert graph.inspect(token, appsecret_proof=proof_of(token.access_token)).error["message"] == WRONG


def test_exchanges_bring_the_secret_and_need_no_proof(graph: Graph, world: Facebook, token: FacebookToken) -> None:
    world.switches.change({"proof": "required"})
    assert graph.exchange(token).status == 200


def test_a_time_is_signed_along(graph: Graph, token: FacebookToken) -> None:
    right = {"appsecret_time": "1700000000", "appsecret_proof": proof_of(f"{token.access_token}|1700000000")}
    assert graph.get("/me", token, **right).status == 200
    assert graph.get("/me", token, **{**right, "appsecret_time": "1700000001"}).error["message"] == WRONG
