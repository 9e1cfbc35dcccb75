"""Which fault strikes which request: the book of faults somebody asked for."""

from dataclasses import dataclass, field
from typing import Any

from .kinds import KINDS
from .refusals import Missing, Wrong
from .wire import covers


@dataclass
class Fault:
    id: int
    kind: str
    path: str = "*"
    token: str | None = field(default=None, repr=False)
    username: str | None = None
    times: int | None = None
    after: int = 0
    params: dict[str, Any] = field(default_factory=dict)
    mishap: str | None = None  # switched on from the page for people, under this name
    rank: int = 9  # lower strikes first

    def strikes(self, path: str, token: str | None, username: str | None) -> bool:
        return covers(self.path, path) and self.token in (None, token) and self.username in (None, username)

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.kind,
            "path": self.path,
            "token": self.token,
            "username": self.username,
            "times": self.times,
            "after": self.after,
            **self.params,
            **({"mishap": self.mishap} if self.mishap else {}),
        }


class FaultBook:
    def __init__(self) -> None:
        self._faults: dict[int, Fault] = {}
        self.last_id = 0

    def add(self, fault: Fault) -> int:
        fault.params = with_defaults(fault.kind, fault.params)
        if fault.times is not None and fault.times < 1:
            raise Wrong("times is a number from 1, or null for 'until removed'.")
        if fault.after < 0:
            raise Wrong("after is a number from 0.")
        self.last_id += 1
        fault.id = self.last_id
        self._faults[fault.id] = fault
        return fault.id

    def put(self, fault: Fault) -> None:
        """One that was added before, as it was."""
        with_defaults(fault.kind, fault.params)
        self._faults[fault.id] = fault

    def remove(self, fault_id: int) -> None:
        if self._faults.pop(fault_id, None) is None:
            raise Missing(f"There is no fault {fault_id}.")

    def clear(self) -> None:
        self._faults.clear()

    def all(self) -> list[Fault]:
        """In the order they strike: by rank, then by age."""
        return sorted(self._faults.values(), key=lambda fault: fault.rank)

    def take(self, path: str, token: str | None, username: str | None) -> Fault | None:
        """The first fault that strikes this request, counted down; those with `after` let it pass."""
        for fault in self.all():
            if not fault.strikes(path, token, username):
                continue
            if fault.after:
                fault.after -= 1
                continue
            self._use(fault)
            return fault
        return None

    def _use(self, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if not fault.times:
            del self._faults[fault.id]


def with_defaults(name: str, given: dict[str, Any]) -> dict[str, Any]:
    kind = KINDS.get(name)
    if kind is None:
        raise Wrong(f"There is no fault kind {name!r}. There are: {', '.join(sorted(KINDS))}.")
    for key, value in given.items():
        kind.check(name, key, value)
    return {**kind.params, **given}
