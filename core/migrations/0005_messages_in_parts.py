"""Each row counts the messages that it goes out as; rows from before go out as one."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0004_one_key_per_person'),
    ]

    operations = [
        migrations.AddField(
            model_name='event',
            name='parts',
            field=models.PositiveSmallIntegerField(default=1),
        ),
    ]
