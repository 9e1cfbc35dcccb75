"""A token's whole life, and then a search for every secret of it wherever anything is written down."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection as database
from django.utils import timezone
from django_q.models import Failure
from django_q.tasks import async_task

from accounts.models import Event, Tenant, User
from tests import queue
from tests.emulator.state import State
from tests.factories import make_connection
from tests.flows import hiding_places
from tests.flows.facebook_life import FACEBOOK_SECRET
from tests.flows.hiding_places import Browser, Place, Searcher, everything_logged
from tests.flows.whole_life import APP_SECRET, Life, link_tokens, mail_texts, secrets_of
from tests.notifications.post_office import PostOffice
from tokens.models import ConnectAttempt, Connection, Credential


@pytest.mark.django_db(transaction=True)
def test_after_a_whole_life_no_secret_is_written_down_anywhere(
    browser: Browser,
    tenant: Tenant,
    state: State,
    office: PostOffice,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
):
    life = Life(browser, tenant, state, office, tmp_path)
    with everything_logged() as logged:
        life.live(monkeypatch)

    mailed = link_tokens(office.delivered)
    secrets = secrets_of(state, *life.browsers)
    assert {APP_SECRET, FACEBOOK_SECRET, *mailed} <= set(secrets)
    assert len(secrets) > 120
    assert {each.kind for each in state.facebook.tokens.values()} == {"short", "long", "page", "system_user"}
    assert state.facebook.codes.keys() <= set(secrets)
    printed, complained = capfd.readouterr()
    searcher = Searcher(secrets)
    assert Credential.objects.filter(token__isnull=False).count() >= 7
    assert ConnectAttempt.objects.filter(pending_secret__isnull=False).count() == 2
    assert any("SELECT" in line for line in logged)
    assert sum("ended with ValueError" in line for line in logged) == 2
    staff = [each for each in office.delivered if "staff" in each.to]
    assert any("ValueError" in str(each.mail.get_body(("plain",))) for each in staff)
    found = searcher.find(
        {
            **hiding_places.database(),
            **mail_texts(office, without=mailed),
            **{name: page for each in life.browsers for name, page in each.seen.items()},
            **dict(enumerate_lines(logged)),
            "standard output": printed,
            "standard error": complained,
            "export": (tmp_path / "export.jsonl").read_bytes(),
        }
    )
    assert found == [], "\n".join(found)
    # Staff get no links at all.
    assert link_tokens(staff) == []


# what the searcher would find


@pytest.mark.parametrize("disguise", ["plain", "quoted", "base64", "hex", "json", "shifted base64"])
def test_a_planted_secret_is_found_in_any_disguise(disguise: str):
    secret = 'IGAA/plus+and="quoted" value'
    disguised = {
        "plain": secret,
        "quoted": quote(secret, safe=""),
        "base64": base64.b64encode(secret.encode()).decode(),
        "hex": secret.encode().hex().upper(),
        "json": json.dumps({"x": secret}),
        "shifted base64": base64.urlsafe_b64encode(b"xy" + secret.encode() + b"z").decode(),
    }[disguise]
    assert Searcher([secret]).find({"here": f"before {disguised} after"}) != []
    assert Searcher([secret]).find({"here": "before IGAA/plus after"}) == []


@pytest.mark.django_db(transaction=True)
def test_secrets_planted_in_each_place_are_found_there(
    browser: Browser, tenant: Tenant, state: State, office: PostOffice, tmp_path: Path, alice: User
):
    token = state.issue_token(state.add_person("planted").username)
    connection = make_connection(tenant=tenant, token=token)
    secret = token.access_token
    searcher = Searcher([secret])
    assert searcher.find(hiding_places.database()) == []

    Event.objects.create(tenant=tenant, kind="planted", text=f"it is {secret}", actor="x", at=timezone.now())
    assert any(place.startswith("table accounts_event") for place in searcher.find(hiding_places.database()))
    Event.objects.all().delete()

    with database.cursor() as cursor:
        cursor.execute("UPDATE tokens_credential SET token = %s", [secret.encode()])
    found = searcher.find(hiding_places.database())
    assert any(place.startswith("table tokens_credential") for place in found)
    if database.vendor == "sqlite":
        assert any(place.startswith("database file") for place in found)
    Credential.objects.filter(pk=connection.pk).update(token="harmless")

    async_task("tokens.tasks.drain", secret)
    assert any(place.startswith("waiting task") for place in searcher.find(hiding_places.database()))
    queue.lose()
    async_task("builtins.int", secret)
    hiding_places.work_off_queue()
    assert any(place.startswith("Failure") for place in searcher.find(hiding_places.database()))
    Failure.objects.all().delete()

    session = browser.session
    session["planted"] = secret
    session.save()
    assert any(place.startswith("session") for place in searcher.find(hiding_places.database()))

    with everything_logged() as logged:
        logging.getLogger("django.server").debug("GET /%s", secret)
        logging.getLogger("tests.planted").debug("it is %s", secret)
    assert len(searcher.find(dict(enumerate_lines(logged)))) >= 1

    mail.send_mail("planted", f"it is {secret}", None, ["x@mail.example"])
    assert len(searcher.find(mail_texts(office, without=[]))) == 1

    Connection.objects.filter(pk=connection.pk).update(name=secret, contact_email="", handle=secret[:90])
    browser.get(f"/w/{tenant.slug}/connections/{connection.pk}/")
    assert Searcher([secret[:90]]).find(browser.seen) != []
    call_command("export_tenant", tenant.slug, "--output", str(tmp_path / "export.jsonl"))
    assert Searcher([secret[:90]]).find({"export": (tmp_path / "export.jsonl").read_bytes()}) != []


def enumerate_lines(lines: list[str]) -> Iterator[tuple[str, Place]]:
    yield from ((f"log line {number}", line) for number, line in enumerate(lines))


# error reports
