"""The four mishaps that the page for people switches on and off. Each is a fault like any other."""

from dataclasses import dataclass, field
from typing import Any

from .faults import Fault
from .state import State
from .wire import FACEBOOK_GRAPH

PROGRAMS = f"/oauth/access_token,/access_token,/refresh_access_token,/me,{FACEBOOK_GRAPH}"


@dataclass(frozen=True)
class Mishap:
    kind: str
    title: str
    about: str
    path: str = PROGRAMS
    times: int | None = None
    params: dict[str, Any] = field(default_factory=dict)


# The order is the order they strike in: one fault at a time plays.
MISHAPS = {
    "lose": Mishap(
        "reset_after_request", "The next answer gets lost", "it is carried out, but nobody hears of it", times=1
    ),
    "outage": Mishap("http_500", "Outage", "everything answers 500, the consent page included", path="*"),
    "rate-limit": Mishap("rate_4", "Rate limit", "programs are told to come back later (code 4)"),
    "slow": Mishap("slow", "Slow answers", "programs wait for every answer"),
}
RANKS = {name: rank for rank, name in enumerate(MISHAPS)}


def switch_on(state: State, name: str, **params: Any) -> Fault:
    """Switching on again replaces: there is never more than one of a name."""
    mishap = MISHAPS[name]
    with state.lock:
        switch_off(state, name)
        fault = Fault(0, mishap.kind, mishap.path, times=mishap.times, params={**mishap.params, **params})
        fault.mishap, fault.rank = name, RANKS[name]
        state.faults.add(fault)
        return fault


def switch_off(state: State, name: str) -> bool:
    with state.lock:
        found = [each.id for each in state.faults.all() if each.mishap == name]
        for each in found:
            state.remove_fault(each)
        return bool(found)


def active(state: State) -> dict[str, Fault]:
    return {each.mishap: each for each in state.faults.all() if each.mishap}
