"""The sentences for people: why a connection stopped, what to do, and what staff should know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

from tokens.models import Flavour, Reason


@dataclass(frozen=True, slots=True)
class ReasonText:
    """What a reason means: for the creator a sentence and a remedy, for staff a sentence of their own.

    What creators read is translated whenever it is asked for, into the language that is active then.
    """

    english_sentence: str
    english_remedy: str
    staff: str

    @property
    def sentence(self) -> str:
        return gettext(self.english_sentence)

    @property
    def remedy(self) -> str:
        return gettext(self.english_remedy)


REASONS: dict[str, ReasonText] = {
    Reason.PASSWORD_CHANGED: ReasonText(
        gettext_noop("The Instagram password was changed, or Instagram ended all sessions for security."),
        gettext_noop("Reconnect once with your new password. That is all."),
        "190/460: password change or Meta's security reset.",
    ),
    Reason.APP_REMOVED: ReasonText(
        gettext_noop("The app was removed in Instagram's settings."),
        gettext_noop("Reconnect to allow it again. If you removed it on purpose, you need do nothing."),
        "190/458 or the deauthorize callback: the person removed the app.",
    ),
    Reason.EXPIRED: ReasonText(
        gettext_noop("The connection ran out: Instagram ends it after 60 days without a renewal."),
        gettext_noop("Reconnect to start a new one. We renew it from then on."),
        "190/463, or the stored expiry passed without a successful refresh.",
    ),
    Reason.CHECKPOINT: ReasonText(
        gettext_noop("Instagram wants to make sure that it is you."),
        gettext_noop("First open Instagram, log in and finish its security check. Then reconnect here."),
        "190/459: checkpoint. Reconnecting fails until the person has passed it at Instagram.",
    ),
    Reason.UNCONFIRMED: ReasonText(
        gettext_noop("Instagram has not confirmed the account's e-mail address or phone number."),
        gettext_noop("First confirm it in Instagram's settings. Then reconnect here."),
        "190/464: unconfirmed user.",
    ),
    Reason.LOGGED_OUT: ReasonText(
        gettext_noop("Instagram logged this connection out."),
        gettext_noop("Reconnect to log in again."),
        "190/467 or 'the user logged out'.",
    ),
    Reason.ENDED_BY_META: ReasonText(
        gettext_noop("Instagram ended the connection."),
        gettext_noop("Reconnect to start a new one."),
        "190/466 and the like: the session was ended through an API call or by Meta.",
    ),
    Reason.UNKNOWN: ReasonText(
        gettext_noop("Instagram no longer accepts the connection and did not say why."),
        gettext_noop("Reconnect to start a new one."),
        "190 without a cause that we know; code, subcode and trace id stand in the event.",
    ),
}


# Why connections ended, for a table of many.
ENDS: dict[str, str] = {
    Reason.PASSWORD_CHANGED: "Password changed",
    Reason.APP_REMOVED: "App removed at Instagram",
    Reason.EXPIRED: "Ran out",
    Reason.CHECKPOINT: "Security check at Instagram",
    Reason.UNCONFIRMED: "Address or number not confirmed",
    Reason.LOGGED_OUT: "Logged out by Instagram",
    Reason.ENDED_BY_META: "Ended by Instagram",
    Reason.UNKNOWN: "Instagram did not say",
}


# What a person does at Meta after a disconnect, by flavour: where Meta has an endpoint to revoke, we have done it.
REMOVE_AT_META = {
    Flavour.INSTAGRAM_LOGIN: "Instagram has no way for us to give the key back. To be thorough, whoever owns the "
    "account also removes the app there: in Instagram's settings → Website permissions → Apps and websites.",
}

# What can be asked for with Instagram Login, the one that everything rests on first.
PERMISSIONS = {
    "instagram_business_basic": "Profile and posts. Always needed: without it nothing can be kept alive.",
    "instagram_business_content_publish": "Publish posts.",
    "instagram_business_manage_comments": "Read and answer comments.",
    "instagram_business_manage_messages": "Read and send messages.",
    "instagram_business_manage_insights": "Read statistics.",
}

# The same for the creator who is asked: what it allows the workspace.
ALLOWED = {
    "instagram_business_basic": gettext_noop("see your profile and your posts"),
    "instagram_business_content_publish": gettext_noop("publish posts, reels and stories for you"),
    "instagram_business_manage_comments": gettext_noop("read, answer, hide and delete comments on your posts"),
    "instagram_business_manage_messages": gettext_noop("read and send messages for you"),
    "instagram_business_manage_insights": gettext_noop("see the statistics of your account and your posts"),
}

# What stops working without it, for members and creators alike.
STOPS = {
    "instagram_business_basic": gettext_noop("Profile and posts can't be seen, and the connection can't be renewed."),
    "instagram_business_content_publish": gettext_noop("Nothing can be published for the account."),
    "instagram_business_manage_comments": gettext_noop("Comments can't be read or answered."),
    "instagram_business_manage_messages": gettext_noop("Messages can't be read or sent."),
    "instagram_business_manage_insights": gettext_noop("Statistics can't be seen."),
}


@dataclass(frozen=True, slots=True)
class AppVerdict:
    """What a test of a workspace's own Meta app found: `tone` is how the page shows it."""

    tone: str
    title: str
    advice: str


APP_VERDICTS: dict[str, AppVerdict] = {
    "connected": AppVerdict("good", "It works.", "An account was connected through it."),
    "sound": AppVerdict(
        "good",
        "Meta accepts the app ID and the secret.",
        "Whether the redirect URI is registered shows for certain when somebody connects. If Instagram then says "
        "“Invalid redirect_uri”, register it as the check-list below has it.",
    ),
    "wrong_secret": AppVerdict(
        "bad",
        "The secret is wrong.",
        "Copy the Instagram app secret anew, from API setup with Instagram login, and save it here. If somebody has "
        "reset it, take the new one.",
    ),
    "unknown_app": AppVerdict(
        "bad",
        "Meta does not know an app with this ID and secret.",
        "Mostly it is the wrong number: take the Instagram app ID and the Instagram app secret from API setup with "
        "Instagram login, not the ones on App settings → Basic. Then save both here.",
    ),
    "disabled": AppVerdict(
        "bad",
        "Meta has switched the app off.",
        "Open it in Meta's dashboard: an alert there says why (a Data Use Checkup that was missed, a policy, long "
        "disuse). Answer it, then test the app again. Accounts that are connected are kept meanwhile.",
    ),
    "redirect_uri": AppVerdict(
        "bad",
        "The redirect URI is not registered.",
        "Enter the redirect URI of the check-list below in Meta's dashboard, character for character, with the slash "
        "at its end, and save it there.",
    ),
    "no_answer": AppVerdict(
        "warn",
        "Meta did not answer as it should.",
        "That says nothing about your app. Wait a few minutes, then test it again.",
    ),
    "limited": AppVerdict(
        "warn", "Meta wants fewer questions just now.", "Your app is not to blame. Test it again in an hour."
    ),
    "unreadable": AppVerdict(
        "bad",
        "The stored secret can't be read.",
        "Nobody can connect until you enter the secret again. Accounts that are connected go on.",
    ),
    "unclear": AppVerdict(
        "warn",
        "Meta refused without saying clearly why.",
        "Check in Meta's dashboard that the app is live and that no alert is open. Then test it again.",
    ),
}


def permission_names(names: list[str] | set[str]) -> str:
    """Permissions as a list for people, in a stable order."""
    return ", ".join(sorted(names))


def allowed_by(permissions: Iterable[str]) -> list[str]:
    """What a creator allows with these permissions, each in words; Instagram's own name for one that is not known."""
    unknown = gettext("what Instagram calls “%(name)s”")
    return [gettext(ALLOWED[name]) if name in ALLOWED else unknown % {"name": name} for name in permissions]


@dataclass(frozen=True, slots=True)
class Lack:
    """A permission that was not granted: what it would allow, and what stops working without it."""

    name: str
    allows: str
    stops: str


def lacks_in_words(names: Iterable[str]) -> list[Lack]:
    """What is missing, each with what it is for, in the language that is active."""
    found = list(names)
    return [Lack(name, allows, stops_without(name)) for name, allows in zip(found, allowed_by(found), strict=True)]


def stops_without(name: str) -> str:
    """What stops working where a permission is missing."""
    if name in STOPS:
        return gettext(STOPS[name])
    return gettext("Whatever Instagram allows by “%(name)s” does not work.") % {"name": name}
