"""The project itself: what it stands on is examined here."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DeskConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        # What serves or works sends tasks. Not in the package itself: whoever reads settings imports that.
        import config.celery  # noqa: F401
        from config import offered_schedules
        from config.examinations import chosen_settings, clock, database, environment, own_secrets, processes, streams
        from config.examinations import redis_server as redis
        from core.examinations import register

        post_migrate.connect(
            offered_schedules.install, sender=offered_schedules.owner(), dispatch_uid="config.offered_schedules"
        )
        register("environment", environment.examine_environment)
        register("secrets", own_secrets.examine_secrets)
        register("settings", chosen_settings.examine_settings)
        register("database", database.examine_database)
        register("storage", database.examine_storage, needs=("database",))
        register("migrations", database.examine_migrations, needs=("database",))
        register("triggers", database.examine_triggers, needs=("migrations",))
        register("redis", redis.examine_redis)
        register("database-clock", clock.examine_database_clock, needs=("database",))
        register("redis-clock", clock.examine_redis_clock, needs=("redis",))
        register("workers", processes.examine_workers, needs=("redis",))
        register("beat", processes.examine_beat, needs=("migrations",))
        register("streams", streams.examine_streams, needs=("migrations",))
