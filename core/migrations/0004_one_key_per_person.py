"""A key is one request of a person: of those used on several paths the newest stays. A later try of any is a 409."""

from django.db import migrations, models
from django.db.models import Exists, OuterRef, Q


def keep_the_newest(apps, schema_editor):
    keys = apps.get_model("core", "IdempotencyKey").objects
    same = keys.filter(user_id=OuterRef("user_id"), key=OuterRef("key"))
    at = OuterRef("created_at")
    newer = same.filter(Q(created_at__gt=at) | Q(created_at=at, pk__gt=OuterRef("pk")))
    keys.filter(Exists(newer)).delete()


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0003_jobs'),
    ]

    operations = [
        migrations.RunPython(keep_the_newest, migrations.RunPython.noop),
        migrations.RemoveConstraint(
            model_name='idempotencykey',
            name='idempotency_key_once_per_operation',
        ),
        migrations.AlterField(
            model_name='idempotencykey',
            name='operation',
            field=models.CharField(help_text='the action: view and method', max_length=255),
        ),
        migrations.AddConstraint(
            model_name='idempotencykey',
            constraint=models.UniqueConstraint(fields=('user_id', 'key'), name='idempotency_key_once_per_person'),
        ),
    ]
