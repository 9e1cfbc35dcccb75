"""The sentences for people: why a connection stopped, what to do, and what staff should know."""

from __future__ import annotations

from dataclasses import dataclass

from tokens.models import Reason


@dataclass(frozen=True, slots=True)
class ReasonText:
    """What a reason means: for the creator a sentence and a remedy, for staff a sentence of their own."""

    sentence: str
    remedy: str
    staff: str


REASONS: dict[str, ReasonText] = {
    Reason.PASSWORD_CHANGED: ReasonText(
        "The Instagram password was changed, or Instagram ended all sessions for security.",
        "Reconnect once with your new password. That is all.",
        "190/460: password change or Meta's security reset.",
    ),
    Reason.APP_REMOVED: ReasonText(
        "The app was removed in Instagram's settings.",
        "Reconnect to allow it again. If you removed it on purpose, you need do nothing.",
        "190/458 or the deauthorize callback: the person removed the app.",
    ),
    Reason.EXPIRED: ReasonText(
        "The connection ran out: Instagram ends it after 60 days without a renewal.",
        "Reconnect to start a new one. We renew it from then on.",
        "190/463, or the stored expiry passed without a successful refresh.",
    ),
    Reason.CHECKPOINT: ReasonText(
        "Instagram wants to make sure that it is you.",
        "First open Instagram, log in and finish its security check. Then reconnect here.",
        "190/459: checkpoint. Reconnecting fails until the person has passed it at Instagram.",
    ),
    Reason.UNCONFIRMED: ReasonText(
        "Instagram has not confirmed the account's e-mail address or phone number.",
        "First confirm it in Instagram's settings. Then reconnect here.",
        "190/464: unconfirmed user.",
    ),
    Reason.LOGGED_OUT: ReasonText(
        "Instagram logged this connection out.",
        "Reconnect to log in again.",
        "190/467 or 'the user logged out'.",
    ),
    Reason.ENDED_BY_META: ReasonText(
        "Instagram ended the connection.",
        "Reconnect to start a new one.",
        "190/466 and the like: the session was ended through an API call or by Meta.",
    ),
    Reason.UNKNOWN: ReasonText(
        "Instagram no longer accepts the connection and did not say why.",
        "Reconnect to start a new one.",
        "190 without a cause that we know; code, subcode and trace id stand in the event.",
    ),
}


def permission_names(names: list[str] | set[str]) -> str:
    """Permissions as a list for people, in a stable order."""
    return ", ".join(sorted(names))
