"""What is served to browsers: ours or vendored with its licence, small, and reaching out to nobody."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

STATIC = Path(__file__).resolve().parents[2] / "static"
TABLER = STATIC / "vendor" / "tabler"
MEGABYTE = 1_000_000


def test_the_compressed_tabler_is_the_plain_one():
    assert gzip.decompress((TABLER / "tabler.min.css.gz").read_bytes()) == (TABLER / "tabler.min.css").read_bytes()


def test_tabler_stands_there_with_its_licence_and_the_version_that_it_names():
    version = re.search(r"- Version: ([\d.]+)", (TABLER / "README.md").read_text("utf-8"))
    assert version is not None
    assert f"Tabler v{version[1]} " in (TABLER / "tabler.min.css").read_text("utf-8")[:200]
    assert "MIT License" in (TABLER / "LICENSE").read_text("utf-8")


def test_no_file_is_over_a_megabyte():
    assert [path.name for path in STATIC.rglob("*") if path.is_file() and path.stat().st_size > MEGABYTE] == []


def test_no_style_sheet_reaches_out():
    for path in STATIC.rglob("*.css"):
        text = path.read_text("utf-8")
        outside = [
            url
            for url in re.findall(r"url\(\s*[\"']?([^\"')]{0,40})", text)
            if not url.startswith(("data:image/", "#"))
        ]
        assert outside == [], path.name
        for words in ("@import", "@font-face", "sourceMappingURL"):
            assert words not in text, path.name


@pytest.mark.parametrize("script", [path.name for path in (STATIC / "js").iterdir()])
def test_each_of_our_scripts_is_short_and_evaluates_nothing(script):
    text = (STATIC / "js" / script).read_text("utf-8")
    assert len(text.splitlines()) < 120
    for words in ("eval(", "Function(", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "http"):
        assert words not in text


def test_htmx_is_the_one_that_its_package_ships():
    assert finders.find("django_htmx/htmx-2.min.js")
