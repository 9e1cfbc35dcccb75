"""docs/flavours.md keeps to the truth: it has every word that is said of a pasted token, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings
from django.urls import reverse

from tokens import due_dates
from tokens.models import Flavour
from tokens.paste_wording import REFUSALS

TEXT = (Path(settings.BASE_DIR) / "docs" / "flavours.md").read_text("utf-8")


def test_it_has_every_word() -> None:
    table = TEXT.partition("### What is said of one that is not kept")[2].partition("## How often")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert sorted(re.findall(r"`(\w+)`", " ".join(cells))) == sorted(map(str, REFUSALS))


def test_its_address_and_its_flavour_exist() -> None:
    assert reverse("paste_token", args=["slug"]).replace("slug", "<slug>") in TEXT
    assert Flavour.INSTAGRAM_LOGIN in TEXT


def test_its_numbers_are_those_of_the_product() -> None:
    assert f"{due_dates.YOUNGEST.total_seconds() / 3600:.0f} hours" in TEXT
    assert f"`REFRESH_AGE_DAYS` ({settings.REFRESH_AGE_DAYS})" in TEXT
