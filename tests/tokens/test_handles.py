"""Handles as people write them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from tokens.handles import clean_handle


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("carla.bakes", "carla.bakes"),
        ("@Carla_Bakes", "carla_bakes"),
        ("  @carla ", "carla"),
        ("@ carla", "carla"),
        ("https://www.instagram.com/Carla.Bakes/", "carla.bakes"),
        ("instagram.com/carla?igsh=abc", "carla"),
        ("a" * 30, "a" * 30),
        ("7", "7"),
        ("", ""),
        ("   ", ""),
        ("@", ""),
    ],
)
def test_a_handle_is_taken_with_or_without_what_people_put_around_it(written, meant):
    assert clean_handle(written) == meant


@pytest.mark.parametrize(
    "written",
    ["carla bakes", "carla@mail.example", ".carla", "carla.", "car..la", "a" * 31, "cärla", "carla!", "@@carla",
     "carla\x00", "car\nla", "carla\u202e", "\u212aarla", "<b>", "https://instagram.com/", "https://evil.example/carla",
     "x" * 5000],
)  # fmt: skip
def test_what_instagram_has_no_such_handles_of_is_refused_in_words(written):
    with pytest.raises(ValidationError, match="no Instagram handle"):
        clean_handle(written)
