"""A link that opens no more offers a new one, which goes to the address on record alone."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from notifications.models import OutboxMessage
from tests.markup import Page
from tests.rows import all_rows
from tests.tokens.journeys import allow, leave_from
from tokens.models import Connection, Link
from tokens.services import links
from tokens.services.disconnect import disconnect

pytestmark = pytest.mark.django_db


def expire(link, alice):
    Link.objects.filter(pk=link.pk).update(expires_at=timezone.now())


def use(link, alice):
    links.use_up(link, timezone.now())


def replace(link, alice):
    links.issue(link.connection, recipients=[])


def end(link, alice):
    disconnect(link.connection, by=alice)


ENDS = {expire: "time is over", use: "used already", replace: "newer one", end: "ended by its workspace"}


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_a_link_that_opens_no_more_says_why(end, link, path, phone, alice):
    end(link, alice)
    response = phone.get(path)
    assert response.status_code == 410
    assert ENDS[end] in Page(response.content.decode()).text


@pytest.mark.parametrize("end", [expire, use, replace], ids=lambda end: end.__name__)
def test_a_link_that_opens_no_more_offers_a_new_one(end, link, path, phone, alice):
    end(link, alice)
    form = Page(phone.get(path).content.decode()).form_of("Send me a new link")
    assert (form.method, form.action, form.visible) == ("post", "new/", [])


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_a_link_that_opens_no_more_starts_no_consent(end, link, path, phone, alice):
    end(link, alice)
    before = all_rows()
    assert phone.post(path).status_code == 410
    assert all_rows() == before


@pytest.mark.parametrize("token", ["garbled", "x" * 43, "x" * 3000, "%00", "%E2%80%AE", "☎", "..%2F.."])
def test_a_garbled_link_says_so(token, phone, link):
    response = phone.get(f"/link/{token}/")
    assert response.status_code in {404, 410}
    page = Page(response.content.decode())
    assert page.text
    assert "x" * 43 not in page.html
    assert phone.post(f"/link/{token}/").status_code in {404, 410}


def test_a_link_is_good_until_its_last_second(link, path, phone, travel):
    travel(link.expires_at - dt.timedelta(seconds=1))
    assert phone.get(path).status_code == 200
    travel(link.expires_at)
    assert phone.get(path).status_code == 410


def test_a_new_link_goes_to_the_address_on_record_and_works(link, path, phone, dead, alice):
    dead.contact_email = "record@creator.example"
    dead.save()
    expire(link, alice)
    phone.post(f"{path}new/", {"email": "thief@evil.example"})
    call_command("deliver_notifications")
    assert [message.to for message in mail.outbox] == [["record@creator.example"]]
    new = re.findall(r"http://localhost:8000(/link/[^/\s]+/)", str(mail.outbox[0].body))[0]
    phone.get(allow(leave_from(phone, new), "creator"))
    assert Connection.objects.get().status == "active"


def bare(response):
    """The answer but for its CSRF token."""
    return re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", response.content)


def test_asking_for_a_new_link_is_answered_alike_whatever_the_link_is_worth(link, path, alice, dead):
    answers = [Client().post("/link/garbled/new/"), Client().post(f"{path}new/")]
    for end in (use, replace):
        end(link, alice)
        answers.append(Client().post(f"{path}new/"))
    answers += [Client().post(f"{path}new/") for _ in range(3)]
    disconnect(dead, by=alice)
    answers.append(Client().post(f"{path}new/"))
    assert {answer.status_code for answer in answers} == {200}
    assert len({bare(answer) for answer in answers}) == 1
    headers = [{name: value for name, value in answer.headers.items() if name != "Set-Cookie"} for answer in answers]
    assert all(each == headers[0] for each in headers)
    assert {tuple(answer.cookies) for answer in answers} == {()}


def test_a_disconnected_connection_mails_nobody(link, path, phone, dead, alice):
    disconnect(dead, by=alice)
    phone.post(f"{path}new/")
    assert not OutboxMessage.objects.exists()
    assert Link.objects.count() == 1


@pytest.mark.parametrize("method", ["get", "head", "put", "delete"])
def test_a_new_link_is_asked_for_by_post_alone(method, path, phone):
    before = all_rows()
    assert getattr(phone, method)(f"{path}new/").status_code == 405
    assert all_rows() == before
