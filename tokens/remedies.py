"""What staff should check when calls to Meta fail by no creator's fault: the likeliest cause first, for what was seen.

Mails and pages share it, so that both say the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from tokens.flavours import FLAVOURS
from tokens.meta import MetaError, MetaRateLimited, MetaTransient, OurMisconfiguration, TokenDead
from tokens.models import Brake, Flavour, MetaApp

UNDECRYPTABLE, UNPARSABLE = "undecryptable", "unparsable"
# What was seen, in words. All but `unparsable` are what `Credential.last_failure` says of a fault of ours; that one
# comes as a death, which nobody believes when it comes three times.
SEEN: dict[str, str] = {
    UNDECRYPTABLE: "the stored token can't be decrypted with any of FERNET_KEYS",
    UNPARSABLE: "Meta can't read the token that we send",
    "app_credentials": "Meta says that the app secret is wrong",
    "unknown_app": "Meta does not know the app",
    "app_disabled": "Meta has switched the app off",
    "redirect_uri": "the redirect URI is not the registered one",
    "scope": "Meta does not know a permission that is asked for",
    "other": "Meta refuses the app as it is set up",
}
OUR_WORDS = tuple(word for word in SEEN if word != UNPARSABLE)

_RELEASE = "A change of ours in the last release."
_KEYS = (
    "FERNET_KEYS: is the key missing with which the stored tokens were encrypted, or did a backup come back with "
    "other keys? `python manage.py doctor` names the keys that are missing; put them behind the newest one."
)
_DAMAGED = "If it is one connection alone, its stored token may be damaged: have it reconnected."
_ALERT = (
    "Alerts and required actions in the App Dashboard: a Data Use Checkup that was missed, a policy, business "
    "verification, long disuse. Answer them there."
)
_APP = "{app_id}: is it {which_id}?"
_PAIR = "{both}: do they belong together, and are they {whose}?"
_COPIED_ANEW = "{secret}: was it reset at Meta, or mistyped here? Copy it anew from App Dashboard → {source}."

_WHERE_TO_LOOK: dict[str, tuple[str, ...]] = {
    UNDECRYPTABLE: (_KEYS, "Do database and environment belong to the same installation?", _DAMAGED),
    UNPARSABLE: (
        "The stored tokens: were some encrypted twice or cut short, by an import or a copy of rows from elsewhere? "
        "See that FERNET_KEYS are the ones that this database was written with.",
        "{hosts}",
        _RELEASE,
        _DAMAGED,
    ),
    "app_credentials": (_COPIED_ANEW, _PAIR, _RELEASE),
    "unknown_app": (_APP, "Does the app still exist in the App Dashboard, with its product {product}?", _PAIR),
    "app_disabled": (_ALERT, "Is the app in live mode, and do its owners still have access to it?", _APP),
    "redirect_uri": (
        "{login_settings} in the App Dashboard: the redirect URI must stand there character for character, as "
        "`python manage.py doctor` prints it.",
        "SITE_URL: was it changed?",
    ),
    "scope": ("{scopes}: does it name permissions that Meta still has?", _RELEASE),
    "other": (_ALERT, "The app's products and permissions at Meta: is {product} set up still?", _APP),
}
_WHATEVER = (
    "FERNET_KEYS: is the key missing with which the stored tokens were encrypted, or did a backup come back with "
    "other keys?",
    _PAIR,
    "{hosts}",
    _RELEASE,
)
_OTHER_CAUSES: dict[str, tuple[str, ...]] = {
    Brake.Cause.DEATHS: (
        "The app at Meta: was its secret reset, was it disabled, was API access deactivated, or is an alert open in "
        "the App Dashboard?",
        "Its permissions: did App Review, business verification or a yearly data check lapse?",
        "{host} itself: did it end many sessions at once for security? See metastatus.com and the news.",
        "A change of ours: a new release, or another app id or secret in the environment?",
    ),
    Brake.Cause.WEATHER: (
        "Meta: is there a disturbance? See metastatus.com.",
        "Our way out: does this machine reach {graph} (DNS, firewall, proxy, certificates)?",
        "Limits: did we call too often? Look for rate limits in the log.",
    ),
}
_OF_INSTAGRAM = {
    "product": "Instagram",
    "graph": "graph.instagram.com",
    "hosts": "INSTAGRAM_GRAPH_URL and INSTAGRAM_API_URL: do they lead to Meta, without a proxy that changes what is "
    "sent? Only graph.instagram.com reads tokens of Instagram Login.",
    "whose": "Instagram's own and not the Facebook app's",
    "source": "Instagram → API setup with Instagram login",
    "which_id": "the Instagram app ID of API setup with Instagram login, not the number on App settings → Basic",
    "login_settings": "Business login settings",
    "scopes": "INSTAGRAM_SCOPES",
}
_OF_FACEBOOK = {
    "product": "Facebook Login",
    "graph": "graph.facebook.com",
    "hosts": "FACEBOOK_GRAPH_URL: does it lead to Meta, without a proxy that changes what is sent? Only "
    "graph.facebook.com reads tokens of Facebook Login and of system users.",
    "whose": "the Meta app's and not Instagram's own",
    "source": "App settings → Basic",
    "which_id": "the app ID on App settings → Basic, not the Instagram app ID",
    "login_settings": "Facebook Login → Settings",
    "scopes": "FACEBOOK_SCOPES",
}


def to_check(cause: str, app: MetaApp, words: Iterable[str] = ()) -> list[str]:
    """What to check, the likeliest cause first.

    Args:
        cause: one of `Brake.Cause`.
        app: the Meta app concerned, with its tenant where it has one.
        words: of `SEEN`: what was seen, the most frequent first; without any it is what may be in general.
    """
    names = _names_of(app)
    if cause != Brake.Cause.OURS:
        return [line.format(**names) for line in _OTHER_CAUSES[cause]]
    lists = [_WHERE_TO_LOOK[word] for word in words if word in _WHERE_TO_LOOK] or [_WHATEVER]
    # The likeliest of everything that was seen comes before the second likeliest of anything.
    longest = max(map(len, lists))
    ranked = [each[rank] for rank in range(longest) for each in lists if rank < len(each)]
    return [line.format(**names) for line in dict.fromkeys(ranked)]


def refused_request(app: MetaApp) -> list[str]:
    """What to check where Meta refuses a request about one account as unsupported, the likeliest cause first."""
    instagram = app.flavour == Flavour.INSTAGRAM_LOGIN
    return [
        "Is the app in Development mode, and the account's tester invitation still open?"
        if instagram
        else "Is the app in Development mode, and has whoever connected it a role on the app?",
        "Was the basic permission left out? The connection's page shows what was granted.",
        "Is it still a professional account?" if instagram else "Is the account still linked to its Facebook Page?",
        "Did the app's business verification or access level lapse?",
    ]


def set_up(app: MetaApp) -> list[str]:
    """What to check where nobody can connect through an app, the likeliest cause first."""
    return to_check(Brake.Cause.OURS, app, ("app_credentials", "unknown_app", "redirect_uri", "app_disabled"))


def told(answer: MetaError) -> str:
    """An answer as staff read it: what it means, and Meta's numbers."""
    known = {"code": answer.code, "subcode": answer.subcode, "trace": answer.trace_id}
    numbers = ", ".join(f"{name} {value}" for name, value in known.items() if value is not None)
    return _meaning(answer) + (f" ({numbers})" if numbers else "")


def _meaning(answer: MetaError) -> str:
    match answer:
        case OurMisconfiguration():
            return SEEN[answer.kind]
        case TokenDead(unparsable=True):
            return SEEN[UNPARSABLE]
        case TokenDead():
            return f"Meta says that the connection has ended, {answer.reason.replace('_', ' ')}"
        case MetaTransient():
            return f"Meta does not answer as it should, {answer.kind.replace('_', ' ')}"
        case MetaRateLimited():
            return "Meta wants fewer calls"
    return answer.sentence


def _names_of(app: MetaApp) -> dict[str, str]:
    """Where id and secret of the app are set, and what its product is called where."""
    flavour = FLAVOURS[app.flavour]
    facts = {"host": flavour.host, **(_OF_INSTAGRAM if app.flavour == Flavour.INSTAGRAM_LOGIN else _OF_FACEBOOK)}
    app_id, secret = flavour.settings
    if app.tenant is None:
        return {**facts, "app_id": app_id, "secret": secret, "both": f"{app_id} and {secret}"}
    entered = f"that the workspace {_plain(app.tenant.name)} entered in its settings"
    return {
        **facts,
        "app_id": f"The app id {entered}",
        "secret": f"The app secret {entered}",
        "both": f"The app id and secret {entered}",
    }


def _plain(name: str) -> str:
    return " ".join(name.split())
