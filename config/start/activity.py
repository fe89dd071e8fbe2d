"""What the start page says of work: signals, bots, alerts, switches, the webhook. One statement each, or two."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.db.models import Count, Max, QuerySet

from bots.models import Bot, BotStatus
from trading.admin import scopes
from trading.models import RiskAlert, ScopeType, Signal, Switch, SwitchState
from trading.selectors.flights import milliseconds_between
from webhooks.models import Delivery, DeliveryStatus

LAST_SIGNALS = 20
SHOWN_ALERTS = 10
SHOWN_SWITCHES = 10
WINDOW = timedelta(hours=24)
MOST_TIMED = 1000


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds since requests came, of so many of the newest: by nearest rank, None of nothing."""

    count: int
    p50: int | None
    p99: int | None


@dataclass(frozen=True, slots=True)
class WebhookHealth:
    """The deliveries of the last day whose sender was proved. Shares are fractions, None where there were none.

    `answered` is how long their senders waited, `handled` how long until the alerts were dealt with.
    """

    last_at: datetime | None
    deliveries: int
    waiting: int
    duplicate_share: float | None
    reject_share: float | None
    answered: Times
    handled: Times


def last_signals() -> QuerySet[Signal]:
    """Return the newest signals with the names of bots and groups."""
    signals = Signal.objects.select_related("user").order_by("-received_at", "id")
    return scopes.with_names(signals, [ScopeType.BOT, ScopeType.GROUP])[:LAST_SIGNALS]


def bots_by_status() -> list[tuple[str, int]]:
    """Return how many living bots there are of each status."""
    found = dict(Bot.objects.living().order_by().values_list("status").annotate(Count("pk")))
    return [(status, found.get(status, 0)) for status in BotStatus.values]


def open_alerts() -> tuple[int, list[Any]]:
    """Return how many alerts stand, and the newest of them with the names of their scopes."""
    standing = RiskAlert.objects.standing()
    shown = scopes.with_scope_names(standing.select_related("account")).order_by("-triggered_at", "id")
    return standing.count(), list(shown[:SHOWN_ALERTS])


def turned_switches() -> tuple[int, list[Any]]:
    """Return how many switches are not active, and those turned last with the names of their scopes."""
    turned = Switch.objects.exclude(state=SwitchState.ACTIVE)
    shown = scopes.with_scope_names(turned).order_by("-changed_at", "id")
    return turned.count(), list(shown[:SHOWN_SWITCHES])


def webhook_health(now: datetime) -> WebhookHealth:
    """Return how the webhook does, in four statements."""
    lately = Delivery.objects.filter(received_at__gt=now - WINDOW).order_by()
    counts = dict(lately.values_list("status").annotate(Count("pk")))
    total = sum(counts.values())
    waiting = counts.get(DeliveryStatus.RECEIVED, 0) + counts.get(DeliveryStatus.PROCESSING, 0)
    return WebhookHealth(
        last_at=Delivery.objects.order_by().aggregate(last=Max("received_at"))["last"],
        deliveries=total,
        waiting=waiting,
        duplicate_share=counts.get(DeliveryStatus.DUPLICATE, 0) / total if total else None,
        reject_share=counts.get(DeliveryStatus.REJECTED, 0) / total if total else None,
        answered=_times(lately, "answered_at"),
        handled=_times(lately.filter(status=DeliveryStatus.PROCESSED), "finished_at"),
    )


def nearest_rank(ordered: list[int], percent: int) -> int | None:
    """Return the value that `percent` of an ordered list do not exceed, by nearest rank; None of nothing."""
    return ordered[ceil(len(ordered) * percent / 100) - 1] if ordered else None


def _times(deliveries: QuerySet[Delivery], moment: str) -> Times:
    timed = deliveries.filter(**{f"{moment}__isnull": False}).order_by("-received_at")
    rows = timed.values_list("received_at", moment)[:MOST_TIMED]
    times = sorted(milliseconds_between(received, at) for received, at in rows)
    return Times(len(times), nearest_rank(times, 50), nearest_rank(times, 99))
