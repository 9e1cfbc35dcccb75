"""A database as it looks after a while, and the secrets in it that no page may show."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule, Success
from django_q.signing import SignedPackage

from accounts.models import User
from notifications.models import OutboxMessage
from tests.factories import make_connection, make_member, make_meta_app, make_tenant
from tokens.models import (
    AppBudget,
    Brake,
    CallTally,
    Connection,
    Credential,
    DeletionRequest,
    MetaApp,
    Strike,
    SweepRun,
    UnknownAnswer,
)
from tokens.services import links

APP_SECRET = "0123456789abcdef0123456789abcdef"
TASK_SECRET = "IGAAinaqueue" + "q" * 60
BAD_NAME = "<script>alert(1)</script>"


@dataclass
class Lived:
    """What `live` left behind."""

    connections: list[Connection]
    secrets: list[str]


def live(more: int = 0, *, name: str = "") -> Lived:
    """Rows of every registered model, in every state; `more` of each kind where that is possible."""
    now = timezone.now()
    tenant = make_tenant(name or "North & South")
    make_member(tenant)
    own = make_meta_app(tenant=tenant, secret=APP_SECRET)
    connections = [
        make_connection(tenant=tenant, handle=name or "anna", contact_email="anna@creator.example"),
        make_connection(tenant=tenant, status="inactive", reason="checkpoint"),
        make_connection(tenant=tenant, status="disconnected"),
        make_connection(tenant=tenant, meta_app=own, permissions=[], issued_at=None, expires_at=None),
        make_connection(
            tenant=tenant,
            due_at=now - dt.timedelta(hours=3),
            expires_at=now + dt.timedelta(days=2),
            credential={"refresh_failures": 3, "last_failure": "undecryptable", "refused_since": now},
        ),
    ]
    connections += [make_connection(tenant=make_tenant()) for _ in range(more)]
    link = links.issue(connections[1], recipients=["x@y.example"])
    for number in range(more + 1):
        _mail_and_queue(tenant, number, now)
        _sweeps(tenant, now)
        _unknown(number, tenant, now)
    _deletions(connections, more, now)
    _brake(connections, now)
    Group.objects.get_or_create(name="Support")
    stored = Credential.objects.filter(token__isnull=False)
    secrets = [APP_SECRET, TASK_SECRET, links.token_of(link), link.nonce, link.token_hash]
    for sealed in [*(each.token for each in stored), *(each.secret for each in MetaApp.objects.all())]:
        if sealed is not None:
            secrets += [sealed.reveal(), sealed.ciphertext.decode()]
    secrets += list(User.objects.values_list("password", flat=True))
    return Lived(connections, secrets)


def _mail_and_queue(tenant: Any, number: int, now: dt.datetime) -> None:
    for state in ("pending", "refused", "sent"):
        OutboxMessage.objects.create(
            tenant=tenant, kind="reconnect_needed", recipient="x@y.example", dedupe_key=f"{state}{number}{tenant.pk}",
            state=state, due_at=now if state == "pending" else None, last_error="timeout",
        )  # fmt: skip
    OrmQ.objects.create(
        key="perennial", payload=SignedPackage.dumps({"id": "1", "func": "a.b", "args": (TASK_SECRET,)})
    )
    OrmQ.objects.create(key="perennial", payload="garbage")
    for model, success in ((Success, True), (Failure, False)):
        model.objects.create(
            id=f"{success}{number}{tenant.pk.hex}"[:32], name="x", func="tokens.tasks.drain", args=(TASK_SECRET,),
            kwargs={"a": TASK_SECRET}, result=f"{TASK_SECRET} : Traceback", started=now, stopped=now, success=success,
        )  # fmt: skip
    Schedule.objects.create(name=f"s{number}", func="a.b", args=f"'{TASK_SECRET}'", kwargs=f"x='{TASK_SECRET}'")


def _unknown(number: int, tenant: Any, now: dt.datetime) -> None:
    UnknownAnswer.objects.create(
        fingerprint=f"{number}{tenant.pk}", call="me", status=400, code=99999, text="Something nobody has documented",
        trace_id="Atrace", count=3, first_at=now, last_at=now,
    )  # fmt: skip


def _sweeps(tenant: Any, now: dt.datetime) -> None:
    started = {"owner": "host:1:abcdef", "started_at": now - dt.timedelta(minutes=5)}
    SweepRun.objects.create(
        purpose="refresh", ended_at=now, claimed=7, refreshed=4, failed={"died": 1, "failed": 2}, seconds=2.0, **started
    )
    SweepRun.objects.create(purpose="check", tenant=tenant, claimed=1, **started)


def _deletions(connections: list[Connection], more: int, now: dt.datetime) -> None:
    for number, state in enumerate((*DeletionRequest.State.values, *["erased"] * more)):
        app = None if state == "nothing_found" else connections[number % len(connections)].meta_app
        name = uuid.uuid4().hex
        DeletionRequest.objects.create(
            code=name[:20], digest=name, meta_app=app, signed_with="meta", state=state, received_at=now
        )


def _brake(connections: list[Connection], now: dt.datetime) -> None:
    app = connections[0].meta_app
    Brake.objects.filter(meta_app=app).delete()
    Brake.objects.create(
        meta_app=app, cause="deaths", fallen_at=now - dt.timedelta(days=3), lifted_at=now, lifted_by="x"
    )
    Brake.objects.create(meta_app=app, cause="ours", fallen_at=now)
    CallTally.objects.get_or_create(meta_app=app, minute=now, owner="p", calls=60, transient=40)
    AppBudget.objects.update_or_create(
        meta_app=app, defaults={"usage": 97.0, "usage_at": now, "paused_until": now, "cause": "code 4", "limits": 1}
    )
    AppBudget.objects.create(meta_app=connections[3].meta_app, usage=80.0, usage_at=now)
    Strike.objects.create(meta_app=app, tenant=connections[0].tenant, connection=connections[0], cause="ours", at=now)
