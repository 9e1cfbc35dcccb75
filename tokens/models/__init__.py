"""Connections to Instagram: what is linked, the sealed token, how to revive it, and what the engine keeps."""

from tokens.models.connections import ID_LENGTH, Connection, Credential, Flavour, MetaApp, Reason, Status
from tokens.models.imports import ImportLine, TokenImport
from tokens.models.links import ConnectAttempt, Link
from tokens.models.operations import AppBudget, Brake, CallTally, Heartbeat, Strike, SweepRun

__all__ = [
    "ID_LENGTH",
    "AppBudget",
    "Brake",
    "CallTally",
    "ConnectAttempt",
    "Connection",
    "Credential",
    "Flavour",
    "Heartbeat",
    "ImportLine",
    "Link",
    "MetaApp",
    "Reason",
    "Status",
    "Strike",
    "SweepRun",
    "TokenImport",
]
