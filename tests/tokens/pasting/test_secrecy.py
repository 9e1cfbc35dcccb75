"""A pasted token goes in and comes out nowhere: no page, session, message, log, event, mail, report or address."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client, RequestFactory
from django.views.debug import get_exception_reporter_filter

from accounts.models import Tenant
from tests.emulator.state import State
from tests.factories import make_connection
from tests.flows.hiding_places import Browser, Place, Searcher, database, everything_logged
from tests.flows.test_error_reports import reports
from tokens.models import Connection

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.crossed]
SHORT_OF_IT = 24


def pieces(token: str) -> list[str]:
    """The token, and a beginning and an end that are long enough to be told from chance."""
    return [token, token[:SHORT_OF_IT], token[-SHORT_OF_IT:]]


def hides(secrets: list[str], browser: Browser, logged: list[str]) -> None:
    places: dict[str, Place] = {
        **database(),
        **browser.seen,
        **{f"address {n}": address for n, address in enumerate(browser.away)},
        "log": "\n".join(logged),
        "mails": "\n".join(f"{each.subject}{each.body}" for each in mail.outbox),
    }
    assert any("POST" in name for name in browser.seen)
    assert Searcher([piece for secret in secrets for piece in pieces(secret)]).find(places) == []


@pytest.fixture
def path(tenant: Tenant) -> str:
    return f"/w/{tenant.slug}/connect/paste/"


def test_one_that_is_kept_stands_nowhere_but_sealed(browser: Browser, state: State, path: str) -> None:
    token, short = state.issue_token("creator"), state.issue_token("creator", kind="short")
    with everything_logged() as logged:
        for each in (token, token, short):
            response = browser.post(path, {"token": f" “{each.access_token}” "})
            assert response.status_code == 302
            assert response["Location"].startswith(path.replace("connect/paste/", "connections/"))
            browser.get(response["Location"])
    assert Connection.objects.count() == 1
    assert any("/me" in line for line in logged), "the log was there to be read"
    hides([each.access_token for each in state.tokens_of("creator")], browser, logged)


REFUSED = ["cannot_parse", "malformed", "http_500", "unknown_code", "permission_10", "client_secret", "hang_up"]


@pytest.mark.parametrize("fault", REFUSED)
@pytest.mark.parametrize("where", ["/me", "/access_token"])
def test_one_that_is_refused_stands_nowhere(
    fault: str,
    where: str,
    browser: Browser,
    state: State,
    path: str,
) -> None:
    token = state.issue_token("creator").access_token
    state.add_fault("reset" if fault == "hang_up" else fault, path=where)
    with everything_logged() as logged:
        browser.post(path, {"token": token}, follow=True)
        browser.post(path, {"token": token, "contact_email": "nobody"}, follow=True)
        browser.post(path, {"token": token})  # what waits in the session is searched, too
    hides([token], browser, logged)


def test_one_that_is_sent_nowhere_stands_nowhere(browser: Browser, state: State, path: str) -> None:
    app_token = "1234567890|0f1e2d3c4b5a69788796a5b4c3d2e1f0"
    with everything_logged() as logged:
        browser.post(path, {"token": app_token}, follow=True)
        browser.post(path, {"token": "IGAA" + "ö" * 40}, follow=True)
    assert state.requests() == []
    hides([app_token, "IGAA" + "ö" * 40], browser, logged)


def test_an_address_that_bears_one_is_not_taken_for_a_form(browser: Browser, state: State, path: str) -> None:
    token = state.issue_token("creator").access_token
    assert browser.get(path, {"token": token}).status_code == 200
    assert token not in "".join(map(str, browser.seen.values()))
    assert not Connection.objects.exists()


WITHIN = [
    "tokens.views.paste.paste_service",
    "tokens.views.paste.lacks_secret",
    "tokens.paste_form.trimmed",
    "tokens.services.examine_token.kind_by_looks",
    "tokens.services.examine_token.is_sendable",
    "tokens.services.examine_token.is_personal",
    "tokens.services.paste_token.known",
    "tokens.services.stays.same_token",
    "tokens.services.bring_in.store_token",
    "tokens.services.link_account.seal",
    "tokens.services.paste_token.events.record",
    "tokens.meta.calling.judge",
    "tokens.meta.wire.fetch",
    "tokens.views.paste.redirect",
]


@pytest.mark.parametrize("debug", [False, True], ids=["production", "debug"])
@pytest.mark.parametrize("target", WITHIN)
def test_an_error_inside_shows_no_token_in_page_report_mail_or_log(
    target: str,
    debug: bool,
    browser: Browser,
    state: State,
    path: str,
    tenant: Tenant,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = state.issue_token("creator").access_token
    pasted = token
    if target.endswith(("same_token", "store_token", "seal", "record", "redirect")):
        status = "active" if target.endswith("same_token") else "inactive"
        make_connection(tenant=tenant, token=state.issue_token("creator", age_days=3), status=status)
    if target.endswith("kind_by_looks"):
        pasted = token[::-1]
    settings.DEBUG = debug

    def burst(*values: Any, **named: Any) -> Any:
        raise RuntimeError("burst")

    monkeypatch.setattr(target, burst)
    with everything_logged() as logged, reports() as reported:
        response = browser.post(path, {"token": pasted})
    assert response.status_code == 500
    assert any("burst" in str(each) for each in reported.values())
    hides([token, pasted], browser, [*logged, *map(str, reported.values())])


def test_django_is_told_which_field_is_secret(rf: RequestFactory, signed_in: Client, path: str) -> None:
    """Should somebody put another reporter in the place of ours, Django's own still hides the field."""
    request: Any = signed_in.post(path, {"token": "1|x"}).wsgi_request
    assert request.sensitive_post_parameters == ("token",)
    assert get_exception_reporter_filter(request) is not None
