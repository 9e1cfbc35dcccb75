"""One person on the page for people: who they are, what they granted, their tokens, their buttons."""

from html import escape

from .callbacks import Kind, address_of
from .pages import face, hidden
from .parts import badge, button, days_field, select, text_field
from .records import PERMISSIONS, App, Person, Token, fingerprint
from .state import State
from .words import account_type, condition, death, leaves, life_line, short_scope

TELLING: tuple[tuple[str, str, Kind], ...] = (
    ("deauthorize", "Remove the app and tell it", "deauthorize"),
    ("request-deletion", "Ask for deletion", "deletion"),
)
SHOWN_AT_ONCE = 3
MOST_TOKENS = 30


def person_card(state: State, person: Person) -> str:
    words, look = condition(person, state.now())
    about = f"{person.name} · {account_type(person)}"
    return (
        f'<article class="card person" id="p{escape(person.user_id)}"><div class="who">{face(person)}'
        f"<div><h3>@{escape(person.username)}</h3><small>{escape(about)}</small></div>{badge(words, look)}</div>"
        f"{granted(state, person)}{tokens(state, person)}"
        f'<div class="buttons">{plain_buttons(person)}{telling_buttons(state, person)}</div>'
        f"{field_buttons(person)}</article>"
    )


def granted(state: State, person: Person) -> str:
    lines = []
    for app_id, scopes in person.grants.items():
        app = state.apps.get(app_id)
        listed = " · ".join(map(short_scope, scopes)) or "nothing"
        lines.append(f"<div>{escape(app.name if app else app_id)} may: {escape(listed)}</div>")
    return f'<div class="soft">{"".join(lines) or "No app is allowed anything."}</div>'


def tokens(state: State, person: Person) -> str:
    newest = person.tokens[::-1]
    if not newest:
        return '<p class="soft">No tokens yet.</p>'
    rows = [token_row(state, each) for each in newest[:MOST_TOKENS]]
    older = "".join(rows[SHOWN_AT_ONCE:])
    if older:
        left = len(newest) - SHOWN_AT_ONCE
        more = "" if len(newest) <= MOST_TOKENS else f" (the newest {len(rows) - SHOWN_AT_ONCE} are listed)"
        older = f'<details><summary>{left} older{more}</summary><ul class="tokens">{older}</ul></details>'
    return f'<div><ul class="tokens">{"".join(rows[:SHOWN_AT_ONCE])}</ul>{older}</div>'


def token_row(state: State, token: Token) -> str:
    now = state.now()
    died, leaving = death(token, now), leaves(token, now)
    shown = badge(died, "bad") if died else badge(leaving, "warn") if leaving else badge("Alive", "good")
    print_ = fingerprint(token.access_token)
    return f"<li><code>•{print_}</code> {shown}<small>{escape(life_line(token, now))}</small></li>"


def plain_buttons(person: Person) -> str:
    checkpoint = (
        button("clear-checkpoint", "Clear checkpoint", look="off", person=person)
        if person.checkpoint
        else button("checkpoint", "Checkpoint", person=person)
    )
    confirmed = (
        button("unconfirm", "Unconfirm", person=person)
        if person.confirmed
        else button("confirm", "Confirm", look="off", person=person)
    )
    kind, words = ("business", "professional") if person.personal else ("personal", "personal")
    return (
        button("change-password", "Change password", person=person)
        + button("remove-app", "Remove the app", person=person)
        + checkpoint
        + button("expire", "Expire tokens", person=person)
        + button("log-out", "Log out", person=person)
        + confirmed
        + button("account-type", f"Switch to {words} account", hidden("account_type", kind), person=person)
    )


def telling_buttons(state: State, person: Person) -> str:
    """For apps that the person has used and that have an address to be told at."""
    used = {*person.grants, *(each.app_id for each in person.tokens)}
    apps = [each for each in state.apps.values() if each.id in used]
    return "".join(
        telling_button(name, words, [each for each in apps if address_of(each, kind)], person)
        for name, words, kind in TELLING
    )


def telling_button(name: str, words: str, apps: list[App], person: Person) -> str:
    if not apps:
        return ""
    if len(apps) == 1:
        return button(name, words, hidden("app", apps[0].id), person=person)
    return button(name, words, select("app", "App", [(each.id, each.name) for each in apps]), person=person)


def field_buttons(person: Person) -> str:
    held = [each for each in PERMISSIONS if any(each in scopes for scopes in person.grants.values())]
    lacking = [each for each in PERMISSIONS if any(each not in scopes for scopes in person.grants.values())]
    return (
        (button("age", "Age by days", days_field(30, 0), person=person) if person.tokens else "")
        + permission_button("revoke", "Revoke permission", held, person)
        + permission_button("grant", "Grant permission", lacking, person)
        + button("rename", "Rename", text_field("username", "New username"), person=person)
    )


def permission_button(name: str, words: str, permissions: list[str], person: Person) -> str:
    if not permissions:
        return ""
    options = [(each, short_scope(each)) for each in permissions]
    return button(name, words, select("permission", "Permission", options), person=person)
