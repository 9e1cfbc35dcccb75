import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


def call_it_meta(apps, schema_editor):
    """What Meta tells of is no longer written as Instagram's alone: Facebook's callbacks come the same way."""
    apps.get_model("accounts", "Event").objects.filter(actor="Instagram").update(actor="Meta")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_mails"),
    ]

    operations = [
        migrations.RunPython(call_it_meta, migrations.RunPython.noop, elidable=True),
        migrations.RemoveIndex(
            model_name="event",
            name="event_people",
        ),
        migrations.AlterField(
            model_name="event",
            name="tenant",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                to="accounts.tenant",
                verbose_name="workspace",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=Q(("actor__in", ("Perennial", "Meta")), _negated=True),
                fields=["actor"],
                name="event_people",
            ),
        ),
    ]
