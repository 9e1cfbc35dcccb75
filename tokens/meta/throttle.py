"""How long Meta wants us to wait, and how much is used up. Page: D-rate, /docs/graph-api/overview/rate-limiting.

Read leniently: the headers appear only once use is considerable, and whether graph.instagram.com sends
each of them is not published.
"""

from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime

from .exceptions import Scope
from .lenient import mapping, number, parse_json, sequence

LONGEST = 24 * 3600.0
_FULL = 100.0  # usage is given in percent of the limit
_USAGES = ("call_count", "total_time", "total_cputime")


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """The longest wait that any header asks for.

    Args:
        headers: of the answer, in a mapping that ignores the case of names.
        now: seconds since the epoch.

    Returns:
        Seconds, 0 to 86400, or `None` when no header says anything usable.
    """
    waits = [*_business_waits(headers), *_ad_account_waits(headers), *_standard_waits(headers, now)]
    return min(max(waits), LONGEST) if waits else None


def app_usage(headers: Mapping[str, str]) -> float | None:
    """How much of the Meta app's limit is used up, by Meta's own figures in `X-App-Usage`.

    `X-Business-Use-Case-Usage` is left out: Meta keys it by "the business or account id", never by the app's, so that
    a full account would slow all others. It tells how long to wait once a call was refused (`retry_after`) and whom a
    429 concerns (`limited_scope`). `X-Ad-Account-Usage` is an account's as well.

    Args:
        headers: of the answer, in a mapping that ignores the case of names.

    Returns:
        Percent, the highest of calls, time and CPU time; may pass 100. `None` where no figure is told.
    """
    text = headers.get("X-App-Usage")
    if not text:
        return None
    usage = mapping(parse_json(text))
    figures = [figure for name in _USAGES if (figure := number(usage.get(name))) is not None and figure >= 0]
    return max(figures, default=None)


def limited_scope(headers: Mapping[str, str]) -> Scope:
    """Whom a limit concerns that came without an error code: the account if only its own use is exhausted."""
    app_usage = mapping(parse_json(headers.get("X-App-Usage", "")))
    if _exhausted(app_usage):
        return "app"
    return "account" if any(_exhausted(use) for use in _business_uses(headers)) else "app"


def _exhausted(usage: dict[str, object]) -> bool:
    return any((number(usage.get(name)) or 0.0) >= _FULL for name in _USAGES)


def _business_uses(headers: Mapping[str, str]) -> Iterator[dict[str, object]]:
    """Meta: `{"<business or account id>": [{"type": "instagram", …}]}`, up to 32 entries."""
    for entries in mapping(parse_json(headers.get("X-Business-Use-Case-Usage", ""))).values():
        yield from map(mapping, sequence(entries))


def _business_waits(headers: Mapping[str, str]) -> Iterator[float]:
    for use in _business_uses(headers):
        minutes = number(use.get("estimated_time_to_regain_access"))
        if minutes and minutes > 0:  # 0 = not throttled
            yield minutes * 60


def _ad_account_waits(headers: Mapping[str, str]) -> Iterator[float]:
    usage = mapping(parse_json(headers.get("X-Ad-Account-Usage", "")))
    seconds = number(usage.get("reset_time_duration"))
    if seconds and seconds > 0:
        yield seconds


def _standard_waits(headers: Mapping[str, str], now: float) -> Iterator[float]:
    value = headers.get("Retry-After", "")
    seconds = number(value)
    if seconds is None:
        seconds = _until(value, now)
    if seconds is not None and seconds >= 0:
        yield seconds


def _until(date: str, now: float) -> float | None:
    try:
        return max(parsedate_to_datetime(date).timestamp() - now, 0.0)
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None
