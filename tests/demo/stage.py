"""Where the story is played: this process and the emulator share one clock, and the product's services do the rest.

No row is aged by hand. The clock of both sides stands at a moment of the past, people do what they do there, and the
sweeps find out what they would have found out.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import heapq
import io
import itertools
import json
import secrets
from collections.abc import Callable, Iterable
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, urlsplit

import time_machine
from django.utils import timezone

from accounts.models import Tenant, User
from notifications.delivery import deliver_due
from notifications.models import OutboxMessage
from tests.emulator.browser import consent as allow
from tests.emulator.browser import facebook_consent
from tokens import due_dates
from tokens.clients import consent_keeper_of, default_app, facebook_client, instagram_client, keeper_of
from tokens.flavours.interface import ConsentKeeper
from tokens.meta import Secret
from tokens.models import ConnectAttempt, Connection, Credential, Flavour, Link, MetaApp
from tokens.services import consent
from tokens.services.bring_in import asked
from tokens.services.claims import Purpose
from tokens.services.connect import finish_with_code
from tokens.services.examine_system_user import SystemUserExaminer
from tokens.services.import_tokens import Verifier, import_lines
from tokens.services.paste_token import paste_token
from tokens.services.read_import import read_lines
from tokens.services.remind import remind
from tokens.services.set_contact import set_contact
from tokens.services.sweep import Sweep

Act = Callable[[], object]
Go = Callable[[str], str]
Outcome = ConnectAttempt.Outcome
GOOD = {Outcome.CONNECTED, Outcome.RECONNECTED, Outcome.RENEWED}
SWEEP_LAG = dt.timedelta(seconds=9)


class Control:
    """The emulator's JSON control."""

    def __init__(self, url: str) -> None:
        self._netloc = urlsplit(url).netloc

    def post(self, path: str, /, **body: Any) -> dict[str, Any]:
        return self._ask("POST", path, json.dumps(body))

    def delete(self, path: str) -> None:
        self._ask("DELETE", path, None)

    def _ask(self, method: str, path: str, body: str | None) -> dict[str, Any]:
        line = HTTPConnection(self._netloc, timeout=30)
        with contextlib.closing(line):
            line.request(method, f"/_control/{path}", body, {"Content-Type": "application/json"})
            response = line.getresponse()
            told: dict[str, Any] = json.loads(response.read())
        if response.status != 200:
            raise RuntimeError(f"The emulator refuses {method} {path}: {told}")
        return told


class Clock:
    """Moves this process and the emulator alike; time goes on from where it was set."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._traveller: time_machine.travel | None = None

    def go(self, moment: dt.datetime) -> None:
        self._return()
        offset = moment - dt.datetime.now(dt.UTC)
        self._control.post("clock", offset_seconds=offset.total_seconds())
        self._traveller = time_machine.travel(dt.datetime.now(dt.UTC) + offset, tick=True)
        self._traveller.start()

    def come_back(self) -> None:
        self._return()
        self._control.post("clock", offset_seconds=0)

    def _return(self) -> None:
        if self._traveller is not None:
            self._traveller.stop()
            self._traveller = None


class Stage:
    """People and the product, at the moment that the clock shows."""

    def __init__(self, control: Control) -> None:
        self.control = control
        self.clock = Clock(control)
        self.meta_app = default_app()
        self.keeper = consent_keeper_of(self.meta_app)
        self.client = instagram_client(self.meta_app)
        self._order = itertools.count()
        self._plan: list[tuple[dt.datetime, int, Act]] = []

    # the plan

    def at(self, moment: dt.datetime, act: Act) -> None:
        heapq.heappush(self._plan, (moment, next(self._order), act))

    def play(self, *, workers_end: dt.datetime) -> None:
        """All acts in their order; between them, what falls due is renewed as long as there are workers."""
        while self._plan:
            moment, _, act = heapq.heappop(self._plan)
            self._renew_until(min(moment, workers_end))
            self.clock.go(moment)
            act()
            self._deliver()

    def _renew_until(self, moment: dt.datetime) -> None:
        while (due_at := _earliest_due()) and due_at + SWEEP_LAG < moment:
            self.clock.go(due_at + SWEEP_LAG)
            self.sweep("refresh")
            self._deliver()

    def sweep(self, purpose: Purpose) -> None:
        Sweep(purpose, keeper_of).run()

    def remind(self) -> None:
        """What the hourly task does: told again of what is broken, and ahead of what ends."""
        remind(go_on=lambda: True)

    def _deliver(self) -> None:
        if OutboxMessage.objects.due(timezone.now()).exists():
            deliver_due()

    # people

    def connect(
        self,
        handle: str,
        tenant: Tenant,
        by: User,
        *,
        contact: str = "",
        permissions: Iterable[str] | None = None,
    ) -> None:
        """A member presses "Connect Instagram" and allows what is asked for."""
        connection = self._consent(handle, permissions, tenant=tenant, user=by)
        if contact:
            set_contact(connection, email=contact, by=by)

    def reconnect_by_link(self, handle: str) -> None:
        """Somebody opens the mailed link and allows again."""
        link = Link.objects.open().select_related("connection__tenant", "tenant").get(connection__handle=handle)
        self._consent(handle, None, tenant=link.tenant, connection=link.connection, link=link)

    def _consent(self, handle: str, permissions: Iterable[str] | None, **whose: Any) -> Connection:
        return self._there_and_back(
            self.meta_app, self.keeper, lambda address: allow(address, handle, permissions=permissions), **whose
        )

    def connect_through_facebook(self, person: str, tenant: Tenant, by: User, *, contact: str) -> None:
        """Somebody who manages one Page with an account allows all that Facebook asks.

        Args:
            person: their id at Facebook.
        """
        app = default_app(Flavour.FACEBOOK_LOGIN)
        with contextlib.closing(consent_keeper_of(app)) as keeper:
            connection = self._there_and_back(
                app, keeper, lambda address: facebook_consent(address, person), tenant=tenant, user=by
            )
        set_contact(connection, email=contact, by=by)

    def _there_and_back(self, app: MetaApp, keeper: ConsentKeeper, go: Go, **whose: Any) -> Connection:
        """Leaves for the consent page, and comes back by the address that `go` is sent to from there."""
        nonce = secrets.token_urlsafe(16)
        address = consent.begin(keeper=keeper, meta_app=app, session_nonce=nonce, **whose)
        told = parse_qs(urlsplit(go(address)).query)
        back = consent.returning(told["state"][0], session_nonce=nonce, user=whose.get("user"))
        if back is None or not consent.spend(back[0]):
            raise RuntimeError("A state came back spoilt.")
        outcome = finish_with_code(back[0], keeper, Secret(told["code"][0]))
        if outcome not in GOOD or back[0].connection is None:
            raise RuntimeError(f"Connecting came to {outcome}.")
        return back[0].connection

    def add_system_user(self, user: str, tenant: Tenant, by: User) -> None:
        """An owner pastes a token that never expires, as Meta's business settings generate it.

        Args:
            user: the system user's id.
        """
        token = self.control.post(f"facebook/system-users/{user}/generate-token", expires="never")["access_token"]
        app = default_app(Flavour.SYSTEM_USER)
        with contextlib.closing(facebook_client(app)) as client:
            examiner = SystemUserExaminer(app, client)
            pasted = paste_token(Secret(token), tenant=tenant, examiners=[examiner], contact_email="", by=by)
        if pasted.connection is None:
            raise RuntimeError(f"Adding a system user came to {pasted.word}.")

    def import_one(self, handle: str, tenant: Tenant, *, age_days: float, contact: str) -> Connection:
        """A token from a former tool, of which a spreadsheet knew the end alone."""
        token = self.control.post("tokens", username=handle, age_days=age_days)
        sheet = f"token,expires_at,contact_email\n{token['access_token']},{token['expires_at']},{contact}\n"
        lines = read_lines(io.StringIO(sheet))
        verifier = Verifier(self.meta_app, lambda token: asked(self.client, token))
        results = import_lines(lines, tenant=tenant, verifiers={self.meta_app.flavour: verifier})
        if results[0].outcome != "imported":
            raise RuntimeError(f"Importing @{handle} came to: {results[0].why}")
        return connection_of(handle, tenant)

    def befalls(self, handle: str, event: str, **details: Any) -> None:
        """Something happens at Instagram; the connections' next daily check finds it."""
        self.control.post(f"persons/{handle}/{event}", **details)
        for connection in Connection.objects.filter(handle=handle):
            slot = due_dates.next_check_at(connection.pk, timezone.now())
            self.at(slot + SWEEP_LAG, lambda: self.sweep("check"))

    def fault(self, handle: str, kind: str) -> int:
        """From now on renewing this person's token goes wrong in this way."""
        return int(self.control.post("faults", kind=kind, username=handle, path="/refresh_access_token")["id"])


def connection_of(handle: str, tenant: Tenant) -> Connection:
    return Connection.objects.select_related("meta_app", "tenant").get(tenant=tenant, handle=handle)


def _earliest_due() -> dt.datetime | None:
    due = Credential.objects.filter(due_at__isnull=False).order_by("due_at")
    return due.values_list("due_at", flat=True).first()
