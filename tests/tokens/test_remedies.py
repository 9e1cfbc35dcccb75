"""What staff are told to check: for what was seen, the likeliest cause first."""

from __future__ import annotations

import pytest

from tests.factories import make_tenant
from tokens.flavours import FLAVOURS
from tokens.models import Brake, MetaApp
from tokens.remedies import OUR_WORDS, UNPARSABLE, to_check

pytestmark = pytest.mark.django_db


def app_of(*, own: bool = False, flavour: str = "instagram_login") -> MetaApp:
    tenant = make_tenant("North\nand South") if own else None
    return MetaApp(tenant=tenant, app_id="1", flavour=flavour)


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("undecryptable", "FERNET_KEYS"),
        ("app_credentials", "INSTAGRAM_APP_SECRET"),
        ("unknown_app", "INSTAGRAM_APP_ID"),
        ("app_disabled", "Alerts and required actions in the App Dashboard: a Data Use Checkup"),
        ("redirect_uri", "Business login settings"),
        ("scope", "INSTAGRAM_SCOPES"),
        (UNPARSABLE, "The stored tokens: were some encrypted twice"),
        ("other", "Alerts and required actions"),
    ],
)
def test_the_likeliest_cause_of_what_was_seen_comes_first(word, first):
    checks = to_check("ours", app_of(), [word])
    assert checks[0].startswith(first)
    assert len(checks) == len(set(checks)) >= 2


def test_every_fault_of_ours_has_its_list():
    general = to_check("ours", app_of())
    for word in (*OUR_WORDS, UNPARSABLE):
        assert to_check("ours", app_of(), [word]) != general


def test_of_several_the_likeliest_of_each_come_first():
    checks = to_check("ours", app_of(), ["undecryptable", "app_credentials"])
    assert [check.partition(":")[0] for check in checks[:2]] == ["FERNET_KEYS", "INSTAGRAM_APP_SECRET"]


def test_of_a_workspaces_own_app_it_names_the_workspace():
    text = " ".join(to_check("ours", app_of(own=True), OUR_WORDS))
    assert "The app secret that the workspace North and South entered in its settings" in text
    assert "INSTAGRAM_APP_SECRET" not in text
    assert "INSTAGRAM_APP_ID:" not in text


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("cause", Brake.Cause.values)
def test_no_check_has_a_gap_in_it(cause, flavour):
    for own in (False, True):
        for check in to_check(cause, app_of(own=own, flavour=flavour), (*OUR_WORDS, UNPARSABLE)):
            assert "{" not in check
            assert check[0].isupper()


@pytest.mark.parametrize("flavour", ["facebook_login", "system_user"])
def test_of_facebooks_apps_it_names_facebooks_settings(flavour):
    app = app_of(flavour=flavour)
    text = " ".join(check for cause in Brake.Cause.values for check in to_check(cause, app, (*OUR_WORDS, UNPARSABLE)))
    for name in ("FACEBOOK_APP_ID", "FACEBOOK_APP_SECRET", "FACEBOOK_GRAPH_URL", "graph.facebook.com"):
        assert name in text
    assert "INSTAGRAM_" not in text
    assert "graph.instagram.com" not in text
