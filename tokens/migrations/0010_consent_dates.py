from django.db import migrations

# What is not known is taken from what is: the last time a connection became active, or its first.
CONSENTED = """
UPDATE tokens_connection
SET consented_at = CASE WHEN status = 'active' THEN status_changed_at ELSE created_at END
"""
FAILING = "UPDATE tokens_credential SET refresh_failing_since = last_failure_at WHERE refresh_failures > 0"


class Migration(migrations.Migration):
    dependencies = [("tokens", "0009_ends_and_needs")]

    operations = [
        migrations.RunSQL(CONSENTED, migrations.RunSQL.noop),
        migrations.RunSQL(FAILING, migrations.RunSQL.noop),
    ]
