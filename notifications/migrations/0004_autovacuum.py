from django.db import migrations

from notifications.autovacuum import tidy_sooner


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_doorbell")]

    operations = [
        # Mails that were sent stay; each was written twice or more, and leaves the index of what is due dead entries.
        tidy_sooner(
            "notifications_outboxmessage",
            vacuum_scale_factor=0.01,
            vacuum_threshold=1000,
            analyze_scale_factor=0.02,
            analyze_threshold=1000,
        ),
    ]
