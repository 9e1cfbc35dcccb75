"""What the demo tells its visitor."""

from __future__ import annotations

import datetime as dt

from .folder import Folder
from .people import BRAND_OWNER, DUE, HEALTHY, LEAVING, MEMBER, NEWCOMER, OVERDUE, OWNER, PASSWORD, SEVERAL, STAFF
from .ports import Ports

GREETING = "Perennial, the demo. The first start plays half a year of two workspaces; later ones take a moment."
WELCOME_BACK = "Perennial, the demo. It goes on where it ended (make demo RESET=1 starts afresh)."

TOUR = """
  Site       {site}/
  Admin      {site}/admin/
  Mailbox    {mailbox}/
  Instagram  {emulator}/  (the emulator's page: passwords, removals, clocks, faults)

  Sign in as       E-mail                    Password
  agency's owner   {owner:25} {password}
  agency's member  {member:25} {password}
  brand's owner    {brand_owner:25} {password}
  staff            {staff:25} {password}

  1. Sign in as the agency's owner, press “Connect Instagram” and be @{newcomer}.
  2. {due}
  3. On the emulator's page let @{healthy} change the password.
  4. On @{healthy}'s page at the site press “Check now”: the connection has ended, and its page says why.
  5. Open the mail in the mailbox and reconnect by its link, best in a private window: it needs no sign-in.
  6. On the emulator's page let @{leaving} press “Remove the app and tell it”: Instagram tells the site at once, the
     connection ends and a mail is on its way. “Ask for deletion” below it has the connection deleted; under “Last
     callbacks” the emulator's page shows what the site answered, and where the state of the deletion can be seen.
  7. At the site press “Connect through Facebook”, be {several} and choose which of her accounts to connect.
{notes}
Ctrl-C ends everything. State and logs: {folder}"""


def tour(folder: Folder, ports: Ports) -> str:
    return TOUR.format(
        site=ports.site_url,
        mailbox=ports.mailbox_url,
        emulator=ports.emulator_url,
        owner=OWNER,
        member=MEMBER,
        brand_owner=BRAND_OWNER,
        staff=STAFF,
        password=PASSWORD,
        newcomer=NEWCOMER,
        healthy=HEALTHY,
        leaving=LEAVING,
        several=SEVERAL,
        due=due_step(folder, dt.datetime.now(dt.UTC)),
        notes=notes(folder, ports),
        folder=folder.path,
    )


def due_step(folder: Folder, now: dt.datetime) -> str:
    due_at = dt.datetime.fromisoformat(folder.seeded()["due_at"])
    seconds = (due_at - now).total_seconds()
    if seconds < -90:
        return f"See on @{DUE}'s page how the worker renewed it (make demo RESET=1 plays that again)."
    when = f"is due in {seconds:.0f} seconds" if seconds > 0 else "is due now"
    return (
        f"Watch @{DUE}, which {when}: the worker renews it within the minute after.\n"
        f"     @{OVERDUE} is overdue: a worker was killed at it. Its claim ends in three minutes, then another does it."
    )


def notes(folder: Folder, ports: Ports) -> str:
    before = folder.seeded().get("site_port", ports.site)
    if before == ports.site:
        return ""
    return f"\n  The site was at port {before} last time: links in mails from then lead there.\n"
