"""A password's hash for tests."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    """The production's, told to spend next to nothing: a tenth of a second for each password otherwise."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
