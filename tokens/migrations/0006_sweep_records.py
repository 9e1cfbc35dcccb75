import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_teams'),
        ('tokens', '0005_links_apps_imports'),
    ]

    operations = [
        migrations.CreateModel(
            name='SweepRun',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('purpose', models.CharField(choices=[('refresh', 'Renewing'), ('check', 'Checking')], max_length=10)),
                ('owner', models.CharField(help_text='The process that swept.', max_length=100)),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(help_text='Empty while it runs, and for ever where it was killed.', null=True)),
                ('claimed', models.PositiveIntegerField(default=0)),
                ('refreshed', models.PositiveIntegerField(default=0)),
                ('alive', models.PositiveIntegerField(default=0)),
                ('failed', models.JSONField(default=dict, help_text='How many attempts ended with which other word.')),
                ('lost', models.PositiveIntegerField(default=0, help_text='Changed by somebody else meanwhile.')),
                ('leases_recovered', models.PositiveIntegerField(default=0, help_text='Claims taken over from a lease that ended.')),
                ('seconds', models.FloatField(default=0)),
                ('tenant', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'verbose_name': 'sweep',
                'indexes': [models.Index(fields=['-started_at'], name='sweeps_by_start'), models.Index(fields=['purpose', '-ended_at'], name='sweeps_by_end')],
            },
        ),
    ]
