"""Limits of apps: the figures of meta-wire section 5, fixed by hand or counted honestly over a rolling hour."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .errors import error
from .records import HOUR
from .refusals import Wrong
from .switches import Switches, is_status
from .wire import Answer, Headers

REFUSALS = ("rate_4", "rate_341", "http_429_empty")
ACCOUNT = "17841400000000000"  # where a request has none


@dataclass
class AppLimit:
    """What one app hears of its limit.

    percent: told with every answer, whatever was called; None: what the calls of the last hour amount to.
    per_hour: so many calls are answered, further ones refused; they count all the same. None: none is refused.
    kind: how they are refused.
    status: of the refusal.
    retry_after, minutes: told with the refusal, as seconds and in the business header; None: not told.
    calls: when the calls of the last hour came.
    """

    app_id: str
    percent: float | None = None
    per_hour: int | None = None
    kind: str = "rate_4"
    status: int = 400
    retry_after: float | str | None = None
    minutes: float | None = None
    calls: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.kind not in REFUSALS:
            raise Wrong(f"kind takes one of: {', '.join(REFUSALS)}.")
        if not is_status(self.status):
            raise Wrong("status takes an HTTP status from 200 to 599.")
        if self.percent is None and self.per_hour is None:
            raise Wrong("Give percent, per_hour or both.")
        if self.per_hour is not None and self.per_hour < 0:
            raise Wrong("per_hour takes a number from 0.")

    def count(self, now: float) -> bool:
        """Counts a call; whether it is one too many."""
        self._forget(now)
        self.calls.append(now)
        return self.per_hour is not None and len(self.calls) > self.per_hour

    def refusal(self, switches: Switches, facts: Mapping[str, str]) -> Answer:
        params = {"app_usage": None, "minutes": self.minutes, "retry_after": self.retry_after}
        answer = Answer(429) if self.kind == "http_429_empty" else error(self.kind, switches, facts, status=self.status)
        return answer.with_headers(*usage_headers(params, facts))

    def headers(self) -> Headers:
        told = self._told()
        return () if told is None else (("X-App-Usage", app_usage(told)),)

    def as_json(self, now: float) -> dict[str, Any]:
        self._forget(now)
        return {**asdict(self), "calls": len(self.calls), "told": self._told()}

    def _told(self) -> float | None:
        if self.percent is not None:
            return self.percent
        if self.per_hour is None:
            return None
        return len(self.calls) * 100 // self.per_hour if self.per_hour else 100

    def _forget(self, now: float) -> None:
        kept = next((place for place, at in enumerate(self.calls) if at > now - HOUR), len(self.calls))
        del self.calls[:kept]


def app_usage(percent: float) -> str:
    """Calls are what is used up as a rule; time stays behind."""
    return json.dumps({"call_count": percent, "total_time": percent / 4, "total_cputime": percent / 5})


def usage_headers(params: Mapping[str, Any], facts: Mapping[str, str]) -> list[tuple[str, str]]:
    """Section 5: percent in the first, minutes in the second, seconds in the third."""
    headers = []
    if (percent := params["app_usage"]) is not None:
        headers.append(("X-App-Usage", app_usage(percent)))
    if (minutes := params["minutes"]) is not None:
        usage = {"type": "instagram", "call_count": 100, "total_cputime": 25, "total_time": 25}
        entry = {**usage, "estimated_time_to_regain_access": minutes}
        headers.append(("X-Business-Use-Case-Usage", json.dumps({facts.get("user_id", ACCOUNT): [entry]})))
    if (pause := params["retry_after"]) is not None:
        headers.append(("Retry-After", str(pause)))
    return headers
