"""Links to the newest flights of a bot or of an account, and before an alert, for their pages."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from core.admin.pieces import flight_link
from trading.models import Outcome, RiskAlert, ScopeType, Signal
from trading.selectors.covered import covered_accounts

SHOWN = 5
DAY = timedelta(days=1)


def flights_of_bot(bot_id: UUID) -> SafeString | str:
    """Return links to the bot's newest signals, with what became of them: one statement."""
    return _links_of(Signal.objects.filter(bot_id=bot_id))


def flights_of_account(account_id: UUID) -> SafeString | str:
    """Return links to the newest signals that asked the account, with what became of each there: one statement."""
    newest = Outcome.objects.filter(account=account_id).select_related("signal").order_by("-updated_at", "id")[:SHOWN]
    return _links((outcome.signal, f"{outcome.status} {outcome.code}".strip()) for outcome in newest)


def flights_before(alert: RiskAlert) -> SafeString | str:
    """Return links to the newest signals of the day before an alert: the bot's, or those that asked its accounts."""
    day = (alert.triggered_at - DAY, alert.triggered_at)
    return _links_of(_signals_about(alert).filter(received_at__range=day))


def _signals_about(alert: RiskAlert) -> QuerySet[Signal]:
    if alert.account_id is None and alert.scope_type == ScopeType.BOT:
        return Signal.objects.filter(bot_id=alert.scope_id)
    scope = (ScopeType.ACCOUNT, alert.account_id) if alert.account_id else (alert.scope_type, alert.scope_id)
    measured = covered_accounts(*scope).order_by()
    return Signal.objects.filter(Exists(Outcome.objects.filter(signal=OuterRef("pk"), account__in=measured)))


def _links_of(signals: QuerySet[Signal]) -> SafeString | str:
    newest = signals.order_by("-received_at", "id")[:SHOWN]
    return _links((signal, f"{signal.success_count} traded, {signal.error_count} not") for signal in newest)


def _links(flights: Iterable[tuple[Signal, str]]) -> SafeString | str:
    lines = [
        (flight_link(signal.pk, f"{signal.received_at:%Y-%m-%d %H:%M:%S} {signal}"), became)
        for signal, became in flights
    ]
    return format_html_join("", "<div>{}: {}</div>", lines) if lines else "-"
