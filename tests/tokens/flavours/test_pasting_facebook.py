"""What Facebook issues may be pasted, too: told apart by asking, kept, or refused in clear words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, cast

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import Event
from tests.emulator.facebook.records import Kind
from tests.emulator.facebook.world import Facebook
from tests.emulator.wire import FACEBOOK_GRAPH
from tests.factories import make_meta_app
from tests.flows.hiding_places import Browser, everything_logged
from tests.markup import Page
from tests.rows import all_rows
from tests.tokens.flavours.facebook import FEW, NONE, SINGLE, FacebookPeople
from tests.tokens.helpers import attempt_for_real, credential_of, events_of
from tests.tokens.pasting.paster import Paster
from tokens import paste_wording as words
from tokens.models import Brake, ConnectAttempt, Connection, Credential, Reason

pytestmark = [pytest.mark.django_db, pytest.mark.crossed]

STANDARD = ("instagram_basic", "pages_show_list", "pages_read_engagement")
DAY = dt.timedelta(days=1)


@pytest.fixture
def paster(people: FacebookPeople) -> Paster:
    return Paster(people.tenant, people.browser, people.emulator)


@pytest.fixture
def world(people: FacebookPeople) -> Facebook:
    return people.emulator.state.facebook


@pytest.fixture
def issue(people: FacebookPeople, world: Facebook) -> Callable[..., str]:
    """A token of a person, or of their first Page, out of Meta's Graph API Explorer."""

    def issue(kind: str = "short", person: str = SINGLE, **details: Any) -> str:
        holder = people.cast[person]
        if kind == "page":
            details.setdefault("page", next(iter(holder.roles)))
        return str(world.issue_token(holder.id, cast(Kind, kind), **details).access_token)

    return issue


# kept


def test_a_short_one_is_exchanged_and_the_pages_key_is_kept(
    paster: Paster, world: Facebook, issue: Callable[..., str]
) -> None:
    short = issue("short")
    connection, text = paster.kept(short)
    credential = credential_of(connection)
    assert (connection.flavour, connection.handle, connection.page_name) == ("facebook_login", "cafe.luna", "Café Luna")
    assert world.tokens[credential.token.reveal()].kind == "page"
    assert world.tokens[credential.renewal.reveal()].kind == "long"
    assert round((credential.renewal_expires_at - timezone.now()) / DAY) == 60
    assert credential.renew_by == credential.expires_at
    assert "25 hours" not in text
    assert Event.objects.get(subject_id=connection.pk).kind == "pasted"


@pytest.mark.parametrize("again", ["extends", "same_date", "refuse"])
def test_one_of_sixty_days_is_kept_as_it_is(
    again: str, paster: Paster, issue: Callable[..., str], people: FacebookPeople
) -> None:
    people.emulator.state.configure(facebook_long_to_exchange=again)
    token = issue("long", age_days=20)
    credential = credential_of(paster.kept(token)[0])
    assert credential.renewal.reveal() == token
    assert round((credential.renewal_expires_at - timezone.now()) / DAY) == 40
    assert round((timezone.now() - credential.issued_at) / DAY) == 20
    assert 28 < (credential.due_at - timezone.now()) / DAY < 30


@pytest.mark.parametrize("profile_id", [True, False])
def test_a_pages_own_token_works_and_only_a_person_can_renew_it(
    profile_id: bool, paster: Paster, issue: Callable[..., str], people: FacebookPeople
) -> None:
    people.emulator.state.configure(page_profile_id=profile_id)
    token = issue("page")
    connection, text = paster.kept(token)
    credential = credential_of(connection)
    assert (credential.token.reveal(), credential.renewal, credential.renewable) == (token, None, False)
    assert credential.renew_by == credential.expires_at
    assert "A person must renew it by" in text
    assert "None: nothing to renew by ourselves" in text


def test_a_page_whose_end_is_not_told_ends_90_days_after_its_issue_at_most(
    paster: Paster, issue: Callable[..., str], people: FacebookPeople
) -> None:
    people.emulator.state.configure(inspection_missing=["data_access_expires_at"])
    connection, text = paster.kept(issue("page", age_days=20))
    assert round((credential_of(connection).expires_at - timezone.now()) / DAY) == 70
    assert "does not expire" not in text
    people.emulator.state.configure(inspection_missing=[], data_access_days=None)
    assert attempt_for_real(connection, "check") == "alive"
    assert "It does not expire" in people.shown(connection)


def test_a_page_is_known_where_facebook_does_not_tell_the_kind(
    paster: Paster, issue: Callable[..., str], people: FacebookPeople
) -> None:
    people.emulator.state.configure(inspection_missing=["type"])
    assert credential_of(paster.kept(issue("page"))[0]).renewable is False


def test_several_accounts_are_chosen_from_and_the_contact_address_is_theirs(
    paster: Paster, issue: Callable[..., str], people: FacebookPeople
) -> None:
    token = issue("short", FEW)
    response = paster.paste(token, contact_email="lena@brandt.example")
    where, page = people.result(response)
    assert where.startswith("/connect/outcome/")
    assert "This token opens several accounts." in page.text
    assert token not in page.html
    people.choose(page, "hana.paints", "flora.bakes")
    assert set(Connection.objects.values_list("handle", "contact_email")) == {
        ("hana.paints", "lena@brandt.example"), ("flora.bakes", "lena@brandt.example"),
    }  # fmt: skip
    assert ConnectAttempt.objects.get().pending_secret is None


def pasted_choice(paster: Paster, people: FacebookPeople, token: str, *handles: str) -> str:
    """Pastes a token that opens several accounts and chooses; the words on the page that this leads to."""
    _, page = people.result(paster.paste(token))
    return people.result(people.choose(page, *handles))[1].text


def test_a_choice_is_written_down_as_pasted(paster: Paster, people: FacebookPeople, issue: Callable[..., str]) -> None:
    pasted_choice(paster, people, issue("short", FEW), "hana.paints")
    [event] = Event.objects.filter(subject_id=Connection.objects.get().pk)
    assert (event.kind, event.text) == ("pasted", "@hana.paints was connected by a pasted token.")


def test_a_choice_gives_no_working_key_away_for_an_older_one(
    paster: Paster, people: FacebookPeople, issue: Callable[..., str]
) -> None:
    [hana] = people.connect_several("hana.paints")
    version, old = credential_of(hana).version, issue("long", FEW, age_days=45)
    text = pasted_choice(paster, people, old, "hana.paints", "flora.bakes")
    assert "@hana.paints is connected already, and its token works" in text
    assert "@flora.bakes" in text
    assert (events_of(hana), credential_of(hana).version) == (["connected"], version)
    assert events_of(Connection.objects.get(handle="flora.bakes")) == ["pasted"]
    text = pasted_choice(paster, people, old, "hana.paints")
    assert "is connected already, and its token works" in text
    assert "The connection is renewed" not in text


def test_an_instagram_token_is_kept_as_ever(paster: Paster) -> None:
    connection, _ = paster.kept(paster.token())
    assert connection.flavour == "instagram_login"
    assert FACEBOOK_GRAPH not in str(paster.emulator.state.requests())


@pytest.mark.parametrize(("looks", "flavour"), [("IGAA", "facebook_login"), ("EAAC", "instagram_login")])
def test_whose_it_is_is_asked_and_not_read_off_its_letters(
    looks: str, flavour: str, paster: Paster, world: Facebook, issue: Callable[..., str]
) -> None:
    tokens: Any = world.tokens if flavour == "facebook_login" else paster.emulator.state.tokens
    token = issue("long") if flavour == "facebook_login" else paster.token()
    other = looks + token[4:]
    tokens[other] = tokens.pop(token)
    tokens[other].access_token = other
    assert paster.kept(other)[0].flavour == flavour


# what is there already


def test_a_newer_one_takes_its_place_and_an_older_one_does_not(paster: Paster, issue: Callable[..., str]) -> None:
    connection, _ = paster.kept(issue("long", age_days=10))
    version = credential_of(connection).version
    assert "is connected already, and its token works" in paster.kept(issue("long", age_days=20))[1]
    assert credential_of(connection).version == version
    assert "has the new token" in paster.kept(issue("long", age_days=1))[1]
    assert credential_of(connection).version > version


def test_of_unknown_age_it_is_older_than_one_that_works(
    paster: Paster, people: FacebookPeople, issue: Callable[..., str]
) -> None:
    connection = people.connect(SINGLE)
    version = credential_of(connection).version
    people.emulator.state.configure(inspection_missing=["issued_at"])
    assert "is connected already, and its token works" in paster.kept(issue("long", age_days=45))[1]
    assert credential_of(connection).version == version


def test_what_can_be_renewed_is_not_given_away_for_what_can_not(
    paster: Paster, people: FacebookPeople, issue: Callable[..., str]
) -> None:
    connection = people.connect(SINGLE)
    assert "is connected already, and its token works" in paster.kept(issue("page"))[1]
    assert credential_of(connection).renewal is not None


def test_what_a_person_must_renew_is_renewed_by_a_pasted_one(
    paster: Paster, people: FacebookPeople, issue: Callable[..., str]
) -> None:
    connection = people.connect(SINGLE)
    Credential.objects.update(renew_by=timezone.now() + 3 * DAY, renewal_expires_at=timezone.now() + 3 * DAY)
    paster.kept(issue("long", age_days=5))
    assert credential_of(connection).renew_by > timezone.now() + 80 * DAY


# refused


ENDS: dict[str, tuple[Callable[[Facebook, str], object], str]] = {
    "expired": (lambda world, person: world.expire(person), Reason.EXPIRED),
    "password": (lambda world, person: world.change_password(person), Reason.PASSWORD_CHANGED),
    "removed": (lambda world, person: world.remove_app(person), Reason.APP_REMOVED),
    "checkpoint": (lambda world, person: world.checkpoint(person), Reason.CHECKPOINT),
    "unconfirmed": (lambda world, person: world.unconfirm(person), Reason.UNCONFIRMED),
    "logged out": (lambda world, person: world.logout(person), Reason.LOGGED_OUT),
    "revoked": (lambda world, person: world.kill_session(person), Reason.REVOKED),
    "role": (lambda world, person: world.lose_role(person), Reason.PAGE_ROLE_LOST),
    "gone": (lambda world, person: world.kill(person, "user_gone"), words.USER_GONE),
    "unsaid": (lambda world, person: world.kill(person, "generic_190"), words.NOT_ACCEPTED),
}


@pytest.mark.parametrize("end", ENDS)
def test_one_that_has_ended_says_why_in_facebooks_words(
    end: str, paster: Paster, people: FacebookPeople, world: Facebook, issue: Callable[..., str]
) -> None:
    act, word = ENDS[end]
    token = issue("page" if end == "role" else "long")
    act(world, people.cast[SINGLE].id)
    text = paster.refused(token, word, "Facebook")
    assert "the Instagram password" not in text
    assert not Connection.objects.exists()


@pytest.mark.parametrize("flavour", ["facebook_login", "system_user"])
def test_while_a_brake_holds_nothing_is_believed_dead(
    flavour: str, paster: Paster, people: FacebookPeople, world: Facebook, issue: Callable[..., str]
) -> None:
    app = make_meta_app(flavour=flavour)
    Brake.objects.create(meta_app=app, cause=Brake.Cause.DEATHS, fallen_at=timezone.now())
    if flavour == "facebook_login":
        token = issue("long")
        world.change_password(people.cast[SINGLE].id)
        paster.refused(token, words.NO_ANSWER, "Facebook")
    else:
        user = people.cast["Perennial reporting"].id
        token = world.generate_token(user).access_token
        world.revoke_tokens(user)
        people.browser.post(people.path("system_user"), {"token": token})
        told = words.refusal(words.NO_ANSWER, "Meta")
        assert told is not None
        assert told.title in Page(people.browser.get(people.path("system_user")).content.decode()).text


@pytest.mark.parametrize("left_out", STANDARD[:2])
def test_one_that_lacks_what_everything_rests_on(left_out: str, paster: Paster, issue: Callable[..., str]) -> None:
    token = issue("long", scopes=[each for each in STANDARD if each != left_out])
    paster.refused(token, words.LACKS_BASICS, "Facebook")


def test_a_page_without_an_account_and_a_person_without_any(
    paster: Paster, people: FacebookPeople, world: Facebook, issue: Callable[..., str]
) -> None:
    paster.refused(issue("long", NONE), words.NO_ACCOUNT, "Facebook")
    for page in people.cast[SINGLE].roles:
        world.unlink(page)
    paster.refused(issue("page"), words.PAGE_WITHOUT_ACCOUNT, "Facebook")
    paster.refused(issue("long"), words.NO_ACCOUNT, "Facebook")


def test_one_of_another_app(paster: Paster, people: FacebookPeople, world: Facebook) -> None:
    world.add_app("555", "another app's secret")
    token = world.issue_token(people.cast[SINGLE].id, "long", "555").access_token
    shown = paster.refused(token, words.WRONG_APP, "Facebook")
    assert settings.FACEBOOK_APP_ID in shown


def test_a_system_users_goes_to_an_owner(paster: Paster, people: FacebookPeople, world: Facebook) -> None:
    token = world.generate_token(people.cast["Perennial reporting"].id).access_token
    shown = paster.refused(token, words.SYSTEM_USER, "Facebook")
    assert "An owner of the workspace adds it under “Add a system user”." in shown


@pytest.mark.parametrize("text", ["{}|{}", " “Bearer {}|{}” "])
def test_an_app_token_is_sent_nowhere(text: str, paster: Paster) -> None:
    paster.refused(text.format(settings.FACEBOOK_APP_ID, settings.FACEBOOK_APP_SECRET), words.APP_TOKEN)
    assert paster.emulator.state.requests() == []


@pytest.mark.parametrize(
    ("text", "word", "host"),
    [
        ("EAAgarbage" + "x" * 60, words.CANNOT_PARSE, "Facebook"),
        ("IGAAgarbage" + "x" * 60, words.CANNOT_PARSE, "Instagram"),
        ("THQVgarbage" + "x" * 60, words.THREADS, "Instagram"),
    ],
)
def test_what_nobody_can_read_is_told_by_whoever_it_looks_like(text: str, word: str, host: str, paster: Paster) -> None:
    paster.refused(text, word, host)


@pytest.mark.parametrize(
    ("unset", "looks", "word", "host"),
    [
        ("FACEBOOK_APP_ID", "EAA", words.FACEBOOK, "Instagram"),
        ("INSTAGRAM_APP_ID", "IGAA", words.INSTAGRAM, "Facebook"),
        ("INSTAGRAM_APP_ID", "THQV", words.THREADS, "Facebook"),
    ],
)
def test_where_one_product_alone_is_set_up_the_others_tokens_are_told(
    unset: str, looks: str, word: str, host: str, paster: Paster, settings: Any
) -> None:
    setattr(settings, unset, "")
    paster.refused(looks + "x" * 80, word, host)


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ("http_500", words.NO_ANSWER), ("reset", words.NO_ANSWER), ("bad_json", words.NO_ANSWER),
        ("policy_368", words.NO_ANSWER), ("rate_4", words.LIMITED), ("unknown_code", words.REFUSED),
        ("permission_10", words.NOT_ALLOWED),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/debug_token", "/oauth/access_token", "/me/accounts"])
def test_facebook_in_trouble_is_not_blamed_on_the_token_and_it_works_a_minute_later(
    path: str, fault: str, word: str, paster: Paster, issue: Callable[..., str]
) -> None:
    token = issue("short")
    fault_id = paster.emulator.state.add_fault(fault, path=FACEBOOK_GRAPH + path)
    paster.refused(token, word, "Facebook")
    assert not Connection.objects.exists()
    paster.emulator.state.remove_fault(fault_id)
    paster.kept(token)


def test_a_wrong_secret_of_ours_is_not_blamed_on_the_token(
    paster: Paster, world: Facebook, issue: Callable[..., str], mailoutbox: Any
) -> None:
    token = issue("long")
    world.add_app(settings.FACEBOOK_APP_ID, "another secret than ours")
    paster.refused(token, words.MISCONFIGURED, "Facebook")


# secrecy


@pytest.mark.parametrize("kind", ["short", "long", "page"])
@pytest.mark.parametrize("good", [True, False], ids=["kept", "refused"])
def test_it_stands_in_no_page_session_row_or_log(
    kind: str, good: bool, people: FacebookPeople, issue: Callable[..., str], alice: Any
) -> None:
    browser = Browser(raise_request_exception=False)
    browser.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    token = issue(kind, FEW)
    if not good:
        people.emulator.state.facebook.change_password(people.cast[FEW].id)
    with everything_logged() as logged:
        browser.post(people.path("paste"), {"token": token}, follow=True)
        browser.post(people.path("paste"), {"token": token, "contact_email": "nobody"})
    told = "\n".join([*map(str, browser.seen.values()), *logged, repr(dict(browser.session)), repr(all_rows())])
    assert [each for each in people.emulator.state.secrets() if each in told] == []


def test_the_page_names_both_apps_and_where_a_token_comes_from(paster: Paster) -> None:
    text = Page(paster.browser.get(paster.path).content.decode()).text
    for part in (settings.INSTAGRAM_APP_ID, settings.FACEBOOK_APP_ID, "Graph API Explorer", "never shown again"):
        assert part in text
