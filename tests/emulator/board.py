"""The page for people: clock, mishaps, accounts with their tokens, and the last requests."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from .app_cards import apps, callbacks
from .cards import person_card
from .facebook.cards import facebook
from .faults import Fault
from .journal import Entry
from .mishaps import MISHAPS, active
from .pages import alert, frame
from .parts import badge, button, days_field, select, text_field
from .records import fingerprint
from .state import State
from .words import ACCOUNT_TYPES, asked, called, day_and_time, hour, masked, span

MOST_PERSONS = 60
MOST_REQUESTS = 30
ENDED_BELOW = ("outage", "rate-limit", "slow")  # these have buttons of their own
EXACT = 1.0  # seconds the clock may differ and still show real time


@dataclass(frozen=True)
class Shown:
    notice: str = ""
    problem: str = ""
    find: str = ""
    once: str = ""  # a token to be copied now


def board(state: State, shown: Shown) -> str:
    notice = f'<p class="notice" role="status">{escape(shown.notice)}</p>' if shown.notice else ""
    parts = [
        '<div class="top"><h1>What goes on at Instagram</h1><a href="/">Look again</a></div>',
        notice + copied(shown.once) + alert(shown.problem),
        f'<div class="controls">{clock(state)}{weather(state)}</div>',
        apps(state),
        people(state, shown.find),
        facebook(state),
        callbacks(state),
        log(state),
    ]
    return frame("Instagram emulator", "\n".join(parts), "wide")


def copied(token: str) -> str:
    return f'<p><label>Token <input value="{escape(token)}" readonly></label></p>' if token else ""


# the clock


def clock(state: State) -> str:
    now = state.now()
    return (
        '<section class="card" aria-labelledby="clock"><h2 id="clock">Clock</h2>'
        f"<p><b>{escape(day_and_time(now))}</b><br><small>{escape(clock_words(state))}"
        " Moving it moves this emulator only, not your programs.</small></p>"
        f'<div class="buttons">{button("move-clock", "Move the clock", days_field(30))}'
        f"{button('real-time', 'Back to real time') if abs(state.offset) > EXACT else ''}</div></section>"
    )


def clock_words(state: State) -> str:
    if abs(state.offset) <= EXACT:
        return "Real time."
    return f"{span(state.offset)} {'ahead of' if state.offset > 0 else 'behind'} real time."


# mishaps and other faults


def weather(state: State) -> str:
    on = active(state)
    seconds = '<label>Seconds <input type="number" name="seconds" value="5" min="0.1" max="600" step="any"></label>'
    switches = [
        button("end-outage", "End outage", look="off") if "outage" in on else button("outage", "Outage"),
        button("end-rate-limit", "Lift the rate limit", look="off")
        if "rate-limit" in on
        else button("rate-limit", "Rate limit"),
        button("lose-next", "Lose the next answer"),
        button("end-slow", "End slow answers", look="off") if "slow" in on else button("slow", "Slow answers", seconds),
    ]
    return (
        '<section class="card" aria-labelledby="faults"><h2 id="faults">Faults</h2>'
        f'{faults(state)}<div class="buttons">{"".join(switches)}</div></section>'
    )


def faults(state: State) -> str:
    found = state.faults.all()
    if not found:
        return '<p class="soft">None: everything answers as it should.</p>'
    hint = '<p class="soft">Each request meets one of these at most: the first in this list that concerns it.</p>'
    rows = "".join(f"<li><span>{fault_words(state, each)}</span>{removal(each)}</li>" for each in found[:50])
    return f'<ul class="faults">{rows}</ul>{hint if len(found) > 1 else ""}'


def removal(fault: Fault) -> str:
    if fault.mishap in ENDED_BELOW:
        return ""
    return button("remove-fault", "Remove", f'<input type="hidden" name="fault" value="{fault.id}">')


def fault_words(state: State, fault: Fault) -> str:
    if fault.mishap:
        mishap = MISHAPS[fault.mishap]
        about = f"{fault.params['seconds']:g} seconds each" if fault.mishap == "slow" else mishap.about
        return f"{badge(mishap.title, 'warn')} <small>{escape(about)}</small>"
    where = "every path" if fault.path == "*" else masked(state, fault.path)
    told = [f"on {where}"]
    if fault.username is not None:
        told.append(f"for {masked(state, called(state, fault.username))}")
    if fault.token is not None:
        told.append(f"for token •{fingerprint(fault.token)}")
    if fault.after:
        told.append(f"lets {fault.after} more pass first")
    if fault.times is not None:
        told.append("once" if fault.times == 1 else f"{fault.times} times")
    return f"{badge(fault.kind, 'warn')} <small>{escape(', '.join(told))}</small>"


# people


def people(state: State, find: str) -> str:
    everybody = list(state.persons.values())
    found = [each for each in everybody if find.lower().removeprefix("@") in each.username.lower()]
    cards = "".join(person_card(state, each) for each in found[:MOST_PERSONS])
    kinds = select("account_type", "Account", ACCOUNT_TYPES.items())
    return (
        f"<h2>People</h2>{finder(len(everybody), len(found), find)}"
        f'<div class="people">{cards or empty_words(find)}</div>'
        '<h2>New person</h2><div class="card">'
        f"{button('new-person', 'New person', text_field('username', 'Username') + kinds, look='main')}</div>"
    )


def empty_words(find: str) -> str:
    words = f"Nobody’s username has “{find[:40]}” in it." if find else "Nobody has an account here yet."
    return f'<p class="soft">{escape(words)}</p>'


def finder(total: int, found: int, find: str) -> str:
    if total <= MOST_PERSONS and not find:
        return ""
    more = f" The first {MOST_PERSONS} of {found} are shown." if found > MOST_PERSONS else ""
    return (
        '<form class="row" method="get" action="/"><label class="grow">Username'
        f'<input name="find" value="{escape(find[:40])}"></label><button>Find</button>'
        f'<a href="/">Everybody</a></form><p class="soft">{total} people.{more}</p>'
    )


# the log


def log(state: State) -> str:
    entries = state.journal.last(MOST_REQUESTS)
    rows = "".join(log_row(state, each) for each in entries)
    listed = f'<ol class="log">{rows}</ol>' if rows else '<p class="soft">No program and nobody has asked yet.</p>'
    emptying = f'<div class="buttons">{button("clear-log", "Clear log")}</div>' if rows else ""
    return f'<h2>Last requests</h2><div class="card">{listed}{emptying}</div>'


def log_row(state: State, entry: Entry) -> str:
    request = entry.request
    path = f"{masked(state, request.method)} {masked(state, request.path)}"
    who = masked(state, called(state, entry.username)) if entry.username else ""
    told = " · ".join(filter(None, [who, asked(state, request)]))
    return (
        f"<li><small>{hour(entry.at)}</small><code>{escape(path)}</code><small>{escape(told)}</small>"
        f"<span>{''.join(outcome(entry))}</span></li>"
    )


def outcome(entry: Entry) -> Iterable[str]:
    if entry.fault:
        yield badge(entry.fault, "warn") + " "
    if entry.status is None:
        yield badge("waiting", "plain")
    elif entry.status == 0:
        yield badge("cut off", "bad")
    else:
        yield badge(str(entry.status), "good" if entry.status < 400 else "bad")
