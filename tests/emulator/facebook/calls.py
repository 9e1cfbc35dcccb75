"""One call of graph.facebook.com: what it asks for, by which token, for which app."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn

from tests.emulator.errors import render
from tests.emulator.switches import Switches
from tests.emulator.wire import FACEBOOK_GRAPH, Refused, Request

from .errors import end_of, refuse
from .proof import check_proof
from .records import FacebookApp, FacebookToken
from .world import Facebook

if TYPE_CHECKING:
    from tests.emulator.state import State

# What a call is about comes first; `access_token` may be the caller's alone.
SUBJECTS = ("fb_exchange_token", "input_token", "revoke_token")


@dataclass(frozen=True)
class Call:
    state: "State"
    request: Request

    @cached_property
    def asked(self) -> dict[str, str]:
        """A POST's fields count like the query's."""
        return {**self.request.query, **self.request.form}

    @property
    def method(self) -> str:
        return self.request.method

    @property
    def world(self) -> Facebook:
        return self.state.facebook

    @property
    def switches(self) -> Switches:
        return self.state.switches

    @property
    def now(self) -> float:
        return self.state.now()

    @property
    def access_token(self) -> str | None:
        return self.asked.get("access_token") or self.request.token

    def refuse(self, name: str, **facts: str) -> NoReturn:
        refuse(self.switches, name, **facts)

    def need(self, *names: str) -> None:
        for name in names:
            if not self.asked.get(name):
                self.refuse("missing", field=name)

    def no_object(self, object_id: str) -> NoReturn:
        self.refuse("no_object", method=self.method.lower(), id=object_id)

    def client(self) -> FacebookApp:
        """The app that names itself by `client_id` and `client_secret`."""
        self.need("client_id", "client_secret")
        app = self.world.apps.get(self.asked["client_id"])
        if app is None:
            self.refuse("code_101")
        if self.asked["client_secret"] != app.secret:
            self.refuse("client_secret")
        return app

    def caller(self, without: str = "code_104") -> FacebookToken:
        """The token that asks: known, alive, and with a sound proof."""
        if not self.access_token:
            self.refuse(without)
        if self.world.app_of(self.access_token):
            self.refuse("code_2500")  # an app is nobody whom one could ask about
        token = self.alive(self.access_token)
        check_proof(self.switches, self.asked, token.access_token, self.world.app(token.app_id).secret)
        return token

    def alive(self, access_token: str) -> FacebookToken:
        token = self.world.tokens.get(access_token)
        if token is None:
            self.refuse("cannot_parse")
        trouble = token.trouble(self.now)
        if trouble == "user_gone" and self.switches.deleted_system_user == "object_missing":
            self.no_object(token.user_id)
        if trouble:
            raise Refused(render(end_of(token, trouble, self.switches, self.now)))
        return token


def subject(request: Request) -> str | None:
    """The token that a request is about, on whichever host."""
    if request.base != FACEBOOK_GRAPH:
        return request.token
    asked = {**request.query, **request.form}
    return next((asked[each] for each in SUBJECTS if asked.get(each)), asked.get("access_token") or request.token)
