"""`make demo`, started as a process: its parts, its story, its ends."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import uuid
from pathlib import Path

import pytest
import requests

from tests.demo.people import (
    BRAND_OWNER,
    BY_FACEBOOK,
    DUE,
    HEALTHY,
    INVITED,
    INVITED_EMAIL,
    MEMBER,
    OVERDUE,
    OWNER,
    STAFF,
)
from tests.flows.processes import ROOT, until

from .process import Demo, demo, rows


def get(url: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, timeout=20)


# the first start


def test_each_part_says_when_it_is_ready(first):
    said = re.findall(r"^  (\w+) +ready$", first.output, re.M)
    assert set(said) == {"emulator", "mailbox", "database", "story", "site", "worker"}


def test_ctrl_c_ends_every_part(first):
    assert first.process.returncode == 0
    assert first.left_behind() == []
    assert "Everything has ended." in first.output


def test_the_keys_are_for_their_owner_alone(first):
    assert stat.S_IMODE((first.folder / "keys.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(first.folder.stat().st_mode) == 0o700


def test_there_is_a_connection_in_every_state(first):
    found = rows(first.folder, "SELECT status, reason FROM tokens_connection")
    reasons = {reason for status, reason in found if status == "inactive"}
    assert reasons == {"password_changed", "app_removed", "checkpoint", "expired"}
    assert {status for status, _ in found} == {"active", "inactive", "disconnected"}
    assert len(found) == 17


def test_every_flavour_is_there_and_a_person_is_told_to_renew_in_time(first):
    found = rows(
        first.folder,
        "SELECT flavour, coalesce(nullif(handle, ''), name) FROM tokens_connection c"
        " JOIN tokens_metaapp a ON a.id = c.meta_app_id"
        " WHERE flavour != 'instagram_login' AND status = 'active'",
    )
    assert sorted(found) == [("facebook_login", BY_FACEBOOK), ("system_user", "Perennial reporting")]
    told = rows(first.folder, "SELECT kind FROM notifications_outboxmessage WHERE recipient = 'tom@luna.example'")
    assert told == [("expires_soon",)]
    flagged = rows(
        first.folder,
        "SELECT max(cannot_refresh_since IS NOT NULL), max(permission_missing_since IS NOT NULL),"
        " max(last_failure = 'transient_code') FROM tokens_credential WHERE due_at IS NOT NULL",
    )
    assert flagged == [(1, 1, 1)]


def test_one_is_overdue_while_a_killed_worker_holds_it(first):
    held = rows(
        first.folder,
        "SELECT handle, julianday(lease_until) - julianday(due_at) > 1.0 / 24 FROM tokens_credential"
        " JOIN tokens_connection ON id = connection_id WHERE lease_until IS NOT NULL",
    )
    assert held == [(OVERDUE, 1)]


def test_the_story_reaches_half_a_year_back(first):
    days = rows(first.folder, "SELECT julianday(max(at)) - julianday(min(at)) FROM accounts_event")
    assert float(str(days[0][0])) > 160
    [(renewals,)] = rows(first.folder, "SELECT count(*) FROM accounts_event WHERE kind = 'refreshed'")
    assert int(str(renewals)) >= 6


def test_the_one_that_falls_due_is_renewed_by_the_worker(first):
    """The fixture waited for it."""
    query = (
        "SELECT text FROM accounts_event JOIN tokens_connection c ON c.id = subject_id WHERE kind = ? AND handle = ?"
    )
    [(text,)] = rows(first.folder, query, "refreshed", DUE)
    assert str(text).startswith("Renewed, valid for ")
    assert f"Watch @{DUE}" in first.output


# the second start


def test_the_second_start_answers_within_fifteen_seconds(running):
    assert running.took < 15
    assert "story" not in running.output


def test_a_taken_port_is_told_and_another_one_used(running):
    assert re.search(r"Port 8000 is taken: the site takes \d+\.", running.output)
    assert running.address("Site") != "http://localhost:8000"


def test_all_parts_answer_at_the_told_addresses(running):
    for name in ("Site", "Mailbox", "Instagram"):
        assert get(f"{running.address(name)}/").status_code == 200, name
    assert get(f"{running.address('Site')}/healthz").text.strip() == "ok"


def test_instagram_tells_the_site_of_removals_and_deletions_wherever_the_site_listens(running):
    told = get(f"{running.address('Instagram')}/_control/apps").json()["apps"]
    site = running.address("Site")
    assert [(each["deauthorize_url"], each["deletion_url"]) for each in told] == [
        (f"{site}/meta/deauthorize/", f"{site}/meta/data-deletion/")
    ]
    page = get(f"{running.address('Instagram')}/").text
    assert "Remove the app and tell it" in page and "Remove the app and tell it" in running.output
    assert "Ask for deletion" in page and "Ask for deletion" in running.output


@pytest.mark.parametrize(
    ("email", "leads_to"),
    [(OWNER, "/w/blue-fig-agency/"), (MEMBER, "/w/blue-fig-agency/"), (BRAND_OWNER, "/w/marigold-rye/")],
)
def test_whoever_is_told_can_sign_in(email, leads_to, running, sign_in):
    assert email in running.output
    assert sign_in(email).get(f"{running.address('Site')}/", timeout=20).url.endswith(leads_to)


def test_staff_enter_the_admin(running, sign_in):
    answer = sign_in(STAFF).get(f"{running.address('Site')}/admin/", timeout=20)
    assert answer.status_code == 200
    assert answer.url.endswith("/admin/")


def test_the_link_in_an_old_mail_opens(running):
    mailbox = running.address("Mailbox")
    assert "jonas@climbs.example" in get(f"{mailbox}/").text
    text = next(path.read_text() for path in mails(running) if "jonas@climbs.example" in path.read_text())
    link = re.search(r"http://localhost:\d+(/link/[\w-]+/)", text.replace("=\n", ""))
    assert link
    assert "Reconnect Instagram" in get(f"{running.address('Site')}{link[1]}").text


def test_the_link_of_the_invited_creator_opens(running):
    text = next(path.read_text() for path in mails(running) if INVITED_EMAIL in path.read_text())
    link = re.search(r"http://localhost:\d+(/link/[\w-]+/)", text.replace("=\n", ""))
    assert link
    page = get(f"{running.address('Site')}{link[1]}").text
    assert "Connect Instagram" in page
    assert f"@{INVITED}" in page


def test_a_changed_password_is_found_by_check_now_and_mailed(running, ana):
    emulator = running.address("Instagram")
    changed = ana.post(f"{emulator}/_page/change-password", {"person": HEALTHY}, timeout=20)
    assert changed.status_code == 200
    [(key,)] = rows(running.folder, "SELECT id FROM tokens_connection WHERE handle = ?", HEALTHY)
    path = f"/w/blue-fig-agency/connections/{uuid.UUID(str(key))}/"
    checked = ana.press(f"{running.address('Site')}{path}", f"{path}check/")
    assert "password was changed" in checked.text
    until(lambda: "otto@travels.example" in get(f"{running.address('Mailbox')}/").text)


def mails(running: Demo) -> list[Path]:
    return sorted((running.folder / "mail").glob("*.eml"))


@pytest.mark.parametrize("reset", ["", "1"])
def test_another_start_at_the_same_time_says_so(reset, running):
    with demo(running.folder, RESET=reset) as other:
        assert other.process.wait(20) == 1
    assert f"is running already at {running.address('Site')}" in other.output
    assert get(f"{running.address('Site')}/healthz").status_code == 200


# other starts


def test_reset_starts_afresh_and_sigterm_ends_it(copied):
    before = (copied / "keys.json").read_text()
    with demo(copied, RESET="1") as again:
        until(lambda: re.search("emulator +ready", again.output))
        assert (copied / "keys.json").read_text() != before
        assert mails(again) == []
        assert again.end(signal.SIGTERM) == 0
    until(lambda: again.left_behind() == [])


def test_a_first_start_that_was_killed_leaves_nothing_running_and_is_begun_anew(tmp_path):
    with demo(tmp_path / "state") as killed:
        until(lambda: re.search("mailbox +ready", killed.output))
        os.kill(killed.process.pid, signal.SIGKILL)
        killed.process.wait(5)
    until(lambda: killed.left_behind() == [])
    keys = (tmp_path / "state" / "keys.json").read_text()
    with demo(tmp_path / "state") as again:
        until(lambda: re.search("emulator +ready", again.output))
    assert "The first start" in again.output
    assert (tmp_path / "state" / "keys.json").read_text() != keys


def test_two_that_start_in_the_same_moment_do_not_take_each_others_ports(tmp_path):
    with demo(tmp_path / "one") as one, demo(tmp_path / "other") as other:
        until(lambda: "mailbox   ready" in one.output and "mailbox   ready" in other.output)
        where = [(each.folder / "lock").read_text() for each in (one, other)]
        assert where[0] != where[1]


def test_a_part_that_ends_by_itself_ends_the_demo_and_is_named(copied):
    with demo(copied) as started:
        started.until_told()
        kill_part(started, "tests.emulator")
        assert started.process.wait(20) == 1
    assert "The emulator has ended by itself" in started.output
    assert str(copied / "emulator.log") in started.output
    assert started.left_behind() == []


def kill_part(started: Demo, name: str) -> None:
    listed = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(started.process.pid)], capture_output=True, text=True, check=True
    )
    [pid] = [line.split()[0] for line in listed.stdout.splitlines() if name in line]
    os.kill(int(pid), signal.SIGKILL)


@pytest.mark.parametrize("spoilt", ["emulator.json", "perennial.sqlite3"])
def test_damaged_state_is_told_with_the_way_out(spoilt, copied):
    for leftover in copied.glob("*.sqlite3-*"):
        leftover.unlink()
    (copied / spoilt).write_text("nonsense" * 200)
    with demo(copied) as started:
        assert started.process.wait(40) == 1
    assert "make demo RESET=1" in started.output
    assert started.left_behind() == []


def test_make_passes_reset_on():
    told = subprocess.run(
        ["make", "-n", "-o", ".venv/.installed", "demo", "RESET=1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.returncode == 0, told.stderr
    assert "RESET='1' exec .venv/bin/python -m tests.demo" in told.stdout
