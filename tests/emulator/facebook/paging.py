"""Lists told in pages of results, with cursors and the full address of the next one, token included."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from tests.emulator.wire import FACEBOOK_GRAPH, Answer, json_answer

from .calls import Call

LARGEST = 100
MARK = "AQH"


def cursor(name: str) -> str:
    """Stands for what was told last, not for its place: what is added or taken meanwhile shifts nothing."""
    return base64.urlsafe_b64encode(f"{MARK}{name}".encode()).decode().rstrip("=")


def named(text: str) -> str | None:
    try:
        decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return decoded.removeprefix(MARK) if decoded.startswith(MARK) else None


def told(call: Call, ids: Sequence[str], item: Any) -> Answer:
    """The page of results that `limit`, `after` and `before` ask for.

    ids: of everything there is.
    item: called with an id, makes what is told of it.
    """
    size = wanted_size(call)
    start, end = window(call, ids, size)
    shown = ids[start:end]
    if not shown:
        return json_answer({"data": []})
    paging: dict[str, Any] = {"cursors": {"before": cursor(shown[0]), "after": cursor(shown[-1])}}
    if end < len(ids):
        paging["next"] = address(call, size, after=cursor(shown[-1]))
    if start:
        paging["previous"] = address(call, size, before=cursor(shown[0]))
    return json_answer({"data": [item(each) for each in shown], "paging": paging})


def wanted_size(call: Call) -> int:
    text = call.asked.get("limit", "")
    if not text:
        return call.switches.page_of_results
    if not (text.isascii() and text.isdecimal() and int(text)):
        call.refuse("code_100")
    return min(int(text), LARGEST)


def window(call: Call, ids: Sequence[str], size: int) -> tuple[int, int]:
    if before := call.asked.get("before"):
        end = place(call, ids, before)
        return max(0, end - size), end
    start = place(call, ids, after) + 1 if (after := call.asked.get("after")) else 0
    return start, min(start + size, len(ids))


def place(call: Call, ids: Sequence[str], told_cursor: str) -> int:
    name = named(told_cursor)
    if name not in ids:
        call.refuse("bad_cursor")
    return ids.index(name)


def address(call: Call, size: int, **cursors: str) -> str:
    """Whoever follows it sends the token on, and whoever writes it down writes down the token."""
    request = call.request
    host = request.headers.get("host", "graph.facebook.com")
    version = f"/{request.version}" if request.version else ""
    kept = {name: call.asked[name] for name in ("fields",) if name in call.asked}
    query = {"access_token": call.access_token or "", **kept, "limit": str(size), **cursors}
    return f"http://{host}{FACEBOOK_GRAPH}{version}{request.host_path}?{urlencode(query)}"
