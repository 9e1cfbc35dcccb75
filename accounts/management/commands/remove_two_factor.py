"""`remove_two_factor EMAIL`: lets somebody in again who has lost the second factor and its recovery codes."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandParser

from accounts.models import User
from accounts.services.remove_second_factor import mail_removal, remove_second_factor
from notifications.management.base import ReportingCommand, WrongCall

logger = logging.getLogger(__name__)


class Command(ReportingCommand):
    help = "Takes the second factor off an account and signs it out everywhere. Make sure first who is asking."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email", help="the account's mail address")

    def run(self, **options: Any) -> dict[str, Any]:
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise WrongCall("No account has that address.")
        removed = remove_second_factor(user=user)
        if removed:
            self._mail(user)
        return {"removed": removed}

    def _mail(self, user: User) -> None:
        try:
            mail_removal(user=user)
        except (OSError, smtplib.SMTPException) as error:
            logger.error("The mail about a removed second factor failed with %s", type(error).__name__)
            self.say("It is removed, but the account's owner could not be mailed: check EMAIL_URL.")

    def lines(self, result: dict[str, Any]) -> Iterable[str]:
        yield f"Apps and passkeys removed: {result['removed']}"
