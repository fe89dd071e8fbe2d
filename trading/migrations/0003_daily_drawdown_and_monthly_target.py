"""Adds two measures of limits, and to each mark the profit that its month began with."""

from django.db import migrations, models
from django.db.models import F

import core.fields


def begin_months_where_days_began(apps, schema_editor):
    """Nothing says what a month that is under way began with: it goes on from the day's first look."""
    apps.get_model("trading", "LimitMark").objects.update(month_pnl=F("day_pnl"))


TYPES = [
    ("position_size", "Position Size"),
    ("order_size", "Order Size"),
    ("exposure", "Exposure"),
    ("leverage", "Leverage"),
    ("daily_loss", "Daily Loss"),
    ("daily_drawdown", "Daily Drawdown"),
    ("drawdown", "Drawdown"),
    ("monthly_target", "Monthly Target"),
    ("open_positions", "Open Positions"),
    ("order_rate", "Order Rate"),
]


class Migration(migrations.Migration):
    dependencies = [("trading", "0002_orders_that_rest_risk_and_equity")]

    operations = [
        migrations.AddField(
            model_name="limitmark",
            name="month_pnl",
            field=core.fields.MoneyField(default=0),
            preserve_default=False,
        ),
        migrations.RunPython(begin_months_where_days_began, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="risklimit",
            name="limit_type",
            field=models.CharField(choices=TYPES, max_length=16),
        ),
        migrations.AlterField(
            model_name="riskalert",
            name="limit_type",
            field=models.CharField(choices=TYPES, max_length=16),
        ),
    ]
