"""design.md, section 2, as plain Python: what a connection must be after whatever happened to it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

# An answer by its kind: the flag that it sets, and whom it tells.
FLAGS = {"contradicted": "cannot_refresh", "permission": "permission_missing", "refused": "refused"}
STORIES = {"contradicted": "cannot_refresh", "permission": "permission_missing", "refused": "refused"}


@dataclass(eq=False)
class Slot:
    """One account in one workspace through one Meta app, connected or not.

    Args:
        name: for messages.
        tenant: number of the workspace.
        app: number of the Meta app.
        account: number of the Instagram account.
    """

    name: str
    tenant: int
    app: int
    account: int
    status: str = "none"
    """`active`, `inactive`, `disconnected`; `none` where no row is."""
    reason: str = ""
    keyed: bool = False
    """Whether a token is kept."""
    consented_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None
    flags: set[str] = field(default_factory=set)
    failures: Counter[str] = field(default_factory=Counter)
    events: list[str] = field(default_factory=list)
    mails: Counter[str] = field(default_factory=Counter)
    tickets: list[Any] = field(default_factory=list)
    """Attempts under way that may still store what they find out; the newest is the only one whose claim stands."""
    erased_events: int = 0
    """Lines of a history that is nobody's any more."""

    def void(self) -> None:
        """Whatever is under way comes too late from now on."""
        self.tickets.clear()

    # What people do

    def connect(self, now: dt.datetime, expires_at: dt.datetime) -> None:
        kind = {"none": "connected", "active": "renewed"}.get(self.status, "reconnected")
        self.events.append(kind)
        self.status, self.reason, self.keyed = "active", "", True
        self.consented_at, self.expires_at = now, expires_at
        self.flags.clear()
        self.failures.clear()
        self.void()

    def disconnect(self) -> bool:
        if self.status in {"none", "disconnected"}:
            return False
        self.status, self.reason, self.keyed = "disconnected", "", False
        self.events.append("disconnected")
        self.void()
        return True

    # What Meta answers

    def answer(self, purpose: str, kind: str, reason: str) -> str:
        """An answer that is stored in time. Returns the word for reports."""
        if kind == "dead":
            return self.die(reason)
        if kind == "well":
            return self._well(purpose)
        if kind == "too young":
            return "too_young"
        self.failures[purpose] += 1
        if kind in FLAGS:
            if FLAGS[kind] not in self.flags:
                self.flags.add(FLAGS[kind])
                self.events.append(STORIES[kind])
                if kind == "permission":
                    self.mails["permission_missing"] += 1
            return {"contradicted": "cannot_refresh", "permission": "permission_missing"}.get(kind, "refused")
        if self.failures[purpose] == 1:
            self.events.append(f"{purpose}_failed")
        return {"passing": "failed", "ours": "our_fault"}[kind]

    def _well(self, purpose: str) -> str:
        if purpose == "refresh":
            self.flags.clear()
            self.failures.clear()
            self.events.append("refreshed")
            return "refreshed"
        self.failures["check"] = 0
        if not self.failures["refresh"]:
            self.flags -= {"permission_missing", "refused"}
        return "alive"

    def die(self, reason: str) -> str:
        self.status, self.reason = "inactive", reason
        self.events.append("became_inactive")
        self.mails["reconnect_needed"] += 1
        self.void()
        return "died"

    # What Meta calls

    def is_late(self, since: int) -> bool:
        assert self.consented_at is not None
        return since < int(self.consented_at.timestamp())

    def deauthorize(self) -> None:
        if self.status == "active":
            self.die("app_removed")
            self.keyed = False
        elif self.status == "inactive" and (self.keyed or self.reason != "app_removed"):
            self.reason, self.keyed = "app_removed", False
            self.events.append("key_erased")
            self.void()

    def late(self) -> None:
        self.events.append("callback_late")

    def delete(self) -> None:
        """The connection itself goes; its mails with it, and of its history the words."""
        self.erased_events += len(self.events) + 1
        self.status, self.reason, self.keyed = "none", "", False
        self.consented_at = self.expires_at = None
        self.flags.clear()
        self.failures.clear()
        self.events.clear()
        self.mails.clear()
        self.void()
