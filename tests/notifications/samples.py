"""Every mail that the product can send: each kind, in each case that it tells apart and each language."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from django.conf import settings

from notifications import registry
from notifications.localisation import localised
from notifications.places import Chosen
from notifications.registry import Kind
from notifications.writing import Written, write

READER = "reader@mail.example"


@dataclass(frozen=True)
class Specimen:
    kind: Kind
    case: str
    language: str
    mail: Written

    @property
    def name(self) -> str:
        return " ".join(filter(None, [self.kind.name, self.case, self.language]))


@functools.cache
def specimens() -> tuple[Specimen, ...]:
    found = []
    for kind in registry.kinds():
        for language in [code for code, _ in settings.LANGUAGES] if kind.translated else ["en"]:
            with localised(Chosen("Europe/Berlin", language)):
                for case, values in (kind.sample() if kind.sample else {}).items():
                    mail = write(kind.templates, {"recipient": READER, **values})
                    found.append(Specimen(kind, case, language, mail))
    return tuple(found)
