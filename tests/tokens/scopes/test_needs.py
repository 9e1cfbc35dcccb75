"""What a workspace needs of an account: the same answer from Python and from the database, whatever was said."""

from __future__ import annotations

import itertools

import pytest
from django.utils import timezone

from tests.factories import make_connection, make_meta_app, make_tenant
from tests.tokens.scopes.conftest import ASKABLE, BASIC, COMMENTS, INSIGHTS, PUBLISH
from tokens import needs
from tokens.flags import flags_of, missing_permissions, raised
from tokens.models import Connection, MetaApp, PermissionNeeds

pytestmark = pytest.mark.django_db
MESSAGES = "instagram_business_manage_messages"
SAID = [None, [], [BASIC], [PUBLISH], [BASIC, PUBLISH], ASKABLE, [MESSAGES], [f"{PUBLISH}_more"]]
GRANTED = [None, [], [BASIC], [PUBLISH], [BASIC, PUBLISH], ASKABLE, [*ASKABLE, MESSAGES]]


def apps(tenant):
    """The installation's, one of the tenant's own that asks for less, and one that asks for something else."""
    own = make_meta_app(tenant=tenant)
    MetaApp.objects.filter(pk=own.pk).update(scopes=[BASIC, PUBLISH], retired_at=timezone.now())
    other = make_meta_app(tenant=tenant)
    MetaApp.objects.filter(pk=other.pk).update(scopes=[BASIC, MESSAGES])
    return [make_meta_app(), *MetaApp.objects.filter(tenant=tenant)]


@pytest.mark.parametrize("said", SAID, ids=str)
def test_the_database_and_the_page_agree_for_each_app_grant_and_need(said, tenant):
    make_connection(tenant=make_tenant(), permissions=[BASIC])
    if said is not None:
        PermissionNeeds.objects.create(tenant=tenant, permissions=said)
    for app, granted in itertools.product(apps(tenant), GRANTED):
        make_connection(tenant=tenant, meta_app=app, permissions=granted)
    now = timezone.now()
    rows = Connection.objects.with_dates()
    flagged = {row.pk for row in rows if "permission_missing" in [flag.word for flag in flags_of(row, now)]}
    assert set(rows.filter(raised("permission_missing", now)).values_list("pk", flat=True)) == flagged
    # Whoever loads a row in another way gets the same answer.
    assert {row.pk for row in Connection.objects.all() if missing_permissions(row)} == flagged
    assert 0 < len(flagged) < rows.count()


def test_without_a_word_of_the_workspace_all_that_the_app_asks_for_is_needed(tenant):
    assert needs.of_workspace(tenant.pk, make_meta_app()) == ASKABLE


def test_what_is_said_is_cut_to_what_the_app_can_ask_for_and_basic_is_always_needed(tenant, need, settings):
    settings.INSTAGRAM_SCOPES = [PUBLISH, COMMENTS]
    need(COMMENTS, INSIGHTS)
    assert needs.of_workspace(tenant.pk, make_meta_app()) == [BASIC, COMMENTS]


def test_what_another_workspace_or_flavour_needs_counts_for_nobody_else(tenant, need):
    PermissionNeeds.objects.create(tenant=make_tenant(), permissions=[BASIC])
    PermissionNeeds.objects.create(tenant=tenant, flavour="facebook_login", permissions=[BASIC])
    assert needs.of_workspace(tenant.pk, make_meta_app()) == ASKABLE
    connection = make_connection(tenant=tenant, permissions=[BASIC])
    assert missing_permissions(connection) == [PUBLISH, COMMENTS, INSIGHTS]
    assert Connection.objects.filter(raised("permission_missing", timezone.now())).exists()


def test_needing_less_takes_the_flag_away_and_needing_more_brings_it(tenant, need):
    connection = make_connection(tenant=tenant, permissions=[BASIC, PUBLISH])
    for said, missing in [((BASIC, PUBLISH), []), ((COMMENTS,), [COMMENTS]), ((BASIC,), [])]:
        need(*said)
        assert missing_permissions(connection) == missing


def test_flags_cost_no_question_a_row(tenant, need, django_assert_num_queries):
    need(BASIC, PUBLISH)
    for _ in range(3):
        make_connection(tenant=tenant, permissions=[])
    with django_assert_num_queries(1):
        for row in Connection.objects.for_tenant(tenant).with_dates():
            assert flags_of(row, timezone.now())
