"""Lists of several pages of results: read by cursor, to their end, within bounds, never by the address Meta gives."""

import json
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from tokens.meta import MetaTransient, Secret, TokenDead, UnexpectedReply
from tokens.meta.facebook import MOST_RESULTS

from .bodies import graph
from .calls import FACEBOOK_CASES, TOKEN, build_facebook
from .leaks import everything_logged, spellings
from .servers import OK, keeping_alive, read_request

LISTS = [FACEBOOK_CASES[3], FACEBOOK_CASES[8]]
NEXT = f"https://graph.facebook.test/v26.0/1/accounts?access_token={TOKEN}&limit=25&after=Z"


def results(*ids, after="", following=NEXT):
    paging = {"cursors": {"before": "B", "after": after}, **({"next": following} if following else {})}
    return {"data": [{"id": each, "name": f"Page {each}"} for each in ids], "paging": paging}


def cursors(wire):
    return [parse_qs(urlsplit(call.request.url).query).get("after") for call in wire.calls]


@pytest.mark.parametrize("case", LISTS, ids=lambda case: case.name)
def test_a_list_is_read_to_its_end_by_cursor(facebook, wire, case):
    wire.get(case.url, json=results("1", "2", after="QVFI=="))
    wire.get(case.url, json=results("3", "2", after="QVFJ"))
    wire.get(case.url, json=results("4", after="QVFK", following=None))
    assert [each.id for each in case.run(facebook)] == ["1", "2", "3", "4"]
    assert cursors(wire) == [None, ["QVFI=="], ["QVFJ"]]


def test_every_request_bears_token_and_proof(facebook, wire):
    case = LISTS[0]
    wire.get(case.url, json=results("1", after="A"))
    wire.get(case.url, json=results("2", following=None))
    case.run(facebook)
    queries = [parse_qs(urlsplit(call.request.url).query) for call in wire.calls]
    assert queries[1].pop("after") == ["A"]
    assert queries[0] == queries[1]
    assert set(queries[0]) == {"access_token", "appsecret_proof", "fields", "limit"}


def test_the_address_of_the_next_page_is_never_followed_logged_or_kept(connect, serve):
    astray: list[bytes] = []
    elsewhere = serve(keeping_alive(b'{"data": []}', astray))
    bodies = [results("1", after="A", following=f"{elsewhere.url}/?access_token={TOKEN}"), results("2", following=None)]
    asked: list[bytes] = []

    def handler(connection, over):
        while request := read_request(connection):
            body = json.dumps(bodies[len(asked)]).encode()
            asked.append(request)
            connection.sendall(OK % (len(body), body))

    client = connect(serve(handler).url, build_facebook)
    with everything_logged() as log:
        found = client.pages(Secret(TOKEN))
    assert [page.id for page in found] == ["1", "2"]
    assert (len(asked), astray) == (2, [])
    assert not [each for each in spellings(TOKEN) if each in log.getvalue() + repr(found)]
    assert elsewhere.url not in log.getvalue() + repr(found)


@pytest.mark.parametrize(("after", "requests"), [("A", 2), ("", 1), (None, 1), (7, 1), ("a b", 1), ("x" * 1001, 1)])
def test_a_list_that_leads_nowhere_ends(facebook, wire, caplog, after, requests):
    wire.get(LISTS[0].url, json=results("1", after=after))
    assert [page.id for page in facebook.pages(Secret(TOKEN))] == ["1"]
    assert len(wire.calls) == requests
    assert [record.getMessage() for record in caplog.records] == ["A list of Meta's leads nowhere (pages)"]


def test_a_circle_of_cursors_ends(facebook, wire):
    for after in "ABCABC":
        wire.get(LISTS[0].url, json=results(after, after=after))
    facebook.pages(Secret(TOKEN))
    assert cursors(wire) == [None, ["A"], ["B"], ["C"]]


def test_a_list_without_end_is_cut_off_with_a_warning(facebook, wire, caplog):
    for number in range(MOST_RESULTS + 5):
        wire.get(LISTS[0].url, json=results(str(number + 1), after=f"C{number}"))
    assert len(facebook.pages(Secret(TOKEN))) == len(wire.calls) == MOST_RESULTS
    assert [record.getMessage() for record in caplog.records] == ["A list of Meta's is longer than is read (pages)"]


def test_a_list_has_one_deadline_in_all(connect, serve):
    asked: list[bytes] = []

    def handler(connection, over):
        while request := read_request(connection):
            asked.append(request)
            over.wait(0.1)
            body = json.dumps(results("1", after=f"C{len(asked)}")).encode()
            connection.sendall(OK % (len(body), body))

    client = connect(serve(handler).url, build_facebook, deadline=0.35)
    began = time.monotonic()
    with pytest.raises(MetaTransient) as caught:
        client.pages(Secret(TOKEN))
    assert caught.value.kind == "timeout"
    assert 1 < len(asked) < MOST_RESULTS
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("then", "status", "kind"), [(graph(190), 400, TokenDead), ({"data": None}, 200, UnexpectedReply)]
)
def test_an_error_on_the_way_is_not_taken_for_the_end(facebook, wire, then, status, kind):
    wire.get(LISTS[0].url, json=results("1", after="A"))
    wire.get(LISTS[0].url, json=then, status=status)
    with pytest.raises(kind):
        facebook.pages(Secret(TOKEN))
