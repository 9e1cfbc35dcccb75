"""Whoever can't sign with a secret of the very app reaches nothing, and learns nothing from the answer."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client

from tests.factories import make_connection, make_meta_app, make_tenant
from tests.rows import all_rows
from tests.tokens.callbacks.conftest import META_SECRET
from tests.tokens.callbacks.signing import FORM, payload_of, post, sign, signed
from tests.tokens.helpers import status_of
from tests.tokens.own_app.conftest import spoil
from tokens.fields import seal
from tokens.models import MetaApp

pytestmark = [pytest.mark.django_db, pytest.mark.crossed]
PATHS = ["deauthorize", "data-deletion"]
every_path = pytest.mark.parametrize("path", PATHS)
OWN_SECRET, OTHER_SECRET = "0ddba110ddba110ddba110ddba110dda", "badcafe0badcafe0badcafe0badcafe0"


@pytest.fixture
def own():
    return make_meta_app(tenant=make_tenant(), secret=OWN_SECRET)


@pytest.fixture
def there(own):
    """The same account, connected through the installation's app and through two workspaces' own ones."""
    other = make_meta_app(tenant=make_tenant(), secret=OTHER_SECRET)
    same: dict[str, Any] = {"instagram_id": "17841400000000099", "handle": "anna"}
    return {
        "installation": make_connection(**same),
        "own": make_connection(tenant=own.tenant, meta_app=own, **same),
        "other": make_connection(tenant=other.tenant, meta_app=other, **same),
    }


def alive(there):
    return {name for name, each in there.items() if type(each).objects.filter(pk=each.pk, status="active").exists()}


def address(path, own=None):
    return f"/meta/{path}/" if own is None else f"/meta/{own if isinstance(own, uuid.UUID | str) else own.pk}/{path}/"


def assert_refused(response, before):
    assert (response.status_code, response.content) == (400, b"Bad request\n")
    assert not response.cookies
    assert all_rows() == before


@every_path
@pytest.mark.parametrize("secret", ["own", "other", "facebook", "none at all", "app id"])
def test_the_installations_address_takes_the_secrets_of_its_own_app_alone(path, secret, there):
    before = all_rows()
    secrets = {"own": OWN_SECRET, "other": OTHER_SECRET, "none at all": "", "app id": settings.INSTAGRAM_APP_ID}
    if secret == "facebook":
        # Well signed, by an app that made none of these.
        assert post(signed("17841400000000099", settings.FACEBOOK_APP_SECRET), address(path)).status_code == 200
        assert alive(there) == {"installation", "own", "other"}
        return
    assert_refused(post(signed("17841400000000099", secrets[secret]), address(path)), before)


@every_path
@pytest.mark.parametrize("secret", ["installation", "its Meta app", "other", "facebook", ""])
def test_the_address_of_an_own_app_takes_its_own_secrets_alone(path, secret, there, own):
    before = all_rows()
    secrets = {
        "installation": settings.INSTAGRAM_APP_SECRET,
        "its Meta app": META_SECRET,
        "other": OTHER_SECRET,
        "facebook": settings.FACEBOOK_APP_SECRET,
    }
    assert_refused(post(signed("17841400000000099", secrets.get(secret, "")), address(path, own)), before)


@every_path
@pytest.mark.parametrize(("secret", "signed_by"), [(None, "installation"), (META_SECRET, "installation")])
def test_what_the_installations_app_signed_reaches_its_own_connections_alone(path, secret, signed_by, there):
    assert post(signed("17841400000000099", secret), address(path)).status_code == 200
    assert alive(there) == {"own", "other"}


@every_path
def test_whoever_knows_the_secret_of_an_own_app_can_sign_any_id_and_reaches_nobody_elses(path, there, own):
    foreign = make_connection()
    for instagram_id in ("17841400000000099", foreign.instagram_id, foreign.app_scoped_id):
        assert post(signed(instagram_id, OWN_SECRET), address(path, own)).status_code == 200
    assert alive(there) == {"installation", "other"}
    assert status_of(foreign) == ("active", "")


@every_path
def test_the_other_secret_of_an_own_app_counts(path, there, own):
    MetaApp.objects.filter(pk=own.pk).update(meta_secret=seal("ba5eba11" * 4))
    assert post(signed("17841400000000099", "ba5eba11" * 4), address(path, own)).status_code == 200
    assert alive(there) == {"installation", "other"}


@every_path
def test_an_app_out_of_use_is_heard_still(path, there, own):
    MetaApp.objects.filter(pk=own.pk).update(retired_at="2026-01-01T00:00Z")
    assert post(signed("17841400000000099", OWN_SECRET), address(path, own)).status_code == 200
    assert alive(there) == {"installation", "other"}


@every_path
def test_one_readable_secret_is_enough(path, there, own):
    spoil(own)
    MetaApp.objects.filter(pk=own.pk).update(meta_secret=seal("ba5eba11" * 4))
    assert post(signed("17841400000000099", OWN_SECRET), address(path, own)).status_code == 400
    assert post(signed("17841400000000099", "ba5eba11" * 4), address(path, own)).status_code == 200


@every_path
def test_addresses_of_no_own_app_answer_as_to_a_forgery(path, there, own):
    installation = there["installation"].meta_app
    before = all_rows()
    for whose in (uuid.uuid4(), installation):
        for secret in (OWN_SECRET, settings.INSTAGRAM_APP_SECRET, META_SECRET, ""):
            assert_refused(post(signed("17841400000000099", secret), address(path, whose)), before)


@every_path
@pytest.mark.parametrize("how", ["unreadable", "none", "empty"])
def test_an_app_without_a_readable_secret_answers_as_to_a_forgery(path, how, there, own):
    columns: dict[str, Any] = {"none": {"secret": None}, "empty": {"secret": seal("")}}
    if how == "unreadable":
        spoil(own)
    else:
        MetaApp.objects.filter(pk=own.pk).update(**columns[how])
    before = all_rows()
    for secret in (OWN_SECRET, ""):
        assert_refused(post(signed("17841400000000099", secret), address(path, own)), before)


@every_path
def test_a_deleted_workspaces_app_answers_as_to_a_forgery(path, there, own):
    type(own.tenant).objects.filter(pk=own.tenant_id).update(deleted_at="2026-01-01T00:00Z")
    before = all_rows()
    assert_refused(post(signed("17841400000000099", OWN_SECRET), address(path, own)), before)


@every_path
def test_an_installation_without_an_app_takes_nothing(path, there, settings):
    settings.INSTAGRAM_APP_ID = settings.INSTAGRAM_APP_SECRET = settings.FACEBOOK_APP_ID = ""
    before = all_rows()
    for secret in ("", META_SECRET, "emulator-app-secret", settings.FACEBOOK_APP_SECRET):
        assert_refused(post(signed("17841400000000099", secret), address(path)), before)


@every_path
@pytest.mark.parametrize("algorithm", ["none", "HMAC-SHA1", "", None])
def test_no_other_algorithm_is_taken(path, algorithm, there):
    before = all_rows()
    assert_refused(post(signed("17841400000000099", algorithm=algorithm), address(path)), before)


@every_path
def test_a_retired_app_id_of_the_installation_is_reached_by_nobody(path, settings):
    former = make_connection(meta_app=make_meta_app(app_id="55555"))
    post(signed(former.instagram_id), address(path))
    assert status_of(former) == ("active", "")


def bodies():
    text = signed("17841400000000099")
    yield "nothing", b"", FORM
    yield "no field", b"a=b", FORM
    yield "empty field", b"signed_request=", FORM
    yield "twice", urlencode([("signed_request", text)] * 2).encode(), FORM
    yield "json", json.dumps({"signed_request": text}).encode(), "application/json"
    yield "plain", f"signed_request={text}".encode(), "text/plain"
    yield "no type", f"signed_request={text}".encode(), ""
    yield "another charset", f"signed_request={text}".encode(), f"{FORM}; charset=utf-16"
    yield "broken multipart", b"--x\r\n", "multipart/form-data; boundary=x"
    yield "no boundary", b"--x\r\n", "multipart/form-data"
    yield "too many fields", b"&".join([b"a=1"] * 500), FORM
    yield "huge", b"signed_request=" + b"A" * 20_000, FORM
    yield "huge and signed", urlencode({"x": "A" * 17_000, "signed_request": text}).encode(), FORM
    yield (
        "too long",
        urlencode({"signed_request": sign(payload_of("1", x="y" * 9_000), "emulator-app-secret")}).encode(),
        FORM,
    )
    yield "not utf-8", b"signed_request=\xff\xfe.\x00", FORM
    yield "NUL", b"signed_request=%00.%00", FORM


@every_path
@pytest.mark.parametrize(("body", "content_type"), [each[1:] for each in bodies()], ids=[each[0] for each in bodies()])
def test_whatever_else_is_sent_is_refused_alike(path, body, content_type, there):
    before = all_rows()
    assert_refused(Client().post(address(path), body, content_type=content_type), before)


@every_path
def test_what_stands_in_the_address_counts_for_nothing(path, there):
    before = all_rows()
    query = urlencode({"signed_request": signed("17841400000000099")})
    assert_refused(Client().post(f"{address(path)}?{query}", b"", content_type=FORM), before)


def test_a_form_in_parts_is_taken_too(there):
    assert Client().post(address("deauthorize"), {"signed_request": signed("17841400000000099")}).status_code == 200
    assert alive(there) == {"own", "other"}


@every_path
def test_a_body_that_is_announced_too_long_is_not_read(path):
    class Unread:
        def read(self, *args):
            raise AssertionError("it was read")

        readline = read

    announced: dict[str, Any] = {"CONTENT_LENGTH": "16385", "wsgi.input": Unread()}
    response = Client().generic("POST", address(path), b"", content_type=FORM, **announced)
    assert response.status_code == 400
