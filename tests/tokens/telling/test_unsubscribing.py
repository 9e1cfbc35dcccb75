"""Whoever gets a mail ends them by one click, without signing in; workspaces see it, and mail scanners do nothing."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.models import Event
from notifications.models import MailPreference, OutboxMessage, SilencedAddress, State, Unsubscribed
from notifications.services import forget, notify, notify_staff
from tests.factories import make_connection, make_member, make_user
from tests.markup import Page
from tests.tokens.telling.conftest import CARLA, DAY, NOW, delivered
from tokens.models import Connection, Status
from tokens.services.invite_creator import invite_creator
from tokens.services.mail_link import mail_reconnect_link

pytestmark = pytest.mark.django_db(transaction=True)
BEN = "ben@agency.example"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def address_in(mail) -> str:
    """Where mail programs post to; the mail's foot leads there, too."""
    [url] = re.findall(r"^<http://localhost:8000(/unsubscribe/[^/>]+/)>$", mail.extra_headers["List-Unsubscribe"])
    assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"http://localhost:8000{url}" in mail.body
    return str(url)


def stranger() -> Client:
    return Client(enforce_csrf_checks=True)


def one_click(path: str):
    return stranger().post(path, ONE_CLICK)


def again(connection: Connection) -> OutboxMessage:
    """The mail about it that is owed next."""
    mail_reconnect_link(connection, kind="reconnect_needed", now=NOW)
    delivered()
    return OutboxMessage.objects.exclude(state=State.SENT).get(topic_id=connection.pk)


def off(connection: Connection) -> list[str]:
    return list(Unsubscribed.objects.filter(topic_id=connection.pk).values_list("address", flat=True))


def test_one_click_of_a_mail_program_ends_that_connections_mails(die):
    anna, beth = die(handle="anna"), die(handle="beth")
    about_anna = next(each for each in delivered() if "@anna" in each.body)
    assert one_click(address_in(about_anna)).status_code == 200
    assert off(anna) == [CARLA] and off(beth) == []
    delivered()
    mail_reconnect_link(anna, kind="reconnect_needed", now=NOW)
    mail_reconnect_link(beth, kind="reconnect_needed", now=NOW)
    assert len(delivered()) == 3
    [dropped] = OutboxMessage.objects.filter(state=State.DROPPED)
    assert (dropped.topic_id, dropped.last_error) == (anna.pk, "unsubscribed")


def test_looking_changes_nothing(die):
    anna = die()
    path = address_in(delivered()[0])
    for method in ("get", "head", "options"):
        getattr(stranger(), method)(path)
    assert off(anna) == []


def test_a_person_presses_a_button_and_may_undo_it(die):
    anna = die(handle="anna")
    path = address_in(delivered()[0])
    page = Page(stranger().get(path).content.decode())
    assert "nothing more about @anna to carla@creator.example" in page.text
    assert "Nothing more about @anna is sent" in stranger().post(path).content.decode()
    assert off(anna) == [CARLA]
    done = Page(stranger().get(path).content.decode())
    assert "Undo: send me these mails again" in done.text
    stranger().post(path, {"again": "1"})
    assert off(anna) == []
    kinds = Event.objects.filter(subject_id=anna.pk).values_list("kind", flat=True)
    assert list(kinds) == ["unsubscribed", "resubscribed"]


def test_pressed_twice_it_is_noted_once(die):
    anna = die()
    path = address_in(delivered()[0])
    for _ in range(2):
        one_click(path)
    assert Event.objects.filter(subject_id=anna.pk).count() == 1


def test_the_page_speaks_the_mails_language(die, tenant):
    tenant.language = "de"
    tenant.save()
    die(handle="anna")
    path = address_in(delivered()[0])
    assert "nichts mehr zu @anna" in stranger().get(path).content.decode()


@pytest.mark.parametrize("token", ["x", "0" * 32, "0" * 32 + ".forged", "%00", "ü"])
def test_a_made_up_address_opens_nothing(db, token):
    answer = one_click(f"/unsubscribe/{token}/")
    assert answer.status_code in {404, 410}
    assert not Unsubscribed.objects.exists()


def test_a_tampered_one_opens_nothing(die):
    first, second = die(), die(handle="beth")
    path = address_in(delivered()[0])
    other = OutboxMessage.objects.exclude(pk=path.split("/")[2].split(".")[0]).get()
    forged = f"/unsubscribe/{other.pk.hex}.{path.split('.')[1]}"
    assert one_click(forged).status_code == 410
    assert off(first) == off(second) == []


def test_a_digests_link_ends_all_that_it_tells_of(die, travel):
    connections = [die(handle=name) for name in ("anna", "beth", "cora")]
    delivered()
    connections += [die(handle=name) for name in ("dana", "elsa")]
    delivered()
    travel(NOW + DAY)
    delivered()
    path = address_in(delivered()[-1])
    assert "@dana, @elsa" in stranger().get(path).content.decode()
    one_click(path)
    assert [off(each) for each in connections] == [[], [], [], [CARLA], [CARLA]]


def test_invitations_are_unsubscribed_from_for_the_whole_workspace(tenant, alice):
    invite_creator(tenant, email=CARLA, handle="", by=alice)
    path = address_in(delivered()[0])
    one_click(path)
    invite_creator(tenant, email=CARLA, handle="another", by=alice)
    assert len(delivered()) == 1
    assert Unsubscribed.objects.get().topic_id == tenant.pk


def test_a_member_switches_the_group_off_for_themselves(die, tenant):
    make_member(tenant, user=make_user(BEN))
    connection = die()
    delivered()
    Connection.objects.update(status=Status.ACTIVE, reason="")

    def tell(key):
        notify(
            kind="revived",
            recipients=[BEN],
            tenant_id=tenant.pk,
            subject_id=connection.pk,
            topic_id=connection.pk,
            dedupe_key=key,
        )

    tell("first")
    [mail] = delivered(BEN)
    assert f"/w/{tenant.slug}/settings/notifications/" in mail.body
    path = address_in(mail)
    one_click(path)
    assert MailPreference.objects.filter(user__email=BEN, wanted=False).exists()
    tell("second")
    assert len(delivered(BEN)) == 1
    assert OutboxMessage.objects.get(state=State.DROPPED).last_error == "switched_off"
    stranger().post(path, {"again": "1"})
    tell("third")
    assert len(delivered(BEN)) == 2


def test_alerts_to_staff_have_no_way_out(db, settings):
    settings.STAFF_ALERT_EMAILS = [CARLA]
    notify_staff(kind="refused_by_meta", subject_id=make_connection().pk, dedupe_key="x")
    [mail] = delivered()
    assert "List-Unsubscribe" not in mail.extra_headers and "unsubscribe" not in mail.body


def test_the_workspace_sees_it_and_its_button_does_not_get_around_it(die, signed_in, tenant):
    anna = die(handle="anna")
    one_click(address_in(delivered()[0]))
    path = f"/w/{tenant.slug}/connections/{anna.pk}/"
    assert again(anna).last_error == "unsubscribed"
    text = Page(signed_in.get(path).content.decode()).text
    assert f"Mails to {CARLA} about this connection are off since" in text
    assert "Its reader has unsubscribed from mails about this connection." in text
    answer = signed_in.post(f"{path}link/", follow=True).content.decode()
    assert f"{CARLA} has unsubscribed" in answer
    assert len(delivered()) == 1
    mails = signed_in.get(f"/w/{tenant.slug}/settings/mails/").content.decode()
    assert "Its reader has unsubscribed from mails about this connection." in mails


def test_who_asks_for_a_new_link_gets_it_although_unsubscribed(die):
    die()
    [mail] = delivered()
    one_click(address_in(mail))
    [link] = set(re.findall(r"/link/[^/\s]+/", str(mail.body)))
    stranger_without_checks = Client()
    stranger_without_checks.post(f"{link}new/")
    assert len(delivered()) == 2


def test_an_address_that_takes_no_mail_gets_none_whatever_was_asked(die, tenant):
    die()
    SilencedAddress.objects.create(tenant=tenant, address=CARLA, why="bounced")
    assert delivered() == []


def test_an_erased_connections_mail_unsubscribes_nobody(die):
    anna = die()
    path = address_in(delivered()[0])
    one_click(path)
    forget(subject_ids=[anna.pk])
    assert off(anna) == []
    assert one_click(path).status_code == 410
    assert off(anna) == []
