"""Who a mail is from, and who gets the answer to it."""

from __future__ import annotations

import unicodedata
from email.utils import formataddr, parseaddr
from typing import Protocol

from django.conf import settings

# With them a name could pass for an address, or for two.
_UNSAFE = str.maketrans(dict.fromkeys('<>()[]@,;:"\\', " "))
_LONGEST_NAME = 60


class Workspace(Protocol):
    """A tenant, as far as it matters here."""

    name: str
    reply_to: str


def sender(workspace: Workspace | None) -> str:
    """The From of a mail: a workspace's names the workspace, the address is always the installation's."""
    if workspace is None or not (name := display_name(workspace.name)):
        return settings.DEFAULT_FROM_EMAIL
    # Not encoded here: Django folds a long name as a header needs it.
    return _with_name(f"{name} via Perennial", parseaddr(settings.DEFAULT_FROM_EMAIL)[1])


def answers_to(workspace: Workspace | None) -> list[str]:
    """The Reply-To of a mail: none where the workspace named no address."""
    return [workspace.reply_to] if workspace and workspace.reply_to else []


def display_name(name: str) -> str:
    """A workspace's name as it may stand before an address: no control characters, nothing that looks like one."""
    on_one_line = " ".join(name.split())
    # A joiner holds some emoji together; "=?" begins a word that programs decode, whatever is in it.
    visible = "".join(each for each in on_one_line if unicodedata.category(each)[0] != "C" or each == "\u200d")
    words = visible.translate(_UNSAFE).replace("=?", " ").replace("?=", " ")
    shown = " ".join(words.split())
    return shown if len(shown) <= _LONGEST_NAME else f"{shown[: _LONGEST_NAME - 1].strip()}…"


def _with_name(name: str, address: str) -> str:
    if name.isascii():
        return formataddr((name, address))
    return f'"{name}" <{address}>'
