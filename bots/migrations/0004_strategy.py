import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("bots", "0003_started_at"),
        ("strategies", "0001_initial"),
    ]

    operations = [
        migrations.RemoveField(model_name="bot", name="strategy_id"),
        migrations.AddField(
            model_name="bot",
            name="strategy",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="bots",
                to="strategies.strategy",
            ),
        ),
    ]
