from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TokensConfig(AppConfig):
    name = "tokens"
    verbose_name = "Connections"

    def ready(self) -> None:
        # These load models, which exist only now.
        from tokens import checks  # noqa: F401, PLC0415
        from tokens.notices import register_kinds  # noqa: PLC0415
        from tokens.services.sync_schedules import sync_after_migrate  # noqa: PLC0415

        register_kinds()
        post_migrate.connect(sync_after_migrate, sender=self, dispatch_uid="tokens.sync_schedules")
