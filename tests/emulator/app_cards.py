"""Apps on the page for people: whether they work, where they are told of removals, and what they were told."""

from html import escape

from .apps import BREAKAGES
from .callbacks import Callback, Reception
from .forms import is_loopback
from .pages import hidden
from .parts import badge, button, select
from .records import App
from .state import State
from .words import answered, called, hour, masked

MOST_APPS = 20
MOST_CALLBACKS = 5
KINDS = {"deauthorize": "Removed the app", "deletion": "Asks for deletion"}


def apps(state: State) -> str:
    every = list(state.apps.values())
    cards = "".join(app_card(state, each, repair(each)) for each in every[:MOST_APPS])
    more = f'<p class="soft">The first {MOST_APPS} of {len(every)} are shown.</p>' if len(every) > MOST_APPS else ""
    return f'<h2>{"Apps" if len(every) > 1 else "The app"}</h2>{more}<div class="people">{cards}</div>'


def app_card(state: State, app: App, buttons: str) -> str:
    shown = badge(BREAKAGES[app.broken].title, "bad") if app.broken else badge("Works", "good")
    return (
        f'<article class="card person"><div class="who"><div><h3>{escape(app.name)}</h3>'
        f"<small>{escape(app.id)}</small></div>{shown}</div>"
        f'<div class="soft">{condition(app)}{addresses(state, app)}</div>{buttons}</article>'
    )


def condition(app: App) -> str:
    return f"<div>Broken: {escape(BREAKAGES[app.broken].about)}.</div>" if app.broken else ""


def addresses(state: State, app: App) -> str:
    told = (("removals", app.deauthorize_url), ("requests for deletion", app.deletion_url))
    lines = [f"<div>Told of {what} at <code>{escape(masked(state, url))}</code></div>" for what, url in told if url]
    return "".join(lines) or "<div>Told of nothing: it has no address for callbacks.</div>"


def repair(app: App, where: str = "", what: str = "app") -> str:
    """where: which side's buttons they are. what: an app of which side, for people."""
    which = hidden("app", app.id)
    if app.broken:
        return button(f"{where}mend-app", f"Mend the {what}", which, look="off")
    ways = select("how", "How", [(name, each.title) for name, each in BREAKAGES.items()])
    return button(f"{where}break-app", f"Break the {what}", which + ways)


# what apps were told


def callbacks(state: State) -> str:
    newest = list(state.callbacks)[: -MOST_CALLBACKS - 1 : -1]
    if not newest:
        return ""
    rows = "".join(callback_row(state, each) for each in newest)
    return f'<h2>Last callbacks</h2><div class="card"><ol class="log">{rows}</ol></div>'


def callback_row(state: State, callback: Callback) -> str:
    who = masked(state, called(state, callback.username))
    times = f" · {len(callback.receptions)} times" if len(callback.receptions) > 1 else ""
    return (
        f"<li><small>{hour(callback.at)}</small><code>{escape(masked(state, callback.url))}</code>"
        f"<small>{escape(f'{who} · {KINDS[callback.kind]}{times} · {answered(state, callback)}')}</small>"
        f"<span>{status_link(callback.last)}{outcome(callback.last)}</span></li>"
    )


def status_link(last: Reception | None) -> str:
    """To the page that tells how a deletion stands, where it is on this machine."""
    url = str(last.answer.get("url")) if last and isinstance(last.answer, dict) else ""
    if not (url.startswith("http://") and is_loopback(url)):
        return ""
    return f'<a href="{escape(url)}" rel="noopener noreferrer">Status page</a> '


def outcome(last: Reception | None) -> str:
    if last is None:
        return badge("waiting", "plain")
    if last.status is None:
        return badge("no answer", "bad")
    return badge(str(last.status), "good" if last.status < 400 else "bad")
