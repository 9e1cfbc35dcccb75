"""What people do with Perennial, step by step, by the words on pages and buttons."""

from __future__ import annotations

import datetime as dt
import re

from django.conf import settings
from django.db.models import F
from django.test import Client

from accounts.models import User
from tests import factories
from tests.browser.gestures import allow, leave
from tests.browser.stage import Stage
from tests.browser.visitor import Visitor
from tests.emulator.browser import consent
from tokens.models import Connection, Credential

PASSWORD = factories.PASSWORD
ALICE = "alice@example.com"
WORKSPACE = "/w/alice-co/"
# Browsers carry the mark that Instagram or Facebook hangs onto the address over our redirect.
CONNECTION = re.compile(r"/w/alice-co/connections/[0-9a-f-]{36}/(#_(=_)?)?$")


def fill_in_sign_up(visitor: Visitor) -> None:
    visitor.open("/accounts/signup/")
    for kind, text in (("email", ALICE), ("password", PASSWORD), ("text", "Alice & Co")):
        visitor.field(kind).fill(text)


def client_of(user: User) -> Client:
    """Signed in outside any browser."""
    client = Client()
    client.force_login(user)
    return client


def let_in(visitor: Visitor, email: str) -> None:
    """Signed in without the form, where a test is about something else."""
    session = client_of(User.objects.get(email=email)).cookies[settings.SESSION_COOKIE_NAME]
    visitor.context.add_cookies([{"name": session.key, "value": session.value, "url": visitor.site}])


def settle() -> User:
    """Alice with a new workspace, as signing up leaves her."""
    alice = factories.make_user(ALICE)
    factories.make_tenant("Alice & Co", owner=alice)
    return alice


def move_in(visitor: Visitor) -> None:
    """Alice in front of her new workspace."""
    settle()
    let_in(visitor, ALICE)
    visitor.open(WORKSPACE)


def connect(stage: Stage, visitor: Visitor, person: str = "creator") -> str:
    """Connects `person`; the address of the connection's page."""
    visitor.open(WORKSPACE)
    leave(visitor, stage.emulator.url)
    allow(visitor, person)
    visitor.arrives(CONNECTION)
    return visitor.path


def connected(stage: Stage, visitor: Visitor | None = None, person: str = "creator") -> str:
    """Alice has `person` connected; the address of the connection's page, where the visitor, if any, is as her."""
    stage.emulator.state.add_person(person)
    client = client_of(settle())
    back = consent(client.post(f"{WORKSPACE}connect/instagram_login/")["Location"], person)
    address = client.get(back.removeprefix(stage.url))["Location"]
    assert CONNECTION.search(address), address
    if visitor is not None:
        let_in(visitor, ALICE)
        visitor.open(address)
    return address


def grow_older(days: int) -> None:
    """All tokens were issued earlier than they were, for the product."""
    earlier = dt.timedelta(days=days)
    dates = ("issued_at", "obtained_at", "expires_at", "due_at")
    Credential.objects.update(**{name: F(name) - earlier for name in dates})


def die(stage: Stage, connection: str, person: str = "creator") -> str:
    """`person` changes the password and Alice's workspace finds out; the link in the mail."""
    stage.emulator.state.change_password(person)
    client_of(User.objects.get(email=ALICE)).post(f"{connection}check/")
    assert status_of(person) == "inactive"
    stage.deliver()
    return stage.mailed_link(ALICE, "/link/")


def status_of(person: str) -> str:
    return Connection.objects.get(handle=person).status
