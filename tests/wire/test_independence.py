"""The emulator shares nothing with what it judges: the standard library is all it stands on."""

import ast
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "emulator"


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and not node.level and not is_its_own(node.module or ""):
            names.add((node.module or "").partition(".")[0])
    return names


def is_its_own(module: str) -> bool:
    return module.startswith("tests.emulator.")


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: str(path.relative_to(FOLDER)))
def test_only_the_standard_library_is_imported(path: Path) -> None:
    assert imported(path) <= sys.stdlib_module_names
