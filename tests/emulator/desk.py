"""The page for people: shows the board, takes the pressing of its buttons, tells what came of it."""

from collections import OrderedDict
from urllib.parse import urlencode

from .app_buttons import TELLING_BUTTONS
from .board import MOST_PERSONS, Shown, board
from .buttons import BUTTONS, PERSON_BUTTONS
from .facebook import buttons as facebook
from .forms import refuse_foreign, shown
from .records import Person, random_text
from .refusals import Missing, Refusal
from .state import State
from .wire import Answer, Request, page_answer

PREFIX = "/_page/"
MOST_NOTICES = 200


class Desk:
    def __init__(self, state: State) -> None:
        self.state = state
        self._notices: OrderedDict[str, str] = OrderedDict()
        self._once: dict[str, str] = {}  # a secret for whoever looks first

    def serves(self, path: str) -> bool:
        return path == "/" or path.startswith(PREFIX)

    def answer(self, request: Request) -> Answer:
        if request.method in ("GET", "HEAD"):
            return self._show(request) if request.path == "/" else see("/")
        try:
            return self._press(request)
        except Refusal as refusal:
            return self._page(Shown(problem=str(refusal)), refusal.status)

    def _show(self, request: Request) -> Answer:
        said = request.query.get("said", "")
        with self.state.lock:
            notice, once = self._notices.get(said, ""), self._once.pop(said, "")
        return self._page(Shown(notice=notice, find=request.query.get("find", "").strip(), once=once))

    def _page(self, shown: Shown, status: int = 200) -> Answer:
        with self.state.lock:
            return page_answer(board(self.state, shown), status)

    def _press(self, request: Request) -> Answer:
        refuse_foreign(request)
        name = request.path.removeprefix(PREFIX)
        if name.startswith(facebook.PREFIX):
            return self._press_at_facebook(name.removeprefix(facebook.PREFIX), request)
        if name in TELLING_BUTTONS:
            person = self._person(request.form.get("person", ""))
            return self._done(TELLING_BUTTONS[name](self.state, person, request.form), person)
        with self.state.lock:
            return self._press_quickly(name, request)

    def _press_at_facebook(self, name: str, request: Request) -> Answer:
        if name in facebook.TELLING_BUTTONS:
            done = facebook.TELLING_BUTTONS[name](self.state, request.form)
        elif name in facebook.BUTTONS:
            with self.state.lock:
                done = facebook.BUTTONS[name](self.state, request.form)
        else:
            raise Missing("There is no such button.")
        return self._done(done.notice, once=done.once)

    def _press_quickly(self, name: str, request: Request) -> Answer:
        if name in BUTTONS:
            return self._done(BUTTONS[name](self.state, request.form))
        if name not in PERSON_BUTTONS:
            raise Missing("There is no such button.")
        person = self._person(request.form.get("person", ""))
        return self._done(PERSON_BUTTONS[name](self.state, person, request.form), person)

    def _person(self, username: str) -> Person:
        if username not in self.state.persons:
            raise Missing(f"There is nobody called {shown(username)}." if username else "Please say whom you mean.")
        return self.state.persons[username]

    def _done(self, notice: str, person: Person | None = None, once: str = "") -> Answer:
        key = random_text(12)
        with self.state.lock:
            self._notices[key] = notice
            if once:
                self._once[key] = once
            while len(self._notices) > MOST_NOTICES:
                self._once.pop(self._notices.popitem(last=False)[0], None)
        query = {"said": key}
        if person and len(self.state.persons) > MOST_PERSONS:
            query["find"] = person.username
        return see(f"/?{urlencode(query, errors='replace')}")


def see(location: str) -> Answer:
    return Answer(303, (("Location", location), ("Cache-Control", "no-store")))
