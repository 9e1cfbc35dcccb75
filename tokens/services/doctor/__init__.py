"""Looks the whole installation over, before the first user does: each thing is ok, a warning or wrong.

`examine` gives `Finding`s; the modules beside it each look at one part. Nothing is changed but a key of the cache that
is set and taken away again, and nothing that a look says holds a secret, a host's error or somebody's name.
"""

from tokens.services.doctor.examination import Report, examine
from tokens.services.doctor.finding import LEVELS, OK, WARNING, WRONG, Finding

__all__ = ["LEVELS", "OK", "WARNING", "WRONG", "Finding", "Report", "examine"]
