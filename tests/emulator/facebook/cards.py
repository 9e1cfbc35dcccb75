"""Facebook on the page for people: its app, its persons with their Pages, the system users of businesses."""

from collections.abc import Iterable
from html import escape

from tests.emulator.app_cards import app_card, repair
from tests.emulator.callbacks import address_of
from tests.emulator.cards import MOST_TOKENS, SHOWN_AT_ONCE, TELLING
from tests.emulator.pages import hidden
from tests.emulator.parts import badge, days_field, select
from tests.emulator.parts import button as plain_button
from tests.emulator.records import fingerprint
from tests.emulator.state import State
from tests.emulator.words import DEATHS, ago, span

from .buttons import PREFIX
from .dialog_pages import face
from .records import SCOPES, FacebookPerson, FacebookToken, Grant, Holder, Page, SystemUser
from .system_users import DEFAULT_SCOPES

MOST_HOLDERS = 40
MOST_PAGES = 8
KINDS = {"long": "Long-lived", "short": "Short-lived", "page": "Page’s", "system_user": "System user’s"}
FACEBOOK_DEATHS = {**DEATHS, "page_role_lost": "Page role lost", "user_gone": "System user deleted"}
LIFETIMES = (("sixty_days", "60 days"), ("never", "Never"))


def facebook(state: State) -> str:
    world = state.facebook
    apps = "".join(app_card(state, each, repair(each, PREFIX, "Facebook app")) for each in world.apps.values())
    persons = [person_card(state, each) for each in world.persons.values()]
    users = [user_card(state, each) for each in world.system_users.values()]
    return (
        f'<h2 id="facebook">Facebook</h2><div class="people">{apps}</div>'
        f"<h2>Facebook persons</h2>{listed(persons, 'Nobody has an account at Facebook yet.')}"
        f'<div class="card" style="margin-top: 1rem">{new_person()}</div>'
        f"<h2>System users</h2>{listed(users, 'No business has a system user yet.')}"
        f'<div class="card" style="margin-top: 1rem">{new_system_user()}</div>'
    )


def listed(cards: list[str], empty: str) -> str:
    if not cards:
        return f'<p class="soft">{empty}</p>'
    left_out = f'<p class="soft">The first {MOST_HOLDERS} of {len(cards)} are shown.</p>'
    more = left_out if len(cards) > MOST_HOLDERS else ""
    return f'{more}<div class="people">{"".join(cards[:MOST_HOLDERS])}</div>'


def button(name: str, words: str, fields: str = "", look: str = "") -> str:
    return plain_button(PREFIX + name, words, fields, look)


def field(name: str, words: str, value: str = "", *, required: bool = True) -> str:
    return (
        f'<label class="grow">{escape(words)}<input name="{name}" maxlength="300" value="{escape(value)}"'
        f'{" required" if required else ""} autocomplete="off" autocapitalize="none" spellcheck="false"></label>'
    )


def new_person() -> str:
    return button("new-person", "New Facebook person", field("name", "Name"), "main")


def new_system_user() -> str:
    fields = (
        field("name", "Name")
        + field("business", "Business", required=False)
        + field("ad_accounts", "Ad accounts, between commas", required=False)
    )
    return button("new-system-user", "New system user", fields, "main")


# persons


def person_card(state: State, person: FacebookPerson) -> str:
    return (
        f"{opening(person, f'Facebook · {person.id}', badge(*condition(state, person)))}"
        f"{granted(state, person)}{pages(state, person)}{tokens(state, person)}"
        f'<div class="buttons">{plain_buttons(person)}{telling_buttons(state, person)}</div>'
        f"{field_buttons(state, person)}</article>"
    )


def opening(holder: Holder, about: str, shown: str) -> str:
    return (
        f'<article class="card person" id="f{escape(holder.id)}"><div class="who">{face(holder.id, holder.name)}'
        f"<div><h3>{escape(holder.name)}</h3><small>{escape(about)}</small></div>{shown}</div>"
    )


def condition(state: State, holder: Holder) -> tuple[str, str]:
    if holder.hindrance:
        return FACEBOOK_DEATHS[holder.hindrance], "bad"
    if not holder.tokens:
        return "Not connected", "plain"
    died = death(holder.tokens[-1], state.now())
    return (died, "bad") if died else ("Connected", "good")


def death(token: FacebookToken, now: float) -> str | None:
    trouble = token.trouble(now)
    return None if trouble is None else FACEBOOK_DEATHS.get(trouble, trouble.replace("_", " ").capitalize())


def granted(state: State, person: FacebookPerson) -> str:
    lines = "".join(grant_line(state, *each) for each in person.grants.items())
    return f'<div class="soft">{lines or "No app is allowed anything."}</div>'


def grant_line(state: State, app_id: str, grant: Grant) -> str:
    app = state.facebook.apps.get(app_id)
    told = " · ".join(grant.granted) or "nothing"
    days = state.switches.data_access_days
    ends = f", and has data for {span(grant.consented_at + days * 86_400 - state.now())}" if days else ""
    over = bool(days) and grant.consented_at + (days or 0) * 86_400 <= state.now()
    ends = ", and lost its access to data" if over else ends
    return f"<div>{escape(app.name if app else app_id)} may: {escape(told)}{ends}</div>"


def pages(state: State, person: FacebookPerson) -> str:
    rows = [page_row(state, person, state.facebook.pages[each]) for each in person.roles]
    if not rows:
        return '<p class="soft">No Page.</p>'
    more = "".join(rows[MOST_PAGES:])
    folded = f'<details><summary>{len(rows) - MOST_PAGES} more Pages</summary><ul class="tokens">{more}</ul></details>'
    return f'<div><ul class="tokens">{"".join(rows[:MOST_PAGES])}</ul>{folded if more else ""}</div>'


def page_row(state: State, person: FacebookPerson, page: Page) -> str:
    account = state.facebook.instagram(page)
    linked = f"Instagram: @{account.username}" if account else "no Instagram account is linked"
    shared = any(page.id in grant.pages for grant in person.grants.values())
    shown = badge("Shared", "good") if shared else badge("Not shared", "plain")
    return f"<li>{escape(page.name)} {shown}<small>{escape(linked)} · {escape(page.id)}</small></li>"


def tokens(state: State, holder: Holder) -> str:
    newest = holder.tokens[::-1]
    if not newest:
        return '<p class="soft">No tokens yet.</p>'
    rows = [token_row(state, each) for each in newest[:MOST_TOKENS]]
    older = "".join(rows[SHOWN_AT_ONCE:])
    folded = f'<details><summary>{len(newest) - SHOWN_AT_ONCE} older</summary><ul class="tokens">{older}</ul></details>'
    return f'<div><ul class="tokens">{"".join(rows[:SHOWN_AT_ONCE])}</ul>{folded if older else ""}</div>'


def token_row(state: State, token: FacebookToken) -> str:
    died = death(token, state.now())
    shown = badge(died, "bad") if died else badge("Alive", "good")
    told = escape(life_line(state, token))
    return f"<li><code>•{fingerprint(token.access_token)}</code> {shown}<small>{told}</small></li>"


def life_line(state: State, token: FacebookToken) -> str:
    now = state.now()
    page = state.facebook.pages.get(token.page_id or "")
    kind = f"{KINDS[token.kind]} ({page.name})" if page else KINDS[token.kind]
    ends = "never expires"
    if token.expires_at is not None:
        ends = f"{'expires' if token.expires_at > now else 'expired'} {ago(token.expires_at, now)}"
    used = f"used {ago(token.used_at, now)}" if token.used_at is not None else "never used"
    return " · ".join((kind, f"{span(now - token.issued_at)} old", ends, used))


def plain_buttons(person: FacebookPerson) -> str:
    who = hidden("person", person.id)
    checkpoint = (
        button("clear-checkpoint", "Clear checkpoint", who, "off")
        if person.checkpoint
        else button("checkpoint", "Checkpoint", who)
    )
    confirmed = button("unconfirm", "Unconfirm", who) if person.confirmed else button("confirm", "Confirm", who, "off")
    return (
        button("change-password", "Change password", who)
        + button("remove-app", "Remove the app", who)
        + checkpoint
        + button("expire", "Expire tokens", who)
        + button("log-out", "Log out", who)
        + confirmed
    )


def telling_buttons(state: State, person: FacebookPerson) -> str:
    """For apps that the person has used and that have an address to be told at."""
    used = {*person.grants, *(each.app_id for each in person.tokens)}
    found = []
    for name, words, kind in TELLING:
        apps = [each for each in state.facebook.apps.values() if each.id in used and address_of(each, kind)]
        if apps:
            which = select("app", "App", [(each.id, each.name) for each in apps])
            one = hidden("app", apps[0].id)
            found.append(button(name, words, hidden("person", person.id) + (one if len(apps) == 1 else which)))
    return "".join(found)


def field_buttons(state: State, person: FacebookPerson) -> str:
    who = hidden("person", person.id)
    mine = [state.facebook.pages[each] for each in person.roles]
    linked = [each for each in mine if state.facebook.instagram(each)]
    held = [each for each in SCOPES if any(each in grant.granted for grant in person.grants.values())]
    lacking = [each for each in SCOPES if any(each in grant.withheld for grant in person.grants.values())]
    return (
        (button("age", "Age by days", who + days_field(30, 0)) if person.tokens else "")
        + chosen("revoke", "Revoke permission", who, "permission", "Permission", [(each, each) for each in held])
        + chosen("grant", "Grant permission", who, "permission", "Permission", [(each, each) for each in lacking])
        + chosen("lose-role", "Lose the role", who, "page", "Page", named(mine))
        + chosen("unlink", "Unlink Instagram", who, "page", "Page", named(linked))
        + chosen("link", "Link Instagram", who + field("username", "Instagram username"), "page", "Page", named(mine))
        + button("new-page", "New Page", who + field("name", "Name of the Page"))
    )


def named(pages: Iterable[Page]) -> list[tuple[str, str]]:
    return [(each.id, each.name) for each in pages]


def chosen(name: str, words: str, fields: str, key: str, label: str, options: list[tuple[str, str]]) -> str:
    return button(name, words, select(key, label, options) + fields) if options else ""


# system users


def user_card(state: State, user: SystemUser) -> str:
    about = " · ".join(filter(None, [user.business, f"system user {user.id}"]))
    shown = badge("Deleted", "bad") if user.deleted else badge(*condition(state, user))
    accounts = " · ".join(user.ad_accounts.values()) or "none"
    return (
        f"{opening(user, about, shown)}"
        f'<div class="soft">Ad accounts: {escape(accounts)}</div>{tokens(state, user)}'
        f"{'' if user.deleted else user_buttons(state, user)}</article>"
    )


def user_buttons(state: State, user: SystemUser) -> str:
    who = hidden("person", user.id)
    fields = (
        select("expires", "Expires", LIFETIMES)
        + select("app", "App", [(each.id, each.name) for each in state.facebook.apps.values()])
        + field("scopes", "Permissions, between commas", ", ".join(DEFAULT_SCOPES))
    )
    return (
        button("generate-token", "Generate token", who + fields, "main")
        + f'<div class="buttons">{button("revoke-tokens", "Revoke tokens", who)}'
        f"{button('remove-app', 'Remove the app', who)}{button('expire', 'Expire tokens', who)}"
        f"{button('delete', 'Delete', who, 'off')}</div>"
        + (button("age", "Age by days", who + days_field(30, 0)) if user.tokens else "")
    )
