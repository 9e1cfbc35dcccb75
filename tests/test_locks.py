"""The locks name every extra that something locked asks for.

Without it pip, once a newer release is out, takes `coverage[toml]` of `pytest-cov` for something that is not locked,
and a fresh machine can't be set up any more.
"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REQUIREMENTS = Path(__file__).parent.parent / "requirements"
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[([^\]]*)\])?==", re.M)


def locked(name: str) -> dict[str, set[str]]:
    """The packages of a lock, each with its extras."""
    found = LOCKED.findall((REQUIREMENTS / name).read_text("utf-8"))
    return {canonicalize_name(package): set(filter(None, extras.split(","))) for package, extras in found}


def wanted_by(package: str, extras: set[str]) -> list[Requirement]:
    """What an installed package asks for, here and with these extras."""
    try:
        found = [Requirement(line) for line in requires(package) or []]
    except PackageNotFoundError:  # locked for another system
        return []
    asked = [{"extra": extra} for extra in ("", *extras)]
    return [each for each in found if each.marker is None or any(each.marker.evaluate(one) for one in asked)]


@pytest.mark.parametrize("lock", ["base.txt", "dev.txt"])
def test_every_extra_that_a_locked_package_asks_for_is_locked_with_it(lock: str) -> None:
    packages = locked(lock)
    missing = [
        f"{package} asks for {wanted}"
        for package, extras in packages.items()
        for wanted in wanted_by(package, extras)
        if wanted.extras - packages.get(canonicalize_name(wanted.name), set())
    ]

    assert packages
    assert missing == []
