"""Reading what Meta sends without trusting it: nothing in here raises."""

import json
import math
import re

NOT_JSON = object()
"""What `parse_json` returns for anything that is no JSON; `null` is `None`."""

_DIGITS = re.compile(r"-?[0-9]{1,20}")


def parse_json(text: str | bytes) -> object:
    """The JSON value in `text`, or `NOT_JSON`."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # ValueError: also broken UTF-8 and numbers of over 4300 digits
        return NOT_JSON


def whole_number(value: object) -> int | None:
    """An integer, a float without fraction or a string of digits as an integer, else `None`."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    return value if isinstance(value, int) else None


def number(value: object) -> float | None:
    """A finite number, or the text of one, as a float, else `None`."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        result = float(value)
    except (ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def truth(value: object) -> bool | None:
    """A boolean, or the text of one, else `None`."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def mapping(value: object) -> dict[str, object]:
    """`value` if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[object]:
    """`value` if it is a JSON list, else an empty one."""
    return value if isinstance(value, list) else []
