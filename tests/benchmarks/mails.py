"""How fast mails leave, and how soon after Meta tells of an end its mail is accepted."""

from __future__ import annotations

import os
import time
from pathlib import Path
from statistics import median
from typing import Any

from django.conf import settings
from django.db import transaction
from django.test.utils import override_settings
from django.utils import timezone

from accounts.models import Tenant, User
from notifications.delivery import deliver_due
from notifications.models import OutboxMessage
from tests.benchmarks.processes import TooLate, cluster, until
from tests.factories import make_connection, make_tenant
from tests.notifications.post_office import PostOffice, open_for_business
from tests.tokens.callbacks.signing import deauthorize
from tokens.models import Connection
from tokens.services.mail_link import mail_reconnect_link

PATIENCE = 30.0


def measure(*, mails: int, ends: int, rounds: int, folder: str) -> dict[str, Any]:
    """Delivers `mails` mails in this process, `rounds` times; then lets one worker tell of `ends` ends.

    Returns:
        `mails`; `rates`, mails a second; `seconds` from each callback to the moment its mail was accepted.
    """
    # The database is the run's own. Whose ids were used before would be told of as well.
    Connection.objects.all().delete()
    Tenant.objects.all().delete()
    User.objects.all().delete()
    tenant, office = make_tenant(), PostOffice()
    with open_for_business(office) as port:
        smtp = {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_HOST": "127.0.0.1"}
        with override_settings(**smtp, EMAIL_PORT=port, MAILS_PER_WORKSPACE_HOUR=mails * (rounds + 1) + ends):
            rates = [_rate(tenant, mails, number) for number in range(rounds)]
        os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{port}"
        with cluster(settings.INSTAGRAM_GRAPH_URL, Path(folder), workers=1):
            # The first one wakes the worker's own connections.
            seconds = [_told(tenant, office, number) for number in range(ends + 1)][1:]
    return {"mails": mails, "rates": rates, "seconds": seconds, "median": median(seconds)}


def _rate(tenant: Tenant, mails: int, number: int) -> float:
    OutboxMessage.objects.all().delete()
    with transaction.atomic():
        for each in range(mails):
            address = f"creator{each}-{number}@mail.example"
            connection = make_connection(tenant=tenant, status="inactive", contact_email=address)
            mail_reconnect_link(connection, kind="reconnect_needed", now=timezone.now())
    started = time.monotonic()
    sent = deliver_due().sent
    took = time.monotonic() - started
    if sent != mails:
        raise TooLate(f"Of {mails} mails {sent} left")
    return sent / took


def _told(tenant: Tenant, office: PostOffice, number: int) -> float:
    address = f"ended{number}@mail.example"
    connection = make_connection(tenant=tenant, contact_email=address)
    started = time.monotonic()
    with override_settings(ALLOWED_HOSTS=["*"]):
        answer = deauthorize(connection.app_scoped_id)
    if answer.status_code >= 400:
        raise TooLate(f"The callback was answered by {answer.status_code}")
    until(lambda: address in office.addresses, "the mail of an end", patience=PATIENCE, pause=0.01)
    return time.monotonic() - started
