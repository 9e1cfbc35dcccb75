"""A link that is only looked at does nothing, whatever runs in its page; and who came back stands on a page."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from accounts.models import Tenant
from tests.browser.gestures import allow, leave
from tests.browser.journeys import WORKSPACE, connected, die, let_in, settle, status_of
from tests.browser.stage import Stage
from tests.browser.visitor import PHONE, SIZES
from tests.factories import make_connection, make_user
from tokens.models import ConnectAttempt, Reason, ReconnectRequest

REACHED = dict.fromkeys(("sent_at", "opened_at", "began_at", "returned_at"))


def test_a_page_whose_scripts_run_presses_no_button_by_itself(stage: Stage) -> None:
    """As in a preview that renders the page; it says of itself that it is no person's browser."""
    link = die(stage, connected(stage))
    preview = stage.visitor(size=PHONE)
    asked: list[str] = []
    preview.page.on("request", lambda request: asked.append(request.method))
    preview.open(link)
    preview.page.wait_for_load_state("networkidle")
    preview.page.mouse.wheel(0, 2000)
    preview.page.evaluate("() => new Promise(done => requestIdleCallback(done))")
    assert set(asked) == {"GET"}
    assert not ConnectAttempt.objects.filter(link__isnull=False).exists()
    assert ReconnectRequest.objects.get().opened_at is None
    preview.has_no_trouble()


def test_the_way_back_is_noted_from_the_mail_to_the_end(stage: Stage) -> None:
    link = die(stage, connected(stage))
    phone = stage.visitor(size=PHONE)
    phone.open(link)
    leave(phone, stage.emulator.url, "Reconnect Instagram")
    allow(phone, "creator")
    phone.reads("@creator works again")
    request = ReconnectRequest.objects.get()
    assert None not in [getattr(request, name) for name in (*REACHED, "revived_at")]
    assert (request.by_link, status_of("creator")) == (True, "active")


@SIZES
def test_managers_see_who_came_back(stage: Stage, size: tuple[int, int]) -> None:
    alice = settle()
    visitor = stage.visitor(size=size, name="recovery")
    let_in(visitor, alice.email)
    visitor.open(f"{WORKSPACE}recovery/")
    visitor.look("nobody")
    _fill()
    visitor.page.get_by_role("link", name="Last 90 days").click()
    visitor.reads("How far they got", "Password changed", "6 hours")
    visitor.look("somebody")


def test_staff_see_it_over_all(stage: Stage) -> None:
    settle()
    _fill()
    staff = stage.visitor(name="recovery-staff")
    let_in(staff, make_user("staff@perennial.example", is_staff=True, is_superuser=True).email)
    staff.open("/admin/recovery/")
    staff.reads("How far they got", "Password changed")
    staff.look("staff", axe=False)


def _fill() -> None:
    tenant, now = Tenant.objects.get(), timezone.now()
    for number in range(12):
        asked = now - dt.timedelta(days=number + 1)
        revived = number % 3 != 0
        reached = {**REACHED, "sent_at": asked, "opened_at": asked if number != 3 else None}
        if revived:
            reached |= dict.fromkeys(REACHED, asked)
        ReconnectRequest.objects.create(
            tenant=tenant,
            connection=make_connection(tenant=tenant, status="active" if revived else "inactive"),
            reason=Reason.PASSWORD_CHANGED if number % 4 else Reason.CHECKPOINT,
            queued_at=asked,
            revived_at=asked + dt.timedelta(hours=number) if revived else None,
            seconds=number * 3600 if revived else None,
            by_link=revived and number != 5,
            **reached,
        )
