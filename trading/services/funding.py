"""Funding of perpetuals: every eight hours longs pay shorts, or are paid, a share of what they hold."""

import logging
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import localcontext
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Min

from accounts.models import Transfer, TransferKind
from accounts.services.ledger import Entry, post_entries
from core.bulk import update_rows
from core.clock import Clock
from core.exact import WIDE, plain, to_money
from market.kinds import Kind
from market.models import Instrument
from market.quotes import is_stale, latest_quotes
from trading.desk import Desk
from trading.engine.money import funding
from trading.models import Funding, Position
from trading.selectors.desks import load_holdings
from trading.services.arming import ARMED, arm
from trading.services.facts import tell_of_funding
from trading.services.road import batches

logger = logging.getLogger(__name__)

PERPETUALS = (Kind.LINEAR, Kind.INVERSE)
EVERY = timedelta(hours=8)


def book_fundings(*, clock: Clock) -> int:
    """Book every funding that is due, each once however often this runs; return how many were.

    What was missed while the desk was away is booked late, at the mark of now. An instrument without a fresh price
    waits for one.
    """
    _write_down_due(clock())
    unbooked = Funding.objects.filter(booked_at=None).select_related("instrument")
    due = list(unbooked.order_by("at", "instrument__symbol"))
    for row in due:
        _book(row, clock=clock)
    return len(due)


def funding_times(after: datetime, until: datetime) -> Iterator[datetime]:
    """Yield 00:00, 08:00 and 16:00 UTC later than `after` and not later than `until`."""
    day = after.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    steps = int((until - day) / EVERY)
    yield from (at for step in range(steps + 1) if after < (at := day + step * EVERY) <= until)


def _write_down_due(now: datetime) -> None:
    """Write down the fundings since the last ones of instruments that somebody holds."""
    held = Position.objects.open().filter(instrument__kind__in=PERPETUALS).exclude(instrument__funding_rate=0)
    since = dict(held.order_by().values_list("instrument").annotate(first=Min("opened_at")))
    booked = Funding.objects.filter(instrument__in=list(since)).order_by().values_list("instrument")
    since |= {pk: max(since[pk], last) for pk, last in booked.annotate(last=Max("at"))}
    instruments = Instrument.objects.in_bulk([pk for pk, after in since.items() if any(funding_times(after, now))])
    quotes = latest_quotes(instruments.values(), now=now)
    rows = [
        Funding(instrument=instrument, at=at, rate=instrument.funding_rate, mark=quotes[pk].mid)
        for pk, instrument in instruments.items()
        if pk in quotes and not is_stale(quotes[pk], instrument, now=now)
        for at in funding_times(since[pk], now)
    ]
    Funding.objects.bulk_create(rows, ignore_conflicts=True)  # another worker may have been quicker


def _book(row: Funding, *, clock: Clock) -> None:
    held = Position.objects.open().filter(instrument=row.instrument_id, opened_at__lte=row.at)
    account_ids = sorted(held.order_by().values_list("account", flat=True))
    for batch in batches(account_ids):
        _book_accounts(row, batch, clock=clock)
    Funding.objects.filter(pk=row.pk, booked_at=None).update(booked_at=clock())


def _book_accounts(row: Funding, account_ids: Sequence[UUID], *, clock: Clock) -> None:
    reference = f"funding:{row.instrument.symbol}:{row.at:%Y-%m-%dT%H:%M}"
    with localcontext(WIDE), transaction.atomic():
        desk = load_holdings(account_ids, instruments=[row.instrument], clock=clock)
        rows = Transfer.objects.filter(account__in=account_ids, kind=TransferKind.FUNDING, reference=reference)
        paid = set(rows.values_list("account", flat=True))
        held = _held(desk, row, account_ids, but_for=paid)
        amounts = {
            position.account_id: to_money(funding(position.direction, position.size * row.mark, row.rate))
            for position in held
        }
        due = [position for position in held if amounts[position.account_id]]
        for position in due:
            position.funding += amounts[position.account_id]
        entries = [Entry(pk, TransferKind.FUNDING, amount, reference) for pk, amount in amounts.items() if amount]
        if not entries:
            return
        post_entries(entries, accounts=desk.accounts, now=desk.now)
        changed = {position.id: position for position in (*due, *arm(desk, [entry.account_id for entry in entries]))}
        update_rows(Position, list(changed.values()), ["funding", *ARMED])
        tell_of_funding(due, amounts, row.instrument, accounts=desk.accounts, now=desk.now)
    logger.info("funding of %s: %d accounts at %s", row.instrument.symbol, len(entries), plain(row.mark))


def _held(desk: Desk, row: Funding, account_ids: Sequence[UUID], *, but_for: Collection[UUID]) -> list[Position]:
    """Return the positions that were there at the time of the funding and have not paid or received it."""
    present = [pk for pk in account_ids if pk in desk.accounts and desk.accounts[pk].is_paper and pk not in but_for]
    held = [desk.position(pk, row.instrument_id) for pk in present]
    return [position for position in held if position is not None and position.opened_at <= row.at]
