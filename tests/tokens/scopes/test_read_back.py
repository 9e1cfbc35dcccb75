"""What was granted is what the last consent told; where it told nothing, nothing is known any more."""

from __future__ import annotations

import pytest

from tests.factories import make_connection
from tests.markup import Page
from tests.tokens.journeys import allow, follow, leave, leave_from
from tests.tokens.scopes.conftest import ASKABLE, BASIC, PUBLISH
from tokens.flags import flags_of, missing_permissions
from tokens.models import Connection

pytestmark = pytest.mark.django_db


@pytest.fixture
def creator(tenant, emulator):
    """@creator, who granted two permissions long ago."""
    emulator.state.add_person("creator")
    token = emulator.state.issue_token("creator", age_days=20)
    return make_connection(tenant=tenant, token=token, permissions=[BASIC, PUBLISH])


@pytest.fixture
def reconnect(signed_in, tenant, creator):
    def reconnect(permissions=None):
        address = leave_from(signed_in, f"/w/{tenant.slug}/connections/{creator.pk}/reconnect/")
        response = follow(signed_in, allow(address, "creator", permissions))
        assert response.status_code == 200
        return Connection.objects.with_dates().get()

    return reconnect


def test_it_is_read_back_when_somebody_connects(signed_in, tenant, emulator):
    emulator.state.add_person("creator")
    follow(signed_in, allow(leave(signed_in, tenant.slug), "creator", [BASIC, PUBLISH]))
    assert Connection.objects.get().permissions == [BASIC, PUBLISH]


def test_a_reconnect_replaces_it_also_by_less(reconnect):
    assert reconnect([BASIC]).permissions == [BASIC]


def test_a_reconnect_with_all_of_them_takes_the_flag_away(reconnect, creator):
    assert missing_permissions(creator)
    connection = reconnect()
    assert connection.permissions == ASKABLE
    assert "permission_missing" not in [flag.word for flag in flags_of(connection, connection.consented_at)]


def test_a_reconnect_that_does_not_tell_keeps_no_older_list(reconnect, emulator, signed_in, tenant):
    emulator.state.configure(code_shape="flat_number")
    connection = reconnect([BASIC])
    assert connection.permissions is None
    assert missing_permissions(connection) == []
    page = Page(signed_in.get(f"/w/{tenant.slug}/connections/{connection.pk}/").content.decode())
    assert "Instagram did not say" in page.text
    assert PUBLISH not in page.text


def test_reconnecting_ends_the_wait_for_being_asked(reconnect, creator):
    Connection.objects.update(asking_since=creator.created_at)
    assert reconnect([BASIC]).asking_since is None
