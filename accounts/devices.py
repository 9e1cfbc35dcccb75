"""What people call the browser that a request came from."""

from __future__ import annotations

# The first that is found counts: most browsers name others beside themselves.
BROWSERS = {
    "Instagram": "Instagram’s browser",
    "FBAN": "Facebook’s browser",
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Chrome": "Chrome",
    "CriOS": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "an iPhone",
    "iPad": "an iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Macintosh": "a Mac",
    "Linux": "Linux",
}
UNKNOWN = "A browser that we don’t know"


def in_words(user_agent: str) -> str:
    """`user_agent` as a person would say it, such as "Firefox on Windows"."""
    browser = _first(BROWSERS, user_agent)
    system = _first(SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    return browser or (f"A browser on {system}" if system else UNKNOWN)


def _first(names: dict[str, str], user_agent: str) -> str:
    return next((words for mark, words in names.items() if mark in user_agent), "")
