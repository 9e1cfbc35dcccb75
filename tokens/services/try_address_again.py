"""Lets mail go to an address again that took none."""

from __future__ import annotations

from django.db import transaction

from accounts import events
from accounts.models import User
from notifications.models import SilencedAddress
from notifications.silence import try_again


@transaction.atomic
def try_address_again(silenced: SilencedAddress, *, by: User) -> bool:
    """The next mail to it is attempted; those that were not sent meanwhile stay so. Tells whether it was silenced."""
    if not try_again([silenced.address], tenant_id=silenced.tenant_id):
        return False
    text = f"Mail to {silenced.address} is tried again."
    events.record(tenant=silenced.tenant_id, kind="address_tried_again", text=text, actor=by.email)
    return True
