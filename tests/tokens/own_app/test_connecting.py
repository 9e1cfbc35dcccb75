"""Connecting uses the workspace's own app where one is in use, else the installation's."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import Event
from notifications.models import OutboxMessage
from tests.factories import credential_of, make_connection, make_member, make_meta_app, make_tenant
from tests.markup import Page
from tests.tokens import journeys
from tests.tokens.helpers import attempt_for_real
from tests.tokens.own_app.conftest import (
    APP_ID,
    BASIC,
    INSIGHTS,
    OTHER_ID,
    OTHER_SECRET,
    SECRET,
    app_asked,
    asked_of,
    spoil,
)
from tokens.models import Brake, ConnectAttempt, Connection, MetaApp
from tokens.services import links

pytestmark = pytest.mark.django_db


def connect_path(tenant):
    return f"/w/{tenant.slug}/connect/instagram_login/"


def reconnect_path(connection):
    return f"/w/{connection.tenant.slug}/connections/{connection.pk}/reconnect/"


def test_an_account_is_connected_through_the_own_app_with_its_secret(own_app, go, at_meta):
    connection = go()
    assert connection.meta_app_id == own_app.pk
    assert at_meta.state.tokens_of("creator")[-1].app_id == APP_ID
    own_app.refresh_from_db()
    assert own_app.test_outcome == "connected"


def test_another_workspace_goes_on_with_the_installations_app(own_app, at_meta, user_factory):
    other = make_tenant(owner=user_factory("bob@example.com"))
    browser = journeys.sign_in(other.memberships.get().user)
    assert app_asked(journeys.leave(browser, other.slug)) == settings.INSTAGRAM_APP_ID


def test_the_own_apps_permissions_are_asked_for(own_app, save, signed_in, tenant, at_meta, settings):
    settings.INSTAGRAM_SCOPES = [BASIC, "instagram_business_manage_comments"]
    save(secret="", scopes=[BASIC, INSIGHTS])
    address = journeys.leave(signed_in, tenant.slug)
    assert asked_of(address)["scope"] == f"{BASIC},{INSIGHTS}"


def test_an_own_app_is_enough_where_the_installation_has_none(own_app, go, signed_in, tenant, at_meta, settings):
    settings.INSTAGRAM_APP_ID = settings.INSTAGRAM_APP_SECRET = ""
    assert "It takes a minute" in Page(signed_in.get(connect_path(tenant)).content.decode()).text
    assert go().meta_app_id == own_app.pk
    own_app.refresh_from_db()


def test_other_flavours_are_not_connected_through_it(own_app, signed_in, tenant, at_meta, settings):
    address = journeys.leave_from(signed_in, f"/w/{tenant.slug}/connect/facebook_login/")
    assert f"client_id={settings.FACEBOOK_APP_ID}" in address
    assert own_app.app_id not in address


def test_reconnecting_moves_a_connection_to_the_app_in_use(go, save, tenant, at_meta):
    before = go()
    first_scoped = before.app_scoped_id
    assert save().status_code == 302
    after = go(reconnect_path(before))
    assert Connection.objects.get() == after
    assert (after.pk, after.meta_app.app_id) == (before.pk, APP_ID)
    assert after.app_scoped_id == at_meta.state.persons["creator"].scoped_id(APP_ID) != first_scoped
    assert journeys.token_of(after) == at_meta.state.tokens_of("creator")[-1].access_token


def test_connecting_again_moves_it_along_too_and_makes_no_second_one(go, save, at_meta):
    before = go()
    save()
    after = go()
    assert Connection.objects.get() == after
    assert (after.pk, after.meta_app.app_id) == (before.pk, APP_ID)


def test_a_reconnect_link_moves_it_along(go, save, client, tenant, at_meta, alice):
    before = go()
    save()
    link = links.issue(before, recipients=["creator@example.com"])
    client.logout()
    address = journeys.leave_from(client, f"/link/{links.token_of(link)}/")
    assert app_asked(address) == APP_ID
    journeys.follow(client, journeys.allow(address, "creator"))
    before.refresh_from_db()
    assert before.meta_app.app_id == APP_ID
    link.refresh_from_db()
    assert link.used_at is not None


def test_what_the_former_app_knew_an_account_by_is_forgotten(go, save, at_meta):
    before = go()
    assert before.exchange_user_id == at_meta.state.persons["creator"].scoped_id(settings.INSTAGRAM_APP_ID)
    save()
    at_meta.state.configure(code_shape="flat_number", me_id_unasked=False)
    after = go(reconnect_path(before))
    assert after.app_scoped_id == ""
    assert after.exchange_user_id == at_meta.state.persons["creator"].scoped_id(APP_ID)


@pytest.mark.parametrize("way", ["member", "link"])
def test_an_older_connection_of_the_same_account_ends_in_the_one_through_the_app_in_use(
    way, go, own_app, signed_in, tenant, at_meta
):
    newer = go()
    older = make_connection(
        tenant=tenant, meta_app=make_meta_app(), instagram_id=newer.instagram_id, handle="creator", status="inactive"
    )
    if way == "link":
        link = links.issue(older, recipients=["creator@example.com"])
        path = f"/link/{links.token_of(link)}/"
    else:
        path = reconnect_path(older)
    go(path)
    older.refresh_from_db()
    newer.refresh_from_db()
    assert (newer.status, newer.meta_app_id) == ("active", own_app.pk)
    assert (older.status, credential_of(older).token) == ("disconnected", None)
    assert Event.objects.filter(subject_id=older.pk, kind="replaced").count() == 1
    assert not links_open(older)


def links_open(connection):
    return connection.links.open().exists()


def test_a_disconnected_connection_comes_back_through_the_app_in_use(go, save, signed_in, at_meta):
    before = go()
    signed_in.post(f"/w/{before.tenant.slug}/connections/{before.pk}/disconnect/", {"confirm": "yes"})
    save()
    after = go()
    assert (after.pk, after.status, after.meta_app.app_id) == (before.pk, "active", APP_ID)


def test_another_workspaces_connection_of_the_account_stays_where_it_is(go, own_app, at_meta):
    person = at_meta.state.add_person("creator")
    theirs = make_connection(instagram_id=person.user_id, handle="creator")
    ours = go()
    was = (theirs.tenant_id, theirs.meta_app_id)
    theirs.refresh_from_db()
    assert (theirs.tenant_id, theirs.meta_app_id) == was
    assert ours.pk != theirs.pk


def test_an_app_that_takes_over_while_somebody_is_at_instagram_does_no_harm(save, own_app, signed_in, tenant, at_meta):
    at_meta.state.add_person("creator")
    address = journeys.leave(signed_in, tenant.slug)
    save(OTHER_ID, OTHER_SECRET)
    response = journeys.follow(signed_in, journeys.allow(address, "creator"))
    assert response.status_code == 200
    connection = Connection.objects.get(tenant=tenant)
    assert (connection.status, connection.meta_app_id) == ("active", own_app.pk)


def test_renewing_and_checking_go_through_the_app_that_made_the_connection(go, own_app, save, at_meta, travel):
    connection = go()
    save(OTHER_ID, OTHER_SECRET)
    at_meta.state.age("creator", 50)
    connection.credential.__class__.objects.update(due_at=timezone.now())
    assert attempt_for_real(connection, "refresh") == "refreshed"
    assert attempt_for_real(connection, "check") == "alive"
    assert at_meta.state.tokens_of("creator")[-1].app_id == APP_ID


def test_a_secret_that_cannot_be_read_is_told_before_anybody_leaves(own_app, signed_in, tenant, page, at_meta):
    spoil(own_app)
    for response in (signed_in.get(connect_path(tenant)), signed_in.post(connect_path(tenant))):
        assert response.status_code == 503
        told = Page(response.content.decode())
        assert "Nobody can connect just now" in told.text
        assert page in told.hrefs
    assert not ConnectAttempt.objects.exists()
    assert "The stored secret can't be read." in Page(signed_in.get(page).content.decode()).text


def test_a_member_is_told_to_turn_to_an_owner(own_app, tenant, page, at_meta):
    spoil(own_app)
    response = journeys.sign_in(make_member(tenant)).post(connect_path(tenant))
    told = Page(response.content.decode())
    assert "An owner of Alice & Co has to enter the secret of its Meta app again." in told.text
    assert page not in told.hrefs


def test_the_holder_of_a_link_is_told_too(own_app, tenant, client, at_meta):
    connection = make_connection(tenant=tenant, meta_app=own_app, status="inactive")
    link = links.issue(connection, recipients=["creator@example.com"])
    spoil(own_app)
    response = client.post(f"/link/{links.token_of(link)}/")
    assert response.status_code == 503
    assert "it is nothing that you did" in Page(response.content.decode()).text


def test_a_secret_lost_on_the_way_ends_in_a_page_that_says_so(own_app, signed_in, tenant, at_meta):
    at_meta.state.add_person("creator")
    way_back = journeys.allow(journeys.leave(signed_in, tenant.slug), "creator")
    spoil(own_app)
    response = journeys.follow(signed_in, way_back)
    assert "Meta app is not set up right" in Page(response.content.decode()).text
    assert ConnectAttempt.objects.get().outcome == "misconfigured"


def test_what_waits_survives_a_lost_secret_until_it_is_entered_again(own_app, save, signed_in, tenant, at_meta):
    at_meta.state.add_person("creator")
    way_back = journeys.allow(journeys.leave(signed_in, tenant.slug), "creator")
    at_meta.state.add_fault("http_500_empty", path="/access_token", times=3)
    journeys.follow(signed_in, way_back)
    attempt = ConnectAttempt.objects.get()
    assert attempt.outcome == "unfinished"
    spoil(own_app)
    assert signed_in.post(f"/connect/outcome/{attempt.pk}/finish/").status_code == 503
    save(secret=SECRET)
    signed_in.post(f"/connect/outcome/{attempt.pk}/finish/")
    assert Connection.objects.get(tenant=tenant).status == "active"


def test_a_wrong_secret_met_while_connecting_is_told_to_owners_not_to_staff(own_app, signed_in, tenant, page, at_meta):
    at_meta.state.add_app(APP_ID, OTHER_SECRET)
    at_meta.state.add_person("creator")
    response = journeys.follow(signed_in, journeys.allow(journeys.leave(signed_in, tenant.slug), "creator"))
    assert "Owners of Alice & Co read what is wrong" in Page(response.content.decode()).text
    assert "The secret is wrong." in Page(signed_in.get(page).content.decode()).text
    assert Event.objects.filter(tenant=tenant, kind="own_app_trouble").count() == 1
    assert not OutboxMessage.objects.filter(kind="connect_misconfigured").exists()
    assert not Brake.objects.exists()


def test_a_tenants_app_without_secret_never_borrows_the_installations(tenant, signed_in, at_meta):
    MetaApp.objects.create(tenant=tenant, flavour="instagram_login", app_id=settings.INSTAGRAM_APP_ID)
    assert signed_in.post(connect_path(tenant)).status_code == 503
