"""An error anywhere inside shows no secret: not in the page, the report, the mail to staff or the log."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from django.core import mail
from django.core.signals import got_request_exception
from django.test import RequestFactory
from django.views.debug import ExceptionReporter, get_exception_reporter_class

from accounts.models import Tenant
from tests.emulator.facebook.cast import FEW, add_cast
from tests.emulator.state import State
from tests.factories import make_connection
from tests.flows.hiding_places import Browser, Place, Searcher, everything_logged
from tests.flows.whole_life import Life, secrets_of
from tests.notifications.post_office import PostOffice
from tokens.services import links


def reporter_for(request: Any) -> type[ExceptionReporter]:
    """The class that Django's handlers would choose."""
    chosen: Any = get_exception_reporter_class(request)
    return cast(type[ExceptionReporter], chosen)


@contextmanager
def reports() -> Iterator[dict[str, Place]]:
    """Django's own reports of every exception that a view lets through, for people and for mail, with its request."""
    made: dict[str, Place] = {}

    def report(sender: Any, request: Any = None, **kwargs: Any) -> None:
        for is_email in (False, True):
            reporter = reporter_for(request)(request, *sys.exc_info())
            reporter.is_email = is_email
            made[f"HTML report {len(made)}"] = reporter.get_traceback_html()
            made[f"text report {len(made)}"] = reporter.get_traceback_text()

    got_request_exception.connect(report)
    try:
        yield made
    finally:
        got_request_exception.disconnect(report)


CONNECTING = [
    "tokens.meta.client.InstagramClient.authorize_url",
    "tokens.services.consent._forget_oldest",
    "tokens.views.callback.consent_keeper_of",
    "tokens.meta.calling.judge",
    "tokens.meta.wire.Wire._posted",
    "tokens.meta.wire.fetch",
    "tokens.services.connect.link_account",
    "tokens.services.link_account.store_token",
    "tokens.services.link_account.seal",
    "tokens.services.connect.conclude",
]
LINK = ["tokens.services.links.trouble", "tokens.views.departure.app_for", "tokens.views.link.send_new_link"]
CHOOSING = [
    "tokens.services.choice.meant",
    "tokens.services.connect.account_of",
    "tokens.flavours.facebook_login.first_end",
    "tokens.meta.facebook.read_page",
    "tokens.meta.facebook_questions.appsecret_proof",
    "tokens.services.link_account.seal",
]
NOW = ["tokens.services.attempt.store", "tokens.services.changes.seal", "tokens.services.ask.judge"]


@pytest.mark.django_db
@pytest.mark.crossed
@pytest.mark.parametrize("debug", [False, True], ids=["production", "debug"])
@pytest.mark.parametrize("target", [*CONNECTING, *LINK, *NOW])
def test_an_error_inside_shows_no_secret_in_page_report_mail_or_log(
    target: str,
    debug: bool,
    browser: Browser,
    tenant: Tenant,
    state: State,
    settings: Any,
    monkeypatch: Any,
    tmp_path: Path,
):
    life = Life(browser, tenant, state, PostOffice(), tmp_path)
    person = state.add_person("anna").username
    connection = make_connection(tenant=tenant, token=state.issue_token(person, age_days=30))
    link = links.issue(connection, recipients=["anna@mail.example"])
    address = f"/link/{links.token_of(link)}/"
    settings.DEBUG = debug

    def burst(*values: Any, **named: Any) -> Any:
        raise RuntimeError("burst")

    back = life.leave("anna") if target in CONNECTING[2:] else ""
    monkeypatch.setattr(target, burst)
    if target.endswith("judge") and target in NOW:
        state.add_fault("http_500", path="/refresh_access_token")
    with everything_logged() as logged, reports() as reported:
        if target in NOW:
            response = browser.post(f"{life.page_of(connection)}refresh/")
        elif target in LINK:
            response = browser.post(f"{address}new/" if target.endswith("send_new_link") else address)
        elif back:
            response = browser.get(back)
        else:
            response = browser.post(f"/w/{tenant.slug}/connect/instagram_login/")
    assert response.status_code == 500
    assert len(reported) == 4
    mails = [f"{each.subject}\n{each.body}\n{getattr(each, 'alternatives', '')}" for each in mail.outbox]
    assert len(mails) == (0 if debug else 1)

    secrets = [*secrets_of(state, browser), *re.findall(r"code=([^&#]+)", back)]
    assert len(secrets) >= 5
    places: dict[str, Place] = {**reported, **browser.seen, "mails": "\n".join(mails), "log": "\n".join(logged)}
    assert any("burst" in str(place) for place in reported.values())
    assert Searcher(secrets).find(places) == []


def test_a_report_shows_what_an_exception_quotes_only_masked_and_a_planted_secret_is_found(settings: Any):
    token = "IGAA" + "x1Y2" * 40
    request = RequestFactory().get(f"/link/{token}/?code={token}")
    searcher = Searcher([token])
    try:
        raise ValueError(f"can't read {token}")
    except ValueError:
        reporter = reporter_for(request)(request, *sys.exc_info())
    assert searcher.find({"html": reporter.get_traceback_html(), "text": reporter.get_traceback_text()}) == []
    settings.DEFAULT_EXCEPTION_REPORTER = "django.views.debug.ExceptionReporter"
    settings.DEFAULT_EXCEPTION_REPORTER_FILTER = "django.views.debug.SafeExceptionReporterFilter"
    plain = ExceptionReporter(request, type(ValueError()), ValueError(f"can't read {token}"), None)
    assert searcher.find({"html": plain.get_traceback_html()}) != []


# web servers of their own


@pytest.mark.django_db
@pytest.mark.crossed
@pytest.mark.parametrize("debug", [False, True], ids=["production", "debug"])
@pytest.mark.parametrize("target", CHOOSING)
def test_an_error_on_the_way_through_facebook_shows_no_secret_either(
    target: str, debug: bool, browser: Browser, tenant: Tenant, state: State, settings: Any, monkeypatch: Any
) -> None:
    life = Life(browser, tenant, state, PostOffice(), Path())
    add_cast(state, 0)
    settings.DEBUG = debug

    def burst(*values: Any, **named: Any) -> Any:
        raise RuntimeError("burst")

    came_back = life.to_facebook(FEW[0])
    path = life.browser.get(came_back)["Location"] if target.endswith((".account_of", ".seal")) else ""
    checked = target.endswith("first_end")
    connection = make_connection(tenant=tenant, **life.facebook_row(FEW[0])) if checked else None
    monkeypatch.setattr(target, burst)
    with everything_logged() as logged, reports() as reported:
        if connection is not None:
            response = browser.post(f"{life.page_of(connection)}check/")
        elif path:
            response = browser.post(f"{path}finish/", {"account": [state.persons["hana.paints"].user_id]})
        else:
            response = browser.get(came_back)
    assert response.status_code == 500
    assert len(reported) == 4
    mails = [f"{each.subject}\n{each.body}\n{getattr(each, 'alternatives', '')}" for each in mail.outbox]
    places: dict[str, Place] = {**reported, **browser.seen, "mails": "\n".join(mails), "log": "\n".join(logged)}
    assert any("burst" in str(place) for place in reported.values())
    assert Searcher([*secrets_of(state, browser), *re.findall(r"code=([^&#]+)", came_back)]).find(places) == []
