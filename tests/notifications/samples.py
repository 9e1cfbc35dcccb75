"""Every mail that the product can send, as staff's page of mails shows them."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from notifications import registry
from notifications.registry import Kind
from notifications.writing import Written
from tokens.admin.mails import all_of


@dataclass(frozen=True)
class Specimen:
    """One kind in one case and one language."""

    kind: Kind
    case: str
    language: str
    mail: Written

    @property
    def name(self) -> str:
        return " ".join(filter(None, [self.kind.name, self.case, self.language]))


@functools.cache
def specimens() -> tuple[Specimen, ...]:
    return tuple(
        Specimen(kind, shown.case, shown.language, shown.mail) for kind in registry.kinds() for shown in all_of(kind)
    )
