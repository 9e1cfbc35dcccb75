from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = "Mails"

    def ready(self) -> None:
        # django-q2's signals load its models, which exist only now.
        from django_q.signals import post_spawn  # noqa: PLC0415

        from notifications.worker import prepare_worker  # noqa: PLC0415

        post_spawn.connect(prepare_worker, dispatch_uid="notifications.prepare_worker")
