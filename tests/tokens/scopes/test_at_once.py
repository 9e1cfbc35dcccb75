"""Several workers, and a member and a worker, in the same moment: nobody is mailed twice, nothing is lost."""

from __future__ import annotations

from functools import partial

import pytest
from django.utils import timezone

from accounts.models import Event
from tests.factories import make_connection
from tests.races import together
from tests.tokens.helpers import owed
from tests.tokens.scopes.conftest import BASIC, PUBLISH, needed_by
from tokens.clients import app_for
from tokens.models import Connection
from tokens.services.ask_permissions import ask_waiting
from tokens.services.change_needs import Saved, change_needs
from tokens.services.concerned import concerned
from tokens.services.disconnect import disconnect

pytestmark = pytest.mark.django_db(transaction=True)


def go():
    return dict(ask_waiting(go_on=lambda: True))


@pytest.fixture
def marked(tenant, need):
    need(BASIC, PUBLISH)
    columns = {"tenant": tenant, "permissions": [BASIC], "asking_since": timezone.now()}
    return [make_connection(**columns, contact_email=f"c{number}@creator.example") for number in range(8)]


def test_workers_at_once_mail_each_once(marked):
    results = together(go, go, go)
    assert sum(result.get("asked", 0) for result in results) == len(marked)
    assert len(owed()) == len(set(owed())) == len(marked)
    assert Event.objects.filter(kind="permission_asked").count() == len(marked)


def test_disconnecting_and_asking_at_once_end_with_it_disconnected(marked, alice):
    for connection in marked:
        together(go, partial(disconnect, connection, by=alice))
    go()
    assert set(Connection.objects.values_list("status", "asking_since")) == {("disconnected", None)}


def test_of_two_members_who_save_the_same_one_changes_it(tenant, need, alice):
    need(BASIC)
    make_connection(tenant=tenant, permissions=[BASIC])
    app = app_for(tenant)
    seen = concerned(tenant, app.flavour, [PUBLISH]).digest
    save = partial(change_needs, tenant, app, permissions=[BASIC, PUBLISH], seen=seen, ask=True, by=alice)
    results = together(save, save)
    assert sorted(results, key=lambda each: each.changed) == [Saved(False), Saved(True, asked=1)]
    assert needed_by(tenant) == [BASIC, PUBLISH]
    assert Event.objects.filter(kind="needs_changed").count() == 1
