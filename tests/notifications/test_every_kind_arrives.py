"""Each kind of mail that leaves by the outbox reaches a real mail server, once, whole and with its ways out."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

import pytest

from accounts.models import Tenant
from notifications import registry
from notifications.audience import rule_of
from notifications.delivery import deliver_due
from notifications.models import OutboxMessage, State
from notifications.registry import Audience
from notifications.services import notify
from tests.notifications.post_office import PostOffice

pytestmark = pytest.mark.django_db(transaction=True)


def showing(values: dict[str, Any] | None) -> registry.Context:
    return lambda _: values


def test_each_kind_arrives_once(tenant: Tenant, office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    queued = {kind.name: kind for kind in registry.kinds() if kind.queued}
    for kind in queued.values():
        values = next(iter(kind.sample().values())) if kind.sample else None
        monkeypatch.setitem(registry._kinds, kind.name, dataclasses.replace(kind, context=showing(values)))
        staff = kind.audience is Audience.STAFF
        notify(
            kind=kind.name,
            recipients=[f"{kind.name}@mail.example"],
            tenant_id=None if staff else tenant.pk,
            subject_id=None,
            topic_id=None if staff else tenant.pk,
            dedupe_key=kind.name,
        )
    for _ in range(2):
        deliver_due()
    assert office.copies == Counter({f"{name}@mail.example": 1 for name in queued})
    assert set(OutboxMessage.objects.values_list("state", "last_error")) == {(State.SENT, "")}
    for each in office.delivered:
        rule = rule_of(each.to.partition("@")[0])
        assert rule is not None
        assert [part.get_content_type() for part in each.mail.iter_parts()] == ["text/plain", "text/html"]
        may_leave = rule.audience is Audience.CREATORS or rule.switchable
        assert (each.mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click") is may_leave, each.to
