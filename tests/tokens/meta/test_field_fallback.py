"""Fields that an account cannot read fail the whole call with code 100; fewer are asked for then."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tokens.meta import MetaError, MetaTransient, OurMisconfiguration, PermissionMissing, Refused, Secret

from .bodies import graph
from .calls import CASES

ME_URL = CASES[3].url
PLAIN, LEAST = "user_id,username", "id,username"
DETAILED = "user_id,username,name,account_type,profile_picture_url"
UNREADABLE = graph(100, "Tried accessing nonexisting field (user_id) on node type (IGUser)")


def asked(wire):
    return [parse_qs(urlsplit(call.request.url).query)["fields"][0] for call in wire.calls]


@pytest.mark.parametrize(("detailed", "choices"), [(False, [PLAIN, LEAST]), (True, [DETAILED, PLAIN, LEAST])])
@pytest.mark.parametrize("failing", [UNREADABLE, graph(100, "Unsupported request"), graph(100, "Gone", 33)])
def test_fewer_fields_are_asked_for_until_one_set_can_be_read(client, wire, detailed, choices, failing):
    for _ in choices[:-1]:
        wire.get(ME_URL, json=failing, status=400)
    wire.get(ME_URL, json={"id": "7", "username": "shop"})
    assert client.me(Secret("T"), detailed=detailed).app_scoped_id == "7"
    assert asked(wire) == choices


@pytest.mark.parametrize(("failing", "kind"), [(UNREADABLE, Refused), (graph(100, "Gone", 33), PermissionMissing)])
def test_when_none_can_be_read_the_last_refusal_counts(client, wire, failing, kind):
    wire.get(ME_URL, json=failing, status=400)
    with pytest.raises(kind):
        client.me(Secret("T"), detailed=True)
    assert asked(wire) == [DETAILED, PLAIN, LEAST]


@pytest.mark.parametrize(
    "other",
    [
        graph(190),
        graph(4),
        graph(10),
        graph(100, is_transient=True),
        graph(100, "Invalid appsecret_proof provided in the API argument"),
    ],
)
def test_other_errors_are_not_met_with_fewer_fields(client, wire, other):
    wire.get(ME_URL, json=other, status=400)
    with pytest.raises(MetaError) as caught:
        client.me(Secret("T"), detailed=True)
    assert asked(wire) == [DETAILED]
    assert not isinstance(caught.value, Refused)


@pytest.mark.parametrize(("then", "kind"), [(graph(1), MetaTransient), (graph(101), OurMisconfiguration)])
def test_another_error_on_the_way_ends_the_search(client, wire, then, kind):
    wire.get(ME_URL, json=UNREADABLE, status=400)
    wire.get(ME_URL, json=then, status=400)
    with pytest.raises(kind):
        client.me(Secret("T"), detailed=True)
    assert asked(wire) == [DETAILED, PLAIN]
