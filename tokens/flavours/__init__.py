"""The flavours: every kind of token that is kept alive, each a module with one entry here.

`interface` says what a flavour is; docs/adding-a-flavour.md shows how a fourth comes about.
"""

from tokens.flavours import facebook_login, instagram_login, system_user
from tokens.flavours.interface import Flavour

FLAVOURS: dict[str, Flavour] = {
    each.FLAVOUR.name: each.FLAVOUR for each in (instagram_login, facebook_login, system_user)
}

__all__ = ["FLAVOURS", "Flavour"]
