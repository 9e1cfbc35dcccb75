"""Browsers as people have them, and programs that only call themselves one."""

from __future__ import annotations

from typing import Any

from django.test import Client

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
    "Mobile/15E148 Safari/604.1"
)
ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile"
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def person(agent: str = IPHONE, **headers: Any) -> Client:
    """Somebody's browser, on whatever device."""
    return Client(headers={"user-agent": agent, **headers})
