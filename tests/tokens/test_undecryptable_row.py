"""One row whose key is lost breaks nothing but the call that needs its token, and is kept as it is."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.utils import timezone

from tests.factories import make_connection, make_connections, make_meta_app, make_tenant
from tests.tokens.fake_meta import FakeMeta, renewed
from tests.tokens.helpers import (
    ago,
    attempt,
    credential_of,
    database,
    events_of,
    owed,
    raw_token,
    spoil,
    status_of,
    sweep,
)
from tokens import selectors
from tokens.models import Brake, Connection, Credential
from tokens.services.export_tenant import export_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def crowd():
    """Three connections that are due; the middle one can't be decrypted."""
    due_at = ago(minutes=1)
    first, spoilt, last = make_connections(3, due_at=due_at, check_due_at=due_at)
    spoil(spoilt)
    return first, spoilt, last


def test_list_queries_load_it_sealed(crowd):
    loaded = list(Credential.objects.select_related("connection"))
    assert sorted(bool(credential.token and credential.token.readable) for credential in loaded) == [False, True, True]
    assert len(list(Credential.objects.values_list("token", flat=True))) == 3


def test_the_pages_show_it_among_the_others(crowd):
    _, spoilt, _ = crowd
    rows = selectors.workspace_rows(spoilt.tenant, timezone.now())
    assert {row.connection for row in rows} == set(crowd)
    detail = selectors.detail_of(Connection.objects.with_dates().get(pk=spoilt.pk), timezone.now())
    assert detail.row.status_word == "Active"


def test_the_export_goes_on(crowd):
    lines = list(export_tenant(crowd[0].tenant))
    assert [line["id"] for line in lines if line["type"] == "connection"] == [str(each.pk) for each in crowd]
    assert "gAAAAA" not in json.dumps(lines)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("purpose", ["refresh", "check"])
def test_a_sweep_works_off_the_others_and_leaves_it_byte_by_byte(crowd, purpose):
    _, spoilt, _ = crowd
    before, meta = raw_token(spoilt), FakeMeta()
    results = sweep(meta, purpose)
    assert results == {{"refresh": "refreshed", "check": "alive"}[purpose]: 2, "our_fault": 1}
    assert len(meta.calls) == 2
    assert raw_token(spoilt) == before
    credential = credential_of(spoilt)
    assert (credential.version, credential.lease_until) == (1, None)
    assert credential.last_failure == "undecryptable"
    assert status_of(spoilt) == ("active", "")


def test_it_is_retried_later_with_growing_pauses_and_heals_with_its_key(settings):
    good = settings.FERNET_KEYS
    connection, meta = make_connection(due_at=ago(minutes=1)), FakeMeta()
    settings.FERNET_KEYS = [Fernet.generate_key().decode()]
    pauses = []
    for _ in range(3):
        assert attempt(connection, meta) == "our_fault"
        pauses.append(credential_of(connection).due_at - timezone.now())
    assert dt.timedelta(minutes=14) < pauses[0] < pauses[1] < pauses[2] < dt.timedelta(minutes=76)
    assert meta.calls == []

    settings.FERNET_KEYS = good
    assert attempt(connection, meta) == "refreshed"
    assert credential_of(connection).token.reveal() == "IGAArenewed"


def test_staff_are_alerted_once_and_nobody_else(crowd):
    _, spoilt, _ = crowd
    for purpose in ("refresh", "check", "refresh", "check"):
        attempt(spoilt, FakeMeta(), purpose)
    assert owed() == ["staff@perennial.example"]
    assert owed("our_fault") == ["staff@perennial.example"]
    assert "became_inactive" not in events_of(spoilt)


def test_it_is_never_overwritten_although_meta_would_answer(crowd):
    _, spoilt, _ = crowd
    before = raw_token(spoilt)
    meta = FakeMeta(on_refresh=renewed("IGAAgood"))
    for _ in range(5):
        attempt(spoilt, meta)
    assert raw_token(spoilt) == before
    assert meta.calls == []


def test_once_expired_it_is_dead_like_any_other():
    connection = make_connection(issued_at=ago(days=61), due_at=ago(hours=1))
    spoil(connection)
    assert attempt(connection, FakeMeta()) == "died"
    assert status_of(connection) == ("inactive", "expired")


@pytest.mark.django_db(transaction=True)
def test_a_tenants_undecryptable_app_secret_stops_no_renewal(emulator):
    """Renewing and checking need no secret; a brake of the app is tried and lifted as any other."""
    tenant = make_tenant()
    app = make_meta_app(tenant=tenant)
    emulator.state.add_app(app.app_id, "its secret at Meta")
    emulator.state.add_person("anna")
    token = emulator.state.issue_token("anna", app.app_id, age_days=50)
    connection = make_connection(tenant=tenant, meta_app=app, token=token, due_at=ago(minutes=1))
    _lose_key_of(app)
    Brake.objects.create(meta_app=app, cause=Brake.Cause.WEATHER, fallen_at=ago(hours=1))
    call_command("refresh_tokens")
    call_command("refresh_tokens")
    assert emulator.state.refreshes("anna") == 1
    assert credential_of(connection).version == 2
    assert owed("our_fault") == []
    assert status_of(connection) == ("active", "")


def _lose_key_of(app) -> None:
    key = type(app)._meta.pk.get_db_prep_value(app.pk, database)
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE tokens_metaapp SET secret = %s WHERE id = %s", [database.Database.Binary(b"gAAAAA-lost"), key]
        )
