"""The table behind the database cache, which `migrate` alone would not create."""

from django.core.management import call_command
from django.db import migrations

TABLE = "perennial_cache"


def create(apps, schema_editor):
    # Whatever CACHE_URL says today: who leaves Redis tomorrow would find no table, and `migrate` nothing to do.
    call_command("createcachetable", TABLE, database=schema_editor.connection.alias, verbosity=0)


def drop(apps, schema_editor):
    schema_editor.execute(f"DROP TABLE IF EXISTS {schema_editor.quote_name(TABLE)}")


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
