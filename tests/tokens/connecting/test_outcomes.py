"""What comes of a way to consent and back: a connection, or a page that says what to do."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.models import Event
from notifications.models import OutboxMessage
from tests.emulator.records import PERMISSIONS
from tests.factories import credential_of, make_connection, make_tenant
from tests.markup import Page
from tests.rows import all_rows
from tests.tokens.journeys import (
    allow,
    callback,
    code_of,
    dates_of,
    deny,
    follow,
    leave,
    leave_from,
    state_of,
    token_of,
)
from tokens.models import Brake, ConnectAttempt, Connection, Status

pytestmark = [pytest.mark.django_db, pytest.mark.crossed]


@pytest.fixture
def result(signed_in):
    """Follows the callback to the page that tells what came of it."""

    def result(way_back):
        response = follow(signed_in, way_back)
        assert response.status_code == 200
        page = Page(response.content.decode())
        assert "Traceback" not in page.html
        return page

    return result


def outcome():
    return ConnectAttempt.objects.get().outcome


def test_a_connection_comes_into_being(go, result, emulator, alice, tenant):
    page = result(go())
    connection = Connection.objects.get()
    token = emulator.state.tokens_of("creator")[-1]
    assert "@creator is connected" in page.text
    assert (connection.tenant, connection.connected_by, connection.handle) == (tenant, alice, "creator")
    assert (connection.instagram_id, connection.app_scoped_id) == (token.user_id, token.id)
    assert (connection.status, connection.reason, connection.account_type) == ("active", "", "Business")
    assert connection.permissions == ["instagram_business_basic"]
    credential = credential_of(connection)
    assert token_of(connection) == token.access_token
    assert (credential.tenant_id, credential.version) == (tenant.pk, 1)
    issued_at, expires_at, due_at = dates_of(connection)
    assert expires_at - issued_at == dt.timedelta(days=60)
    assert due_at > issued_at + dt.timedelta(hours=25)


def test_connecting_is_told_in_the_history_and_mailed_to_nobody(go, result, alice):
    result(go())
    event = Event.objects.get(subject_id=Connection.objects.get().pk)
    assert (event.kind, event.text, event.actor) == ("connected", "@creator was connected.", alice.email)
    assert not OutboxMessage.objects.exists()


def test_the_callback_redirects_at_once_to_an_address_without_code(go, signed_in, emulator):
    way_back = go()
    response = signed_in.get(way_back)
    assert response.status_code == 302
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    assert "?" not in response["Location"]
    for secret in (code_of(way_back), state_of(way_back), *emulator.state.secrets()):
        assert secret not in response["Location"]
        assert secret not in response.content.decode()


@pytest.mark.parametrize("fault", [None, "/oauth/access_token", "/access_token", "/me"])
def test_no_page_and_no_row_shows_code_or_token(fault, go, signed_in, emulator):
    if fault:
        emulator.state.add_fault("http_500_empty", path=fault)
    way_back = go()
    page = follow(signed_in, way_back).content.decode()
    rows = repr(all_rows())
    for secret in (code_of(way_back), state_of(way_back), *emulator.state.secrets()):
        assert secret not in page
        assert secret not in rows


def test_denied_consent_says_so_and_offers_another_try(signed_in, tenant, creator, result, calls):
    page = result(deny(leave(signed_in, tenant.slug), "creator"))
    assert outcome() == "denied"
    assert "You did not allow it" in page.text
    assert "Try again" in page.button_words
    assert calls() == []
    assert not Connection.objects.exists()


def test_a_denial_without_state_is_refused_kindly(signed_in, tenant, creator, emulator):
    emulator.state.configure(denial_state=False)
    response = signed_in.get(deny(leave(signed_in, tenant.slug), "creator"))
    assert response.status_code == 400
    assert Page(response.content.decode()).hrefs


def test_another_error_than_a_denial_is_told_as_unexpected(signed_in, tenant, creator, result):
    address = leave(signed_in, tenant.slug)
    page = result(callback(state=state_of(address), error="server_error", error_description="<b>boom</b>"))
    assert outcome() == "unexpected"
    assert "boom" not in page.html


def test_try_again_leads_to_consent_once_more(signed_in, tenant, creator, result):
    page = result(deny(leave(signed_in, tenant.slug), "creator"))
    result(allow(leave_from(signed_in, page.form_of("Try again").action), "creator"))
    assert Connection.objects.get().handle == "creator"


def test_a_code_that_was_used_already_is_told(go, signed_in, result, emulator):
    code = code_of(go())
    emulator.state.codes[code].used = True
    page = result(callback(state=state_of(leave(signed_in, "alice-co")), code=code))
    assert "did not accept" in page.text
    assert "Try again" in page.button_words
    assert not Connection.objects.exists()


@pytest.mark.parametrize("code", ["", "x" * 5000, "made up", "a\x00b", "☎"])
def test_a_code_that_is_none_is_told(code, signed_in, tenant, creator, result):
    page = result(callback(state=state_of(leave(signed_in, tenant.slug)), code=code))
    assert outcome() in {"code_rejected", "unexpected"}
    assert "Try again" in page.button_words


def test_a_personal_account_is_told_how_to_switch(signed_in, tenant, emulator, result):
    emulator.state.add_person("hobby", account_type="Personal")
    page = result(allow(leave(signed_in, tenant.slug), "hobby"))
    assert outcome() == "personal_account"
    assert "@hobby is a personal account" in page.text
    assert "Switch to professional account" in page.text
    assert not Connection.objects.exists()


def test_a_personal_account_that_me_refuses_is_told_what_it_may_be(signed_in, tenant, emulator, result):
    emulator.state.configure(personal_me="unsupported")
    emulator.state.add_person("hobby", account_type="Personal")
    page = result(allow(leave(signed_in, tenant.slug), "hobby"))
    assert outcome() == "refused"
    assert "professional account" in page.text
    assert not Connection.objects.exists()


def test_without_the_basic_permission_nothing_is_connected(go, result):
    page = result(go(permissions=[]))
    assert outcome() == "permission_unticked"
    assert "leave everything ticked" in page.text
    assert not Connection.objects.exists()


def test_without_the_basic_permission_nothing_is_connected_where_meta_does_not_tell(go, result, emulator):
    emulator.state.configure(code_shape="flat_number")
    page = result(go(permissions=[]))
    assert outcome() in {"permission_unticked", "refused"}
    assert "ticked" in page.text
    assert not Connection.objects.exists()


def test_another_permission_left_out_is_stored_and_flagged(go, result, settings):
    settings.INSTAGRAM_SCOPES = list(PERMISSIONS[:2])
    page = result(go(permissions=[PERMISSIONS[0]]))
    connection = Connection.objects.get()
    assert connection.permissions == [PERMISSIONS[0]]
    assert "A permission is missing" in page.text
    assert PERMISSIONS[1] in page.text
    kinds = list(Event.objects.filter(subject_id=connection.pk).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["connected", "permission_missing"]


def test_an_account_connected_here_already_is_renewed_and_not_doubled(go, result, emulator):
    result(go())
    first, old_token = credential_of(Connection.objects.get()), token_of(Connection.objects.get())
    page = result(go())
    connection = Connection.objects.get()
    now = credential_of(connection)
    assert "@creator" in page.text
    assert token_of(connection) == emulator.state.tokens_of("creator")[-1].access_token != old_token
    assert now.version == first.version + 1
    assert now.fence > first.fence
    assert Event.objects.filter(subject_id=connection.pk, kind="renewed").count() == 1


def test_connecting_a_disconnected_account_again_revives_its_row(go, result, signed_in):
    result(go())
    connection = Connection.objects.get()
    signed_in.post(f"/w/{connection.tenant.slug}/connections/{connection.pk}/disconnect/", {"confirm": "yes"})
    result(go())
    revived = Connection.objects.get()
    assert (revived.pk, revived.status) == (connection.pk, "active")
    assert credential_of(revived).token is not None
    kinds = list(Event.objects.filter(subject_id=connection.pk).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["connected", "disconnected", "reconnected"]


def test_connecting_starts_with_clean_counters(go, result, emulator, tenant):
    token = emulator.state.issue_token("creator")
    old = make_connection(
        tenant=tenant,
        token=token,
        status=Status.INACTIVE,
        reason="expired",
        credential={"refresh_failures": 7, "check_failures": 3, "last_failure": "timeout", "lease_owner": "x"},
    )
    result(go())
    credential = credential_of(old)
    assert (credential.refresh_failures, credential.check_failures, credential.last_failure) == (0, 0, "")
    assert (credential.lease_owner, credential.lease_until) == ("", None)
    assert None not in (credential.due_at, credential.check_due_at)


def test_two_workspaces_connect_the_same_account(go, result, signed_in, alice, tenant):
    other = make_tenant(owner=alice)
    result(go())
    result(allow(leave(signed_in, other.slug), "creator"))
    assert set(Connection.objects.values_list("tenant", flat=True)) == {tenant.pk, other.pk}
    assert len(set(Connection.objects.values_list("instagram_id", flat=True))) == 1


@pytest.mark.parametrize("shape", ["data", "flat_number", "flat_list", "flat_string"])
@pytest.mark.parametrize("told", ["scoped", "professional", "other"])
def test_every_shape_of_success_connects(shape, told, go, result, emulator):
    emulator.state.configure(code_shape=shape, code_user_id=told)
    result(go())
    connection = Connection.objects.get()
    token = emulator.state.tokens_of("creator")[-1]
    ids = {"scoped": token.id, "professional": token.user_id, "other": token.person.other_id(token.app_id)}
    assert connection.instagram_id == token.user_id
    assert connection.exchange_user_id == ids[told]
    assert connection.permissions == (None if shape == "flat_number" else ["instagram_business_basic"])


def test_an_account_known_by_its_app_scoped_id_alone_is_connected_and_found_again(go, result, emulator):
    emulator.state.configure(me_missing=["user_id"])
    result(go())
    connection = Connection.objects.get()
    token = emulator.state.tokens_of("creator")[-1]
    assert connection.instagram_id == token.id
    emulator.state.configure(me_missing=[])
    result(go())
    again = Connection.objects.get()
    assert (again.pk, again.instagram_id) == (connection.pk, token.user_id)


def test_an_expiry_that_meta_does_not_tell_is_not_made_up(go, result, emulator):
    emulator.state.configure(exchange_expires_in=None)
    result(go())
    assert credential_of(Connection.objects.get()).expires_at is None


def test_an_expiry_other_than_sixty_days_is_taken_as_told(go, result, emulator):
    emulator.state.configure(exchange_expires_in=20 * 86_400)
    result(go())
    issued_at, expires_at, _ = dates_of(Connection.objects.get())
    assert expires_at - issued_at == dt.timedelta(days=20)


@pytest.mark.parametrize("kind", ["client_secret", "platform_app"])
def test_a_wrong_secret_is_our_fault_told_to_staff_and_brakes_nothing(kind, go, result, emulator, settings):
    emulator.state.configure(wrong_secret=kind)
    settings.INSTAGRAM_APP_SECRET = "wrong"
    for _ in range(4):
        page = result(go())
    assert "our fault" in page.text
    assert set(ConnectAttempt.objects.values_list("outcome", flat=True)) == {"misconfigured"}
    assert not Brake.objects.exists()
    assert list(OutboxMessage.objects.values_list("kind", flat=True)) == ["connect_misconfigured"]


@pytest.mark.parametrize("missing", ["INSTAGRAM_APP_ID", "INSTAGRAM_APP_SECRET"])
def test_an_installation_without_app_says_so(missing, signed_in, tenant, emulator, settings):
    setattr(settings, missing, "")
    response = signed_in.post(f"/w/{tenant.slug}/connect/instagram_login/")
    assert response.status_code == 503
    assert "not set up" in Page(response.content.decode()).text
    assert not ConnectAttempt.objects.exists()


@pytest.mark.parametrize("flavour", ["facebook_login", "system_user", "tiktok"])
def test_a_flavour_without_app_says_so(flavour, signed_in, tenant, emulator, settings):
    settings.FACEBOOK_APP_ID = ""
    response = signed_in.post(f"/w/{tenant.slug}/connect/{flavour}/")
    assert response.status_code in {404, 503}
    assert Page(response.content.decode()).text
    assert not ConnectAttempt.objects.exists()


def test_the_result_page_shows_nothing_before_somebody_came_back(signed_in, tenant, emulator):
    leave(signed_in, tenant.slug)
    assert signed_in.get(f"/connect/outcome/{ConnectAttempt.objects.get().pk}/").status_code == 404


def test_the_result_page_of_a_member_is_nobody_elses(signed_in, tenant, creator, result):
    result(deny(leave(signed_in, tenant.slug), "creator"))
    page = f"/connect/outcome/{ConnectAttempt.objects.get().pk}/"
    stranger = make_tenant().memberships.get().user
    signed_in.force_login(stranger, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert signed_in.get(page).status_code == 404
    assert signed_in.post(f"{page}finish/").status_code == 404
    assert signed_in.post(f"{page}again/").status_code == 404
