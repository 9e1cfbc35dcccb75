"""Several news for one address in one mail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from notifications.registry import DigestItem


def digest_values(items: Sequence[DigestItem]) -> dict[str, Any]:
    """The templates' values of a digest: what somebody should act on first, then what is only good to know.

    Args:
        items: the lines, oldest news first; one at least.
    """
    workspaces = list(dict.fromkeys(item.workspace for item in items))
    values: dict[str, Any] = {
        "to_do": [item for item in items if item.to_do],
        "news": [item for item in items if not item.to_do],
        "several": len(workspaces) > 1,
    }
    return values if values["several"] else {**values, "workspace": workspaces[0]}
