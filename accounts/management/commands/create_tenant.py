"""`create_tenant NAME --owner EMAIL`: a workspace and, where absent, its owner."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser

from accounts.forms import clean_email, clean_name
from accounts.services.create_tenant import create_tenant, get_or_create_owner
from accounts.services.mail_owner import mail_set_password_link
from notifications.management.base import ReportingCommand, WrongCall

logger = logging.getLogger(__name__)


class Command(ReportingCommand):
    help = "Creates a workspace and, where absent, its owner, who gets a mail to set a password."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", help="the workspace's name")
        parser.add_argument("--owner", required=True, metavar="EMAIL", help="the owner's mail address")

    def run(self, **options: Any) -> dict[str, Any]:
        try:
            name = clean_name(options["name"])
            email = clean_email(options["owner"])
        except ValidationError as error:
            raise WrongCall(f"{error.messages[0]}") from None
        owner = get_or_create_owner(email)
        tenant = create_tenant(name=name, owner=owner)
        if not owner.has_usable_password():
            self._mail(tenant, owner)
        return {"slug": tenant.slug}

    def _mail(self, tenant: Any, owner: Any) -> None:
        try:
            mail_set_password_link(tenant=tenant, user=owner)
        except (OSError, smtplib.SMTPException) as error:
            logger.error("The set-password mail of a new owner failed with %s", type(error).__name__)
            self.say(
                "The workspace exists, but its owner could not be mailed: check EMAIL_URL, "
                "then let the owner use “Forgot your password?” on the sign-in page."
            )

    def lines(self, result: dict[str, Any]) -> Iterable[str]:
        yield f"Workspace ready: {result['slug']}"
