"""What a switch can be made of: named positions, a number, a list of texts, anything that JSON has."""

from dataclasses import field
from typing import Any

Scalar = int | float | str | bool | None
SCALAR = {"types": (int, float, str, bool, type(None))}
TEXTS = {"types": (list,)}


def choice(*values: str) -> Any:
    """A switch with named positions; the first one is the default."""
    return field(default=values[0], metadata={"one_of": values})


def kind(default: object, *types: type) -> Any:
    return field(default=default, metadata={"types": types})
