"""The keys: whether what is stored can be decrypted with what is set. Keys go by their short public names."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Model

from tokens.fields import Sealed, known_key_ids
from tokens.models import ConnectAttempt, Credential, ImportLine, MetaApp
from tokens.services.doctor.finding import Said, Task, count, ok, wrong

AREA = "Keys"
SAMPLE = 20
# Each column that is sealed, the one that names its key, and what to call its rows.
SEALED: tuple[tuple[type[Model], str, str, str], ...] = (
    (Credential, "token", "key_id", "connection"),
    (MetaApp, "secret", "key_id", "Meta app"),
    (MetaApp, "meta_secret", "meta_key_id", "Meta app"),
    (ImportLine, "content", "key_id", "line of an import"),
)
PUT_BACK = (
    "Put the key back behind the newest one in FERNET_KEYS, on every machine. Where it is lost for good, those who "
    "are concerned must reconnect or enter their secret again."
)


def tasks() -> list[Task]:
    return [
        Task(AREA, "FERNET_KEYS", _missing_keys),
        Task(AREA, "Stored tokens", _stored_tokens),
        Task(AREA, "Waiting secrets", _waiting_secrets),
    ]


def _missing_keys() -> Iterator[Said]:
    known, total = known_key_ids(), 0
    missing: Counter[tuple[str, str]] = Counter()
    for model, column, key_column, noun in SEALED:
        for key_id, number in _by_key(model, column, key_column):
            total += number
            if key_id not in known:
                missing[key_id, noun] += number
    for (key_id, noun), number in sorted(missing.items()):
        many = "lines of imports" if noun.startswith("line") else f"{noun}s"
        sealed = f"{count(number, noun, many)} sealed with key {key_id or 'of no name'}, which FERNET_KEYS lacks."
        yield wrong(sealed, PUT_BACK)
    if not missing:
        named = ", ".join(known)
        yield ok(
            f"{count(len(known), 'key')} ({named}); {count(total, 'stored secret')}, each sealed with one of them."
        )


def _by_key(model: Any, column: str, key_column: str) -> Any:
    rows = model.objects.filter(**{f"{column}__isnull": False}).order_by()
    return rows.values_list(key_column).annotate(Count("pk"))


def _stored_tokens() -> Said:
    """A few by chance: the name of a key may be right and its text damaged."""
    place = uuid.uuid4()
    rows = Credential.objects.filter(token__isnull=False).order_by("pk")
    found = list(rows.filter(pk__gte=place)[:SAMPLE])
    found += list(rows.filter(pk__lt=place)[: SAMPLE - len(found)])
    return _opened([row.token for row in found], "stored token")


def _waiting_secrets() -> Said:
    """Of people who are on their way back from Instagram."""
    rows = ConnectAttempt.objects.filter(pending_secret__isnull=False).order_by("-created_at")[:SAMPLE]
    return _opened([row.pending_secret for row in rows], "waiting secret")


def _opened(sealed: list[Sealed | None], noun: str) -> Said:
    damaged = sum(each is not None and not each.readable for each in sealed)
    if not sealed:
        return ok(f"There is no {noun} yet.")
    if damaged:
        return wrong(f"{damaged} of {count(len(sealed), noun)} looked at can't be decrypted.", PUT_BACK)
    return ok(f"{count(len(sealed), noun)} looked at, and each can be decrypted.")
