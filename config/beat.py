"""What is done again and again, and how often. What waited longer than its turn is dropped: the next one does it."""

from datetime import timedelta

from celery.schedules import crontab, schedule

SCHEDULE = {
    "sweep-inbox": {
        "task": "webhooks.tasks.sweep_inbox",
        "schedule": schedule(timedelta(seconds=5)),
        "options": {"expire_seconds": 5},
    },
    "decide-at-the-minute": {
        "task": "bots.tasks.decide",
        "schedule": crontab(),
        "options": {"expire_seconds": 5},
    },
    "decide": {
        "task": "bots.tasks.decide",
        "schedule": schedule(timedelta(seconds=5)),
        "options": {"expire_seconds": 5},
    },
    "watch-deliveries": {
        "task": "webhooks.tasks.watch_deliveries",
        "schedule": schedule(timedelta(seconds=20)),
        "options": {"expire_seconds": 20},
    },
    "watch-risk": {
        "task": "trading.tasks.watch_risk",
        "schedule": schedule(timedelta(seconds=5)),
        "options": {"expire_seconds": 5},
    },
    "sweep-jobs": {
        "task": "core.tasks.sweep_jobs",
        "schedule": schedule(timedelta(seconds=5)),
        "options": {"expire_seconds": 5},
    },
    "forget-decisions": {
        "task": "bots.tasks.forget_decisions",
        "schedule": schedule(timedelta(hours=6)),
        "options": {"expire_seconds": 6 * 3600},
    },
    "forget-jobs": {
        "task": "core.tasks.forget_jobs",
        "schedule": schedule(timedelta(hours=6)),
        "options": {"expire_seconds": 6 * 3600},
    },
    "settle-runs": {
        "task": "strategies.tasks.settle",
        "schedule": schedule(timedelta(minutes=1)),
        "options": {"expire_seconds": 60},
    },
    "sweep-password-resets": {
        "task": "accounts.tasks.sweep_resets",
        "schedule": schedule(timedelta(seconds=10)),
        "options": {"expire_seconds": 10},
    },
    "forget-failed-logins": {
        "task": "accounts.tasks.forget_failed_logins",
        "schedule": schedule(timedelta(hours=1)),
        "options": {"expire_seconds": 3600},
    },
    "forget-sessions": {
        "task": "accounts.tasks.forget_sessions",
        "schedule": schedule(timedelta(hours=6)),
        "options": {"expire_seconds": 6 * 3600},
    },
    "forget-idempotency-keys": {
        "task": "core.tasks.forget_idempotency_keys",
        "schedule": schedule(timedelta(minutes=10)),
        "options": {"expire_seconds": 600},
    },
    "give-up-abandoned-signals": {
        "task": "trading.tasks.give_up_abandoned",
        "schedule": schedule(timedelta(minutes=1)),
        "options": {"expire_seconds": 60},
    },
    "refresh-instruments": {
        "task": "market.tasks.refresh_instruments",
        "schedule": schedule(timedelta(minutes=1)),
        "options": {"expire_seconds": 60},
    },
    "book-fundings": {
        "task": "trading.tasks.book_fundings",
        "schedule": schedule(timedelta(minutes=1)),
        "options": {"expire_seconds": 60},
    },
    "sweep-margins": {
        "task": "trading.tasks.sweep_margins",
        "schedule": schedule(timedelta(minutes=1)),
        "options": {"expire_seconds": 60},
    },
    "keep-hourly-equity": {
        "task": "trading.tasks.keep_hourly_equity",
        "schedule": crontab(minute=0),
        "options": {"expire_seconds": 600},  # later than that it would not be what accounts were worth at the hour
    },
}
