from django.db import migrations

from notifications.autovacuum import tidy_sooner


class Migration(migrations.Migration):
    dependencies = [("tokens", "0007_engine")]

    operations = [
        # Each row is written several times a day: claimed, checked, now and then renewed.
        tidy_sooner(
            "tokens_credential",
            vacuum_scale_factor=0.01,
            vacuum_threshold=1000,
            analyze_scale_factor=0.02,
            analyze_threshold=1000,
            vacuum_cost_limit=1000,
        ),
    ]
