"""Staff's pages: connections, Meta apps, brakes, budgets, sweeps, deletions, unknown answers, who came back,
the doctor, and what mails look like.

The credential has none: no page may load a token.
"""

from tokens.admin.brakes import BrakeAdmin
from tokens.admin.budgets import AppBudgetAdmin
from tokens.admin.connections import ConnectionAdmin
from tokens.admin.deletions import DeletionRequestAdmin
from tokens.admin.doctor import doctor
from tokens.admin.mails import mails
from tokens.admin.meta_apps import MetaAppAdmin
from tokens.admin.recovery import recovery
from tokens.admin.sweeps import SweepRunAdmin
from tokens.admin.unknown_answers import UnknownAnswerAdmin

__all__ = [
    "AppBudgetAdmin",
    "BrakeAdmin",
    "ConnectionAdmin",
    "DeletionRequestAdmin",
    "MetaAppAdmin",
    "SweepRunAdmin",
    "UnknownAnswerAdmin",
    "doctor",
    "mails",
    "recovery",
]
