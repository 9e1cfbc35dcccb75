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
    Reason.REVOKED: ReasonText(
        gettext_noop("Somebody ended the key by hand at Facebook."),
        gettext_noop("Reconnect to make a new one. If it was ended on purpose, you need do nothing."),
        "190/466: an administrator revoked the token, or somebody called oauth/revoke.",
    ),
    Reason.PAGE_ROLE_LOST: ReasonText(
        gettext_noop("Whoever connected it no longer has the needed role on the Facebook Page."),
        gettext_noop("Ask somebody who manages the Page to give the role back, or to reconnect it themselves."),
        "190/492: the person lost the role on the Page. A new token of the same person fails the same way.",
    ),
    Reason.SYSTEM_USER_DELETED: ReasonText(
        gettext_noop("The system user was deleted in Meta's business settings."),
        gettext_noop("Create a system user again, generate a token for it and paste that."),
        "190/465, or 100/33 for /me: the system user is gone. What we hold is a key to nothing.",
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
    Reason.REVOKED: "Revoked by hand at Meta",
    Reason.PAGE_ROLE_LOST: "Role on the Page lost",
    Reason.SYSTEM_USER_DELETED: "System user deleted",
    Reason.UNKNOWN: "Instagram did not say",
}


# What these mean where a person logs in at Facebook; all others are told as Instagram's.
_AT_FACEBOOK: dict[str, ReasonText] = {
    Reason.PASSWORD_CHANGED: ReasonText(
        gettext_noop("The Facebook password was changed, or Facebook ended all sessions for security."),
        gettext_noop("Reconnect once and log in at Facebook with the new password. That is all."),
        REASONS[Reason.PASSWORD_CHANGED].staff,
    ),
    Reason.APP_REMOVED: ReasonText(
        gettext_noop("The app was removed in Facebook's settings."),
        REASONS[Reason.APP_REMOVED].english_remedy,
        REASONS[Reason.APP_REMOVED].staff,
    ),
    Reason.EXPIRED: ReasonText(
        gettext_noop("The connection ran out: Facebook wants a person to confirm it again every few weeks."),
        gettext_noop("Reconnect to start a new one. We tell you in time before it runs out again."),
        "190/463, or the page token's expiry or the end of data access (90 days after the last consent) has passed.",
    ),
    Reason.CHECKPOINT: ReasonText(
        gettext_noop("Facebook wants to make sure that it is you."),
        gettext_noop("First open Facebook, log in and finish its security check. Then reconnect here."),
        REASONS[Reason.CHECKPOINT].staff,
    ),
    Reason.UNCONFIRMED: ReasonText(
        gettext_noop("Facebook has not confirmed the person's e-mail address or phone number."),
        gettext_noop("First confirm it in Facebook's settings. Then reconnect here."),
        REASONS[Reason.UNCONFIRMED].staff,
    ),
    Reason.LOGGED_OUT: ReasonText(
        gettext_noop("Facebook logged this connection out."),
        REASONS[Reason.LOGGED_OUT].english_remedy,
        REASONS[Reason.LOGGED_OUT].staff,
    ),
    Reason.ENDED_BY_META: ReasonText(
        gettext_noop("Facebook ended the connection."),
        REASONS[Reason.ENDED_BY_META].english_remedy,
        REASONS[Reason.ENDED_BY_META].staff,
    ),
    Reason.UNKNOWN: ReasonText(
        gettext_noop("Facebook no longer accepts the connection and did not say why."),
        REASONS[Reason.UNKNOWN].english_remedy,
        REASONS[Reason.UNKNOWN].staff,
    ),
}

_PASTE_NEW = gettext_noop("Generate a new token for the system user in Meta's business settings and paste it.")
# Nobody logs in for a system user: whatever ended its token, a new one is generated and pasted.
_OF_SYSTEM_USER: dict[str, ReasonText] = {
    Reason.PASSWORD_CHANGED: ReasonText(
        gettext_noop("Meta ended the token for security."), _PASTE_NEW, REASONS[Reason.PASSWORD_CHANGED].staff
    ),
    Reason.APP_REMOVED: ReasonText(
        gettext_noop("The app was removed from the business."),
        gettext_noop("Add the app to the business again, generate a new token for the system user and paste it."),
        "190/458: the app is no longer installed for the system user.",
    ),
    Reason.EXPIRED: ReasonText(
        gettext_noop("The token ran out after its 60 days without a renewal."),
        _PASTE_NEW,
        REASONS[Reason.EXPIRED].staff,
    ),
    Reason.CHECKPOINT: ReasonText(
        gettext_noop("Meta blocks the system user until a security check is finished."),
        gettext_noop("Finish the check in Meta's business settings. Then generate a new token and paste it."),
        REASONS[Reason.CHECKPOINT].staff,
    ),
    Reason.UNCONFIRMED: ReasonText(
        gettext_noop("Meta has not confirmed the business yet."),
        gettext_noop("Confirm it in Meta's business settings. Then generate a new token and paste it."),
        REASONS[Reason.UNCONFIRMED].staff,
    ),
    Reason.LOGGED_OUT: ReasonText(
        gettext_noop("Meta ended the token's session."), _PASTE_NEW, REASONS[Reason.LOGGED_OUT].staff
    ),
    Reason.ENDED_BY_META: ReasonText(
        gettext_noop("Meta ended the token."), _PASTE_NEW, REASONS[Reason.ENDED_BY_META].staff
    ),
    Reason.REVOKED: ReasonText(
        gettext_noop("The token was revoked in Meta's business settings."),
        gettext_noop("If that was not on purpose, generate a new token for the system user and paste it."),
        REASONS[Reason.REVOKED].staff,
    ),
    Reason.UNKNOWN: ReasonText(
        gettext_noop("Meta no longer accepts the token and did not say why."), _PASTE_NEW, REASONS[Reason.UNKNOWN].staff
    ),
}
_BY_FLAVOUR = {Flavour.FACEBOOK_LOGIN.value: _AT_FACEBOOK, Flavour.SYSTEM_USER.value: _OF_SYSTEM_USER}


def why_it_ended(reason: str, flavour: str) -> ReasonText | None:
    """What a reason means for a connection of a flavour; None for the empty reason of one that has not ended."""
    return _BY_FLAVOUR.get(flavour, {}).get(reason) or REASONS.get(reason)


# What a person does at Meta after a disconnect, by flavour: where Meta has an endpoint to revoke, we use it.
REMOVE_AT_META = {
    Flavour.INSTAGRAM_LOGIN: "Instagram has no way for us to give the key back. To be thorough, whoever owns the "
    "account also removes the app there: in Instagram's settings → Website permissions → Apps and websites.",
    Flavour.FACEBOOK_LOGIN: "We also tell Facebook to take the app's permissions back, unless other accounts of the "
    "same person are connected through it. Whoever wants to see it for themselves finds the app in Facebook's settings "
    "→ Apps and websites.",
    Flavour.SYSTEM_USER: "As long as nobody revokes it the token itself goes on living at Meta, since others may use "
    "it. To end it everywhere, revoke it in Meta's business settings → System users.",
}

# What can be asked for with Instagram Login, the one that everything rests on first.
PERMISSIONS = {
    "instagram_business_basic": "Profile and posts. Always needed: without it nothing can be kept alive.",
    "instagram_business_content_publish": "Publish posts.",
    "instagram_business_manage_comments": "Read and answer comments.",
    "instagram_business_manage_messages": "Read and send messages.",
    "instagram_business_manage_insights": "Read statistics.",
}
# The same with Facebook Login.
_BY_FACEBOOK = {
    "instagram_basic": "Profile and posts. Always needed: without it the account can't be read.",
    "pages_show_list": "See the person's Facebook Pages. Always needed: accounts are found through them.",
    "pages_read_engagement": "Read the Page that the account is linked to.",
    "instagram_content_publish": "Publish posts.",
    "instagram_manage_comments": "Read and answer comments.",
    "instagram_manage_messages": "Read and send messages.",
    "instagram_manage_insights": "Read statistics.",
    "business_management": "Use what belongs to a business, such as its Pages.",
    "ads_read": "Read how ads perform.",
    "ads_management": "Create and change ads.",
}
PERMISSIONS_OF: dict[str, dict[str, str]] = {
    Flavour.INSTAGRAM_LOGIN: PERMISSIONS,
    Flavour.FACEBOOK_LOGIN: _BY_FACEBOOK,
    # A system user's are chosen where its token is generated: nobody is asked.
    Flavour.SYSTEM_USER: {},
}

# The same for the creator who is asked: what it allows the workspace.
ALLOWED = {
    "instagram_business_basic": gettext_noop("see your profile and your posts"),
    "instagram_business_content_publish": gettext_noop("publish posts, reels and stories for you"),
    "instagram_business_manage_comments": gettext_noop("read, answer, hide and delete comments on your posts"),
    "instagram_business_manage_messages": gettext_noop("read and send messages for you"),
    "instagram_business_manage_insights": gettext_noop("see the statistics of your account and your posts"),
    "instagram_basic": gettext_noop("see your profile and your posts"),
    "pages_show_list": gettext_noop("see which Facebook Pages you manage"),
    "pages_read_engagement": gettext_noop("read the Facebook Page that your account is linked to"),
    "instagram_content_publish": gettext_noop("publish posts, reels and stories for you"),
    "instagram_manage_comments": gettext_noop("read, answer, hide and delete comments on your posts"),
    "instagram_manage_messages": gettext_noop("read and send messages for you"),
    "instagram_manage_insights": gettext_noop("see the statistics of your account and your posts"),
    "business_management": gettext_noop("use what belongs to your business at Meta"),
    "ads_read": gettext_noop("see how your ads perform"),
    "ads_management": gettext_noop("create and change your ads"),
}

# What stops working without it, for members and creators alike.
STOPS = {
    "instagram_business_basic": gettext_noop("Profile and posts can't be seen, and the connection can't be renewed."),
    "instagram_business_content_publish": gettext_noop("Nothing can be published for the account."),
    "instagram_business_manage_comments": gettext_noop("Comments can't be read or answered."),
    "instagram_business_manage_messages": gettext_noop("Messages can't be read or sent."),
    "instagram_business_manage_insights": gettext_noop("Statistics can't be seen."),
    "instagram_basic": gettext_noop("Profile and posts can't be seen."),
    "pages_show_list": gettext_noop("The account can't be found, and the connection can't be renewed."),
    "pages_read_engagement": gettext_noop("The Page that the account is linked to can't be read."),
    "instagram_content_publish": gettext_noop("Nothing can be published for the account."),
    "instagram_manage_comments": gettext_noop("Comments can't be read or answered."),
    "instagram_manage_messages": gettext_noop("Messages can't be read or sent."),
    "instagram_manage_insights": gettext_noop("Statistics can't be seen."),
    "business_management": gettext_noop("What belongs to the business can't be used."),
    "ads_read": gettext_noop("How ads perform can't be seen."),
    "ads_management": gettext_noop("Ads can't be created or changed."),
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
