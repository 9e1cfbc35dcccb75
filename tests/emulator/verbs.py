"""What a call of the control is made of: a verb of the state, and the fields that it takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .refusals import Wrong
from .state import State

Handler = Callable[..., object]

TEXT = (str,)
NUMBER = (int, float)
WHOLE = (int,)
TRUTH = (bool,)
TEXTS = (list,)
NOTHING = type(None)
APP = {"app_id": TEXT}


@dataclass(frozen=True)
class Verb:
    """What a call does, which fields it needs and which it may carry besides."""

    do: Handler
    needs: Mapping[str, tuple[type, ...]] = field(default_factory=dict)
    takes: Mapping[str, tuple[type, ...]] = field(default_factory=dict)
    free: bool = False  # other fields go through: the verb judges them itself

    def __call__(self, state: State, /, *names: str, **body: Any) -> object:
        for name in self.needs:
            if name not in body:
                raise Wrong(f"The field {name!r} is missing.")
        for name, value in body.items():
            self._check(name, value)
        return self.do(state, *names, **body)

    def _check(self, name: str, value: object) -> None:
        types = {**self.needs, **self.takes}.get(name)
        if types is None and not self.free:
            raise Wrong(f"The field {name!r} is not known here.")
        if types and not fits(value, types):
            raise Wrong(f"{name} takes {' or '.join(each.__name__ for each in types)}.")


def fits(value: object, types: tuple[type, ...]) -> bool:
    if type(value) not in types:
        return False
    return not isinstance(value, list) or all(isinstance(each, str) for each in value)
