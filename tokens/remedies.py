"""What staff should check when calls to Meta fail by no creator's fault: the likeliest cause first, for what was seen.

Mails and pages share it, so that both say the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from tokens.meta import MetaError, MetaRateLimited, MetaTransient, OurMisconfiguration, TokenDead
from tokens.models import Brake, MetaApp

UNDECRYPTABLE, UNPARSABLE = "undecryptable", "unparsable"
# What was seen, in words. All but `unparsable` are what `Credential.last_failure` says of a fault of ours; that one
# comes as a death, which nobody believes when it comes three times.
SEEN: dict[str, str] = {
    UNDECRYPTABLE: "the stored token can't be decrypted with any of FERNET_KEYS",
    UNPARSABLE: "Instagram can't read the token that we send",
    "app_credentials": "Instagram says that the app secret is wrong",
    "unknown_app": "Instagram does not know the app",
    "app_disabled": "Meta has switched the app off",
    "redirect_uri": "the redirect URI is not the registered one",
    "scope": "Instagram does not know a permission that is asked for",
    "other": "Instagram refuses the app as it is set up",
}
OUR_WORDS = tuple(word for word in SEEN if word != UNPARSABLE)

_HOST = (
    "INSTAGRAM_GRAPH_URL and INSTAGRAM_API_URL: do they lead to Meta, without a proxy that changes what is sent? "
    "Only graph.instagram.com reads tokens of Instagram Login."
)
_RELEASE = "A change of ours in the last release."
_BOTH = "{both}: do they belong together, and are they Instagram's own and not the Facebook app's?"
_COPIED_ANEW = (
    "{secret}: was it reset at Meta, or mistyped here? Copy it anew from App Dashboard → Instagram → API setup "
    "with Instagram login."
)
_ID = "{app_id}: is it the Instagram app ID of API setup with Instagram login, not the number on App settings → Basic?"
_KEYS = (
    "FERNET_KEYS: is the key missing with which the stored tokens were encrypted, or did a backup come back with "
    "other keys? `python manage.py doctor` names the keys that are missing; put them behind the newest one."
)
_DAMAGED = "If it is one connection alone, its stored token may be damaged: have it reconnected."
_ALERT = (
    "Alerts and required actions in the App Dashboard: a Data Use Checkup that was missed, a policy, business "
    "verification, long disuse. Answer them there."
)

_WHERE_TO_LOOK: dict[str, tuple[str, ...]] = {
    UNDECRYPTABLE: (_KEYS, "Do database and environment belong to the same installation?", _DAMAGED),
    UNPARSABLE: (
        "The stored tokens: were some encrypted twice or cut short, by an import or a copy of rows from elsewhere? "
        "See that FERNET_KEYS are the ones that this database was written with.",
        _HOST,
        _RELEASE,
        _DAMAGED,
    ),
    "app_credentials": (_COPIED_ANEW, _BOTH, _RELEASE),
    "unknown_app": (_ID, "Does the app still exist in the App Dashboard, with its product Instagram?", _BOTH),
    "app_disabled": (_ALERT, "Is the app in live mode, and do its owners still have access to it?", _ID),
    "redirect_uri": (
        "Business login settings in the App Dashboard: the redirect URI must stand there character for character, as "
        "`python manage.py doctor` prints it.",
        "SITE_URL: was it changed?",
    ),
    "scope": ("INSTAGRAM_SCOPES: does it name permissions that Meta still has?", _RELEASE),
    "other": (_ALERT, "The app's products and permissions at Meta: is Instagram Login set up still?", _ID),
}
_WHATEVER = (
    "FERNET_KEYS: is the key missing with which the stored tokens were encrypted, or did a backup come back with "
    "other keys?",
    _BOTH,
    _HOST,
    _RELEASE,
)
_OTHER_CAUSES: dict[str, tuple[str, ...]] = {
    Brake.Cause.DEATHS: (
        "The app at Meta: was its secret reset, was it disabled, was API access deactivated, or is an alert open in "
        "the App Dashboard?",
        "Its permissions: did App Review, business verification or a yearly data check lapse?",
        "Instagram itself: did it end many sessions at once for security? See metastatus.com and the news.",
        "A change of ours: a new release, or another app id or secret in the environment?",
    ),
    Brake.Cause.WEATHER: (
        "Meta: is there a disturbance? See metastatus.com.",
        "Our way out: does this machine reach graph.instagram.com (DNS, firewall, proxy, certificates)?",
        "Limits: did we call too often? Look for rate limits in the log.",
    ),
}


def to_check(cause: str, app: MetaApp, words: Iterable[str] = ()) -> list[str]:
    """What to check, the likeliest cause first.

    Args:
        cause: one of `Brake.Cause`.
        app: the Meta app concerned, with its tenant where it has one.
        words: of `SEEN`: what was seen, the most frequent first; without any it is what may be in general.
    """
    if cause != Brake.Cause.OURS:
        return list(_OTHER_CAUSES[cause])
    lists = [_WHERE_TO_LOOK[word] for word in words if word in _WHERE_TO_LOOK] or [_WHATEVER]
    names = _names_of(app)
    # The likeliest of everything that was seen comes before the second likeliest of anything.
    longest = max(map(len, lists))
    ranked = [each[rank] for rank in range(longest) for each in lists if rank < len(each)]
    return [line.format(**names) for line in dict.fromkeys(ranked)]


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
            return f"Instagram says that the connection has ended, {answer.reason.replace('_', ' ')}"
        case MetaTransient():
            return f"Instagram does not answer as it should, {answer.kind.replace('_', ' ')}"
        case MetaRateLimited():
            return "Instagram wants fewer calls"
    return answer.sentence


def _names_of(app: MetaApp) -> dict[str, str]:
    """Where id and secret of the app are set."""
    if app.tenant is None:
        return {
            "app_id": "INSTAGRAM_APP_ID",
            "secret": "INSTAGRAM_APP_SECRET",
            "both": "INSTAGRAM_APP_ID and INSTAGRAM_APP_SECRET",
        }
    entered = f"that the workspace {_plain(app.tenant.name)} entered in its settings"
    return {
        "app_id": f"The app id {entered}",
        "secret": f"The app secret {entered}",
        "both": f"The app id and secret {entered}",
    }


def _plain(name: str) -> str:
    return " ".join(name.split())
