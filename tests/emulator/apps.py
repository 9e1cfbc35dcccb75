"""Apps: their secrets and addresses, and what breaks a whole app."""

import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from .forms import callback_url
from .records import App
from .refusals import Missing, Wrong

AnApp = TypeVar("AnApp", bound=App)
DEFAULT_APP = App("1234567890", "emulator-app-secret", "Perennial Demo", meta_secret="emulator-meta-secret")


@dataclass(frozen=True)
class Breakage:
    """How a broken app is told of; tokens keep the life or death that they had.

    title, about: for people.
    graph, exchange: the errors that its tokens' calls and its codes' exchange answer with; None: as ever.
    dialog: the page shown instead of the consent page.
    """

    title: str
    about: str
    graph: str | None = None
    exchange: str | None = None
    dialog: str | None = None


BREAKAGES = {
    "secret_reset": Breakage("Secret reset", "its secret is another one now, so the one that programs hold is wrong"),
    "disabled": Breakage(
        "API access deactivated",
        "each of its calls is told that API access is deactivated (code 200)",
        "app_disabled",
        "app_disabled",
        "App not active",
    ),
    "deleted": Breakage(
        "Deleted",
        "each of its calls is told that the application has been deleted (code 190)",
        "app_deleted",
        "app_deleted",
        "Invalid platform app",
    ),
    "unknown": Breakage(
        "Unknown to Instagram",
        "each of its calls is told that there is no such app (code 101, “Invalid platform app”)",
        "code_101",
        "invalid_platform_app",
        "Invalid platform app",
    ),
}
SOUND = Breakage("Works", "")


class Apps(Generic[AnApp]):
    """The part of the state that holds apps."""

    lock: threading.RLock
    apps: dict[str, AnApp]
    _default_app: AnApp
    _secrets: list[str]

    def app(self, app_id: str | None = None) -> AnApp:
        wanted = app_id or self._default_app.id
        if wanted not in self.apps:
            raise Missing(f"There is no app {wanted!r}.")
        return self.apps[wanted]

    def add_app(
        self,
        id: str,
        secret: str | None = None,
        name: str | None = None,
        redirect_uris: Iterable[str] | None = None,
        *,
        meta_secret: str | None = None,
        deauthorize_url: str | None = None,
        deletion_url: str | None = None,
    ) -> AnApp:
        """Adds an app, or changes of one that is there what is given. An empty address is none."""
        given = {
            "secret": secret,
            "name": name or None,
            "redirect_uris": None if redirect_uris is None else tuple(redirect_uris),
            "meta_secret": meta_secret,
            "deauthorize_url": None if deauthorize_url is None else callback_url(deauthorize_url),
            "deletion_url": None if deletion_url is None else callback_url(deletion_url),
        }
        changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        with self.lock:
            app = self.apps.get(id) or self._new_app(id)
            if secret and app.broken == "secret_reset":  # nobody misses the former one any more
                app = replace(app, broken=None, former_secret="")
            return self._keep(replace(app, **changes))

    def _new_app(self, app_id: str) -> AnApp:
        """Of the default one's kind, and with nothing of its own."""
        return type(self._default_app)(app_id, "", f"App {app_id}")

    def _keep(self, app: AnApp) -> AnApp:
        if not app.secret:
            raise Wrong("An app has a secret.")
        self.apps[app.id] = app
        self._secrets += [each for each in app.secrets if each not in self._secrets]
        return app

    def break_app(self, how: str, app_id: str | None = None) -> AnApp:
        """Breaks an app in this way alone, however it was broken before."""
        if how not in BREAKAGES:
            raise Wrong(f"how takes one of: {', '.join(BREAKAGES)}.")
        with self.lock:
            app = self.mend_app(app_id)
            fresh = secrets.token_hex(16)
            reset: dict[str, Any] = {"secret": fresh, "former_secret": app.secret} if how == "secret_reset" else {}
            return self._keep(replace(app, broken=how, **reset))

    def mend_app(self, app_id: str | None = None) -> AnApp:
        """As it was before it broke, the secret included."""
        with self.lock:
            app = self.app(app_id)
            return self._keep(replace(app, broken=None, secret=app.former_secret or app.secret, former_secret=""))

    def breakage(self, app_id: str) -> Breakage:
        app = self.apps.get(app_id)
        return BREAKAGES[app.broken] if app and app.broken else SOUND
