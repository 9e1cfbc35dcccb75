from typing import Any

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People and workspaces"

    def ready(self) -> None:
        # allauth tells of a password set by mail through this signal alone.
        from allauth.account.signals import password_reset  # noqa: PLC0415 - its models load with the registry

        password_reset.connect(_verify, dispatch_uid="accounts.verify_sole_address")


def _verify(sender: Any, *, user: Any, **kwargs: Any) -> None:
    from accounts.adapter import verify_sole_address  # noqa: PLC0415 - as above

    verify_sole_address(user)
