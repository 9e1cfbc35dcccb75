"""What the tests of the matrix look at."""

from __future__ import annotations

from notifications.models import OutboxMessage
from tests.factories import make_connection, make_meta_app
from tests.flows.faults import Case
from tests.matrix.expected import CAUSES, NON_DEATHS
from tests.matrix.scripted import ScriptedWire, client_of, deadly, played, well
from tests.tokens.helpers import attempt, events_of, status_of
from tests.tokens.trouble.seeing import flags
from tokens.flavours.instagram_login import InstagramLogin
from tokens.models import Connection, Link
from tokens.services.claims import Purpose


def connections_by_cause(tenant, now, causes=CAUSES, **columns) -> dict[str, Connection]:
    """One for each cause of death, each through a Meta app of its own, so that none meets another one's brake."""
    return {
        cause: make_connection(
            tenant=tenant,
            meta_app=make_meta_app(app_id=f"{number}00"),
            instagram_id=str(number),
            handle=f"creator{number}",
            contact_email=f"{cause}@mail.example",
            due_at=now,
            check_due_at=now,
            **columns,
        )
        for number, cause in enumerate(CAUSES, start=1)
        if cause in causes
    }


def met_by(case: Case) -> list[str]:
    """The causes that an answer meets in the database: a third of them, and every cause a third of the answers.

    What is told apart is told apart before the database is asked: `test_judged` meets all with all.
    """
    return list(CAUSES)[NON_DEATHS.index(case) % 3 :: 3]


def answer_of(case: Case, call: str, connection: Connection):
    if case.family == "well":
        return well(call, username=connection.handle, user_id=connection.instagram_id)
    return played(case)


def ask(connection: Connection, purpose: Purpose, *answers) -> str:
    """One attempt whose calls are answered by these, one after the other."""
    first, *others = answers
    wire = ScriptedWire(refresh=[first], me=others) if purpose == "refresh" else ScriptedWire(me=list(answers))
    client = client_of(wire)

    class Meta:
        def client_for(self, app):
            return InstagramLogin(client)

    return attempt(connection, Meta(), purpose)  # type: ignore[arg-type]


def kill(connection: Connection, purpose: Purpose, cause: str, *, subcodes: bool) -> str:
    """An attempt in which both answers tell of the death."""
    return ask(connection, purpose, deadly(cause, subcodes=subcodes), deadly(cause, subcodes=subcodes))


def mails() -> dict[str, list[str]]:
    """Which kinds of mail each creator is owed; what staff are under the empty address."""
    found: dict[str, list[str]] = {}
    for tenant, recipient, kind in OutboxMessage.objects.order_by("created_at").values_list(
        "tenant", "recipient", "kind"
    ):
        found.setdefault(recipient if tenant else "", []).append(kind)
    return found


def seen(connection: Connection) -> tuple[tuple[str, str], set[str], list[str]]:
    """Status with reason, flags, and kinds of events."""
    return status_of(connection), flags(connection), events_of(connection)


def assert_died(connection: Connection, cause: str, *, before: list[str]) -> None:
    """Inactive with the cause's reason, told once, with a fresh link; nothing is flagged any more."""
    status, raised, events = seen(connection)
    assert status == ("inactive", CAUSES[cause]), cause
    assert raised == set(), cause
    assert events == [*before, "became_inactive"], cause
    assert Link.objects.open().filter(connection=connection).count() == 1, cause
