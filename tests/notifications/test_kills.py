"""A deliverer may be killed at any step: no mail is lost, one at most is repeated, and the repeat is the same mail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings as project
from django.db import connection

from notifications.delivery import deliver_due
from notifications.models import OutboxMessage, State
from tests.notifications.conftest import Greet, Owe
from tests.notifications.deliverer import STEPS, WORDS
from tests.notifications.post_office import PostOffice
from tests.notifications.test_claims import lapse

pytestmark = pytest.mark.django_db(transaction=True)
# From here to the row that says so, the server has a mail of which nobody knows.
REPEATING = ("after DATA", "before the row is stored")
ADDRESSES = [f"{number}@mail.example" for number in range(3)]


def test_a_deliverer_killed_at_any_step_loses_no_mail_and_repeats_one_at_most(
    owe: Owe, greet: Greet, office: PostOffice
) -> None:
    greet(context=lambda message: WORDS)
    command = [sys.executable, "-m", "tests.notifications.deliverer", str(connection.settings_dict["NAME"])]
    with subprocess.Popen(
        [*command, str(project.EMAIL_PORT), "--steps"],
        cwd=project.BASE_DIR,
        env=dict(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as deliverers:
        assert deliverers.stdin and deliverers.stdout
        for step in STEPS:
            office.delivered.clear()
            for address in ADDRESSES:
                owe(address, dedupe_key=step)
            deliverers.stdin.write(f"{step}\n")
            deliverers.stdin.flush()
            ended = int(deliverers.stdout.readline())
            assert (step, ended) == (step, -signal.SIGKILL)
            lapse()
            deliver_due()
            check(office, step)
            OutboxMessage.objects.all().delete()
        deliverers.stdin.close()


def check(office: PostOffice, step: str) -> None:
    assert (step, set(office.copies)) == (step, set(ADDRESSES)), "none is lost"
    repeated = [address for address, copies in office.copies.items() if copies > 1]
    assert (step, len(office.delivered) - 3) == (step, 1 if step in REPEATING else 0)
    for address in repeated:
        first, second = (each for each in office.delivered if each.to == address)
        assert first.raw == second.raw, "the very same mail, its id, date and text included"
    assert set(OutboxMessage.objects.values_list("state", flat=True)) == {State.SENT}
