"""Connections to Instagram: what is linked, the sealed token, how to revive it, and what the engine keeps."""

from tokens.models.callbacks import DeletionRequest
from tokens.models.connections import (
    ID_LENGTH,
    Connection,
    Credential,
    Flavour,
    MetaApp,
    Reason,
    Status,
    installation_scopes,
)
from tokens.models.imports import ImportLine, TokenImport
from tokens.models.links import ConnectAttempt, Link
from tokens.models.needs import PermissionNeeds
from tokens.models.operations import AppBudget, Brake, CallTally, Heartbeat, Strike, SweepRun, UnknownAnswer
from tokens.models.reconnect_requests import ReconnectRequest

__all__ = [
    "ID_LENGTH",
    "AppBudget",
    "Brake",
    "CallTally",
    "ConnectAttempt",
    "Connection",
    "Credential",
    "DeletionRequest",
    "Flavour",
    "Heartbeat",
    "ImportLine",
    "Link",
    "MetaApp",
    "PermissionNeeds",
    "Reason",
    "ReconnectRequest",
    "Status",
    "Strike",
    "SweepRun",
    "TokenImport",
    "UnknownAnswer",
    "installation_scopes",
]
