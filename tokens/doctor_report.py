"""The doctor's report as the command and the staff's page have it."""

from __future__ import annotations

from tokens.clients import installation_client, installation_facebook_client, installation_has_app
from tokens.models import Flavour
from tokens.services.doctor import Finding, Report, examine


def look_over(*, mail_to: str = "") -> Report:
    """Examines the installation with its own Meta apps.

    Args:
        mail_to: whom to send a test mail; nobody by default.
    """
    return examine(
        installation_client if installation_has_app() else None,
        installation_facebook_client if installation_has_app(Flavour.FACEBOOK_LOGIN) else None,
        mail_to=mail_to,
    )


def by_area(findings: list[Finding]) -> dict[str, list[Finding]]:
    """The lines under their headings, in their order."""
    areas: dict[str, list[Finding]] = {}
    for each in findings:
        areas.setdefault(each.area, []).append(each)
    return areas
