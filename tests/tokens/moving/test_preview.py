"""The preview: what would happen, before anybody is asked, and what of the file is shown."""

from __future__ import annotations

import hashlib

import pytest

from accounts.models import Event, Role
from tests import queue
from tests.factories import make_member
from tests.markup import Page
from tests.tokens.journeys import sign_in
from tests.tokens.moving.mover import Mover, held
from tokens.fields import Sealed
from tokens.models import ImportLine

pytestmark = pytest.mark.django_db


def test_it_counts_what_will_be_tried_and_says_why_the_rest_can_not_be(mover: Mover) -> None:
    job = mover.preview(["token,contact_email", "IGAAone,a@b.example", ",x@y.example", "IGAAtwo,wrong", "IGAAthree,"])
    page = Page(mover.browser.get(mover.path_of(job)).content.decode())
    assert "Will be tried 2" in page.text
    assert "Can't be imported 2" in page.text
    assert "3 The token is missing." in page.text
    assert "4 contact_email is not a mail address." in page.text
    assert page.form_of("Import 2 tokens").action == mover.path_of(job, "confirm/")
    assert page.form_of("Throw away").action == mover.path_of(job, "cancel/")
    assert mover.emulator.state.requests() == []


def test_columns_and_first_lines_show_how_the_file_was_understood(mover: Mover) -> None:
    job = mover.preview(["Contact_Email,TOKEN,issued_at", "a@b.example,IGAAsecretone,2026-01-01T00:00:00Z"])
    html = mover.browser.get(mover.path_of(job)).content.decode()
    page = Page(html)
    for word in ("contact_email", "token", "issued_at", "a@b.example"):
        assert word in page.text
    assert hashlib.sha256(b"IGAAsecretone").hexdigest()[:8] in page.text
    assert "IGAAsecretone" not in html
    assert "secretone" not in html


def test_a_file_of_which_no_line_can_be_imported_offers_no_import(mover: Mover) -> None:
    job = mover.preview(["token,flavour", "IGAAx,nonsense"])
    page = Page(mover.browser.get(mover.path_of(job)).content.decode())
    assert "No line of this file can be imported" in page.text
    assert [words for words in page.button_words if words.startswith("Import")] == []
    mover.browser.post(mover.path_of(job, "confirm/"))
    job.refresh_from_db()
    assert job.confirmed_at is None


def test_lines_lie_sealed_and_the_key_is_named(mover: Mover) -> None:
    job = mover.preview(["token", "IGAAsecret"])
    line = ImportLine.objects.get()
    assert line.content is not None
    assert b"IGAAsecret" not in line.content.ciphertext
    assert line.key_id
    assert line.tenant_id == job.tenant_id == mover.tenant.pk


def test_a_line_that_can_not_be_decrypted_breaks_no_page(mover: Mover) -> None:
    job = mover.preview(["token", "IGAAone", "IGAAtwo"])
    ImportLine.objects.filter(number=2).update(content=Sealed(b"gAAAAAnonsense"))
    assert "Will be tried 2" in mover.text(job)


def test_confirming_rings_a_worker_and_tells_the_history_once(mover: Mover, django_capture_on_commit_callbacks) -> None:
    job = mover.preview(["token", "IGAAone", "IGAAtwo"], name="march.csv")
    with django_capture_on_commit_callbacks(execute=True):
        mover.browser.post(mover.path_of(job, "confirm/"))
        mover.browser.post(mover.path_of(job, "confirm/"))
    [task] = queue.waiting()
    assert (task["func"], task["args"]) == ("tokens.tasks.import_tokens", (str(job.pk),))
    event = Event.objects.get(kind="import_started")
    assert event.text == "The import of 2 tokens from “march.csv” was started."
    assert event.actor == mover.owner.email


def test_another_owner_may_go_on_with_it(mover: Mover) -> None:
    job = mover.preview(["token", mover.token("anna")])
    other = sign_in(make_member(mover.tenant, Role.OWNER))
    mover.tenant.memberships.filter(user=mover.owner).delete()
    assert other.post(mover.path_of(job, "confirm/")).status_code == 302
    mover.work(job)
    assert mover.outcomes(job) == {2: "imported"}


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MEMBER, Role.VIEWER])
def test_it_is_for_owners_alone(role: str, mover: Mover) -> None:
    job = mover.preview(["token", "IGAAone"])
    browser = sign_in(make_member(mover.tenant, role))
    for step in ("", "refused.csv"):
        assert browser.get(mover.path_of(job, step)).status_code == 403
    for step in ("confirm/", "cancel/"):
        assert browser.post(mover.path_of(job, step)).status_code == 403
    assert held(job) == 1
