"""The shape of the code: who may know whom, how long things may grow, what may not stand anywhere."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
APPS = ("config", "accounts", "tokens", "notifications")
FOLDERS = (*APPS, "tests", "templates", "static", "docs", "requirements", ".ci")
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_TEMPLATE = 500, 60, 150
# These load what exists only once the registry of models is full: in ready(), or after django.setup().
MAY_IMPORT_LATE = {*(f"{app}/apps.py" for app in APPS), "tests/notifications/deliverer.py"}
COMMANDS = {
    "create_tenant": "accounts",
    "refresh_tokens": "tokens",
    "check_tokens": "tokens",
    "deliver_notifications": "notifications",
    "import_tokens": "tokens",
    "export_tenant": "tokens",
    "sync_schedules": "tokens",
}
# Put together, so that this very file holds none of them.
REGISTRIES = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "un" + "pkg.com",
    "jsdel" + "ivr",
]
MACHINE_PATHS = [f"/{name}/" for name in ("work", "ro" + "ot", "Us" + "ers")] + ["/ho" + "me/"]
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
GENERATED = ("static/vendor/",)


def files(*endings: str, within: tuple[str, ...] = FOLDERS) -> Iterator[Path]:
    for folder in within:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in endings and "__pycache__" not in path.parts:
                yield path


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def sources() -> list[Path]:
    """Our own Python, generated migrations left out."""
    found = [*files(".py", within=(*APPS, "tests")), ROOT / "manage.py", ROOT / "gunicorn.conf.py"]
    return [path for path in found if "migrations" not in path.parts]


@functools.cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@functools.cache
def texts() -> list[tuple[str, str]]:
    """Every text file of the project that somebody of us wrote."""
    found = []
    top = [
        path for path in ROOT.iterdir() if path.is_file() and path.suffix in {".py", ".toml", ".md", ".txt", ".yml", ""}
    ]
    endings = (
        ".py",
        ".html",
        ".txt",
        ".css",
        ".js",
        ".md",
        ".toml",
        ".yml",
        ".yaml",
        ".sh",
        ".conf",
        ".service",
        ".svg",
        "",
    )
    for path in [*top, *files(*endings)]:
        name = name_of(path)
        if path.name != ".env" and not path.name.startswith(".coverage") and not name.startswith(GENERATED):
            found.append((name, path.read_text("utf-8")))
    return found


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_imports_lead_downward_only() -> None:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
    ]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 broken" in run.stdout


def test_no_file_is_too_long() -> None:
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in sources()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_too_long() -> None:
    too_long = []
    for path in sources():
        for function in functions(tree_of(path)):
            told = len((ast.get_docstring(function, clean=False) or "").splitlines())
            length = (function.end_lineno or function.lineno) - function.lineno + 1 - told
            if length > LONGEST_FUNCTION:
                too_long.append(f"{name_of(path)}:{function.lineno} {function.name} has {length} lines")
    assert too_long == []


def test_no_template_is_too_long() -> None:
    templates = [path for path in files(".html", ".txt") if "templates" in path.parts]
    assert templates
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in templates}
    assert {name: length for name, length in lengths.items() if length > LONGEST_TEMPLATE} == {}


def test_no_import_hides_in_a_function() -> None:
    hidden = []
    for path in sources():
        for function in functions(tree_of(path)):
            if any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(function)):
                hidden.append(name_of(path))
    assert set(hidden) - MAY_IMPORT_LATE == set()


def test_every_command_of_the_contract_exists() -> None:
    found = get_commands()
    assert {name: found.get(name) for name in COMMANDS} == COMMANDS


@pytest.mark.parametrize("registry", REGISTRIES)
def test_no_package_registry_is_named_anywhere(registry: str) -> None:
    assert [name for name, text in texts() if registry in text] == []


@pytest.mark.parametrize("path", MACHINE_PATHS)
def test_no_path_of_somebodys_machine_stands_anywhere(path: str) -> None:
    # A path begins a word: `https://host/work/` is none.
    begins = re.compile(rf"(?<![\w.:/~}}>-]){re.escape(path)}")
    assert [name for name, text in texts() if begins.search(text)] == []


def test_nothing_is_left_for_later() -> None:
    assert [name for name, text in texts() if UNFINISHED.search(text)] == []


def locked(name: str) -> dict[str, str]:
    """The lock's packages and versions. Each has hashes, or the lock is none."""
    lines = (ROOT / "requirements" / name).read_text("utf-8").replace("\\\n", " ").splitlines()
    found: dict[str, str] = {}
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pinned = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", line)
        assert pinned, f"{name} pins no version: {line[:60]}"
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), f"{name} has no hash for {pinned[1]}"
        found[canonicalize_name(pinned[1])] = pinned[2]
    return found


def declared() -> tuple[list[Requirement], list[Requirement]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    base = [Requirement(each) for each in project["dependencies"]]
    return base, [Requirement(each) for each in project["optional-dependencies"]["dev"]]


def test_every_dependency_is_locked_with_hashes_within_its_range() -> None:
    base, dev = declared()
    for name, requirements in [("base.txt", base), ("dev.txt", [*base, *dev])]:
        versions = locked(name)
        for requirement in requirements:
            version = versions.get(canonicalize_name(requirement.name))
            assert version is not None, f"{requirement.name} is not in {name}"
            assert requirement.specifier.contains(version), f"{requirement} is locked to {version}"


def test_both_locks_agree() -> None:
    base, dev = locked("base.txt"), locked("dev.txt")
    assert {name: dev.get(name) for name in base} == base


def test_every_package_that_the_product_imports_is_declared() -> None:
    modules = {"django_q": "django-q2", "fernet_fields": "django-fernet-fields-v2", "environ": "django-environ"}
    modules |= {
        "csp": "django-csp",
        "allauth": "django-allauth",
        "django_htmx": "django-htmx",
        "unfold": "django-unfold",
    }
    modules |= {"prometheus_client": "prometheus-client"}
    # urllib3 belongs to requests, whose adapter hands its errors through.
    known = {canonicalize_name(each.name) for each in declared()[0]} | set(sys.stdlib_module_names) | {*APPS, "urllib3"}
    strangers = set()
    for path in files(".py", within=APPS):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Import):
                found = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found = [node.module]
            else:
                continue
            strangers |= {
                top
                for each in found
                if canonicalize_name(modules.get(top := each.split(".")[0], top)) not in known and top not in known
            }
    assert strangers == set()
