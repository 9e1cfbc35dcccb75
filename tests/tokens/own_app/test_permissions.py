"""Whether a permission is missing is measured by what the connection's own app asks for."""

from __future__ import annotations

import itertools

import pytest
from django.utils import timezone

from tests.factories import make_connection, make_meta_app
from tests.tokens.own_app.conftest import BASIC, INSIGHTS, OTHER_ID, OTHER_SECRET
from tokens.flags import flags_of, missing_permissions, raised
from tokens.models import Connection, MetaApp

pytestmark = pytest.mark.django_db


@pytest.fixture
def asking_for_more(own_app, save):
    save(secret="", scopes=[BASIC, INSIGHTS])
    return MetaApp.objects.get(pk=own_app.pk)


def test_the_database_and_the_page_agree_for_each_app_and_each_grant(asking_for_more, save, tenant, settings):
    settings.INSTAGRAM_SCOPES = [BASIC, "instagram_business_content_publish"]
    save(OTHER_ID, OTHER_SECRET, [BASIC])
    apps = [make_meta_app(), *MetaApp.objects.filter(tenant=tenant)]
    assert len(apps) == 3
    grants = [None, [], [BASIC], [INSIGHTS], [BASIC, INSIGHTS], settings.INSTAGRAM_SCOPES]
    for app, permissions in itertools.product(apps, grants):
        make_connection(tenant=tenant, meta_app=app, permissions=permissions)
    now = timezone.now()
    rows = Connection.objects.with_dates()
    by_page = {row.pk for row in rows if "permission_missing" in [flag.word for flag in flags_of(row, now)]}
    assert set(rows.filter(raised("permission_missing", now)).values_list("pk", flat=True)) == by_page
    assert by_page == {row.pk for row in rows if missing_permissions(row)}
    assert 0 < len(by_page) < rows.count()


def test_a_permission_left_unticked_is_named_for_the_own_app(asking_for_more, go, at_meta):
    connection = go(permissions=[BASIC])
    assert missing_permissions(connection) == [INSIGHTS]


def test_flags_cost_no_question_a_row(asking_for_more, signed_in, tenant, django_assert_num_queries):
    for _ in range(3):
        make_connection(tenant=tenant, meta_app=make_meta_app(), permissions=[])
        make_connection(tenant=tenant, meta_app=asking_for_more, permissions=[])
    with django_assert_num_queries(1):
        for row in Connection.objects.for_tenant(tenant).with_dates():
            flags_of(row, timezone.now())
