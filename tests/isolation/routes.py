"""Every address of the URLconf, as it has them: whoever adds one is walked without asking."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from accounts.rights import Right

METHODS = ["get", "head", "post", "put", "patch", "delete", "options", "trace"]


def asked(urls: Sequence[str]) -> list[tuple[str, str]]:
    """Each method that the product knows for each address, for one address those that it knows nowhere as well."""
    known = [(method, url) for url in urls for method in ("get", "post")]
    return known + [(method, url) for url in urls[:1] for method in METHODS if method not in {"get", "post"}]


@dataclass(frozen=True)
class Route:
    """One address: the pattern's text, its converters by name, its view."""

    path: str
    converters: Mapping[str, Any]
    view: Callable[..., Any]
    name: str

    @property
    def of_a_workspace(self) -> bool:
        return "slug" in self.converters and self.path.startswith("w/")

    @property
    def right(self) -> Right | None:
        """The right that the view asks for; None where it names none."""
        right: Right | None = getattr(self.view, "right", None)
        return right

    def urls(self, slug: str, ids: Mapping[str, list[Any]]) -> list[str]:
        """The address with each id of `ids` that its converters take; `ids` are lists by the converters' names, or
        by the parameter's where rows of different kinds might have the same number."""
        choices = []
        for name, converter in self.converters.items():
            kind = type(converter).__name__
            values = [slug] if name == "slug" else ids.get(name) or ids.get(kind, ["x"])
            choices.append([(name, value) for value in values])
        return [self._filled(dict(chosen)) for chosen in itertools.product(*choices)]

    def _filled(self, values: Mapping[str, Any]) -> str:
        path = self.path
        for name, converter in self.converters.items():
            for spelled in (f"<{kind}:{name}>" for kind in ("slug", "uuid", "int", "str", "path")):
                path = path.replace(spelled, str(converter.to_url(values[name])))
            path = path.replace(f"<{name}>", str(values[name]))
        return f"/{path}"


def routes() -> list[Route]:
    """All of them but the staff's pages, which have tests of their own."""
    return list(_walk(get_resolver().url_patterns, "", {}))


def _walk(patterns: Any, before: str, converters: dict[str, Any]) -> Iterator[Route]:
    for each in patterns:
        path, known = before + _text(each.pattern), {**converters, **each.pattern.converters}
        if isinstance(each, URLResolver):
            if each.app_name != "admin":
                yield from _walk(each.url_patterns, path, known)
        elif isinstance(each, URLPattern):
            yield Route(path, known, each.callback, each.name or path)


def _text(pattern: Any) -> str:
    """allauth writes some of its addresses as regular expressions: each group takes a word."""
    return str(pattern).lstrip("^").rstrip("$")
