"""Who may do what in a workspace. `docs/roles.md` holds the same table for people; a test compares the two."""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext_noop

from accounts.models import Role


class Right(StrEnum):
    """What a member may be allowed to do. The value stands in the table of `docs/roles.md`."""

    SEE = "see the accounts and their history"
    CONNECT = "connect, reconnect, renew, check and disconnect accounts"
    INVITE_CREATORS = "invite creators to connect"
    SEE_TEAM = "see who is in the team"
    LEAVE = "leave the workspace"
    MANAGE_TEAM = "invite, change and remove members"
    SEE_EVENTS = "see what happened in the workspace"
    CHANGE_SETTINGS = "change name, address, time zone, language and the permissions needed"
    MANAGE_META_APP = "set up the workspace's own Meta app"
    ADD_SYSTEM_USERS = "add system users"
    MOVE_DATA = "export the workspace and import tokens"
    DELETE = "delete the workspace and undo it"


_EVERYBODY = frozenset(Role)
_WRITERS = frozenset({Role.OWNER, Role.ADMIN, Role.MEMBER})
_MANAGERS = frozenset({Role.OWNER, Role.ADMIN})
_OWNERS = frozenset({Role.OWNER})

ROLES: dict[Right, frozenset[Role]] = {
    Right.SEE: _EVERYBODY,
    Right.CONNECT: _WRITERS,
    Right.INVITE_CREATORS: _WRITERS,
    Right.SEE_TEAM: _EVERYBODY,
    Right.LEAVE: _EVERYBODY,
    Right.MANAGE_TEAM: _MANAGERS,
    Right.SEE_EVENTS: _MANAGERS,
    Right.CHANGE_SETTINGS: _MANAGERS,
    Right.MANAGE_META_APP: _OWNERS,
    Right.ADD_SYSTEM_USERS: _OWNERS,
    Right.MOVE_DATA: _OWNERS,
    Right.DELETE: _OWNERS,
}


def may(role: str, right: Right) -> bool:
    """Whether a member with that role has that right."""
    return role in ROLES[right]


# What a role is for, as it stands behind "can" in pages and mails; the table above is what counts.
IN_WORDS: dict[str, str] = {
    Role.OWNER: gettext_noop("do everything, also delete the workspace and hand it on"),
    Role.ADMIN: gettext_noop("connect accounts, manage the team and change the workspace's settings"),
    Role.MEMBER: gettext_noop("connect accounts, look after them and invite creators"),
    Role.VIEWER: gettext_noop("see the accounts and their history, and change nothing"),
}
# The roles' names within a sentence.
NAMES: dict[str, str] = {
    Role.OWNER: gettext_noop("owner"),
    Role.ADMIN: gettext_noop("admin"),
    Role.MEMBER: gettext_noop("member"),
    Role.VIEWER: gettext_noop("viewer"),
}


def may_handle(role: str, other: str) -> bool:
    """Whether a member with `role` may make somebody `other`, or change or remove who is: owners only owners may."""
    return may(role, Right.MANAGE_TEAM) and (other != Role.OWNER or role == Role.OWNER)
