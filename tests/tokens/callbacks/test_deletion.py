"""Somebody wants their data deleted: what Meta is answered, and what is kept of the request."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
from django.utils import timezone

from accounts.models import Event
from accounts.services.delete_workspace import delete_workspace
from accounts.services.purge_workspaces import purge_workspaces
from tests.factories import make_connection, make_meta_app, make_tenant
from tests.rows import all_rows
from tests.tokens.callbacks.conftest import META_SECRET
from tests.tokens.callbacks.signing import ask_deletion, signed
from tests.tokens.helpers import owed
from tokens.models import Connection, Credential, DeletionRequest
from tokens.services.erase_connection import erase_connection
from tokens.services.export_tenant import export_tenant

pytestmark = pytest.mark.django_db


def test_the_answer_is_what_meta_asks_for_and_nothing_else(creator):
    response = ask_deletion(creator().instagram_id)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    told = json.loads(response.content)
    assert set(told) == {"url", "confirmation_code"}
    assert re.fullmatch(r"[a-z2-9]{20}", told["confirmation_code"])
    assert told["url"] == f"http://localhost:8000/meta/data-deletion/{told['confirmation_code']}/"


def test_the_connection_and_its_key_are_gone_and_nobody_is_told(creator):
    anna = creator()
    ask_deletion(anna.instagram_id)
    assert not Connection.objects.filter(pk=anna.pk).exists()
    assert not Credential.objects.filter(pk=anna.pk).exists()
    assert owed() == []


@pytest.mark.parametrize("status", ["active", "inactive", "disconnected"])
def test_it_goes_whatever_its_status(status, creator):
    ask_deletion(creator(status=status).app_scoped_id)
    assert not Connection.objects.exists()


def test_code_time_app_and_secret_are_kept(creator):
    anna = creator()
    before = timezone.now()
    code = ask_deletion(anna.instagram_id, META_SECRET).json()["confirmation_code"]
    row = DeletionRequest.objects.get()
    assert (row.code, row.state, row.signed_with, row.meta_app) == (code, "erased", "meta", anna.meta_app)
    assert before <= row.received_at <= timezone.now()


def test_the_workspace_reads_that_an_account_was_erased(creator):
    anna = creator()
    ask_deletion(anna.instagram_id)
    event = Event.objects.get(tenant=anna.tenant, kind="erased")
    assert event.text == "An account was erased: its owner asked Instagram for it."
    assert (event.actor, event.detail) == ("Meta", {"signed_with": "instagram"})


def test_it_goes_from_every_workspace(creator):
    same = {"instagram_id": "17841400000000055"}
    for _ in range(3):
        creator(tenant=make_tenant(), **same)
    other = make_connection()
    ask_deletion("17841400000000055")
    assert [*Connection.objects.all()] == [other]
    assert Event.objects.filter(kind="erased").count() == 3


def test_an_unknown_id_gets_a_code_too(creator):
    anna = creator()
    response = ask_deletion("424242")
    assert response.status_code == 200
    assert DeletionRequest.objects.get(code=response.json()["confirmation_code"]).state == "nothing_found"
    assert Connection.objects.filter(pk=anna.pk).exists()


def test_through_an_app_that_has_made_no_connection_yet_it_is_answered_too(settings):
    response = ask_deletion("424242", settings.FACEBOOK_APP_SECRET)
    assert response.status_code == 200
    row = DeletionRequest.objects.get(code=response.json()["confirmation_code"])
    assert (row.meta_app, row.signed_with, row.state) == (None, "meta", "nothing_found")


def test_the_very_same_request_gets_the_very_same_code(creator):
    anna = creator()
    first = ask_deletion(anna.instagram_id, issued_at=1_900_000_000)
    before = all_rows()
    for _ in range(3):
        assert ask_deletion(anna.instagram_id, issued_at=1_900_000_000).content == first.content
    assert all_rows() == before
    assert DeletionRequest.objects.get().state == "erased"


def test_another_request_of_the_same_person_gets_another_code(creator):
    anna = creator()
    first = ask_deletion(anna.instagram_id, issued_at=1_900_000_000).json()["confirmation_code"]
    second = ask_deletion(anna.instagram_id, issued_at=1_900_000_001).json()["confirmation_code"]
    assert first != second
    states = dict(DeletionRequest.objects.values_list("code", "state"))
    assert states == {first: "erased", second: "nothing_found"}


def test_whoever_signs_the_same_words_with_another_apps_secret_neither_gets_nor_spoils_the_code(creator):
    """The payload alone could be guessed: an id, and a second."""
    anna = creator()
    own = make_meta_app(tenant=make_tenant(), secret="0ddba110ddba110ddba110ddba110dda")
    path = f"/meta/{own.pk}/data-deletion/"
    theirs = ask_deletion(anna.instagram_id, "0ddba110ddba110ddba110ddba110dda", path=path, issued_at=1_900_000_000)
    ours = ask_deletion(anna.instagram_id, issued_at=1_900_000_000)
    assert theirs.json()["confirmation_code"] != ours.json()["confirmation_code"]
    assert DeletionRequest.objects.get(code=ours.json()["confirmation_code"]).state == "erased"


def test_the_same_words_signed_by_two_apps_of_the_installation_are_two_requests(creator, settings):
    anna = creator()
    first = ask_deletion(anna.instagram_id, settings.FACEBOOK_APP_SECRET, issued_at=1_900_000_000).json()
    second = ask_deletion(anna.instagram_id, issued_at=1_900_000_000).json()
    assert first["confirmation_code"] != second["confirmation_code"]
    assert set(DeletionRequest.objects.values_list("state", flat=True)) == {"nothing_found", "erased"}


def test_neither_id_nor_request_stands_in_what_is_kept(creator):
    anna = creator()
    ask_deletion(anna.instagram_id, issued_at=1_900_000_000)
    text = signed(anna.instagram_id, issued_at=1_900_000_000)
    kept = repr(DeletionRequest.objects.values().get())
    for word in (anna.instagram_id, anna.handle, str(anna.pk), str(anna.tenant_id), *text.split(".")):
        assert word not in kept


def test_a_request_that_found_nothing_at_first_and_erases_when_it_is_repeated_says_so(creator):
    """Whoever connects within the second in which they ask."""
    soon = int(timezone.now().timestamp()) + 60
    assert ask_deletion("17841400000000033", issued_at=soon).status_code == 200
    assert DeletionRequest.objects.get().state == "nothing_found"
    creator(instagram_id="17841400000000033")
    ask_deletion("17841400000000033", issued_at=soon)
    assert not Connection.objects.exists()
    assert DeletionRequest.objects.get().state == "erased"


def test_what_was_broken_off_is_finished_when_it_is_asked_again(creator, monkeypatch):
    """Meta was told that it failed: nothing says that all is done."""
    same = {"instagram_id": "17841400000000066"}
    for _ in range(2):
        creator(tenant=make_tenant(), **same)
    done: list[bool] = []

    def once(*args, **kwargs):
        if done:
            raise RuntimeError("burst")
        erase_connection(*args, **kwargs)
        done.append(True)

    with monkeypatch.context() as patch:
        patch.setattr("tokens.services.delete_personal_data.erase_connection", once)
        with pytest.raises(RuntimeError):
            ask_deletion("17841400000000066", issued_at=1_900_000_000)
    assert Connection.objects.count() == 1
    ask_deletion("17841400000000066", issued_at=1_900_000_000)
    assert not Connection.objects.exists()
    assert DeletionRequest.objects.get().state == "erased"


@pytest.mark.parametrize(
    "target",
    ["reduce_history", "_erase_attempts", "forget", "events.record", "Connection.delete"],
)
def test_all_of_it_happens_or_nothing(target, creator, monkeypatch):
    anna = creator()
    before = all_rows()

    def burst(*args, **kwargs):
        raise RuntimeError("burst")

    monkeypatch.setattr(f"tokens.services.erase_connection.{target}", burst)
    with pytest.raises(RuntimeError):
        ask_deletion(anna.instagram_id)
    assert all_rows() == before


def test_it_is_neither_listed_nor_exported_any_more(signed_in, tenant, creator):
    anna = creator(tenant=tenant, handle="anna_gone")
    ask_deletion(anna.instagram_id)
    assert "anna_gone" not in signed_in.get(f"/w/{tenant.slug}/").content.decode()
    assert "An account was erased" in signed_in.get(f"/w/{tenant.slug}/history/").content.decode()
    assert signed_in.get(f"/w/{tenant.slug}/connections/{anna.pk}/").status_code == 404
    exported = json.dumps(list(export_tenant(tenant)))
    assert "connection" not in {line["type"] for line in export_tenant(tenant)}
    for word in ("anna_gone", anna.instagram_id, anna.contact_email):
        assert word not in exported


def test_a_workspace_that_was_deleted_is_reached_too(alice, tenant, creator):
    anna = creator(tenant=tenant)
    delete_workspace(tenant, by=alice)
    ask_deletion(anna.instagram_id)
    assert not Connection.objects.exists()


def test_the_request_outlives_workspace_and_app(alice, tenant):
    own = make_meta_app(tenant=tenant, secret="0ddba110ddba110ddba110ddba110dda")
    anna = make_connection(tenant=tenant, meta_app=own)
    path = f"/meta/{own.pk}/data-deletion/"
    code = ask_deletion(anna.instagram_id, "0ddba110ddba110ddba110ddba110dda", path=path).json()["confirmation_code"]
    delete_workspace(tenant, by=alice)
    purge_workspaces(timezone.now() + dt.timedelta(days=40))
    row = DeletionRequest.objects.get(code=code)
    assert (row.meta_app, row.state) == (None, "erased")


def test_the_same_account_may_be_connected_again(connect):
    connection = connect("creator")
    ask_deletion(connection.instagram_id)
    again = connect("creator")
    assert (again.status, again.pk == connection.pk) == ("active", False)
