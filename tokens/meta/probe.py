"""Whether a host of Meta's answers at all: one request that holds no secret, and what came of it, as a value."""

import datetime as dt
import ssl
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Literal

import requests
import urllib3

from .sockets import DeadlineAdapter, ends_at
from .wire import VERSION

Trouble = Literal["", "name", "connection", "timeout", "certificate"]
# The Date header names a whole second, cut off: half of one is what it may be wrong by, on average.
_CUT_OFF = 0.5


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of looking at a host.

    Args:
        trouble: empty where any answer came; else what was in the way.
        status: HTTP status of the answer.
        seconds: until it came.
        ahead: how many seconds our clock is ahead of the host's; `None` where the host told no date.
        doubt: by how much `ahead` may be wrong, in seconds.
    """

    trouble: Trouble
    status: int | None = None
    seconds: float = 0.0
    ahead: float | None = None
    doubt: float = 0.0


def look(url: str, *, seconds: float = 5.0) -> Seen:
    """One HEAD request: no redirect is followed, no proxy or certificate bundle is taken from the environment.

    Args:
        url: of the host; any answer to it will do.
        seconds: that it may take in all, but for resolving the name.
    """
    started, ends = time.monotonic(), time.monotonic() + seconds
    adapter, before = DeadlineAdapter(max_retries=0), ends_at.set(ends)
    try:
        prepared = requests.Request("HEAD", url, headers={"User-Agent": f"Perennial/{VERSION}"}).prepare()
        with adapter.send(prepared, stream=True, timeout=(seconds, seconds), verify=True) as response:
            return _answered(response, time.monotonic() - started)
    except requests.Timeout:
        return Seen("timeout")
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        return Seen(_kind(error))
    finally:
        ends_at.reset(before)
        adapter.close()


def _answered(response: requests.Response, seconds: float) -> Seen:
    told = _date(response.headers.get("Date", ""))
    if told is None:
        return Seen("", response.status_code, seconds)
    # It was written while the answer was under way: half-way, as far as we know.
    written_at = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=seconds / 2)
    ahead = (written_at - told).total_seconds() - _CUT_OFF
    return Seen("", response.status_code, seconds, ahead, _CUT_OFF + seconds / 2)


def _date(header: str) -> dt.datetime | None:
    try:
        told = parsedate_to_datetime(header)
    except ValueError:
        return None
    return told.replace(tzinfo=dt.UTC) if told.tzinfo is None else told


def _kind(error: BaseException) -> Trouble:
    """A name that can't be resolved, and a certificate that is refused, come as failed connections; the cause tells."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, urllib3.exceptions.NameResolutionError):
        return "name"
    if isinstance(reason, urllib3.exceptions.SSLError) and isinstance(reason.args[0], ssl.SSLCertVerificationError):
        return "certificate"
    return "timeout" if isinstance(error, TimeoutError) else "connection"
