from typing import Any

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People and workspaces"

    def ready(self) -> None:
        # allauth tells of a password set by mail through these signals alone.
        from allauth.account import signals  # noqa: PLC0415 - models load with these
        from allauth.mfa.signals import authenticator_added  # noqa: PLC0415 - as above

        from accounts.choices import choice_of  # noqa: PLC0415 - as above
        from accounts.notices import register_kinds  # noqa: PLC0415 - as above
        from accounts.samples import register_unqueued_mails  # noqa: PLC0415 - as above
        from accounts.team_notices import register_team_kinds  # noqa: PLC0415 - as above
        from notifications import places  # noqa: PLC0415 - as above

        register_kinds()
        register_team_kinds()
        register_unqueued_mails()
        places.ask(choice_of)
        signals.password_reset.connect(_verify, dispatch_uid="accounts.verify_sole_address")
        signals.email_confirmed.connect(_tell_of_another_address, dispatch_uid="accounts.tell_of_another_address")
        signals.email_changed.connect(_follow, dispatch_uid="accounts.follow_address")
        authenticator_added.connect(_note_as_shown, dispatch_uid="accounts.note_as_shown")


def _verify(sender: Any, *, user: Any, **kwargs: Any) -> None:
    from accounts.adapter import verify_sole_address  # noqa: PLC0415 - as above

    verify_sole_address(user)


def _tell_of_another_address(sender: Any, **given: Any) -> None:
    from accounts.adapter import tell_of_another_address  # noqa: PLC0415 - as above

    tell_of_another_address(**given)


def _note_as_shown(sender: Any, **given: Any) -> None:
    from accounts.two_factor import note_as_shown  # noqa: PLC0415 - as above

    note_as_shown(**given)


def _follow(sender: Any, **given: Any) -> None:
    from accounts.services.rename_person import follow_address  # noqa: PLC0415 - as above

    follow_address(**given)
