"""`fields=id,name,instagram_business_account{id,username}`: which fields a call asks for."""

from collections.abc import Iterator

from .calls import Call

Fields = dict[str, "Fields"]


class Unreadable(Exception):
    """Braces that do not fit, at this place."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


def wanted(call: Call, default: str) -> Fields:
    text = call.asked.get("fields") or default
    try:
        return parse(text)
    except Unreadable as problem:
        sign = text[problem.place] if problem.place < len(text) else ""
        call.refuse("bad_fields", sign=sign, place=str(problem.place), fields=text)


def parse(text: str) -> Fields:
    signs = enumerate(text)
    found = level(signs)
    for place, _ in signs:
        raise Unreadable(place)
    return found


def level(signs: Iterator[tuple[int, str]], inside: bool = False) -> Fields:
    """Up to the brace that closes it."""
    found: Fields = {}
    name, place = "", 0
    for place, sign in signs:
        if sign == "{" and name:
            found[name], name = level(signs, inside=True), ""
        elif sign == "}" and inside:
            return {**found, **({name: {}} if name else {})}
        elif sign in "{}":
            raise Unreadable(place)
        elif sign == ",":
            found, name = ({**found, name: {}} if name else found), ""
        elif not sign.isspace():
            name += sign
    if inside:
        raise Unreadable(place)
    return {**found, **({name: {}} if name else {})}
