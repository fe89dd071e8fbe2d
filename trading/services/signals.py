"""Opens signals and takes them down the road: once per account, in batches."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from core.bulk import insert_columns
from core.clock import Clock
from core.ids import fresh_ids
from market.models import Instrument
from trading.brokers import broker_for
from trading.intents import Intent
from trading.models import Order, OrderStatus, Outcome, OutcomeStatus, Signal, SignalSource, SignalStatus
from trading.models.signals import counted_again
from trading.said import NOTHING_SAID, Said
from trading.services.facts import tell_of_signal
from trading.services.left_behind import leave_unknown, settle_left_behind
from trading.services.outcomes import end_outcomes
from trading.services.passes import Pass, run_pass
from trading.services.road import batches

LEGS = (1, 2)


def open_signal(
    *,
    signal_id: UUID,
    source: SignalSource,
    intent: Intent,
    instrument: Instrument,
    account_ids: Sequence[UUID],
    received_at: datetime,
    user_id: UUID | None = None,
    bot_id: UUID | None = None,
    group_id: UUID | None = None,
    said: Said = NOTHING_SAID,
    retry_of: Signal | None = None,
) -> Signal:
    """Store a signal and one pending outcome per account: from here on a restart knows what is left to do."""
    with transaction.atomic():
        signal = Signal.objects.create(
            id=signal_id,
            source=source,
            user_id=user_id,
            bot_id=bot_id,
            group_id=group_id,
            instrument=instrument,
            symbol=instrument.symbol,
            side=intent.side,
            size=intent.size,
            intent=intent.to_json(),
            retry_of=retry_of,
            received_at=received_at,
            **said.columns,
        )
        columns = {"id": list(islice(fresh_ids(), len(account_ids))), "account_id": account_ids}
        insert_columns(Outcome, columns, signal_id=signal.id, updated_at=received_at)
        told = {"source": source, "symbol": signal.symbol, "side": intent.side, "size": intent.size}
        told |= {"mismatch": said.mismatch} if said.mismatch else {}
        tell_of_signal(signal, "SignalOpened", now=received_at, **told, accounts=len(account_ids))
    return signal


def refuse_signal(
    *,
    signal_id: UUID,
    source: SignalSource,
    code: str,
    reason: str,
    received_at: datetime,
    now: datetime,
    user_id: UUID | None = None,
    bot_id: UUID | None = None,
    symbol: str = "",
    side: str = "",
    size: str = "",
    said: Said = NOTHING_SAID,
) -> Signal:
    """Store a signal that is refused as a whole, with its code and its sentence."""
    with transaction.atomic():
        signal = Signal.objects.create(
            id=signal_id,
            source=source,
            user_id=user_id,
            bot_id=bot_id,
            symbol=symbol[:64],
            side=side[:8],
            size=size[:64],
            status=SignalStatus.REJECTED,
            code=code,
            reason=reason[:300],
            received_at=received_at,
            finished_at=now,
            **said.columns,
        )
        tell_of_signal(signal, "SignalRefused", now=now, code=code, reason=signal.reason)
    return signal


def run_signal(signal_id: UUID, *, clock: Clock) -> Signal:
    """Trade what is still pending of a signal and close it. Running it again, or after a crash, doubles nothing.

    The signal comes back `processing` where another run of it has orders on their way.
    """
    signal = Signal.objects.select_related("instrument").get(pk=signal_id)
    if signal.status != SignalStatus.PROCESSING or signal.instrument is None:
        return signal
    settle_left_behind(signal, clock=clock)
    intent = Intent.from_json(signal.intent)
    for leg in LEGS:
        for exchange, account_ids in _pending(signal, leg).items():
            step = Pass(signal, signal.instrument, intent, leg, broker_for(exchange), clock)
            for batch in batches(account_ids):
                run_pass(step, batch)
    return _finish(signal, clock())


def give_up(signal_id: UUID, *, clock: Clock) -> None:
    """End a signal that failed again and again: what was not sent is rejected, what may have been is unknown."""
    reason = "The desk failed on this signal; the log holds why."
    with transaction.atomic():
        signal = Signal.objects.select_for_update(no_key=True).filter(pk=signal_id).first()
        if signal is None or signal.status != SignalStatus.PROCESSING:
            return
        now = clock()
        sent = _unsettled(signal).filter(_order_of_this_leg(OrderStatus.SUBMITTING))
        end_outcomes(sent, OutcomeStatus.UNKNOWN, reason, now=now)
        end_outcomes(_unsettled(signal), OutcomeStatus.REJECTED, reason, now=now)
        leave_unknown(signal, reason, now=now)
        _finish(signal, now)


def _pending(signal: Signal, leg: int) -> dict[str, list[UUID]]:
    """Return the accounts whose pass is still to come, by venue; each pass asks again under the accounts' locks."""
    rows = signal.outcomes.filter(status=OutcomeStatus.PENDING, leg=leg).order_by("account")
    by_exchange: dict[str, list[UUID]] = {}
    for account_id, exchange in rows.values_list("account", "account__exchange"):
        by_exchange.setdefault(exchange, []).append(account_id)
    return by_exchange


def _unsettled(signal: Signal) -> QuerySet[Outcome]:
    """Return the outcomes that no order decides yet. One that waits for an order at the venue is not among them."""
    ordered = _order_of_this_leg(*(set(OrderStatus) - {OrderStatus.SUBMITTING}))
    return Outcome.objects.filter(~ordered, signal=signal, status=OutcomeStatus.PENDING)


def _order_of_this_leg(*statuses: OrderStatus) -> Exists:
    return Exists(
        Order.objects.filter(
            signal=OuterRef("signal"), account=OuterRef("account"), leg=OuterRef("leg"), status__in=statuses
        )
    )


def _finish(signal: Signal, now: datetime) -> Signal:
    """Close the signal, unless another run of it did, or still has orders on their way; return it as it stands."""
    with transaction.atomic():
        signal = Signal.objects.select_for_update(no_key=True).get(pk=signal.pk)
        if signal.status != SignalStatus.PROCESSING or _unsettled(signal).exists():
            return signal
        closing = Signal.objects.filter(pk=signal.pk)
        closing.update(status=SignalStatus.PROCESSED, finished_at=now, **counted_again())
        signal.refresh_from_db(fields=["status", "success_count", "error_count", "finished_at"])
        told = {"success_count": signal.success_count, "error_count": signal.error_count}
        tell_of_signal(signal, "SignalHandled", now=now, **told)
    return signal
