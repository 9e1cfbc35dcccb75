"""What people do with Perennial, step by step, by the words on pages and buttons."""

from __future__ import annotations

import datetime as dt
import re

from django.db.models import F

from tests.browser.gestures import allow, leave
from tests.browser.stage import Stage
from tests.browser.visitor import Visitor
from tokens.models import Connection, Credential

PASSWORD = "correct horse battery"
ALICE = "alice@example.com"
WORKSPACE = "/w/alice-co/"
# Browsers carry the mark that Instagram hangs onto the address over our redirect.
CONNECTION = re.compile(r"/w/alice-co/connections/[0-9a-f-]{36}/(#_)?$")


def fill_in_sign_up(visitor: Visitor) -> None:
    visitor.open("/accounts/signup/")
    for kind, text in (("email", ALICE), ("password", PASSWORD), ("text", "Alice & Co")):
        visitor.field(kind).fill(text)


def sign_up(stage: Stage, visitor: Visitor) -> None:
    """Alice in front of her new workspace."""
    fill_in_sign_up(visitor)
    visitor.press("Sign up")
    visitor.open(stage.mailed_link(ALICE, "/accounts/"))
    visitor.press("Confirm")
    visitor.arrives(WORKSPACE)


def connect(stage: Stage, visitor: Visitor, person: str = "creator") -> str:
    """Connects `person`; the address of the connection's page."""
    visitor.open(WORKSPACE)
    leave(visitor, stage.emulator.url)
    allow(visitor, person)
    visitor.arrives(CONNECTION)
    return visitor.path


def connected(stage: Stage, visitor: Visitor, person: str = "creator") -> str:
    """Alice signed in, with `person` connected; the address of the connection's page."""
    stage.emulator.state.add_person(person)
    sign_up(stage, visitor)
    return connect(stage, visitor, person)


def grow_older(days: int) -> None:
    """All tokens were issued earlier than they were, for the product."""
    earlier = dt.timedelta(days=days)
    dates = ("issued_at", "obtained_at", "expires_at", "due_at")
    Credential.objects.update(**{name: F(name) - earlier for name in dates})


def die(stage: Stage, connection: str, person: str = "creator") -> str:
    """`person` changes the password and Alice's workspace finds out; the link in the mail."""
    stage.emulator.state.change_password(person)
    alice = stage.visitors[0]
    alice.open(connection)
    alice.press("Check now")
    alice.reads("Inactive")
    stage.deliver()
    return stage.mailed_link(ALICE, "/link/")


def status_of(person: str) -> str:
    return Connection.objects.get(handle=person).status
