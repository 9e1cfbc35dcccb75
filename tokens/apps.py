from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TokensConfig(AppConfig):
    name = "tokens"
    verbose_name = "Instagram"

    def ready(self) -> None:
        # These load models, which exist only now.
        from accounts import erasure, own_data, routine  # noqa: PLC0415
        from notifications import signs  # noqa: PLC0415
        from tokens import checks  # noqa: F401, PLC0415
        from tokens.history import ROUTINE  # noqa: PLC0415
        from tokens.notices import register_kinds  # noqa: PLC0415
        from tokens.own_data import connections_of  # noqa: PLC0415
        from tokens.services.cancel_import import erase_imports  # noqa: PLC0415
        from tokens.services.erase_tenant_secrets import erase_tenant_secrets  # noqa: PLC0415
        from tokens.services.heartbeat import delivering  # noqa: PLC0415
        from tokens.services.sync_schedules import sync_after_migrate  # noqa: PLC0415

        register_kinds()
        erasure.register(erase_tenant_secrets)
        erasure.register(erase_imports)
        own_data.register("connections", connections_of)
        routine.register(*ROUTINE)
        signs.register(delivering)
        post_migrate.connect(sync_after_migrate, sender=self, dispatch_uid="tokens.sync_schedules")
