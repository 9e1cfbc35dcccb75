"""How much a workspace may mail to people who never asked for it.

Invitations go to any address that somebody types in: without a limit they would be a way to send mail to the whole
world in our name. What was mailed is counted in the workspace's history, which nobody can take back.
"""

from __future__ import annotations

import datetime as dt

from accounts.models import Event, Tenant
from accounts.services import invitations

INVITED, SENT_AGAIN, NOT_MAILED = "member_invited", "invitation_sent_again", "invitation_not_mailed"
# A team of hundreds still grows by fifty at a time; nobody misses a mail who got five in a day.
MOST_WAITING = 50
MAILS_A_DAY = 100
MAILS_A_DAY_TO_ONE = 5


class TooMany(Exception):
    """The limit that is reached, as a sentence for people."""


def check_waiting(tenant: Tenant) -> None:
    """Raises TooMany where no further invitation may wait for an answer."""
    if invitations.waiting().for_tenant(tenant).count() >= MOST_WAITING:
        raise TooMany(
            f"{MOST_WAITING} invitations are waiting for an answer already. Withdraw some, or wait until they are "
            "accepted."
        )


def check_mails(tenant: Tenant, email: str, now: dt.datetime) -> None:
    """Raises TooMany where the day's mails to the address, or those of the workspace, are used up."""
    today = Event.objects.for_tenant(tenant).filter(at__gt=now - dt.timedelta(days=1))
    mailed = today.filter(kind__in=(INVITED, SENT_AGAIN))
    failed = today.filter(kind=NOT_MAILED)
    to_one = mailed.filter(detail__to=email).count() - failed.filter(detail__to=email).count()
    if to_one >= MAILS_A_DAY_TO_ONE:
        raise TooMany(
            f"{MAILS_A_DAY_TO_ONE} invitations went to {email} within a day. Ask them to look into the spam folder, "
            "or try again tomorrow."
        )
    if mailed.count() - failed.count() >= MAILS_A_DAY:
        raise TooMany(f"This workspace mailed {MAILS_A_DAY} invitations within a day. Try again tomorrow.")
