"""The encrypted column: what goes in is ciphertext, what comes out is sealed, and nothing destroys it silently."""

from __future__ import annotations

import copy
import io
import pickle
import traceback
from typing import Any, cast

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.db import models, transaction
from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Concat, Upper

from config.environment import SettingsError, fernet_keys
from tests.factories import make_connection, make_connections, make_meta_app, make_tenant
from tests.tokens.helpers import credential_of, raw_token, row, token_of
from tokens.fields import Sealed, SealedTextField, Unreadable, newest_key_id, seal
from tokens.models import Credential, MetaApp

pytestmark = pytest.mark.django_db

PLAIN = "IGAAplain-text-of-a-token-ünïcode"


@pytest.fixture
def connection():
    return make_connection(token=PLAIN)


def stored(connection) -> str:
    return token_of(connection)


def stored_secret(app: MetaApp) -> str:
    secret = MetaApp.objects.get(pk=app.pk).secret
    assert secret is not None
    return secret.reveal()


def test_the_column_holds_ciphertext_and_never_the_plain_text(connection):
    raw = raw_token(connection)
    assert raw.startswith(b"gAAAAA")
    assert PLAIN.encode() not in raw
    assert stored(connection) == PLAIN


def test_the_same_text_is_encrypted_differently_each_time(connection):
    other = make_connection(token=PLAIN)
    assert raw_token(connection) != raw_token(other)


def test_save_takes_text(connection):
    credential = credential_of(connection)
    credential.token = "IGAAanother"
    credential.save()
    assert stored(connection) == "IGAAanother"
    assert b"IGAAanother" not in raw_token(connection)


def test_save_of_a_loaded_row_leaves_its_ciphertext_as_it_is(connection):
    before = raw_token(connection)
    credential_of(connection).save()
    assert raw_token(connection) == before


def test_update_takes_text_and_sealed_values(connection):
    Credential.objects.filter(pk=connection.pk).update(token="IGAAtext")
    assert stored(connection) == "IGAAtext"
    Credential.objects.filter(pk=connection.pk).update(token=seal("IGAAsealed"))
    assert stored(connection) == "IGAAsealed"
    Credential.objects.filter(pk=connection.pk).update(token=None)
    assert credential_of(connection).token is None


@pytest.mark.parametrize("secret", ["plain", "", "with 'quotes' and \0 and 🗝", "x" * 5000])
def test_create_takes_any_text(secret):
    app = MetaApp.objects.create(flavour="instagram_login", app_id="1", secret=secret)
    assert stored_secret(app) == secret


def test_upserts_take_text():
    app = make_meta_app(tenant=make_tenant(), secret="old")
    fields: dict[str, Any] = {"tenant": app.tenant, "flavour": app.flavour, "app_id": app.app_id}
    MetaApp.objects.update_or_create(**fields, defaults={"secret": "new"})
    assert stored_secret(app) == "new"
    MetaApp.objects.bulk_create(
        [MetaApp(pk=app.pk, **fields, secret="newest")],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["secret"],
    )
    assert stored_secret(app) == "newest"


EXPRESSIONS = {
    "F": F("key_id"),
    "F of itself": F("token"),
    "Value": Value("IGAAvalue"),
    "Case": Case(When(Q(key_id=""), then=Value("a")), default=Value("b"), output_field=models.TextField()),
    "Subquery": Subquery(Credential.objects.filter(pk=OuterRef("pk")).values("key_id")[:1]),
    "function": Upper("key_id"),
    "combination": Concat(F("key_id"), Value("x")),
}


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_update_refuses_sql_expressions_and_leaves_the_row(connection, expression):
    before = row(connection)
    with pytest.raises(TypeError, match="would destroy the secret"), transaction.atomic():
        Credential.objects.filter(pk=connection.pk).update(token=expression)
    assert row(connection) == before


@pytest.mark.parametrize("expression", [F("key_id"), Value("IGAAvalue")], ids=["F", "Value"])
def test_save_refuses_sql_expressions_and_leaves_the_row(connection, expression):
    before = row(connection)
    credential = credential_of(connection)
    credential.token = expression
    with pytest.raises(TypeError, match="would destroy the secret"), transaction.atomic():
        credential.save()
    assert row(connection) == before


def test_create_refuses_sql_expressions():
    with pytest.raises(TypeError, match="would destroy the secret"), transaction.atomic():
        MetaApp.objects.create(flavour="instagram_login", app_id="1", secret=cast(Any, Value("x")))


def test_bulk_update_is_refused_and_leaves_every_row():
    connections = make_connections(2)
    before = [row(connection) for connection in connections]
    credentials = list(Credential.objects.all())
    for credential in credentials:
        credential.token = "IGAAbulk"
    with pytest.raises(TypeError, match="would destroy the secret"), transaction.atomic():
        Credential.objects.bulk_update(credentials, ["token"])
    assert [row(connection) for connection in connections] == before


@pytest.mark.parametrize("value", [b"bytes", 17, ["IGAA"], object()], ids=["bytes", "number", "list", "object"])
def test_anything_but_text_is_refused(connection, value):
    with pytest.raises(TypeError), transaction.atomic():
        Credential.objects.filter(pk=connection.pk).update(token=value)
    assert stored(connection) == PLAIN


@pytest.mark.parametrize("lookup", ["exact", "in", "contains", "startswith", "gt", "regex"])
def test_lookups_are_refused(connection, lookup):
    value = [PLAIN] if lookup == "in" else PLAIN
    with pytest.raises(FieldError):
        Credential.objects.filter(**{f"token__{lookup}": value}).exists()


def test_only_emptiness_can_be_asked_for(connection):
    assert Credential.objects.filter(token__isnull=False).count() == 1
    assert Credential.objects.filter(token__isnull=True).count() == 0


def test_a_sealed_value_shows_nothing(connection):
    sealed = credential_of(connection).token
    shown = [repr(sealed), str(sealed), f"{sealed}", f"{sealed:>20}", f"{sealed!r}", "".join(map(str, [sealed]))]
    assert shown == [""] * len(shown)
    assert PLAIN not in repr(vars(credential_of(connection)))


def test_values_and_values_list_come_out_sealed(connection):
    (as_mapping,) = Credential.objects.values("token")
    (flat,) = Credential.objects.values_list("token", flat=True)
    (annotated,) = Credential.objects.annotate(again=F("token")).values_list("again", flat=True)
    for sealed in (as_mapping["token"], flat, annotated):
        assert isinstance(sealed, Sealed)
        assert sealed.reveal() == PLAIN


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_neither_a_sealed_value_nor_its_row_is_pickled(connection, protocol):
    credential = credential_of(connection)
    for thing in (credential.token, credential, {"args": [credential]}):
        with pytest.raises(TypeError) as caught:
            pickle.dumps(thing, protocol)
        assert PLAIN not in str(caught.value)


def test_a_pickled_queryset_is_refused_too(connection):
    with pytest.raises(TypeError):
        pickle.dumps(Credential.objects.all())
    assert pickle.dumps(list(Credential.objects.without_token()))


def test_copies_are_as_sealed_as_the_original(connection):
    credential = credential_of(connection)
    for twin in (copy.deepcopy(credential).token, copy.copy(credential).token, copy.deepcopy([credential.token])[0]):
        assert repr(twin) == ""
        assert twin.reveal() == PLAIN


def test_dumpdata_refuses(connection, monkeypatch):
    # The refusal leaves the command's cursor open; on the server it would outlive the test's transaction.
    monkeypatch.setitem(database.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    out = io.StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("dumpdata", "tokens.credential", stdout=out)
    assert "not serialised" in str(caught.value)
    assert PLAIN not in out.getvalue() + str(caught.value)
    assert raw_token(connection).decode() not in out.getvalue()


def test_no_form_can_edit_it():
    assert Credential._meta.get_field("token").editable is False
    assert SealedTextField(editable=True).editable is False


# Keys


def test_the_newest_key_encrypts_and_all_keys_decrypt(connection, settings):
    (old,) = settings.FERNET_KEYS
    old_id = newest_key_id()
    new = Fernet.generate_key().decode()
    settings.FERNET_KEYS = [new, old]
    assert stored(connection) == PLAIN

    Credential.objects.filter(pk=connection.pk).update(token="IGAAfresh", key_id=newest_key_id())
    assert Fernet(new).decrypt(raw_token(connection)) == b"IGAAfresh"
    assert credential_of(connection).key_id == newest_key_id() != old_id

    settings.FERNET_KEYS = [new]
    assert stored(connection) == "IGAAfresh"
    settings.FERNET_KEYS = [old]
    assert not credential_of(connection).token.readable


def test_the_key_id_tells_the_key_and_gives_nothing_away(settings):
    first = newest_key_id()
    settings.FERNET_KEYS = [Fernet.generate_key().decode(), *settings.FERNET_KEYS]
    assert len(newest_key_id()) == len(first) == 12
    assert newest_key_id() != first
    assert not any(newest_key_id() in key for key in settings.FERNET_KEYS)


def test_a_wrong_key_says_so_without_ciphertext_or_key(connection, settings):
    wrong = Fernet.generate_key().decode()
    settings.FERNET_KEYS = [wrong]
    sealed = credential_of(connection).token
    assert sealed.readable is False
    with pytest.raises(Unreadable) as caught:
        sealed.reveal()
    ours = [frame for frame, _ in traceback.walk_tb(caught.tb) if frame.f_code.co_filename.endswith("tokens/fields.py")]
    assert ours
    told = str(caught.value) + "".join(repr(frame.f_locals) for frame in ours)
    for hidden in (wrong, PLAIN, raw_token(connection).decode()):
        assert hidden not in told
    assert caught.value.__context__ is None


@pytest.mark.parametrize("mistyped", ["short", "x" * 44, "dGVzdHM=", "dGVzdHMtdGVzdHMtdGVzdHMtdGVzdHMtdGVzdHMtMDE"])
def test_a_mistyped_key_is_found_at_the_start(monkeypatch, mistyped):
    monkeypatch.setenv("FERNET_KEYS", f"dGVzdHMtdGVzdHMtdGVzdHMtdGVzdHMtdGVzdHMtMDE=,{mistyped}")
    with pytest.raises(SettingsError, match="number 2") as caught:
        fernet_keys("FERNET_KEYS")
    assert mistyped not in str(caught.value)
