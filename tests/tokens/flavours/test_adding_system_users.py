"""An owner pastes the token of a system user: verified with Meta, kept by its kind, replaced when it has ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from notifications.models import OutboxMessage
from tests.emulator.facebook.world import Facebook
from tests.emulator.wire import FACEBOOK_GRAPH
from tests.factories import make_member
from tests.markup import Page
from tests.tokens.flavours.facebook import SINGLE, FacebookPeople
from tests.tokens.flavours.test_giving_back import TOLD
from tests.tokens.helpers import credential_of, events_of, status_of
from tests.tokens.journeys import sign_in
from tests.tokens.pasting.paster import Paster
from tokens import paste_wording as words
from tokens.models import Connection, Reason
from tokens.services import links
from tokens.services.ends import ended

pytestmark = pytest.mark.django_db

NAME = "Perennial reporting"
DAY = dt.timedelta(days=1)


@dataclass
class Adder(Paster):
    """Pastes on the page for system users."""

    button: str = "Add a system user"

    @property
    def path(self) -> str:
        return f"/w/{self.tenant.slug}/connect/system_user/"

    def refused(self, text: str, word: str, host: str = "Meta", **fields: str) -> str:
        return super().refused(text, word, host, **fields)


@pytest.fixture
def adder(people: FacebookPeople) -> Adder:
    return Adder(people.tenant, people.browser, people.emulator)


@pytest.fixture
def world(people: FacebookPeople) -> Facebook:
    return people.emulator.state.facebook


@pytest.fixture
def generate(people: FacebookPeople, world: Facebook) -> Callable[..., str]:
    """A token as the button of the business's settings makes it."""

    def generate(expires: str = "sixty_days", **details: Any) -> str:
        return str(world.generate_token(people.cast[NAME].id, expires, **details).access_token)

    return generate


# kept


def test_one_that_never_expires_is_kept_and_checked_every_day(adder: Adder, generate: Callable[..., str]) -> None:
    connection, text = adder.kept(generate("never"))
    credential = credential_of(connection)
    assert (connection.flavour, connection.name, str(connection)) == ("system_user", NAME, NAME)
    assert (credential.expires_at, credential.due_at, credential.renewable) == (None, None, False)
    assert timezone.now() < credential.check_due_at <= timezone.now() + DAY
    for part in ("It does not expire", "We check it every day", "Blue Fig, brand", "Blue Fig, performance"):
        assert part in text


def test_one_of_sixty_days_is_kept_and_renewed_in_time(adder: Adder, generate: Callable[..., str]) -> None:
    credential = credential_of(adder.kept(generate(age_days=10))[0])
    assert credential.renewable
    assert round((credential.expires_at - timezone.now()) / DAY) == 50
    assert 38 < (credential.due_at - timezone.now()) / DAY < 40
    assert credential.renew_by is None


@pytest.mark.parametrize("scopes", [["ads_read"], ["ads_management"], ["business_management"]])
def test_any_permission_of_ads_does(scopes: list[str], adder: Adder, generate: Callable[..., str]) -> None:
    connection, _ = adder.kept(generate("never", scopes=scopes))
    assert connection.permissions == scopes
    assert bool(connection.assets) == (scopes != ["business_management"])


def test_a_new_token_of_the_same_system_user_replaces_the_old_one(adder: Adder, generate: Callable[..., str]) -> None:
    connection, _ = adder.kept(generate("sixty_days"))
    again, text = adder.kept(generate("never"))
    assert again == connection
    assert "has the new token" in text
    assert credential_of(connection).never_expires
    assert events_of(connection) == ["pasted", "pasted"]


def test_the_very_same_changes_nothing(adder: Adder, generate: Callable[..., str]) -> None:
    token = generate()
    adder.kept(token)
    assert "holds this very token already" in adder.kept(token)[1]


def test_what_was_added_stands_on_the_page(adder: Adder, generate: Callable[..., str]) -> None:
    adder.kept(generate("never"))
    page = Page(adder.browser.get(adder.path).content.decode())
    assert f"{NAME} : Active" in page.text
    for part in ("60 days", "Never", "Generate new token", settings.FACEBOOK_APP_ID, "ads_read", "Paste a token"):
        assert part in page.text


# refused


def test_the_token_of_a_person_or_a_page_belongs_elsewhere(
    adder: Adder, people: FacebookPeople, world: Facebook
) -> None:
    person = people.cast[SINGLE]
    page = next(iter(person.roles))
    for token in (world.issue_token(person.id, "long"), world.issue_token(person.id, "page", page=page)):
        adder.refused(token.access_token, words.NO_SYSTEM_USER)
    adder.refused("IGAA" + "x" * 80, words.NO_SYSTEM_USER)


def test_one_that_opens_nothing_of_ads(adder: Adder, generate: Callable[..., str]) -> None:
    adder.refused(generate(scopes=["instagram_basic"]), words.NO_ADS)


def test_one_of_another_app(adder: Adder, world: Facebook, generate: Callable[..., str]) -> None:
    world.add_app("555", "another app's secret")
    shown = adder.refused(generate(app_id="555"), words.WRONG_APP)
    assert settings.FACEBOOK_APP_ID in shown


ENDS: dict[str, tuple[Callable[[Facebook, str], object], str]] = {
    "expired": (lambda world, user: world.expire(user), Reason.EXPIRED),
    "revoked": (lambda world, user: world.revoke_tokens(user), Reason.REVOKED),
    "deleted": (lambda world, user: world.delete_system_user(user), Reason.SYSTEM_USER_DELETED),
    "removed": (lambda world, user: world.remove_app_from_business(user), Reason.APP_REMOVED),
}


@pytest.mark.parametrize("end", ENDS)
def test_one_that_has_ended_says_why(
    end: str, adder: Adder, people: FacebookPeople, world: Facebook, generate: Callable[..., str]
) -> None:
    act, word = ENDS[end]
    token = generate()
    act(world, people.cast[NAME].id)
    adder.refused(token, word)


@pytest.mark.parametrize("path", ["/debug_token", "/me", "/me/adaccounts"])
def test_a_meta_that_does_not_answer_says_nothing_about_it(
    path: str, adder: Adder, generate: Callable[..., str]
) -> None:
    token = generate()
    adder.emulator.state.add_fault("http_500", path=FACEBOOK_GRAPH + path, times=1)
    adder.refused(token, words.NO_ANSWER)
    adder.kept(token)


def test_whether_it_ends_is_never_guessed(adder: Adder, generate: Callable[..., str]) -> None:
    adder.emulator.state.configure(inspection_missing=["expires_at"])
    adder.refused(generate(), words.NO_ANSWER)


# who may


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MEMBER, Role.VIEWER])
def test_whoever_is_no_owner_neither_sees_nor_reaches_it(role: str, adder: Adder, generate: Callable[..., str]) -> None:
    adder.kept(generate())
    browser = sign_in(make_member(adder.tenant, role))
    before = adder.emulator.state.requests()
    assert [browser.get(adder.path).status_code, browser.post(adder.path, {"token": "x"}).status_code] == [403, 403]
    page = Page(browser.get(f"/w/{adder.tenant.slug}/").content.decode())
    assert "Add a system user" not in page.button_words
    assert adder.path not in page.hrefs
    assert adder.emulator.state.requests() == before


def test_an_owner_finds_it_on_the_workspaces_page(adder: Adder, generate: Callable[..., str]) -> None:
    assert adder.path in Page(adder.browser.get(f"/w/{adder.tenant.slug}/").content.decode()).hrefs
    adder.kept(generate())
    form = Page(adder.browser.get(f"/w/{adder.tenant.slug}/").content.decode()).form_of("Add a system user")
    assert form.action == adder.path
    assert adder.browser.post(form.action, form.fields).status_code == 200


# when it has ended


@pytest.fixture
def dead(adder: Adder, world: Facebook, people: FacebookPeople, generate: Callable[..., str]) -> Connection:
    connection, _ = adder.kept(generate(), contact_email="ads@agency.example")
    world.delete_system_user(people.cast[NAME].id)
    call_command("check_tokens", "--all")
    assert status_of(connection) == ("inactive", "system_user_deleted")
    connection.refresh_from_db()
    return connection


def test_the_mail_leads_to_the_page_where_a_new_token_is_pasted(
    dead: Connection, mailoutbox: Any, adder: Adder
) -> None:
    call_command("deliver_notifications")
    [mail] = mailoutbox
    assert mail.subject == f"{NAME}: a new token is needed"
    for part in ("The system user was deleted", "paste the new token there", "nobody has to log in", adder.path):
        assert part in mail.body
    for part in ("password", "Two clicks", "Reconnect Instagram", "/link/"):
        assert part not in mail.body


def test_a_reconnect_link_says_what_to_do_and_offers_no_button_that_leads_nowhere(
    dead: Connection, adder: Adder, people: FacebookPeople
) -> None:
    path = f"/link/{links.token_of(links.issue(dead, recipients=['ads@agency.example']))}/"
    page = Page(Client().get(path).content.decode())
    assert f"{NAME} needs a new token" in page.text
    assert "create a system user again" in page.text
    assert page.button_words == []
    assert adder.path in page.hrefs
    assert Page(Client().post(path).content.decode()).text == page.text
    assert people.asked("/dialog/oauth") == []


@pytest.mark.parametrize(("role", "may"), [(Role.OWNER, True), (Role.MEMBER, False)])
def test_reconnecting_leads_to_what_has_to_be_done(
    role: str, may: bool, adder: Adder, people: FacebookPeople, generate: Callable[..., str]
) -> None:
    connection, _ = adder.kept(generate())
    Connection.objects.update(**ended("revoked", timezone.now()))
    browser = sign_in(make_member(people.tenant, role))
    shown = Page(browser.get(people.page_of(connection)).content.decode())
    assert "The token was revoked in Meta's business settings." in shown.text
    assert "Reconnect Instagram" not in shown.button_words
    form = shown.form_of("Replace the token")
    response = browser.post(form.action, form.fields)
    assert response.status_code == 200
    page = Page(response.content.decode())
    assert f"{NAME} needs a new token" in page.text
    assert (adder.path in page.hrefs) == may
    assert ("An owner of Alice & Co pastes it here" in page.text) != may


def test_a_new_token_revives_it(adder: Adder, generate: Callable[..., str]) -> None:
    connection, _ = adder.kept(generate())
    Connection.objects.update(**ended("revoked", timezone.now()))
    link = links.issue(connection, recipients=["ads@agency.example"])
    assert "works again" in adder.kept(generate())[1]
    assert links.trouble(links.find(links.token_of(link))) == "replaced"


@pytest.mark.parametrize("ticked", [True, False])
def test_a_disconnect_revokes_it_at_meta_only_where_that_is_ticked(
    ticked: bool, adder: Adder, people: FacebookPeople, world: Facebook, generate: Callable[..., str]
) -> None:
    token = generate()
    connection, _ = adder.kept(token)
    asks = Page(people.browser.post(people.page_of(connection, "disconnect/")).content.decode())
    form = asks.form_of("Disconnect")
    assert form.types["revoke"] == "checkbox"
    assert "revoke" not in form.fields, "nothing is ticked for anybody"
    assert "an owner has to paste a new token" in asks.text
    people.browser.post(form.action, {**form.fields, **({"revoke": "yes"} if ticked else {})})
    assert (world.tokens[token].cause is not None) == ticked
    assert (TOLD in people.shown(connection)) == ticked
    assert credential_of(connection).token is None
    assert not OutboxMessage.objects.exists()
