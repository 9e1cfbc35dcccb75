"""Reminders that it is still broken, and mails that it will end: what they say, and when they have lost their point."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Tenant, User
from notifications.mails import Pointless, compose, line_of
from notifications.models import OutboxMessage
from tests.factories import make_connection, make_tenant
from tokens.models import Connection, Flavour, Link, MetaApp
from tokens.services import links

pytestmark = pytest.mark.django_db
REMINDERS = ["reconnect_reminder_1", "reconnect_reminder_2", "reconnect_reminder_3"]
ANNA = "anna@example.com"


def written(kind: str, subject_id: uuid.UUID) -> Any:
    return compose(mail_of(kind, subject_id))


def mail_of(kind: str, subject_id: uuid.UUID) -> OutboxMessage:
    return OutboxMessage(kind=kind, recipient=ANNA, subject_id=subject_id, created_at=timezone.now())


def app_of(flavour: Flavour) -> MetaApp:
    return MetaApp.objects.get_or_create(tenant=None, flavour=flavour, app_id="1")[0]


def connected(flavour: Flavour = Flavour.INSTAGRAM_LOGIN, **columns: Any) -> Connection:
    details = {"tenant": make_tenant("Flora & Friends"), "meta_app": app_of(flavour), "handle": "anna"}
    return make_connection(**{**details, "contact_email": ANNA, **columns})


def ended(flavour: Flavour = Flavour.INSTAGRAM_LOGIN, **columns: Any) -> Connection:
    details = {"status": "inactive", "reason": "checkpoint", "permissions": ["instagram_business_content_publish"]}
    return connected(flavour, **{**details, **columns})


def link_to(connection: Connection) -> Link:
    return links.issue(connection, recipients=[ANNA])


# Reminders


def test_each_reminder_is_another_mail() -> None:
    link = link_to(ended())
    mails = [written(kind, link.pk) for kind in REMINDERS]
    assert len({mail.subject for mail in mails}) == 3
    for mail, words in zip(
        mails,
        ["nobody has brought it back yet", "publish posts, reels and stories for you", "We won’t remind you again."],
        strict=True,
    ):
        assert words in mail.body
        assert sum(words in each.body for each in mails) == 1
        assert links.url_of(link) in mail.body
        assert "First open Instagram, log in and finish its security check." in mail.body
        assert f"Flora & Friends named this address as the contact for @anna. It went to {ANNA}." in mail.body


def reconnected(connection: Connection, link: Link) -> None:
    Connection.objects.filter(pk=connection.pk).update(status="active", reason="")


def disconnected(connection: Connection, link: Link) -> None:
    Connection.objects.filter(pk=connection.pk).update(status="disconnected", reason="")


def sent_anew(connection: Connection, link: Link) -> None:
    link_to(connection)


def used(connection: Connection, link: Link) -> None:
    links.use_up(link, timezone.now())


def workspace_deleted(connection: Connection, link: Link) -> None:
    Tenant.objects.filter(pk=connection.tenant_id).update(deleted_at=timezone.now())


@pytest.mark.parametrize("kind", REMINDERS)
@pytest.mark.parametrize("happens", [reconnected, disconnected, sent_anew, used, workspace_deleted])
def test_a_reminder_loses_its_point(happens: Callable[[Connection, Link], None], kind: str) -> None:
    connection = ended()
    link = link_to(connection)
    assert written(kind, link.pk)
    happens(connection, link)
    with pytest.raises(Pointless, match="obsolete"):
        written(kind, link.pk)


def test_nobody_is_asked_to_log_in_for_a_system_user() -> None:
    connection = ended(flavour=Flavour.SYSTEM_USER, name="Reporting", reason="system_user_deleted")
    Connection.objects.update(handle="")
    mail = written("reconnect_reminder_1", link_to(connection).pk)
    assert mail.subject == "Reporting still waits for a new token"
    assert f"/w/{connection.tenant.slug}/connect/system_user/" in mail.body
    for words in ("/link/", "log in at Instagram as", "password"):
        assert words not in mail.body


def test_with_facebook_login_a_person_is_sent_to_facebook() -> None:
    connection = ended(flavour=Flavour.FACEBOOK_LOGIN, page_name="Flora Page", reason="page_role_lost")
    mail = written("reconnect_needed", link_to(connection).pk)
    assert mail.subject == "Reconnect @anna: a role on the Page was lost"
    assert "log in at Facebook as somebody who manages the Page Flora Page" in mail.body
    assert "never see your Facebook password" in mail.body


# Ends ahead


def ending(days: float, flavour: Flavour = Flavour.INSTAGRAM_LOGIN, **credential: Any) -> Connection:
    """One that ends in so many days and that nothing of ours prolongs, if `credential` says why."""
    end = timezone.now() + dt.timedelta(days=days, minutes=1)
    return connected(flavour, expires_at=end, credential=credential)


def since(days: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(days=days)


@pytest.fixture(autouse=True)
def noon(travel: Any) -> None:
    """Far from midnight: days are counted by the calendar."""
    travel(dt.datetime(2027, 6, 8, 12, tzinfo=dt.UTC))


@pytest.mark.parametrize(
    ("days", "subject"),
    [
        (10, "@anna ends in 10 days unless it is renewed"),
        (5, "@anna ends in 5 days unless it is renewed"),
        (2, "@anna ends in 2 days unless it is renewed"),
        (1, "@anna ends tomorrow unless it is renewed"),
        (0, "@anna ends today unless it is renewed"),
    ],
)
def test_the_days_left_are_counted_when_it_is_written(days: int, subject: str) -> None:
    assert written("expires_soon", link_to(ending(days, refresh_failing_since=since(2))).pk).subject == subject


def test_a_late_mail_tells_the_days_that_are_left_then(travel: Any) -> None:
    link = link_to(ending(5, refresh_failing_since=since(2)))
    travel(timezone.now() + dt.timedelta(days=3))
    assert "ends in 2 days" in written("expires_soon", link.pk).subject


@pytest.mark.parametrize(
    ("flavour", "credential", "words"),
    [
        (Flavour.INSTAGRAM_LOGIN, {"refresh_failing_since": since(2)}, "We have tried to renew it since"),
        (Flavour.INSTAGRAM_LOGIN, {"cannot_refresh_since": since(2)}, "Instagram refuses to renew the connection"),
        (Flavour.FACEBOOK_LOGIN, {"renewable": False}, "Facebook wants a person to confirm the connection again"),
        (Flavour.SYSTEM_USER, {"renewable": False}, "Meta lets nobody but a person make a token"),
    ],
)
def test_it_says_why_it_ends_all_the_same(flavour: Flavour, credential: dict[str, Any], words: str) -> None:
    assert words in written("expires_soon", link_to(ending(5, flavour, **credential)).pk).body


def test_a_persons_date_counts_where_it_comes_first() -> None:
    connection = ending(30, Flavour.FACEBOOK_LOGIN, renew_by=timezone.now() + dt.timedelta(days=5, minutes=1))
    mail = written("expires_soon", link_to(connection).pk)
    assert "ends in 5 days" in mail.subject
    assert "Facebook wants a person" in mail.body


@pytest.mark.parametrize(
    "connection",
    [
        lambda: ending(5),
        lambda: ending(40, refresh_failing_since=since(2)),
        lambda: ending(-1, refresh_failing_since=since(2)),
        lambda: ended(),
        lambda: connected(expires_at=None, credential={"renewable": False}),
    ],
    ids=["renewed by us", "far off", "over", "ended already", "never ends"],
)
def test_without_a_reason_nothing_is_said(connection: Callable[[], Connection]) -> None:
    with pytest.raises(Pointless, match="obsolete"):
        written("expires_soon", link_to(connection()).pk)


def test_a_mail_about_the_connection_carries_its_open_link_or_leads_to_its_page(travel: Any) -> None:
    connection = ending(5, refresh_failing_since=since(2))
    assert f"/connections/{connection.pk}/" in written("expires_soon", connection.pk).body
    link = link_to(connection)
    assert links.url_of(link) in written("expires_soon", connection.pk).body
    Link.objects.update(expires_at=timezone.now())
    assert "/link/" not in written("expires_soon", connection.pk).body


def test_each_is_a_line_of_a_digest() -> None:
    broken, soon = ended(), ending(5, refresh_failing_since=since(2))
    told = line_of(mail_of(REMINDERS[0], link_to(broken).pk))
    assert told is not None
    assert (told.about, told.sentence, told.to_do) == ("@anna", "It is still not connected.", True)
    told = line_of(mail_of("expires_soon", link_to(soon).pk))
    assert told is not None
    assert told.sentence == "It ends on 13 June 2027 unless it is renewed."
    assert told.url.startswith("http://localhost:8000/link/")


@pytest.mark.parametrize("who", ["contact", "member", "owner"])
def test_it_says_why_somebody_gets_it(who: str) -> None:
    connection = ended(contact_email=ANNA if who == "contact" else "")
    if who == "member":
        connection.connected_by = connection.tenant.memberships.get().user
        connection.connected_by.email = ANNA
        connection.connected_by.save()
        connection.save()
    if who == "owner":
        User.objects.filter(memberships__tenant=connection.tenant).update(email=ANNA)
    words = {
        "contact": "because Flora & Friends named this address as the contact for @anna",
        "member": "because you connected @anna to Flora & Friends",
        "owner": "because you are an owner of Flora & Friends",
    }
    assert words[who] in written("reconnect_needed", link_to(connection).pk).body
