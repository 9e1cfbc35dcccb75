"""docs/app-review.md keeps to the truth: its addresses are answered, its permissions and settings are ours."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import resolve

from tokens.models import Flavour
from tokens.wording import PERMISSIONS, PERMISSIONS_OF

TEXT = (Path(settings.BASE_DIR) / "docs" / "app-review.md").read_text("utf-8")
ADDRESSES = sorted(set(re.findall(r"SITE_URL(/[a-z<>/-]*/)", TEXT)))
OURS = (
    *("meta_deauthorize", "meta_data_deletion", "own_deauthorize", "own_data_deletion"),
    *("instagram_callback", "facebook_callback"),
)


def test_every_address_that_meta_is_told_is_there():
    names = {resolve(each.replace("<id>", str(uuid.uuid4()))).view_name for each in ADDRESSES}
    assert {*OURS, "privacy", "terms", "data_deletion"} == names


def test_every_permission_has_its_reason():
    rows = re.findall(r"^\| (`[a-z_]+`(?:, `[a-z_]+`)*) \| (.+) \|$", TEXT, re.MULTILINE)
    assert all(len(why) > 20 for _, why in rows)
    told = [name for names, _ in rows for name in re.findall(r"`(\w+)`", names)]
    of_facebook = PERMISSIONS_OF[Flavour.FACEBOOK_LOGIN]
    assert told[: len(PERMISSIONS)] == list(PERMISSIONS)
    assert sorted(told[len(PERMISSIONS) :]) == sorted(of_facebook)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([A-Z]+_[A-Z_]+)`", TEXT))))
def test_every_setting_exists(name):
    assert hasattr(settings, name)
