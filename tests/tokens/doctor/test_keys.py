"""The keys: each that is missing is counted, and damaged texts are found by a sample."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography.fernet import Fernet
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import make_connection, make_connections, make_meta_app, make_tenant, make_user
from tests.tokens.helpers import spoil
from tokens.fields import Sealed, newest_key_id
from tokens.models import ConnectAttempt, ImportLine, MetaApp, TokenImport
from tokens.services.doctor.keys import SAMPLE

pytestmark = pytest.mark.django_db


def other_key() -> str:
    return Fernet.generate_key().decode()


def test_without_rows_all_is_well(line):
    assert line("FERNET_KEYS").level == "ok"
    assert line("Stored tokens").sentence == "There is no stored token yet."


def test_secrets_whose_key_is_there_are_counted(line):
    make_connections(3)
    make_meta_app(tenant=make_tenant())
    make_connection(status="disconnected")
    found = line("FERNET_KEYS")
    assert found.level == "ok"
    assert "1 key (" in found.sentence
    assert "4 stored secrets" in found.sentence
    assert line("Stored tokens").sentence == "3 stored tokens looked at, and each can be decrypted."


def test_each_missing_key_is_a_line_with_its_count_and_its_public_name(lines, settings):
    tenant = make_tenant()
    make_connections(2, tenant=tenant)
    first = newest_key_id()
    good = settings.FERNET_KEYS
    settings.FERNET_KEYS = [other_key()]
    make_connection(tenant=tenant)
    app = make_meta_app(tenant=tenant)
    MetaApp.objects.filter(pk=app.pk).update(meta_secret=Sealed(b"x"), meta_key_id="0123456789ab")
    job = TokenImport.objects.create(tenant=tenant, user=make_user(), file_name="a.csv")
    ImportLine.objects.create(tenant=tenant, token_import=job, number=2, content="x", key_id=newest_key_id())
    found = lines("FERNET_KEYS")
    assert [(each.level, each.sentence) for each in found] == [
        ("wrong", "1 Meta app sealed with key 0123456789ab, which FERNET_KEYS lacks."),
        ("wrong", f"2 connections sealed with key {first}, which FERNET_KEYS lacks."),
    ]
    settings.FERNET_KEYS = [*settings.FERNET_KEYS, *good]
    MetaApp.objects.filter(pk=app.pk).update(meta_secret=None)
    [well] = lines("FERNET_KEYS")
    assert (well.level, "2 keys (" in well.sentence) == ("ok", True)


def test_a_damaged_token_is_found_though_its_key_is_named(line):
    rows = make_connections(3)
    spoil(rows[1])
    found = line("Stored tokens")
    assert (found.level, found.sentence) == ("wrong", "1 of 3 stored tokens looked at can't be decrypted.")
    assert line("FERNET_KEYS").level == "ok"


def test_a_few_are_looked_at_however_many_there_are(line):
    make_connections(SAMPLE + 5)
    assert line("Stored tokens").sentence.startswith(f"{SAMPLE} stored tokens looked at")


def test_codes_that_wait_are_looked_at(line, settings):
    tenant = make_tenant()
    ConnectAttempt.objects.create(
        tenant=tenant, meta_app=make_meta_app(), state_hash="a", session_hash="b", pending="code",
        pending_secret="a code", expires_at=timezone.now() + dt.timedelta(hours=1),
    )  # fmt: skip
    assert line("Waiting secrets").level == "ok"
    settings.FERNET_KEYS = [other_key()]
    assert line("Waiting secrets").level == "wrong"


def test_the_number_of_questions_does_not_depend_on_the_rows(line):
    def questions() -> int:
        with CaptureQueriesContext(database) as asked:
            line("FERNET_KEYS")
        return len(asked)

    make_connection()
    few = questions()
    make_connections(SAMPLE + 10)
    assert questions() <= few + 1, "the sample looks before and behind a place"
