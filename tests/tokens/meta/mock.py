"""`responses` in the place of Meta, also for what goes beneath the adapter that it speaks for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import responses
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool

from tokens.meta.sockets import Fetched


@contextmanager
def mocked() -> Iterator[responses.RequestsMock]:
    """Answers whatever is added to it; every other request is a refused connection."""

    def fetch(pool: HTTPConnectionPool, method: str, target: str, headers: Any, **details: Any) -> Fetched:
        asked = requests.Request(method, f"{pool.scheme}://{pool.host}{target}", headers=headers).prepare()
        answer = HTTPAdapter().send(asked, stream=True)
        return Fetched(answer.status_code, answer.headers, answer.raw.read(details["most"]))

    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire, pytest.MonkeyPatch.context() as patch:
        patch.setattr("tokens.meta.wire.fetch", fetch)
        yield wire
