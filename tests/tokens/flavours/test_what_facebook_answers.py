"""Whoever comes back from Facebook without a connection reads why in words of Facebook's, and what to do."""

from __future__ import annotations

from typing import Any

import pytest

from notifications.models import OutboxMessage
from tests.emulator.wire import FACEBOOK_GRAPH
from tests.markup import Page
from tests.rows import all_rows
from tests.tokens.flavours.facebook import FEW, SINGLE, FacebookPeople
from tests.tokens.journeys import back, code_of
from tokens.models import ConnectAttempt, Connection

pytestmark = pytest.mark.django_db

EXCHANGE, INSPECT, PAGES = (
    f"{FACEBOOK_GRAPH}{path}" for path in ("/oauth/access_token", "/debug_token", "/me/accounts")
)


def told(people: FacebookPeople, response: Any, outcome: str) -> Page:
    """The page of an attempt that led to no connection."""
    _, page = people.result(response)
    assert ConnectAttempt.objects.get().outcome == outcome
    assert not Connection.objects.exists()
    return page


@pytest.mark.parametrize("denial_code", [False, True])
def test_who_cancels_is_told_that_nothing_was_changed(denial_code: bool, people: FacebookPeople) -> None:
    people.emulator.state.configure(denial_code=denial_code)
    page = told(people, people.consent(SINGLE, decision="cancel"), "denied")
    assert "You did not allow it" in page.text
    assert "press “Allow” at Facebook" in page.text
    assert "Try again" in page.button_words
    assert people.asked("/access_token") == []


@pytest.mark.parametrize("left_out", ["instagram_basic", "pages_show_list"])
def test_a_permission_that_nothing_works_without_is_missed_at_once(left_out: str, people: FacebookPeople) -> None:
    ticked = {"instagram_basic", "pages_show_list", "pages_read_engagement"} - {left_out}
    page = told(people, people.consent(SINGLE, permissions=ticked), "permission_unticked")
    assert "A permission was left out" in page.text
    assert "leave everything ticked on Facebook's page" in page.text


def test_one_that_is_needed_for_something_alone_is_named_afterwards(people: FacebookPeople) -> None:
    connection = people.connect(SINGLE, permissions=["instagram_basic", "pages_show_list"])
    assert "works, but not everything that is needed was ticked at Facebook" in people.shown(connection)
    assert "pages_read_engagement" in people.shown(connection)


def test_who_shares_no_page_reads_that_none_was_shared(people: FacebookPeople) -> None:
    page = told(people, people.consent(FEW, pages=[]), "no_account")
    assert "tick both the Page and the account at Facebook" in page.text


def test_pages_without_an_account_are_named_with_how_to_link_one(people: FacebookPeople) -> None:
    for page_id in people.cast[SINGLE].roles:
        people.emulator.state.facebook.unlink(page_id)
    page = told(people, people.consent(SINGLE), "no_account")
    assert "Café Luna" in page.text
    assert "Linked accounts → Instagram" in page.text


@pytest.mark.parametrize("kind", ["used", "expired", "unknown"])
def test_a_code_that_is_good_no_more_is_no_fault_of_anybodys(kind: str, people: FacebookPeople) -> None:
    came_back = people.allow(people.leave(), SINGLE)
    code = people.emulator.state.facebook.codes[code_of(f"http://x{came_back}")]
    if kind == "used":
        code.used = True
    elif kind == "expired":
        code.issued_at -= 3601
    else:
        del people.emulator.state.facebook.codes[code.value]
    page = told(people, people.browser.get(came_back), "code_rejected")
    assert "Facebook did not accept its own answer" in page.text
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("wrong", ["secret", "redirect"])
def test_what_we_set_up_wrong_is_told_staff_and_not_blamed_on_the_person(
    wrong: str, people: FacebookPeople, settings: Any
) -> None:
    came_back = people.allow(people.leave(), SINGLE)
    if wrong == "secret":
        people.emulator.state.facebook.add_app(settings.FACEBOOK_APP_ID, "another secret than ours")
    else:
        settings.SITE_URL = "https://elsewhere.example"
    page = told(people, people.browser.get(came_back), "misconfigured")
    assert "That is our fault, not yours" in page.text
    assert "our set-up at Facebook" in page.text
    assert [each.kind for each in OutboxMessage.objects.all()] == ["connect_misconfigured"]


STEPS = {
    "code": (EXCHANGE, 0, "code"),
    "lengthen": (EXCHANGE, 1, "short_token"),
    "inspect": (INSPECT, 0, "long_token"),
    "pages": (PAGES, 0, "long_token"),
}


@pytest.mark.parametrize("fault", ["http_500_empty", "reset", "rate_4"])
@pytest.mark.parametrize("step", STEPS)
def test_what_facebook_gave_before_it_failed_waits_and_is_finished_with_one_button(
    step: str, fault: str, people: FacebookPeople
) -> None:
    path, after, pending = STEPS[step]
    people.emulator.state.add_fault(fault, path=path, after=after)
    page = told(people, people.consent(SINGLE), "unfinished")
    assert ConnectAttempt.objects.get().pending == pending
    assert "Facebook answered only half" in page.text
    rows = repr(all_rows())
    assert [each for each in people.emulator.state.secrets() if each in rows] == []
    people.emulator.state.clear_faults()
    response = people.browser.post(page.form_of("Finish connecting").action)
    assert "/connections/" in response["Location"]
    assert Connection.objects.get().handle == "cafe.luna"
    attempt = ConnectAttempt.objects.get()
    assert (attempt.pending, attempt.pending_secret, attempt.pending_facts) == ("", None, {})


def test_a_choice_survives_a_fault_after_it(people: FacebookPeople) -> None:
    page = people.choosing(FEW)
    people.emulator.state.add_fault("http_500_empty", path=PAGES, times=1)
    _, page = people.result(people.choose(page, "flora.bakes"))
    assert "Facebook answered only half" in page.text
    people.browser.post(page.form_of("Finish connecting").action)
    assert [each.handle for each in Connection.objects.all()] == ["flora.bakes"]


def test_a_member_who_comes_back_in_another_browser_connects_nothing_there(people: FacebookPeople) -> None:
    came_back = people.allow(people.leave(), SINGLE)
    response = type(people.browser)().get(came_back)
    assert response.status_code == 400
    assert "This visit from Facebook can't be used" in Page(response.content.decode()).text
    assert not Connection.objects.exists()


def test_what_left_for_facebook_does_not_come_back_to_instagrams_address(people: FacebookPeople) -> None:
    came_back = people.allow(people.leave(), SINGLE).replace("/facebook/", "/instagram/")
    assert people.browser.get(came_back).status_code == 400
    assert people.asked("/access_token") == []
    assert back("http://localhost:8000/oauth/callback/instagram/") in came_back


def test_the_installation_says_what_its_operator_must_set(people: FacebookPeople, settings: Any) -> None:
    settings.FACEBOOK_APP_SECRET = ""
    for answer in (people.browser.get(people.path()), people.browser.post(people.path())):
        assert answer.status_code == 503
        text = Page(answer.content.decode()).text
        assert "Facebook is not set up on this installation yet" in text
        assert "FACEBOOK_APP_ID" in text
