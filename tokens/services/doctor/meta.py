"""Meta: whether its hosts are reached, whether its clock and ours agree, and whether it takes our app."""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urlsplit

from django.conf import settings

from tokens.meta import FacebookClient, InstagramClient
from tokens.meta.probe import Seen, look
from tokens.models import Flavour, MetaApp
from tokens.services.doctor.bounded import Aside, TookTooLong
from tokens.services.doctor.finding import Said, Task, count, ok, warning, wrong
from tokens.services.try_app import what_meta_says
from tokens.wording import APP_VERDICTS

AREA = "Meta"
SECONDS = 5.0
# Names may take longer to resolve than a call may take.
NAME_SECONDS = 1.0
ASK_SECONDS = 8.0
CLOCK_WARNING, CLOCK_WRONG = 5.0, 60.0
# Of apps that workspaces brought along, so many secrets are tried.
MOST_APPS = 200
OF_INSTAGRAM = ("INSTAGRAM_AUTHORIZE_URL", "INSTAGRAM_API_URL", "INSTAGRAM_GRAPH_URL")
OF_FACEBOOK = ("FACEBOOK_DIALOG_URL", "FACEBOOK_GRAPH_URL")
NO_CLOCK = "Compare `date -u` with a clock that you trust, and let NTP keep it."
TROUBLES = {
    "name": ("Its name can't be resolved.", "Check the DNS of this machine, and the setting's spelling."),
    "connection": ("No connection.", "Check firewall, routing and proxy: this machine must reach it by https."),
    "timeout": (
        f"No answer within {SECONDS:.0f} seconds.",
        "Check firewall and routing; see metastatus.com whether Meta is troubled.",
    ),
    "certificate": (
        "Its certificate is not sound: somebody else may be answering.",
        "Is a proxy in between that opens https? Is the clock right? Is the package certifi up to date?",
    ),
}

ClientOfInstallation = Callable[[float], InstagramClient]
FacebookOfInstallation = Callable[[float], FacebookClient]


class Hosts:
    """All hosts of the settings, looked at side by side; their lines and the clock's come of the same looks."""

    def __init__(self) -> None:
        self._names = hosts()
        self._looks = {
            origin: Aside(lambda url=url: look(url, seconds=SECONDS - NAME_SECONDS), SECONDS)  # type: ignore[misc]
            for origin, (url, _) in self._names.items()
        }

    def lines(self) -> Iterator[Said]:
        for origin, (_, names) in self._names.items():
            yield _of_host(origin, ", ".join(names), self._seen(origin))

    def clock(self) -> Said:
        return _of_clock([self._seen(origin) for origin in self._looks])

    def _seen(self, origin: str) -> Seen:
        try:
            return self._looks[origin].result()
        except TookTooLong:
            return Seen("timeout")


def hosts() -> dict[str, tuple[str, list[str]]]:
    """By scheme and host: an address there, and the settings that lead to it."""
    wanted = OF_INSTAGRAM + (OF_FACEBOOK if settings.FACEBOOK_APP_ID else ())
    found: dict[str, tuple[str, list[str]]] = {}
    for name in wanted:
        url: str = getattr(settings, name)
        parts = urlsplit(url)
        found.setdefault(f"{parts.scheme}://{parts.netloc}", (url, []))[1].append(name)
    return found


def tasks(client: ClientOfInstallation | None, facebook: FacebookOfInstallation | None = None) -> list[Task]:
    """The looks of this part.

    Args:
        client: makes one of the installation's Meta app, given the seconds of a call; None where no app is set.
        facebook: likewise, of its app of Facebook's.
    """
    seen = Hosts()
    return [
        Task(AREA, "Hosts", lambda: list(seen.lines()), asks="network", seconds=SECONDS + 1),
        Task(AREA, "Clock", seen.clock, asks="network", seconds=SECONDS + 1),
        Task(AREA, "The installation's app", lambda: _own(client), asks="network", seconds=ASK_SECONDS),
        Task(AREA, "The installation's Facebook app", lambda: _facebook(facebook), asks="network", seconds=ASK_SECONDS),
        Task(AREA, "Workspaces' own apps", _of_workspaces),
    ]


def _of_host(origin: str, names: str, seen: Seen) -> Said:
    host = origin.partition("://")[2]
    if seen.trouble:
        sentence, remedy = TROUBLES[seen.trouble]
        return wrong(f"{sentence} ({names})", remedy, name=host)
    answer = f"It answers within {seen.seconds:.2f} s"
    if origin.startswith("http://"):
        plain = "Right for an emulator on this machine, never for creators."
        return warning(f"{answer}, by plain http. ({names})", plain, name=host)
    return ok(f"{answer}, with a sound certificate. ({names})", name=host)


def _of_clock(seen: Iterable[Seen]) -> Said:
    """By what most hosts say: one whose own clock is wrong is outvoted."""
    told = [each for each in seen if each.ahead is not None]
    if not told:
        return warning("No host told the time, so nothing could be compared.", NO_CLOCK)
    ahead = statistics.median_low([each.ahead or 0.0 for each in told])
    doubt = max(each.doubt for each in told)
    surely = abs(ahead) - doubt
    if surely <= CLOCK_WARNING:
        return ok(f"It agrees with the date of {count(len(told), 'host')} of Meta's, to {max(1.0, doubt):.0f} s.")
    sentence = f"It is {abs(ahead):,.0f} s {'ahead of' if ahead > 0 else 'behind'} Meta's."
    remedy = "Set it, and let NTP keep it: dates of tokens, leases and codes of authenticator apps go by it."
    return (wrong if surely > CLOCK_WRONG else warning)(sentence, remedy)


def _own(client: ClientOfInstallation | None) -> Said:
    if client is None:
        return warning(
            "None is set: whoever presses Connect is told so.",
            "Set INSTAGRAM_APP_ID and INSTAGRAM_APP_SECRET, from App Dashboard → Instagram → API setup with Instagram "
            "login. Where every workspace brings an app of its own, leave them empty.",
        )
    with contextlib.closing(client(SECONDS - NAME_SECONDS)) as asking:
        return _said(what_meta_says(asking), _ADVICE)


def _facebook(client: FacebookOfInstallation | None) -> Said:
    if client is None:
        if settings.FACEBOOK_APP_ID or settings.FACEBOOK_APP_SECRET:
            return wrong("Only one of app id and secret is set.", f"Set both, or neither. {_FACEBOOKS_BASIC}")
        return ok("None is set: neither Facebook Login nor system users are offered.")
    with contextlib.closing(client(SECONDS - NAME_SECONDS)) as asking:
        return _said(what_meta_says(asking, Flavour.FACEBOOK_LOGIN), _FACEBOOKS_ADVICE)


def _said(word: str, advice: dict[str, str]) -> Said:
    verdict = APP_VERDICTS[word]
    # What is said there of a check-list and of the settings of a workspace is here the environment's.
    say = {"good": ok, "warn": warning, "bad": wrong}[verdict.tone]
    return say(verdict.title, advice.get(verdict.title, verdict.advice))


_ADVICE = {
    APP_VERDICTS["wrong_secret"].title: "Copy the Instagram app secret anew, from API setup with Instagram login, to "
    "INSTAGRAM_APP_SECRET.",
    APP_VERDICTS["unknown_app"].title: "Take the Instagram app ID and the Instagram app secret from API setup with "
    "Instagram login, not the ones on App settings → Basic: INSTAGRAM_APP_ID and INSTAGRAM_APP_SECRET.",
    APP_VERDICTS["redirect_uri"].title: "Enter the redirect URI below in Meta's dashboard, character for character, "
    "with the slash at its end, and save it there.",
    APP_VERDICTS["sound"].title: "Whether the redirect URI is registered shows for certain when somebody connects.",
}


_FACEBOOKS_BASIC = "Both stand in App Dashboard → App settings → Basic: FACEBOOK_APP_ID and FACEBOOK_APP_SECRET."
_FACEBOOKS_ADVICE = _ADVICE | {
    APP_VERDICTS["wrong_secret"].title: f"Copy the app secret anew. {_FACEBOOKS_BASIC}",
    APP_VERDICTS["unknown_app"].title: f"Take the Meta app's own id and secret, not Instagram's. {_FACEBOOKS_BASIC}",
}


def _of_workspaces() -> Iterator[Said]:
    rows = MetaApp.objects.filter(tenant__isnull=False, retired_at__isnull=True)
    bad = [word for word, verdict in APP_VERDICTS.items() if verdict.tone == "bad"]
    failed = rows.filter(test_outcome__in=bad).count()
    tried = list(rows.filter(secret__isnull=False).order_by("pk").only("pk", "secret")[:MOST_APPS])
    unreadable = sum(not row.secret.readable for row in tried if row.secret is not None)
    if failed:
        yield warning(
            f"{count(failed, 'app')} did not pass the last test.",
            "Its owners see why on their page of the Meta app; staff see it at /admin/.",
        )
    if unreadable:
        yield wrong(
            f"The secret of {count(unreadable, 'app')} can't be decrypted: nobody can connect through it.",
            "Put the missing key back into FERNET_KEYS, or have the owners enter the secret again.",
        )
    if not failed and not unreadable:
        yield ok(f"{count(rows.count(), 'app')} in use, none known to be broken.")
