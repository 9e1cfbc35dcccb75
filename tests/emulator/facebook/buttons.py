"""What each of Facebook's buttons on the page for people does, and the sentence that says so afterwards."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.emulator.apps import BREAKAGES
from tests.emulator.forms import Fields, number, shown, sound_username
from tests.emulator.refusals import Missing
from tests.emulator.state import State
from tests.emulator.words import answered, died, masked, plural

from .records import Holder, SystemUser
from .world import Facebook

PREFIX = "facebook/"
FARTHEST = 3650  # days


@dataclass(frozen=True)
class Done:
    """once: a token to be copied now, and shown never again."""

    notice: str
    once: str = ""


Button = Callable[[State, Fields], Done]


def somebody(state: State, fields: Fields) -> Holder:
    wanted, world = fields.get("person", ""), state.facebook
    found = world.persons.get(wanted) or world.system_users.get(wanted)
    if found is None:
        raise Missing(f"There is nobody called {shown(wanted)}." if wanted else "Please say whom you mean.")
    return found


def ending(verb: Callable[[Facebook, str], int], words: str) -> Button:
    def press(state: State, fields: Fields) -> Done:
        holder = somebody(state, fields)
        return Done(f"{holder.name} {words}. {died(verb(state.facebook, holder.id))}")

    return press


def changing(verb: Callable[[Facebook, str], object], words: str) -> Button:
    def press(state: State, fields: Fields) -> Done:
        holder = somebody(state, fields)
        verb(state.facebook, holder.id)
        return Done(f"{holder.name} {words}")

    return press


def remove_app(state: State, fields: Fields) -> Done:
    holder = somebody(state, fields)
    if isinstance(holder, SystemUser):
        ended = state.facebook.remove_app_from_business(holder.id)
        return Done(f"The business of {holder.name} removed the app. {died(ended)}")
    return Done(f"{holder.name} removed the app. {died(state.facebook.remove_app(holder.id))}")


def expire(state: State, fields: Fields) -> Done:
    holder = somebody(state, fields)
    return Done(f"{holder.name}: {plural(state.facebook.expire(holder.id), 'token')} expired.")


def age(state: State, fields: Fields) -> Done:
    holder = somebody(state, fields)
    days = number(fields, "days", 0, FARTHEST)
    return Done(f"{holder.name}: {plural(state.facebook.age(holder.id, days), 'token')} grew {days:g} days older.")


def revoke(state: State, fields: Fields) -> Done:
    holder, permission = somebody(state, fields), fields.get("permission", "")
    state.facebook.revoke(holder.id, permission)
    return Done(f"{holder.name} took back {permission}. Their tokens live on without it.")


def grant(state: State, fields: Fields) -> Done:
    holder, permission = somebody(state, fields), fields.get("permission", "")
    state.facebook.grant(holder.id, permission)
    return Done(f"{holder.name} granted {permission}. Tokens that had it before have it again.")


# the app


def break_app(state: State, fields: Fields) -> Done:
    app = state.facebook.break_app(fields.get("how", ""), known_app(state, fields))
    return Done(f"{app.name} at Facebook is broken: {BREAKAGES[app.broken or ''].about}, until you mend it.")


def mend_app(state: State, fields: Fields) -> Done:
    return Done(f"{state.facebook.mend_app(known_app(state, fields)).name} at Facebook works again.")


def known_app(state: State, fields: Fields) -> str:
    app_id = fields.get("app", "")
    if app_id not in state.facebook.apps:
        raise Missing(f"There is no app {shown(app_id)}.")
    return app_id


# Pages


def lose_role(state: State, fields: Fields) -> Done:
    holder, page = somebody(state, fields), state.facebook.page(fields.get("page", ""))
    ended = state.facebook.lose_role(holder.id, page.id)
    return Done(f"{holder.name} has no role on {page.name} any more. {died(ended)}")


def unlink(state: State, fields: Fields) -> Done:
    page = state.facebook.unlink(fields.get("page", ""))
    return Done(f"No Instagram account is linked to {page.name} any more.")


def link(state: State, fields: Fields) -> Done:
    username = sound_username(fields.get("username", ""))
    page = state.facebook.link(fields.get("page", ""), username)
    return Done(f"@{username} is linked to {page.name}.")


def new_page(state: State, fields: Fields) -> Done:
    holder = somebody(state, fields)
    page = state.facebook.add_page(fields.get("name", ""), holder.id)
    return Done(f"{holder.name} has the Page {page.name} now. No app sees it before it is shared in the dialog.")


# persons and system users


def new_person(state: State, fields: Fields) -> Done:
    return Done(f"{state.facebook.add_person(fields.get('name', '')).name} has an account at Facebook now.")


def new_system_user(state: State, fields: Fields) -> Done:
    accounts = between_commas(fields.get("ad_accounts", ""))
    name, business = fields.get("name", ""), fields.get("business", "")
    return Done(f"{state.facebook.add_system_user(name, business, ad_accounts=accounts).name} is a system user now.")


def between_commas(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def generate_token(state: State, fields: Fields) -> Done:
    user = somebody(state, fields)
    scopes = between_commas(fields.get("scopes", ""))
    made = state.facebook.generate_token(user.id, fields.get("expires", ""), fields.get("app"), scopes=scopes)
    return Done(f"A token for {user.name}. Copy it now: it is not shown again.", made.access_token)


# what an app is told; these wait for whoever is told: pressed without the lock


def deauthorize(state: State, fields: Fields) -> Done:
    person = somebody(state, fields)
    callback = state.facebook.deauthorize(person.id, fields.get("app"))
    told = f"{masked(state, callback.url)} {answered(state, callback)}"
    return Done(f"{person.name} removed the app. {died(callback.ended)} {told}")


def request_deletion(state: State, fields: Fields) -> Done:
    person = somebody(state, fields)
    callback = state.facebook.request_deletion(person.id, fields.get("app"))
    told = f"{masked(state, callback.url)} {answered(state, callback)}"
    return Done(f"{person.name} removed the app and asks it to delete everything. {died(callback.ended)} {told}")


TELLING_BUTTONS: dict[str, Button] = {"deauthorize": deauthorize, "request-deletion": request_deletion}
BUTTONS: dict[str, Button] = {
    "change-password": ending(Facebook.change_password, "changed the password"),
    "log-out": ending(Facebook.logout, "logged out everywhere"),
    "revoke-tokens": ending(Facebook.revoke_tokens, "has no sessions any more: an admin ended them"),
    "delete": ending(Facebook.delete_system_user, "is deleted"),
    "checkpoint": changing(Facebook.checkpoint, "is at a checkpoint: no token of theirs works until it is cleared."),
    "clear-checkpoint": changing(Facebook.clear_checkpoint, "passed the checkpoint: their tokens work again."),
    "unconfirm": changing(Facebook.unconfirm, "is not confirmed any more: no token of theirs works."),
    "confirm": changing(Facebook.confirm, "is confirmed: their tokens work again."),
    "break-app": break_app,
    "mend-app": mend_app,
    "remove-app": remove_app,
    "expire": expire,
    "age": age,
    "revoke": revoke,
    "grant": grant,
    "lose-role": lose_role,
    "unlink": unlink,
    "link": link,
    "new-page": new_page,
    "new-person": new_person,
    "new-system-user": new_system_user,
    "generate-token": generate_token,
}
