import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_history_for_years'),
        ('tokens', '0011_flavours'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReconnectRequest',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(choices=[('password_changed', 'Password Changed'), ('app_removed', 'App Removed'), ('expired', 'Expired'), ('checkpoint', 'Checkpoint'), ('unconfirmed', 'Unconfirmed'), ('logged_out', 'Logged Out'), ('ended_by_meta', 'Ended By Meta'), ('revoked', 'Revoked'), ('page_role_lost', 'Page Role Lost'), ('system_user_deleted', 'System User Deleted'), ('unknown', 'Unknown')], help_text='Why the connection had ended.', max_length=20)),
                ('queued_at', models.DateTimeField(help_text='When the first mail of it was written to the outbox.')),
                ('sent_at', models.DateTimeField(null=True)),
                ('opened_at', models.DateTimeField(help_text="The link's page, by a person.", null=True)),
                ('began_at', models.DateTimeField(help_text="The way to Instagram's consent page.", null=True)),
                ('returned_at', models.DateTimeField(null=True)),
                ('revived_at', models.DateTimeField(null=True)),
                ('by_link', models.BooleanField(default=False, help_text='Whether it was a reconnect link that revived it.')),
                ('seconds', models.PositiveBigIntegerField(help_text='From `queued_at` to `revived_at`.', null=True)),
                ('closed_at', models.DateTimeField(help_text='It was disconnected: there is nothing to bring back.', null=True)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tokens.connection')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant', 'queued_at'], name='requests_of_tenant'), models.Index(fields=['queued_at'], name='requests_by_age')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True), ('revived_at__isnull', True)), fields=('connection',), name='one_open_request')],
            },
        ),
    ]
