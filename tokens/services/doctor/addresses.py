"""What must stand in Meta's dashboard, to be copied character for character."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from tokens.models import Flavour
from tokens.services import consent
from tokens.services.doctor.finding import Said, Task, ok, warning
from tokens.services.doctor.installation import out_of_reach

AREA = "To enter in Meta's dashboard"
LOGIN = "Instagram → API setup with Instagram login → Business login settings"
FACEBOOK_LOGIN = "Facebook Login → Settings"
BASIC = "App settings → Basic"


def tasks() -> list[Task]:
    site = settings.SITE_URL
    facebook = [
        _line("Facebook redirect URI", consent.redirect_uri(Flavour.FACEBOOK_LOGIN), FACEBOOK_LOGIN),
        _line("Facebook deauthorize callback URL", f"{site}/meta/deauthorize/", FACEBOOK_LOGIN),
        _line("Facebook data deletion request URL", f"{site}/meta/data-deletion/", f"{BASIC} of the Facebook app"),
    ]
    return [
        _line("Redirect URI", consent.redirect_uri(), LOGIN),
        # Fixed for good, since they stand in other people's dashboards.
        _line("Deauthorize callback URL", f"{site}/meta/deauthorize/", LOGIN),
        _line("Data deletion request URL", f"{site}/meta/data-deletion/", LOGIN),
        *(facebook if settings.FACEBOOK_APP_ID else ()),
        _line("Privacy policy URL", site + reverse("privacy"), BASIC),
        _line("Terms of service URL", site + reverse("terms"), BASIC),
    ]


def _line(name: str, address: str, where: str) -> Task:
    def look() -> Said:
        why = out_of_reach()
        if why:
            return warning(address, f"Meta can't use it: {why}. Set SITE_URL first.")
        return ok(address, f"Enter it at {where}.")

    return Task(AREA, name, look, asks="nobody")
