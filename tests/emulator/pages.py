"""The pages that belong to Meta's dialog: consent, and its refusals. The frame is everybody's."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from string import Template

from .records import BASIC, App, Person
from .style import STYLE
from .words import account_type

LABEL = "Emulator of Instagram — not Meta"
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E"
    "%3Crect width='8' height='8' rx='2' fill='%23dd2a7b'/%3E%3C/svg%3E"
)
FRAME = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="same-origin">
<link rel="icon" href="$icon">
<title>$title</title>
<style>$style</style>
</head>
<body><p class="label">$label</p><main class="$shape">
$body
</main></body>
</html>
""")
WORDS = {
    BASIC: ("See your profile and posts", "Your name, account type and media. Without it, nothing else works."),
    "instagram_business_content_publish": (
        "Publish for you",
        "Create posts, reels and stories on your account.",
    ),
    "instagram_business_manage_comments": (
        "Manage comments",
        "Read, answer, hide and delete comments on your posts.",
    ),
    "instagram_business_manage_messages": ("Manage messages", "Read and answer your direct messages."),
    "instagram_business_manage_insights": ("See your insights", "How your posts and your account are doing."),
}
CONSENT = Template("""<div class="consent">
<div class="mark" aria-hidden="true"></div>
<h1>$app would like to access your Instagram account</h1>
$notice
<form method="post" action="/oauth/authorize">
$carried
<fieldset><legend>Who are you?</legend>
$persons
$newcomer
</fieldset>
<fieldset><legend>$app will be able to</legend>
<div class="choices">
$permissions
</div></fieldset>
<button class="main" name="decision" value="allow">Allow</button>
<button name="decision" value="cancel" formnovalidate>Cancel</button>
</form>
<p class="soft">You go on to <b>$site</b>. It can keep this access until you remove it.</p>
</div>""")
NEWCOMER = "/new"  # no username has a slash
FACES = ("#5b51d8", "#b4236b", "#a8480e", "#0b6b6b", "#3a6b0b", "#1d5fae", "#7a3bb0", "#8a5a00")
MOST_PERSONS = 200


@dataclass(frozen=True)
class Dialog:
    """What the consent page is about, and what was chosen on it before."""

    app: App
    persons: list[Person]
    scopes: Iterable[str]
    carried: Mapping[str, str]
    site: str
    notice: str = ""
    chosen: str = ""
    newcomer: str = ""
    ticked: Collection[str] | None = None  # None ticks all


def frame(title: str, body: str, shape: str = "", label: str = LABEL) -> str:
    return FRAME.substitute(title=escape(title), style=STYLE, body=body, shape=shape, label=label, icon=ICON)


def alert(text: str) -> str:
    return f'<p class="notice problem" role="alert">{escape(text)}</p>' if text else ""


def consent_page(dialog: Dialog) -> str:
    body = CONSENT.substitute(
        app=escape(dialog.app.name),
        site=escape(dialog.site),
        notice=alert(dialog.notice),
        carried="\n".join(hidden(key, value) for key, value in dialog.carried.items()),
        persons=person_choices(dialog),
        newcomer=newcomer_choice(dialog),
        permissions="\n".join(permission_choice(each, dialog) for each in dialog.scopes),
    )
    return frame(f"Connect {dialog.app.name}", body)


def hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def person_choices(dialog: Dialog) -> str:
    shown = dialog.persons[-MOST_PERSONS:]
    if not shown:
        return '<p class="soft">Nobody has an account here yet.</p>'
    shape = "choices scroll" if len(shown) > 6 else "choices"
    return f'<div class="{shape}">' + "\n".join(person_choice(each, dialog.chosen) for each in shown) + "</div>"


def person_choice(person: Person, chosen: str) -> str:
    username = escape(person.username)
    about = escape(f"{person.name} · {account_type(person)}")
    return (
        f'<label class="choice"><input type="radio" name="person" value="{username}" required'
        f"{checked(person.username == chosen)}>{face(person)}"
        f'<span class="words">@{username}<small>{about}</small></span></label>'
    )


def face(person: Person) -> str:
    colour = FACES[hashlib.sha256(person.user_id.encode()).digest()[0] % len(FACES)]
    letter = escape(person.username[:1].upper())
    return f'<span class="face" style="--face: {colour}" aria-hidden="true">{letter}</span>'


def newcomer_choice(dialog: Dialog) -> str:
    return (
        '<div class="choices" style="margin-top: .5rem">'
        f'<label class="choice"><input type="radio" name="person" value="{NEWCOMER}" required'
        f"{checked(dialog.chosen == NEWCOMER)}>"
        '<span class="face" style="--face: #63636a" aria-hidden="true">+</span>'
        '<span class="words">Someone new<small>The account is made when you press Allow</small></span></label></div>'
        '<label class="field soft">Username of someone new'
        '<input name="new_username" maxlength="30" autocomplete="off" autocapitalize="none" spellcheck="false"'
        f' value="{escape(dialog.newcomer)}"></label>'
    )


def permission_choice(scope: str, dialog: Dialog) -> str:
    title, about = WORDS.get(scope, (scope, ""))
    on = dialog.ticked is None or scope in dialog.ticked
    return (
        f'<label class="choice"><input type="checkbox" name="permission" value="{escape(scope)}"{checked(on)}>'
        f'<span class="words">{escape(title)}<small>{escape(about)}</small>'
        f"<small><code>{escape(scope)}</code></small></span></label>"
    )


def checked(on: bool) -> str:
    return " checked" if on else ""


def error_page(title: str) -> str:
    body = (
        '<div class="consent"><div class="mark" aria-hidden="true"></div>'
        f'<h1>{escape(title)}</h1><p class="soft">Sorry, this app can’t be connected this way.</p></div>'
    )
    return frame(title, body)


def hindrance(person: Person) -> str:
    """What keeps this person from connecting anything, told to them."""
    if person.checkpoint:
        return f"Confirm it’s you: finish the security check on @{person.username}, then try again."
    return f"Confirm your account: confirm the e-mail address or phone number of @{person.username}, then try again."


def login_page() -> str:
    return frame("Log in", '<h1>Log in</h1><p class="soft">There is nobody to log in here.</p>')
