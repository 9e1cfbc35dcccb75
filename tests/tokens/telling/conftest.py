"""Accounts that end, and what their people get."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.utils import timezone

from accounts.models import Tenant
from notifications.delivery import deliver_due
from tests.factories import make_connection
from tokens.models import Connection
from tokens.services.mail_link import mail_reconnect_link

CARLA = "carla@creator.example"
NOW = dt.datetime(2026, 4, 20, 9, 30, tzinfo=dt.UTC)
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
Die = Callable[..., Connection]


@pytest.fixture(autouse=True)
def morning(travel):
    travel(NOW)


@pytest.fixture
def die(tenant: Tenant) -> Die:
    """An account that has just ended, with its mail owed."""

    def make(address: str = CARLA, **columns) -> Connection:
        columns = {"tenant": tenant, **columns}
        connection = make_connection(
            status="inactive", contact_email=address, status_changed_at=timezone.now(), **columns
        )
        mail_reconnect_link(connection, kind="reconnect_needed", now=timezone.now())
        return connection

    return make


def delivered(to: str = CARLA) -> list[EmailMessage]:
    """What has come by now, after a delivery."""
    deliver_due()
    return [each for each in mail.outbox if to in each.to]
