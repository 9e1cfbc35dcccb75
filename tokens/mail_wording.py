"""What is said of a mail: how it went, and why it did not go."""

from __future__ import annotations

from notifications.models import OutboxMessage, State

STATES = {
    State.PENDING: "Waiting",
    State.HELD: "Held",
    State.SENT: "Sent",
    State.REFUSED: "Refused",
    State.DROPPED: "Not sent",
}
CAME_BACK = "Came back"
IN_DIGEST = "Sent with others"
BOUNCED = "bounced"
REASONS = {
    BOUNCED: "The address takes no mail, its mail server says.",
    "recipient": "The mail service says that the address takes no mail.",
    "silenced": "An earlier mail to this address was refused or came back.",
    "unsubscribed": "Its reader has unsubscribed from mails about this connection.",
    "switched_off": "Its reader has switched such mails off.",
    "hour_is_full": "The workspace's mails of that hour were used up.",
    "too_old": "It was news of the day, and would have come too late.",
    "obsolete": "It had lost its point before it could leave.",
    "timeout": "The mail server did not answer in time.",
    "connection": "The mail server could not be reached.",
    "smtp": "The mail server does not speak as it should.",
    "backend": "It could not be handed over.",
    "render": "It could not be written. That is our fault.",
    "unknown_kind": "Its kind is not known here yet.",
}
BY_SERVER = {"smtp": "mail server", "http": "mail service"}


def state_of(message: OutboxMessage) -> str:
    """How it went, in a word or two."""
    if message.last_error == BOUNCED:
        return CAME_BACK
    told = message.state == State.SENT and message.digest_id is not None
    return IN_DIGEST if told else STATES[State(message.state)]


def reason(word: str) -> str:
    """Why a mail did not go, as the outbox keeps it in a word; empty where there is nothing to say."""
    by, _, code = word.partition("_")
    if by in BY_SERVER and code.isdecimal():
        return f"The {BY_SERVER[by]} refused it (code {code})."
    return REASONS.get(word, "It could not be sent." if word else "")
