"""README.md keeps to the truth: its commands, addresses, settings, folders, links and pictures exist as it says."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import resolve

from tests.demo import people
from tests.demo.ports import USUAL

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
CI = (ROOT / ".ci" / "run").read_text("utf-8")
APPS = {"config", "accounts", "tokens", "notifications"}
PROSE = re.sub(r"^```.*?^```", "", README, flags=re.MULTILINE | re.DOTALL)
LINK = re.compile(r"""\]\(([^)\s]+)\)|\bsrc="([^"]+)\"""")
# Whatever the environment leaves open until it is read.
COMPUTED = "computed"
MOST_BYTES = 150_000


def links() -> list[str]:
    return [one or other for one, other in LINK.findall(README)]


def section(heading: str) -> str:
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, f"There is no section {heading!r}"
    return found[1]


def table(heading: str) -> list[list[str]]:
    """The rows of a section's table, without its head."""
    lines = [line for line in section(heading).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def anchors() -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


# Links and pictures


def test_every_link_resolves() -> None:
    broken = []
    for link in links():
        path, _, anchor = link.partition("#")
        if link.startswith("http"):
            continue
        if (path and not (ROOT / path).exists()) or (not path and anchor not in anchors()):
            broken.append(link)
    assert links()
    assert broken == []


def test_every_picture_is_shown_described_and_small() -> None:
    pictures = {path.relative_to(ROOT).as_posix(): path for path in (ROOT / "docs" / "pictures").iterdir()}
    assert {link for link in links() if link.startswith("docs/pictures/")} == set(pictures)
    for name, path in pictures.items():
        content = path.read_bytes()
        assert content.startswith(b"\x89PNG"), name
        assert len(content) <= MOST_BYTES, f"{name} has {len(content)} bytes"
    assert not re.search(r"!\[\s*\]", README)
    assert all(re.search(r'\balt="[^"]+"', tag) for tag in re.findall(r"<img [^>]*>", README))


def test_every_file_named_exists() -> None:
    named = [each for each in quoted(PROSE) if re.fullmatch(r"[\w.-]+(/[\w.-]+)*/?", each)]
    files = {each for each in named if re.search(r"(^\.ci/)|\.(txt|md|toml|py|example)$", each) and each != ".env"}
    assert {"requirements/base.txt", "gunicorn.conf.py", ".env.example", ".ci/run"} <= files
    assert [each for each in sorted(files) if not (ROOT / each).exists()] == []


# Commands


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^([\w-]+):", MAKEFILE, re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)\b(?=[ `\n])", "\n".join([*quoted(PROSE), *code_blocks()]) + "\n"))
    assert {"demo", "test", "test-browser", "lint", "coverage", "pictures"} <= named
    assert named - targets == set()


def test_ci_runs_all_that_the_readme_names() -> None:
    """Above all the browser tests, which plain `make test` leaves out."""
    for target in ("setup", "lint", "coverage", "test", "test-browser"):
        assert re.search(rf"^[^#]*\bmake {target}$", CI, re.MULTILINE), target
    assert "pytest tests/browser" in MAKEFILE


def code_blocks() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_every_management_command_exists() -> None:
    named = set(re.findall(r"manage\.py (\w+)", README))
    assert "migrate" in named
    assert named - set(get_commands()) == set()


def test_the_table_of_commands_is_complete() -> None:
    ours = {name for name, app in get_commands().items() if app in APPS}
    rows = [quoted(row[0])[0].split()[0] for row in table("Commands")]
    assert len(rows) == len(set(rows))
    # The worker is a command of ours, too; it stands where production is told of.
    assert {*rows, "qcluster"} == {*ours, "qcluster"}
    assert "manage.py qcluster" in section("To production")


def test_every_option_of_a_command_exists() -> None:
    for row in table("Commands"):
        name = quoted(row[0])[0].split()[0]
        parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
        known = {option for action in parser._actions for option in action.option_strings}
        named = set(re.findall(r"--[\w-]+", " ".join(quoted(" ".join(row)))))
        assert {*named, "--json"} - known == set(), name


# Settings


def read_settings() -> dict[str, Any]:
    """Every variable that config/settings.py reads, with its default: None where it is required."""
    found: dict[str, Any] = {}
    for node in ast.walk(ast.parse((ROOT / "config" / "settings.py").read_text("utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if not isinstance(node.func.value, ast.Name) or node.func.value.id != "env" or not node.args:
            continue
        first = node.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            required = node.func.attr in {"required", "fernet_keys"}
            found[first.value] = None if required else default_of(node)
    return found


def default_of(call: ast.Call) -> Any:
    if len(call.args) < 2:
        return ""
    return call.args[1].value if isinstance(call.args[1], ast.Constant) else COMPUTED


def told_settings() -> Iterator[tuple[str, str]]:
    """Each variable of the table with its default, as it stands there; one default may hold for a whole row."""
    for variables, defaults, _ in table("Settings"):
        names, told = quoted(variables), re.findall(r"(?:`[^`]*`|[^,`])+", defaults)
        if len(told) == 1:
            told *= len(names)
        assert len(names) == len(told), f"{len(told)} defaults for {names}"
        yield from zip(names, (each.strip() for each in told), strict=True)


def test_the_table_of_settings_is_complete() -> None:
    assert sorted(name for name, _ in told_settings()) == sorted(read_settings())


@pytest.mark.parametrize(("name", "told"), list(told_settings()))
def test_a_default_is_as_the_table_says(name: str, told: str) -> None:
    default = read_settings()[name]
    if default is None:
        assert told == "required"
    elif default == "":
        assert told == "empty"
    elif default == COMPUTED:
        assert told == "from `SITE_URL`"
    elif told == "Meta's":
        assert re.match(r"https://[\w.]+\.(instagram|facebook)\.com(/|$)", default)
    else:
        assert told == f"`{default}`"


def test_the_example_of_an_environment_holds_settings_and_their_defaults() -> None:
    read = read_settings()
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    for line in lines:
        if re.match(r"[A-Z]", line):
            name, _, value = line.partition("=")
            assert name in read, f"nothing reads {name}"
            assert value in {"", str(read[name])}, line


# Folders, addresses, the demo


def test_the_map_of_the_code_is_true() -> None:
    named = [path for row in table("Map of the code") for path in quoted(row[0])]
    assert {f"{name}/" for name in (*APPS, "templates", "static", "tests")} <= set(named)
    within = [each for each in quoted(section("Map of the code")) if re.fullmatch(r"[\w/]+/", each)]
    assert [each for each in (*named, *within) if not (ROOT / each).is_dir()] == []
    modules = re.findall(r"python -m ([\w.]+)", section("Map of the code"))
    assert [each for each in modules if not (ROOT / each.replace(".", "/") / "__main__.py").exists()] == []


def test_every_address_of_the_site_leads_somewhere() -> None:
    paths = {each.removeprefix("SITE_URL") for each in quoted(PROSE) if re.match(r"(SITE_URL)?/[a-z].*/$", each)}
    assert {"/oauth/callback/instagram/", "/accounts/signup/"} <= paths
    for path in paths:
        resolve(path)


def test_the_walk_names_the_demos_addresses_and_people() -> None:
    text = section("A walk through the demo")
    told = set(re.findall(r"http://localhost:(\d+)/", text))
    assert told == {str(USUAL[name]) for name in ("site", "mailbox", "emulator")}
    for word in (people.PASSWORD, people.OWNER, people.STAFF):
        assert f"`{word}`" in text
    assert set(re.findall(r"`@([\w.]+)`", text)) == {
        people.NEWCOMER,
        people.BY_FACEBOOK,
        people.DUE,
        people.HEALTHY,
        people.LEAVING,
    }


def test_the_version_of_python_is_the_one_required() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(re.findall(r"Python (\d+\.\d+)", README)) == {project["requires-python"].removeprefix(">=")}
