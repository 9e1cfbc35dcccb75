"""Who comes into /admin/, by which door, and what they may do there."""

from __future__ import annotations

import io
from unittest import mock

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import get_resolver

from accounts.models import Event, User
from tests.factories import make_connection, make_tenant, make_user
from tests.tokens.journeys import sign_in
from tokens.models import Connection

pytestmark = pytest.mark.django_db
PASSWORD = "a long pass phrase"


def addresses(found, prefix=""):
    for each in found:
        route = prefix + str(each.pattern)
        if hasattr(each, "url_patterns"):
            yield from addresses(each.url_patterns, route)
        elif "(" not in route.replace("(?P<url>.*)$", ""):
            yield "/" + route.replace("<path:object_id>", "1").replace("<id>", "1").replace("(?P<url>.*)$", "nothing/")


ADDRESSES = [each for each in addresses(get_resolver().url_patterns) if each.startswith("/admin/")]


def test_the_walk_finds_the_pages():
    assert {"/admin/", "/admin/login/", "/admin/tokens/connection/", "/admin/tokens/connection/1/disconnect/"} <= set(
        ADDRESSES
    )


def answers(browser):
    """Of every page, to looking and to sending."""
    for number, address in enumerate(ADDRESSES):
        if number % 50 == 0:
            # More posts than anybody may send in a minute.
            cache.clear()
        for method in ("get", "post"):
            yield (method, address), getattr(browser, method)(address)


def test_anonymous_visitors_are_sent_to_the_products_own_sign_in(client):
    led = {asked: (answer.status_code, answer.headers.get("Location", "")) for asked, answer in answers(client)}
    sign_in_page = "/accounts/login/?next=/admin/"
    assert {asked: told for asked, told in led.items() if told[0] != 302 or not told[1].startswith(sign_in_page)} == {}


def test_customers_are_refused_alike_everywhere():
    codes = {asked: answer.status_code for asked, answer in answers(sign_in(make_user()))}
    assert {asked: code for asked, code in codes.items() if code != 403} == {}


def test_there_is_no_second_form_for_passwords(staff):
    assert staff.get("/admin/login/")["Location"] == "/admin/"
    assert staff.get("/admin/password_change/").status_code == 404


def test_no_row_is_loaded_by_the_number_of_its_table(staff):
    assert staff.get(f"/admin/r/1/{make_connection().pk}/").status_code == 404


def test_the_way_in_leads_over_the_sign_in_form(client, boss):
    asked = client.get("/admin/tokens/connection/")
    form = client.get(asked["Location"])
    assert form.status_code == 200
    response = client.post(asked["Location"], {"login": boss.email, "password": PASSWORD})
    assert response["Location"] == "/admin/tokens/connection/"
    assert client.get(response["Location"]).status_code == 200


def test_signing_out_leads_to_the_landing_page(staff):
    assert staff.get("/admin/logout/").status_code == 405
    assert staff.post("/admin/logout/")["Location"] == "/"
    assert staff.get("/admin/").status_code == 302


@pytest.mark.parametrize("noinput", [True, False])
def test_one_made_by_createsuperuser_signs_in_at_once(noinput, client, monkeypatch, settings):
    assert settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory"
    if noinput:
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
        monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "Root@Perennial.example")
        call_command("createsuperuser", "--noinput", stdout=io.StringIO())
    else:
        stdin = mock.Mock(isatty=lambda: True)
        monkeypatch.setattr("builtins.input", lambda prompt="": "Root@Perennial.example")
        monkeypatch.setattr("getpass.getpass", lambda prompt="": PASSWORD)
        call_command("createsuperuser", stdin=stdin, stdout=io.StringIO())
    user = User.objects.get()
    assert (user.email, user.is_staff, user.is_superuser) == ("root@perennial.example", True, True)
    assert EmailAddress.objects.get().verified
    response = client.post("/accounts/login/?next=/admin/", {"login": user.email, "password": PASSWORD})
    assert response["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_createsuperuser_tells_of_an_address_that_is_taken_in_other_case(monkeypatch):
    make_user("root@perennial.example")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    with pytest.raises(CommandError, match="already taken"):
        call_command("createsuperuser", "--noinput", "--email", "ROOT@perennial.example")


def test_staff_who_are_no_members_are_strangers_in_a_workspace(staff):
    connection = make_connection()
    path = f"/w/{connection.tenant.slug}/"
    for each in (path, f"{path}connections/{connection.pk}/", f"{path}team/", f"{path}settings/"):
        assert staff.get(each).status_code == 404
    assert staff.post(f"{path}connections/{connection.pk}/disconnect/").status_code == 404


def test_who_may_only_view_sees_no_button_and_presses_none(clerk, emulator):
    connection = make_connection()
    browser = clerk("view_connection")
    path = f"/admin/tokens/connection/{connection.pk}/"
    page = browser.get(f"{path}change/").content.decode()
    assert "Refresh now" not in page
    for button in ("refresh-now", "check-now", "send-link", "mark-inactive", "disconnect"):
        assert browser.get(f"{path}{button}/").status_code == 403
        assert browser.post(f"{path}{button}/", {"confirmed": "yes", "reason": "unknown"}).status_code == 403
    chosen = {"action": "disconnect", "_selected_action": [str(connection.pk)], "confirmed": "yes"}
    browser.post("/admin/tokens/connection/", chosen)
    assert browser.post(f"{path}change/", {"handle": "taken"}).status_code == 403
    assert Connection.objects.get().status == "active"
    assert emulator.state.requests() == []
    assert not Event.objects.filter(subject_id=connection.pk).exists()


def test_staff_without_a_permission_see_nothing(clerk):
    browser = clerk()
    assert browser.get("/admin/").status_code == 200
    assert browser.get("/admin/tokens/connection/").status_code == 403
    assert "Overdue" not in browser.get("/admin/").content.decode()


def test_who_may_act_may_not_edit(staff, boss):
    connection = make_connection(handle="anna")
    path = f"/admin/tokens/connection/{connection.pk}/"
    assert staff.post(f"{path}change/", {"handle": "taken"}).status_code == 403
    assert staff.get(f"{path}delete/").status_code == 403
    assert staff.get("/admin/tokens/connection/add/").status_code == 403
    assert Connection.objects.get().handle == "anna"


# Users


def flags_of(user):
    user.refresh_from_db()
    return user.is_active, user.is_staff, user.is_superuser


def test_a_clerk_bars_a_customer_and_makes_nobody_staff(clerk):
    customer = make_user()
    browser = clerk("view_user", "change_user")
    forged = {"is_staff": "on", "is_superuser": "on", **inline_form()}
    assert browser.post(f"/admin/accounts/user/{customer.pk}/change/", forged).status_code == 302
    assert flags_of(customer) == (False, False, False)


def test_a_clerk_does_not_touch_staff(clerk, boss):
    browser = clerk("view_user", "change_user")
    assert browser.post(f"/admin/accounts/user/{boss.pk}/change/", inline_form()).status_code == 403
    assert flags_of(boss) == (True, True, True)


def test_a_superuser_makes_staff_and_never_locks_the_own_door(staff, boss):
    customer = make_user()
    staff.post(f"/admin/accounts/user/{customer.pk}/change/", {"is_active": "on", "is_staff": "on", **inline_form()})
    assert flags_of(customer) == (True, True, False)
    staff.post(f"/admin/accounts/user/{boss.pk}/change/", inline_form())
    assert flags_of(boss) == (True, True, True)


def inline_form():
    return {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}


def test_a_deactivated_customer_is_out_at_once(staff):
    customer = make_user()
    make_tenant("Theirs", owner=customer)
    browser = sign_in(customer)
    assert browser.get("/w/theirs/").status_code == 200
    staff.post(f"/admin/accounts/user/{customer.pk}/change/", inline_form())
    assert browser.get("/w/theirs/").status_code == 302


def test_forged_posts_without_a_token_are_refused(boss):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(boss, backend="allauth.account.auth_backends.AuthenticationBackend")
    connection = make_connection()
    response = browser.post(f"/admin/tokens/connection/{connection.pk}/disconnect/", {"confirmed": "yes"})
    assert response.status_code == 403
    assert Connection.objects.get().status == "active"
