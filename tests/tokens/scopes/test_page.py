"""The page of the permissions needed: what it says, what can be ticked, and saving where nobody is concerned."""

from __future__ import annotations

import pytest

from accounts.models import Event, Role
from notifications.models import OutboxMessage
from tests import queue
from tests.factories import make_connection, make_member, make_meta_app, make_tenant
from tests.markup import Page
from tests.tokens.journeys import sign_in
from tests.tokens.scopes.conftest import ASKABLE, BASIC, COMMENTS, INSIGHTS, PUBLISH, needed_by
from tokens.models import Connection, MetaApp

pytestmark = pytest.mark.django_db


@pytest.fixture
def look(signed_in, page):
    def look():
        response = signed_in.get(page)
        assert response.status_code == 200
        return Page(response.content.decode())

    return look


def ticked(page):
    """The permissions whose box is ticked."""
    boxes = [tag for tag in page.html.split("<input") if 'type="checkbox"' in tag]
    return [box.split('value="')[1].partition('"')[0] for box in boxes if " checked" in box.partition(">")[0]]


def test_it_says_what_each_is_for_and_what_stops_without_it(look):
    text = look().text
    for words in ("Read and answer comments.", "Comments can't be read or answered.", COMMENTS):
        assert words in text
    assert "Renewing never adds permissions" in text
    assert "only the creator can add: by reconnecting" in text


def test_without_a_word_all_are_ticked_and_basic_can_never_be_taken_away(look, need):
    assert ticked(look()) == ASKABLE
    need(PUBLISH)
    page = look()
    assert ticked(page) == [BASIC, PUBLISH]
    assert f'value="{BASIC}" checked disabled' in page.html


def test_what_the_app_cannot_ask_for_is_named_and_cannot_be_ticked(look, page, signed_in):
    assert "Not asked for by the Meta app" in look().text
    messages = "instagram_business_manage_messages"
    assert f'value="{messages}"' not in look().html
    response = signed_in.post(page, {"permissions": [messages]})
    assert response.status_code == 400
    assert "does not ask for one of these" in response.content.decode()


def test_owners_are_led_to_the_own_app_and_admins_to_an_owner(look, page, tenant):
    for own in (False, True):
        if own:
            make_meta_app(tenant=tenant)
        assert f"/w/{tenant.slug}/settings/meta-app/" in look().hrefs
        admin = Page(sign_in(make_member(tenant, Role.ADMIN)).get(page).content.decode())
        assert f"/w/{tenant.slug}/settings/meta-app/" not in admin.hrefs
        assert "owner" in admin.text.partition("Not asked for")[2]


def test_a_name_that_is_not_known_is_shown_by_itself(look, settings):
    settings.INSTAGRAM_SCOPES = [BASIC, "something_new"]
    assert "What Instagram calls “something_new”." in look().text


def test_it_counts_the_active_accounts_that_lack_each(look, tenant):
    make_connection(tenant=tenant, permissions=[BASIC, PUBLISH])
    make_connection(tenant=tenant, permissions=[BASIC])
    make_connection(tenant=tenant, permissions=None)
    make_connection(tenant=tenant, permissions=[], status="inactive")
    make_connection(tenant=make_tenant(), permissions=[])
    text = look().text
    assert f"{PUBLISH} 1 connected account lacks it" in text
    assert f"{COMMENTS} 2 connected accounts lack it" in text
    assert f"{BASIC} 1" not in text
    assert "Of 1 connected account Instagram did not say what was granted: it is not counted" in text


def test_it_costs_the_same_number_of_queries_however_many_there_are(
    signed_in, page, tenant, django_assert_max_num_queries
):
    signed_in.get(page)
    for _ in range(2):
        for _ in range(5):
            make_connection(tenant=tenant, permissions=[])
        with django_assert_max_num_queries(10):
            signed_in.get(page)


def test_with_no_meta_app_at_all_there_is_nothing_to_choose(look, settings):
    settings.INSTAGRAM_APP_ID = ""
    page = look()
    assert "Nobody can connect yet" in page.text
    assert "Save" not in page.button_words


def test_needing_less_is_saved_at_once_and_mails_nobody(save, tenant, alice):
    make_connection(tenant=tenant, permissions=[])
    text = save(BASIC, PUBLISH).text
    assert "The permissions needed are saved." in text
    assert needed_by(tenant) == [BASIC, PUBLISH]
    assert not OutboxMessage.objects.exists()
    assert not Connection.objects.filter(asking_since__isnull=False).exists()
    [event] = Event.objects.filter(kind="needs_changed")
    assert (event.actor, event.detail["removed"]) == (alice.email, [COMMENTS, INSIGHTS])
    assert PUBLISH in event.text


def test_needing_more_is_saved_at_once_where_nobody_lacks_it(save, tenant, need):
    need(BASIC)
    make_connection(tenant=tenant, permissions=ASKABLE)
    assert "The permissions needed are saved." in save(BASIC, PUBLISH).text
    assert needed_by(tenant) == [BASIC, PUBLISH]
    assert queue.waiting() == []


def test_accounts_of_which_nothing_is_known_are_not_asked_and_the_message_says_so(save, tenant, need):
    need(BASIC)
    make_connection(tenant=tenant, permissions=None)
    assert "Of 1 account Instagram did not say what was granted: nobody is asked" in save(BASIC, PUBLISH).text
    assert not Connection.objects.filter(asking_since__isnull=False).exists()


def test_saving_what_stands_there_changes_nothing(save, tenant):
    assert "Nothing was different." in save(*ASKABLE).text
    assert needed_by(tenant) is None
    assert not Event.objects.filter(kind="needs_changed").exists()


def test_taking_everything_away_leaves_basic(save, tenant):
    save()
    assert needed_by(tenant) == [BASIC]


@pytest.mark.parametrize(
    ("role", "status"), [(Role.OWNER, 200), (Role.ADMIN, 200), (Role.MEMBER, 403), (Role.VIEWER, 403)]
)
def test_owners_and_admins_alone_may_look_and_change(role, status, page, tenant):
    browser = sign_in(make_member(tenant, role))
    assert browser.get(page).status_code == status
    assert browser.post(page, {"permissions": [PUBLISH]}).status_code == (302 if status == 200 else 403)
    assert needed_by(tenant) == ([BASIC, PUBLISH] if status == 200 else None)


def test_settings_and_meta_app_lead_there(signed_in, page, tenant):
    for address in (f"/w/{tenant.slug}/settings/", f"/w/{tenant.slug}/settings/meta-app/"):
        assert page in Page(signed_in.get(address).content.decode()).hrefs


def test_the_ticks_of_an_own_app_go_on_to_say_what_it_may_ask_for(look, need, tenant):
    app = make_meta_app(tenant=tenant)
    MetaApp.objects.filter(pk=app.pk).update(scopes=[BASIC, INSIGHTS])
    need(BASIC, PUBLISH)
    assert ticked(look()) == [BASIC]
    assert f'value="{INSIGHTS}"' in look().html
    assert f'value="{PUBLISH}"' not in look().html
