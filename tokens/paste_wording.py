"""What becomes of a pasted token: a stable word each, what the page says of it, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from tokens.models import Reason, Status

CONNECTED, RENEWED, REVIVED = "connected", "renewed", "revived"
SAME, UNCHANGED = "same", "unchanged"

EMPTY, TOO_LONG, GARBLED = "empty", "too_long", "garbled"
APP_TOKEN, APP_SECRET = "app_token", "app_secret"
FACEBOOK, INSTAGRAM, THREADS = "facebook", "instagram", "threads"
CANNOT_PARSE, NOT_ACCEPTED, NOT_ALLOWED, REFUSED = "cannot_parse", "not_accepted", "not_allowed", "refused"
WRONG_APP, PERSONAL = "wrong_app", "personal"
NO_ANSWER, LIMITED, MISCONFIGURED = "no_answer", "limited", "misconfigured"
NO_ADDRESS = "no_address"
# Of Facebook's tokens and of system users'.
PAGE_WITHOUT_ACCOUNT, NO_ACCOUNT, LACKS_BASICS = "page_without_account", "no_account", "lacks_basics"
USER_GONE = "user_gone"
SYSTEM_USER, NO_SYSTEM_USER, NO_ADS = "system_user", "no_system_user", "no_ads"
CHOOSE = "choose"
WORKSPACE_GONE, ENDED_MEANWHILE = "workspace_gone", "ended_meanwhile"

# By what the connection was before; empty: there was none.
STORED_AFTER = {
    "": CONNECTED,
    Status.ACTIVE: RENEWED,
    Status.INACTIVE: REVIVED,
    Status.DISCONNECTED: REVIVED,
}
HISTORY = {
    CONNECTED: "{} was connected by a pasted token.",
    RENEWED: "{} was given a new token by hand; the connection was renewed.",
    REVIVED: "{} works again, by a pasted token.",
}
SEVERAL = "This token opens several accounts. Choose those that {} shall keep alive."
STORED = {
    CONNECTED: "{} is connected. The token is verified and stored encrypted.",
    RENEWED: "{} has the new token. It is verified and stored encrypted.",
    REVIVED: "{} works again. The token is verified and stored encrypted.",
}
DATES_UNKNOWN = "Until when it is valid we learn by renewing it for the first time, 25 hours from now."
KEPT = {
    SAME: "{} holds this very token already. Nothing was changed.",
    UNCHANGED: "{} is connected already, and its token works: we keep it alive. The pasted one is not needed and was "
    "not stored. To use it all the same, disconnect the account first.",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a pasted token was not stored: `tone` is how the page shows it."""

    title: str
    advice: str
    tone: str = "bad"


_ANEW = "Generate a new one, as described below, and paste that."
_NOT_SET_UP = (
    "Facebook's tokens can be kept alive once the operator of this installation has set up a Meta app with Facebook "
    "Login. Until then take the account's token from API setup with Instagram login, or connect the account with the "
    "button “Connect Instagram”."
)
_NOT_HERE = (
    "Only tokens of Instagram and Facebook can be kept alive here. Take a token of the account, as described below, or "
    "connect the account with the button “Connect Instagram”."
)

# `{host}` is whoever was asked: Instagram, Facebook, or Meta for a system user.
REFUSALS: dict[str, Refusal] = {
    EMPTY: Refusal("There is no token in it.", "Copy the whole token and paste it here."),
    TOO_LONG: Refusal("That is far too long for a token.", "Copy the token alone, without what stands around it."),
    GARBLED: Refusal(
        "That can't be a token.",
        "A token holds letters and digits only. Copy it again, whole, with the button that Meta shows beside it.",
    ),
    NO_ADDRESS: Refusal(
        "The contact address is no e-mail address.",
        "Write it anew, or leave it empty, and paste the token once more: it was not kept.",
    ),
    APP_TOKEN: Refusal(
        "That is an app token: it holds the app's secret.",
        "Don't paste it anywhere; take the account's token. It was neither stored nor sent to anybody.",
    ),
    APP_SECRET: Refusal(
        "That looks like an app secret, not like a token.",
        "{host} can't read it as a token. Don't paste the secret anywhere; take the account's token, which begins "
        "with IG or EAA as a rule.",
    ),
    FACEBOOK: Refusal("That looks like a Facebook token, and Instagram can't use it.", _NOT_SET_UP),
    INSTAGRAM: Refusal(
        "That looks like a token of Instagram Login, and Facebook can't use it.",
        "Such tokens can be kept alive once the operator of this installation has set up a Meta app with Instagram "
        "Login. Until then take a token of Facebook Login, as described below.",
    ),
    THREADS: Refusal("That looks like a token of Threads, and {host} can't use it.", _NOT_HERE),
    CANNOT_PARSE: Refusal(
        "{host} can't read this token.",
        "As a rule a piece is missing. Copy it again, whole, with the button that Meta shows beside it.",
    ),
    NOT_ACCEPTED: Refusal("{host} does not accept this token, and does not say why.", _ANEW),
    REFUSED: Refusal("{host} refuses to answer for this token.", _ANEW),
    NOT_ALLOWED: Refusal(
        "{host} knows the token, but lets us do nothing with it.",
        "As a rule one of these is the cause: it was made through another app; instagram_business_basic was not "
        "allowed; the account's invitation as a tester is still open (Instagram's settings → Apps and websites → "
        "Tester invites); or it is no professional account. Then generate a new one.",
    ),
    WRONG_APP: Refusal(
        "This token was made through another Meta app.",
        "Meta would never tell us when somebody removes that app. Generate one through the app that this workspace "
        "uses, or have an owner enter the other app under Settings → Meta app.",
    ),
    PERSONAL: Refusal(
        "That is a personal account: Instagram allows professional ones only.",
        "Switch it to a business or creator account, which is free: in Instagram's Settings → Account type and "
        "tools. Then generate a new token.",
    ),
    Reason.PASSWORD_CHANGED: Refusal(
        "The token has ended: the {host} password was changed, or {host} ended all sessions.", _ANEW
    ),
    Reason.APP_REMOVED: Refusal(
        "The token has ended: the app was removed in {host}'s settings.",
        "Whoever removed it has to allow the app again. Then generate a new token.",
    ),
    Reason.EXPIRED: Refusal("This token has expired.", f"Nobody can revive it. {_ANEW}"),
    Reason.CHECKPOINT: Refusal(
        "{host} wants to make sure whose account it is.",
        "First open {host}, log in with the account and finish its security check. Then generate a new token.",
    ),
    Reason.UNCONFIRMED: Refusal(
        "{host} has not confirmed the account's e-mail address or phone number.",
        "First confirm it in {host}'s settings. Then generate a new token.",
    ),
    Reason.LOGGED_OUT: Refusal("The token has ended: {host} logged the account out.", _ANEW),
    Reason.ENDED_BY_META: Refusal("The token has ended: {host} ended it.", _ANEW),
    Reason.REVOKED: Refusal("The token was revoked by hand at Meta.", _ANEW),
    Reason.PAGE_ROLE_LOST: Refusal(
        "Whoever made this token no longer has the needed role on the Facebook Page.",
        "Ask somebody who manages the Page for the role, or for a token of theirs.",
    ),
    Reason.SYSTEM_USER_DELETED: Refusal(
        "The system user of this token was deleted.", "Create a system user again and generate a token for it."
    ),
    USER_GONE: Refusal("The person or system user of this token is gone.", _ANEW),
    PAGE_WITHOUT_ACCOUNT: Refusal(
        "This token opens a Facebook Page that has no Instagram account.",
        "Link the account to the Page first: in the Page's settings → Linked accounts → Instagram. It must be a "
        "professional account. Then paste the token again.",
    ),
    NO_ACCOUNT: Refusal(
        "This token opens no Instagram account.",
        "Its person manages no Facebook Page with an Instagram account, or did not share it with the app. Link the "
        "account to a Page (the Page's settings → Linked accounts → Instagram), then generate a new token.",
    ),
    LACKS_BASICS: Refusal(
        "This token lacks permissions without which no account can be found.",
        "Generate a new one with instagram_basic and pages_show_list ticked.",
    ),
    SYSTEM_USER: Refusal(
        "That is the token of a system user.",
        "An owner of the workspace adds it under “Add a system user”. Nothing of it was kept.",
        tone="warn",
    ),
    NO_SYSTEM_USER: Refusal(
        "That is no system user's token.",
        "Generate one as described below: Business settings → Users → System users → Generate new token. A token of a "
        "person or a Page goes under “Paste a token”.",
    ),
    NO_ADS: Refusal(
        "This token allows nothing with ads.",
        "Generate a new one and tick ads_read, or ads_management where ads are to be changed, too.",
    ),
    NO_ANSWER: Refusal(
        "{host} did not answer as it should.",
        "That says nothing about the token. Nothing of it was kept: paste it again in a minute.",
        tone="warn",
    ),
    LIMITED: Refusal(
        "{host} wants fewer questions just now.",
        "That says nothing about the token. Nothing of it was kept: paste it again in an hour.",
        tone="warn",
    ),
    MISCONFIGURED: Refusal(
        "{host} rejects the Meta app, not the token.",
        "It is nothing that you did, and whoever can mend it has been told. Of the workspace's own app its owners read "
        "what is wrong under Settings → Meta app. Nothing of the token was kept: paste it again once that is mended.",
    ),
    ENDED_MEANWHILE: Refusal(
        "Somebody disconnected this account in the very moment.",
        "It stays disconnected. If that was a mistake, paste the token again.",
        tone="warn",
    ),
    WORKSPACE_GONE: Refusal("The workspace was deleted meanwhile.", "Nothing was stored."),
}

# What the same word means where Facebook was asked.
_AT_FACEBOOK: dict[str, Refusal] = {
    NOT_ALLOWED: Refusal(
        "{host} knows the token, but lets us do nothing with it.",
        "As a rule one of these is the cause: a permission was not ticked or was taken back; Page or account were not "
        "shared with the app; or whoever made it has no role on the app while that is in development. Then generate a "
        "new one, as described below.",
    ),
    WRONG_APP: Refusal(
        "This token was made through another Meta app.",
        "We could neither renew nor check it. Generate one through the app that is named below.",
    ),
}


def refusal(word: str, host: str) -> Refusal | None:
    """What is said of a token that was not stored; None for a word that is no refusal.

    Args:
        word: why.
        host: who was asked, as `Flavour.host` has it.
    """
    found = REFUSALS.get(word) if host == "Instagram" else _AT_FACEBOOK.get(word) or REFUSALS.get(word)
    return found and Refusal(found.title.format(host=host), found.advice.format(host=host), found.tone)
