"""Whose request it is: by token, by code, or by the account that was chosen on the consent page."""

from dataclasses import dataclass

from .errors import facts_of
from .facebook.calls import subject
from .facebook.errors import SITE
from .facebook.records import FacebookToken
from .records import Token
from .state import State
from .wire import Request


@dataclass(frozen=True)
class Caller:
    """string: the token as it was sent. username: at Facebook an id."""

    string: str | None
    token: Token | FacebookToken | None
    username: str | None

    def uses(self, now: float) -> None:
        if self.token:
            self.token.used_at = now

    def facts(self, request: Request, now: float) -> dict[str, str]:
        known = {"method": request.method.lower(), "path": request.host_path, "token": self.string or ""}
        if request.base:
            known["site"] = SITE
        if self.token is None:
            return known
        return {**known, **facts_of(self.token, now), "user_id": self.token.user_id}


def caller_of(state: State, request: Request) -> Caller:
    string = subject(request)
    if request.base:
        return of_facebook(state, request, string)
    token = state.tokens.get(string or "")
    if token:
        return Caller(string, token, token.person.username)
    code = state.codes.get(request.form.get("code", ""))
    person = code.person if code else state.persons.get(request.form.get("person", ""))
    return Caller(string, None, person.username if person else None)


def of_facebook(state: State, request: Request, string: str | None) -> Caller:
    world, asked = state.facebook, {**request.query, **request.form}
    token = world.tokens.get(string or "")
    if token:
        return Caller(string, token, token.holder.id)
    code = world.codes.get(asked.get("code", ""))
    person = code.person if code else world.persons.get(asked.get("person", ""))
    return Caller(string, None, person.id if person else None)
