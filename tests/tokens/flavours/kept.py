"""One connection of each flavour, kept alive over the emulator: what the contract asks of all of them alike."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from accounts.models import Tenant
from tests.emulator.facebook.records import FacebookToken
from tests.emulator.server import EmulatorServer
from tests.factories import credential_of, make_connection
from tests.tokens.helpers import attempt_for_real
from tokens.models import Connection, Credential
from tokens.services.claims import Purpose

GRAPH = "/facebook-graph"
INSTAGRAM, FACEBOOK, SYSTEM_USER, NEVER = "instagram_login", "facebook_login", "system_user", "system_user_never"
RENEWABLE = (INSTAGRAM, FACEBOOK, SYSTEM_USER)
ALL = (*RENEWABLE, NEVER)


@dataclass
class Kept:
    """A connection, and whom it belongs to at the emulator.

    Args:
        kind: one of ALL.
        holder: the name (of Instagram) or the id (of Facebook) of whoever holds its tokens.
        renews, checks, confirms: the endpoints that a renewal, a check and the second opinion ask.
        dies: how its end comes about at Meta: the reason to be told, and the act.
    """

    kind: str
    emulator: EmulatorServer
    connection: Connection
    holder: str
    renews: str
    checks: str
    confirms: str
    dies: dict[str, Callable[[], Any]] = field(default_factory=dict)

    def attempt(self, purpose: Purpose = "refresh", **details: Any) -> str:
        return attempt_for_real(self.connection, purpose, **details)

    def fault(self, purpose: Purpose, kind: str, **details: Any) -> None:
        """Strikes what the purpose asks first."""
        path = self.renews if purpose == "refresh" else self.checks
        self.emulator.state.add_fault(kind, path=path, **details)

    def dies_once(self, purpose: Purpose) -> None:
        """Meta tells of a death, once: debug_token tells it inside of a success."""
        if purpose == "check" and self.checks.endswith("debug_token"):
            said = {"code": 190, "message": "Error validating access token: no more of it.", "subcode": 460}
            body = {"data": {"error": said, "is_valid": False, "scopes": []}}
            self.fault(purpose, "raw", times=1, body=json.dumps(body))
        else:
            self.fault(purpose, "password_changed", times=1)

    @property
    def credential(self) -> Any:
        return credential_of(self.connection)

    @property
    def keys(self) -> tuple[str, str]:
        """Both tokens in plain text; the second is empty where there is none."""
        row = self.credential
        return row.token.reveal(), "" if row.renewal is None else row.renewal.reveal()

    @property
    def refreshes(self) -> int:
        return self.emulator.state.refreshes(self.holder)

    @contextmanager
    def unasked(self) -> Iterator[None]:
        """Nobody is asked anything meanwhile."""
        before = len(self.emulator.state.requests())
        yield
        assert len(self.emulator.state.requests()) == before


def keep(kind: str, emulator: EmulatorServer, tenant: Tenant, **details: Any) -> Kept:
    """One that was connected just now.

    Args:
        kind: one of ALL.
        emulator: with nothing of that name in it.
        tenant: the workspace.
        **details: of `make_connection`.
    """
    make = {INSTAGRAM: _instagram, FACEBOOK: _facebook}.get(kind, _system_user)
    return make(kind, emulator, {"tenant": tenant, "contact_email": "anna@mail.example", **details})


def _instagram(kind: str, emulator: EmulatorServer, details: dict[str, Any]) -> Kept:
    state = emulator.state
    state.add_person("anna")
    connection = make_connection(token=state.issue_token("anna"), **details)
    return Kept(
        kind,
        emulator,
        connection,
        "anna",
        renews="/refresh_access_token",
        checks="/me",
        confirms="/me",
        dies={
            "password_changed": lambda: state.change_password("anna"),
            "app_removed": lambda: state.remove_app("anna"),
            "ended_by_meta": lambda: state.kill_session("anna"),
        },
    )


def _facebook(kind: str, emulator: EmulatorServer, details: dict[str, Any]) -> Kept:
    world = emulator.state.facebook
    account = emulator.state.add_person("anna")
    person = world.add_person("Anna Lind")
    page = world.add_page("Anna's", person.id, instagram="anna")
    scopes = ("instagram_basic", "pages_show_list", "pages_read_engagement")
    long = world.issue_token(person.id, "long", scopes=scopes)
    connection = make_connection(
        flavour="facebook_login",
        token=world.page_token(long, page.id),
        renewal=long,
        **{"instagram_id": account.user_id, "handle": "anna", "name": account.name, "page_name": page.name, **details},
    )
    return Kept(
        kind,
        emulator,
        connection,
        person.id,
        renews=f"{GRAPH}/oauth/access_token",
        checks=f"{GRAPH}/debug_token",
        confirms=f"{GRAPH}/me",
        dies={
            "password_changed": lambda: world.change_password(person.id),
            "app_removed": lambda: world.remove_app(person.id),
            "revoked": lambda: world.kill_session(person.id),
            "page_role_lost": lambda: world.lose_role(person.id),
            "ended_by_meta": lambda: world.kill(person.id, "user_gone"),
        },
    )


def _system_user(kind: str, emulator: EmulatorServer, details: dict[str, Any]) -> Kept:
    world = emulator.state.facebook
    user = world.add_system_user("Reporting", "Blue Fig", ad_accounts=["Brand"])
    token = world.generate_token(user.id, "never" if kind == NEVER else "sixty_days")
    connection = make_connection(flavour="system_user", token=token, **details)
    return Kept(
        kind,
        emulator,
        connection,
        user.id,
        renews=f"{GRAPH}/oauth/access_token",
        checks=f"{GRAPH}/debug_token",
        confirms=f"{GRAPH}/me",
        dies={
            "revoked": lambda: world.revoke_tokens(user.id),
            "system_user_deleted": lambda: world.delete_system_user(user.id),
            "app_removed": lambda: world.remove_app_from_business(user.id),
        },
    )


def told_ends(kept: Kept) -> dict[str, dt.datetime | None]:
    """When the stored tokens end by date, as the emulator knows."""
    state = kept.emulator.state
    tokens: dict[str, Any] = {**state.tokens, **state.facebook.tokens}
    found = (tokens.get(each) for each in kept.keys)
    return {each.kind: _instant(each) for each in found if each is not None}


def _instant(token: FacebookToken | Any) -> dt.datetime | None:
    return None if token.expires_at is None else dt.datetime.fromtimestamp(token.expires_at, dt.UTC)


def make_due(kept: Kept) -> None:
    """Old enough to be renewed, and due now."""
    Credential.objects.filter(pk=kept.connection.pk).update(due_at=timezone.now())
