"""The past that the demo starts with: two workspaces, seventeen connections, in every state and of every flavour."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts.models import Membership, Role, Tenant, User
from accounts.services.create_tenant import create_tenant, get_or_create_owner
from tests.emulator.facebook.cast import SINGLE, SYSTEM_USER
from tokens import due_dates
from tokens.models import Credential
from tokens.services import heartbeat
from tokens.services.claims import claim_one
from tokens.services.disconnect import disconnect
from tokens.services.invite_creator import invite_creator
from tokens.services.send_link import send_link

from .people import (
    AGENCY,
    BRAND,
    BRAND_OWNER,
    DUE,
    HEALTHY,
    INVITED,
    INVITED_EMAIL,
    LEAVING,
    MEMBER,
    NEWCOMER,
    OVERDUE,
    OWNER,
    PASSWORD,
    STAFF,
)
from .stage import Control, Stage, connection_of

# At Instagram. The last ones have no connection yet.
PERSONS = {
    LEAVING: "Studio Lima",
    HEALTHY: "Otto Travels",
    "flora.bakes": "Flora Bakes",
    DUE: "Nora Runs",
    OVERDUE: "Kofi Cooks",
    "mika.draws": "Mika Draws",
    "ines.reads": "Ines Reads",
    "atelier.wren": "Atelier Wren",
    "jonas.climbs": "Jonas Climbs",
    "paula.plants": "Paula Plants",
    "theo.films": "Theo Films",
    "velo.anna": "Velo Anna",
    "casa.marina": "Casa Marina",
    "marigold.rye": "Marigold & Rye",
    NEWCOMER: "Hana Paints",
    INVITED: "River & Oak",
}
TICK_HOUR = 2  # of REFRESH_CRON's default
OVERDUE_SINCE = dt.timedelta(minutes=65)
REMINDED_SINCE = 24  # days ago: the first end lies a little later


def play(emulator: str, *, due_seconds: float) -> dt.datetime:
    """Plays it. Returns when the first connection falls due."""
    control = Control(emulator)
    control.post("reset")
    for username, name in PERSONS.items():
        control.post("persons", username=username, name=name)
    cast = control.post("facebook/cast")
    story = _Story(Stage(control), dt.datetime.now(dt.UTC), cast)
    try:
        story.tell()
        return story.today(due_seconds)
    finally:
        story.stage.clock.come_back()


def last_night(now: dt.datetime) -> dt.datetime:
    """The last tick at which connections fell due, long enough ago for them to be overdue."""
    latest = now - OVERDUE_SINCE
    tick = latest.replace(hour=TICK_HOUR, minute=0, second=0, microsecond=0)
    return tick if tick <= latest else tick - dt.timedelta(days=1)


class _Story:
    def __init__(self, stage: Stage, now: dt.datetime, cast: dict[str, Any]) -> None:
        self.stage = stage
        # At Facebook: ids by names.
        self.known = {each["name"]: str(each["id"]) for each in (*cast["persons"], *cast["system_users"])}
        self.now = now
        self.night = last_night(now)
        self.agency: Tenant
        self.brand: Tenant
        self.ana: User
        self.ben: User
        self.mara: User

    def day(self, days_ago: float, hour: int, minute: int = 0) -> dt.datetime:
        """An hour of a day, counted back from last night."""
        return self.night - dt.timedelta(days=days_ago) + dt.timedelta(hours=hour - TICK_HOUR, minutes=minute)

    def tell(self) -> None:
        at, day = self.stage.at, self.day
        at(day(170, 9), self._agency)
        at(day(96, 11), self._brand)
        at(day(166, 9, 20), self._ben_joins)
        self._at_peace()
        self._in_trouble()
        self._ended()
        self._of_other_flavours()
        self._at_the_brand()
        for days_ago in range(REMINDED_SINCE, 0, -1):
            at(day(days_ago, 10), self.stage.remind)
        # Ben invited somebody an hour ago, who has not come yet.
        invited_at = self.now - dt.timedelta(minutes=62)
        self.stage.at(invited_at, lambda: invite_creator(self.agency, email=INVITED_EMAIL, handle=INVITED, by=self.ben))
        # Last night, just before the tick, the machine was switched off: what fell due since then is overdue.
        at(self.night - dt.timedelta(minutes=40), partial(self.stage.sweep, "check"))
        self.stage.play(workers_end=self.night)

    # people

    def _agency(self) -> None:
        self.ana = _signs_up(OWNER)
        self.agency = create_tenant(name=AGENCY, owner=self.ana)
        User.objects.create_superuser(STAFF, PASSWORD)

    def _ben_joins(self) -> None:
        self.ben = _signs_up(MEMBER)
        Membership.objects.create(tenant=self.agency, user=self.ben, role=Role.MEMBER)

    def _brand(self) -> None:
        self.mara = _signs_up(BRAND_OWNER)
        self.brand = create_tenant(name=BRAND, owner=self.mara)

    def _connect(self, moment: dt.datetime, handle: str, contact: str = "") -> None:
        self.stage.at(moment, lambda: self.stage.connect(handle, self.agency, self.ana, contact=contact))

    # connections

    def _at_peace(self) -> None:
        self._connect(self.day(160, 10, 12), LEAVING, "hello@studiolima.example")  # renewed three times
        self._connect(self.day(30, 14, 5), HEALTHY, "otto@travels.example")  # half-way
        self._connect(self.now - dt.timedelta(minutes=50), "flora.bakes", "flora@bakes.example")  # fresh
        # Fell due last night, when no worker ran.
        self._connect(self.day(50, 10, 31), OVERDUE, "kofi@cooks.example")

    def _in_trouble(self) -> None:
        at, day, stage = self.stage.at, self.day, self.stage
        # Instagram answers 503 to each renewal since three days.
        self._connect(day(53, 11, 40), "mika.draws", "mika@draws.example")
        at(day(53, 12), partial(stage.fault, "mika.draws", "http_503"))
        # Instagram refuses to renew it, though it works.
        self._connect(day(52, 9, 3), "ines.reads", "ines@reads.example")
        at(day(52, 10), partial(stage.fault, "ines.reads", "190"))
        # Took back the basic permission.
        self._connect(day(20, 15, 27), "atelier.wren", "wren@atelier.example")
        left = ["instagram_business_manage_insights"]
        at(day(4, 18, 2), partial(stage.befalls, "atelier.wren", "permissions", granted=left))

    def _ended(self) -> None:
        at, day, stage = self.stage.at, self.day, self.stage
        self._connect(day(25, 12, 48), "jonas.climbs", "jonas@climbs.example")
        at(day(2, 19, 36), partial(stage.befalls, "jonas.climbs", "change-password"))
        self._connect(day(40, 16, 9), "paula.plants", "paula@plants.example")
        at(day(5, 20, 14), partial(stage.befalls, "paula.plants", "remove-app"))
        at(day(2, 9, 30), lambda: send_link(connection_of("paula.plants", self.agency), actor=self.ben.email))
        self._connect(day(34, 10, 55), "theo.films", "theo@films.example")
        at(day(3, 8, 21), partial(stage.befalls, "theo.films", "checkpoint"))
        # Could not be renewed until it ran out.
        self._connect(day(66, 10, 44), "velo.anna", "anna@velo.example")
        at(day(66, 11), self._anna_cannot_be_renewed)
        self._connect(day(70, 11, 17), "casa.marina", "marina@casa.example")
        at(day(8, 16, 40), lambda: disconnect(connection_of("casa.marina", self.agency), by=self.ben))

    def _anna_cannot_be_renewed(self) -> None:
        fault = self.stage.fault("velo.anna", "190")
        # Once she has reconnected, all shall be well.
        self.stage.at(self.day(5, 3), lambda: self.stage.control.delete(f"faults/{fault}"))

    def _of_other_flavours(self) -> None:
        at, day, stage = self.stage.at, self.day, self.stage
        # A person has to confirm it within a few days.
        tom, contact = self.known[SINGLE[0]], "tom@luna.example"
        at(day(82, 15, 12), lambda: stage.connect_through_facebook(tom, self.agency, self.ana, contact=contact))
        at(day(41, 9, 51), lambda: stage.add_system_user(self.known[SYSTEM_USER], self.agency, self.ana))

    def _at_the_brand(self) -> None:
        at, day, stage = self.stage.at, self.day, self.stage
        contact = "studio@marigold.example"
        at(day(90, 10, 2), lambda: stage.connect("marigold.rye", self.brand, self.mara, contact=contact))
        # Ended and revived by the mailed link.
        at(day(22, 13, 51), partial(stage.befalls, "marigold.rye", "change-password"))
        at(day(20, 8, 33), partial(stage.reconnect_by_link, "marigold.rye"))
        # The agency connected the same account later.
        at(day(12, 9, 26), lambda: stage.connect("flora.bakes", self.brand, self.mara))

    # today

    def today(self, due_seconds: float) -> dt.datetime:
        """What hangs on the very moment of the start. Returns when the first connection falls due."""
        stage = self.stage
        stage.clock.come_back()
        # Imported yesterday: a token of unknown age is renewed after 25 hours, to learn its real end.
        imported_at = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=due_seconds) - due_dates.YOUNGEST
        stage.clock.go(imported_at)
        due = stage.import_one(DUE, self.agency, age_days=51, contact="nora@runs.example")
        stage.clock.come_back()
        # A worker took this one up a moment ago and was killed: until its claim ends, nobody else touches it.
        claim_one(connection_of(OVERDUE, self.agency).pk, "refresh")
        # The machine was switched on a moment ago: that the night stood still is over, and no news.
        for part in heartbeat.SILENCES:
            heartbeat.beat(part, timezone.now())
        stage.control.delete("requests")
        due_at = Credential.objects.values_list("due_at", flat=True).get(pk=due.pk)
        if due_at is None:
            raise RuntimeError(f"@{DUE} never falls due.")
        return due_at


def _signs_up(email: str) -> User:
    """Somebody who followed the mailed link: the address is verified and a password set."""
    user = get_or_create_owner(email)
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    EmailAddress.objects.filter(user=user).update(verified=True)
    return user
