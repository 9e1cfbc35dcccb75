"""The two steps of Facebook's dialog as pages, in the style of Instagram's."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from string import Template

from tests.emulator.pages import FACES, MOST_PERSONS, alert, checked, frame, hidden

from .records import BASIC, PAGE_LIST, READ_PAGES, FacebookApp, FacebookPerson, Page
from .world import Facebook

LABEL = "Emulator of Facebook — not Meta"
NEWCOMER = "/new"  # no id has a slash
WORDS = {
    BASIC: ("See your Instagram account", "Its name, picture and media. Without it nothing else of Instagram works."),
    PAGE_LIST: ("See your Pages", "The list of Pages that you choose."),
    READ_PAGES: ("Read your Pages", "Posts, pictures and figures of these Pages."),
    "instagram_manage_insights": ("See insights", "How your Instagram account and its posts are doing."),
    "instagram_content_publish": ("Publish for you", "Create posts, reels and stories on Instagram."),
    "instagram_manage_comments": ("Manage comments", "Read, answer, hide and delete comments on Instagram."),
    "instagram_manage_messages": ("Manage messages", "Read and answer direct messages on Instagram."),
    "business_management": ("Manage your business", "Whatever belongs to your business."),
    "ads_read": ("See your ads", "Your ad accounts and how the ads are doing."),
    "ads_management": ("Manage your ads", "Create, change and end ads."),
}
STEP = Template("""<div class="consent">
<div class="mark facebook" aria-hidden="true"></div>
<h1>$title</h1>
$notice
<form method="post" action="$action">
$carried
$body
</form>
<p class="soft">$after</p>
</div>""")


@dataclass(frozen=True)
class Asked:
    """What an app asks for, and what was chosen on the page before.

    carried: the query that it came with.
    path: the dialog's own, version included.
    sent: the fields of the form that was sent, if one was.
    """

    app: FacebookApp
    world: Facebook
    scopes: list[str]
    carried: Mapping[str, str]
    site: str
    path: str
    notice: str = ""
    sent: Sequence[tuple[str, str]] = ()

    def told(self, notice: str) -> "Asked":
        return replace(self, notice=notice)

    def chosen(self, name: str, value: str) -> bool:
        """As it was sent; at first everything is ticked."""
        return not any(key == "decision" for key, _ in self.sent) or (name, value) in self.sent

    def typed(self, name: str) -> str:
        return dict(self.sent).get(name, "")


def step(asked: Asked, title: str, body: str, after: str, extra: str = "") -> str:
    carried = "\n".join(hidden(key, value) for key, value in asked.carried.items())
    page = STEP.substitute(
        title=escape(title),
        notice=alert(asked.notice),
        action=escape(asked.path),
        carried=carried + extra,
        body=body,
        after=after,
    )
    return frame(f"Connect {asked.app.name}", page, label=LABEL)


# who somebody is


def person_step(asked: Asked) -> str:
    body = (
        f"<fieldset><legend>Who are you?</legend>{person_choices(asked)}{newcomer(asked)}</fieldset>"
        '<button class="main" name="decision" value="next">Continue</button>'
        '<button name="decision" value="cancel" formnovalidate>Cancel</button>'
    )
    title = f"Log in to Facebook to go on with {asked.app.name}"
    return step(asked, title, body, f"{escape(asked.app.name)} does not learn your password.")


def person_choices(asked: Asked) -> str:
    everybody = list(asked.world.persons.values())[-MOST_PERSONS:]
    if not everybody:
        return '<p class="soft">Nobody has an account at Facebook yet.</p>'
    shape = "choices scroll" if len(everybody) > 6 else "choices"
    chosen = asked.typed("person")
    return f'<div class="{shape}">{"".join(person_choice(each, chosen) for each in everybody)}</div>'


def person_choice(person: FacebookPerson, chosen: str) -> str:
    return (
        f'<label class="choice"><input type="radio" name="person" value="{escape(person.id)}" required'
        f"{checked(person.id == chosen)}>{face(person.id, person.name)}"
        f'<span class="words">{escape(person.name)}<small>{pages_words(len(person.roles))}</small></span></label>'
    )


def pages_words(number: int) -> str:
    return {0: "No Page", 1: "1 Page"}.get(number, f"{number} Pages")


def face(key: str, name: str) -> str:
    colour = FACES[hashlib.sha256(key.encode()).digest()[0] % len(FACES)]
    letter = escape(name[:1].upper())
    return f'<span class="face" style="--face: {colour}" aria-hidden="true">{letter}</span>'


def newcomer(asked: Asked) -> str:
    return (
        '<div class="choices" style="margin-top: .5rem"><label class="choice">'
        f'<input type="radio" name="person" value="{NEWCOMER}" required{checked(asked.typed("person") == NEWCOMER)}>'
        '<span class="face" style="--face: #63636a" aria-hidden="true">+</span>'
        '<span class="words">Someone new<small>The account is made when you press Continue</small></span></label></div>'
        f"{text_field(asked, 'new_name', 'Name of someone new', 60)}"
        f"{text_field(asked, 'new_instagram', 'Instagram username for a Page of theirs (or empty: no Page)', 30)}"
    )


def text_field(asked: Asked, name: str, words: str, longest: int) -> str:
    return (
        f'<label class="field soft">{escape(words)}<input name="{name}" maxlength="{longest}" autocomplete="off"'
        f' autocapitalize="none" spellcheck="false" value="{escape(asked.typed(name))}"></label>'
    )


# what somebody allows


def permission_step(asked: Asked, person: FacebookPerson, scopes: Iterable[str]) -> str:
    pages = [asked.world.pages[each] for each in person.roles]
    body = (
        f"{page_choices(asked, pages)}{permission_choices(asked, list(scopes))}"
        '<button class="main" name="decision" value="allow">Continue</button>'
        '<button name="decision" value="cancel">Cancel</button>'
    )
    title = f"{asked.app.name} would like to use your Pages and Instagram accounts"
    after = (
        f"You are {escape(person.name)} and go on to <b>{escape(asked.site)}</b>."
        " It can keep this access until you remove it."
    )
    return step(asked, title, body, after, hidden("person", person.id))


def page_choices(asked: Asked, pages: list[Page]) -> str:
    if not pages:
        return '<p class="soft">You have no Page, so there is nothing to share.</p>'
    shape = "choices scroll" if len(pages) > 6 else "choices"
    listed = "".join(page_choice(asked, each) for each in pages)
    return f'<fieldset><legend>Which Pages do you share?</legend><div class="{shape}">{listed}</div></fieldset>'


def page_choice(asked: Asked, page: Page) -> str:
    account = asked.world.instagram(page)
    about = f"Instagram: @{account.username}" if account else "No Instagram account is linked"
    return (
        f'<label class="choice"><input type="checkbox" name="page" value="{escape(page.id)}"'
        f"{checked(asked.chosen('page', page.id))}>"
        f'<span class="words">{escape(page.name)}<small>{escape(about)}</small></span></label>'
    )


def permission_choices(asked: Asked, scopes: list[str]) -> str:
    if not scopes:
        return '<p class="soft">You declined all that is asked for before, and are not asked again.</p>'
    listed = "".join(permission_choice(asked, each) for each in scopes)
    return (
        f"<fieldset><legend>{escape(asked.app.name)} will be able to</legend>"
        f'<div class="choices">{listed}</div></fieldset>'
    )


def permission_choice(asked: Asked, scope: str) -> str:
    title, about = WORDS.get(scope, (scope, ""))
    return (
        f'<label class="choice"><input type="checkbox" name="permission" value="{escape(scope)}"'
        f"{checked(asked.chosen('permission', scope))}>"
        f'<span class="words">{escape(title)}<small>{escape(about)}</small>'
        f"<small><code>{escape(scope)}</code></small></span></label>"
    )


def hindrance(person: FacebookPerson) -> str:
    """What keeps this person from connecting anything, told to them."""
    if person.checkpoint:
        return "Confirm it’s you: finish the security check at Facebook, then try again."
    return "Confirm your account: confirm your e-mail address or phone number at Facebook, then try again."
