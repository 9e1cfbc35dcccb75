"""The pages people see: consent, refusals of the dialog, and a plain index."""

from collections.abc import Iterable, Mapping
from html import escape
from string import Template

from .records import App, Person, Token, fingerprint, iso

STYLE = """
:root { color-scheme: light dark; --line: #dbdbdb; --ink: #262626; --soft: #737373;
  --card: #fff; --page: #fafafa; }
@media (prefers-color-scheme: dark) {
  :root { --line: #363636; --ink: #f5f5f5; --soft: #a8a8a8; --card: #121212; --page: #000; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 2rem 1rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 26rem; margin: 0 auto; padding: 2rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 12px; }
main.wide { max-width: 64rem; }
h1 { font-size: 1.25rem; margin: 0 0 .5rem; }
.brand { font-weight: 700; margin: 0 0 1.5rem; color: var(--soft); }
.brand::before { content: ""; display: inline-block; width: 1em; height: 1em; margin-right: .5em;
  vertical-align: -.12em; border-radius: 30%; background: linear-gradient(45deg, #fa7e1e, #d62976, #4f5bd5); }
p.soft, td.soft { color: var(--soft); }
p.notice { padding: .75rem 1rem; border-radius: 8px; background: #fff4ce; color: #4d3b00; }
fieldset { border: 0; margin: 1.25rem 0; padding: 0; }
legend { font-weight: 600; padding: 0; margin-bottom: .5rem; }
label { display: flex; gap: .75rem; align-items: center; padding: .6rem .25rem;
  border-top: 1px solid var(--line); }
input { width: 1.15rem; height: 1.15rem; accent-color: #0095f6; }
label small { color: var(--soft); display: block; }
button { width: 100%; padding: .75rem; border-radius: 8px; font: inherit; font-weight: 600; cursor: pointer; }
button.allow { border: 0; background: #0073c7; color: #fff; margin-bottom: .5rem; }
button.cancel { border: 1px solid var(--line); background: transparent; color: inherit; }
button:focus-visible, input:focus-visible { outline: 3px solid #0095f6; outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); }
code { font-size: .9em; }
"""
FRAME = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>$title</title>
<style>$style</style>
</head>
<body><main class="$shape"><p class="brand">Instagram emulator</p>
$body
</main></body>
</html>
""")
WORDS = {
    "instagram_business_basic": "View your profile and media",
    "instagram_business_content_publish": "Publish posts for you",
    "instagram_business_manage_comments": "Read and answer comments",
    "instagram_business_manage_messages": "Read and answer messages",
    "instagram_business_manage_insights": "View your insights",
}
CONSENT = Template("""<h1>$app would like to access your account</h1>
$notice
<form method="post" action="/oauth/authorize">
$carried
<fieldset><legend>Continue as</legend>
$persons
</fieldset>
<fieldset><legend>Allow $app to</legend>
$permissions
</fieldset>
<button class="allow" name="decision" value="allow">Allow</button>
<button class="cancel" name="decision" value="cancel" formnovalidate>Cancel</button>
</form>""")


def frame(title: str, body: str, shape: str = "") -> str:
    return FRAME.substitute(title=escape(title), style=STYLE, body=body, shape=shape)


def consent_page(
    app: App, persons: list[Person], scopes: Iterable[str], carried: Mapping[str, str], notice: str = ""
) -> str:
    body = CONSENT.substitute(
        app=escape(app.name),
        notice=f'<p class="notice" role="alert">{escape(notice)}</p>' if notice else "",
        carried="\n".join(hidden(key, value) for key, value in carried.items()),
        persons="\n".join(map(person_choice, persons))
        or "<p class='soft'>Nobody has an account here yet.</p>",
        permissions="\n".join(map(permission_choice, scopes)),
    )
    return frame(f"Connect {app.name}", body)


def hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def person_choice(person: Person) -> str:
    username = escape(person.username)
    about = escape(f"{person.name} · {person.account_type}")
    return (
        f'<label><input type="radio" name="person" value="{username}" required>'
        f"<span>{username}<small>{about}</small></span></label>"
    )


def permission_choice(scope: str) -> str:
    return (
        f'<label><input type="checkbox" name="permission" value="{escape(scope)}" checked>'
        f"<span>{WORDS.get(scope, scope)}<small>{escape(scope)}</small></span></label>"
    )


def error_page(title: str) -> str:
    body = f"<h1>{escape(title)}</h1><p class='soft'>Sorry, this app can't be connected this way.</p>"
    return frame(title, body)


def hindrance_page(person: Person) -> str:
    if person.checkpoint:
        title, remedy = "Confirm it's you", "Finish the security check on your account, then try again."
    else:
        title, remedy = "Confirm your account", "Confirm your e-mail address or phone number, then try again."
    name = escape(person.username)
    body = f"<h1>{escape(title)}</h1><p>{escape(remedy)}</p><p class='soft'>Account: {name}</p>"
    return frame(title, body)


def login_page() -> str:
    return frame("Log in", "<h1>Log in</h1><p class='soft'>There is nobody to log in here.</p>")


def index_page(persons: list[Person], tokens: list[Token], now: float) -> str:
    body = (
        f"<h1>Who is here</h1><p class='soft'>It is {escape(iso(now))} here.</p>"
        + table(("Username", "Name", "Account type", "Instagram id"), map(person_row, persons))
        + "<h1>Tokens</h1>"
        + table(
            ("Token", "Of", "Kind", "Issued", "Expires", "Now"), (token_row(each, now) for each in tokens)
        )
    )
    return frame("Instagram emulator", body, "wide")


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def person_row(person: Person) -> tuple[str, ...]:
    return person.username, person.name, person.account_type, person.user_id


def token_row(token: Token, now: float) -> tuple[str, ...]:
    return (
        fingerprint(token.access_token),
        token.person.username,
        token.kind,
        iso(token.issued_at),
        iso(token.expires_at),
        token.trouble(now) or "alive",
    )
