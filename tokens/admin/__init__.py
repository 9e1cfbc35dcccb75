"""Staff's pages about connections, Meta apps and brakes. The credential has none: no page may load a token."""

from tokens.admin.brakes import BrakeAdmin
from tokens.admin.connections import ConnectionAdmin
from tokens.admin.meta_apps import MetaAppAdmin

__all__ = ["BrakeAdmin", "ConnectionAdmin", "MetaAppAdmin"]
