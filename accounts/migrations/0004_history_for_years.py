from django.db import migrations, models

from notifications.autovacuum import tidy_sooner


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_teams")]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["kind", "at"], name="event_kinds"),
        ),
        # Lines are added all the time and go in batches after years: scanned soon after, each page is frozen once.
        tidy_sooner(
            "accounts_event",
            vacuum_scale_factor=0.01,
            vacuum_threshold=10_000,
            vacuum_insert_scale_factor=0.02,
            vacuum_insert_threshold=10_000,
            analyze_scale_factor=0.02,
            analyze_threshold=10_000,
        ),
    ]
