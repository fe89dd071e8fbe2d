"""What many accounts are worth and hold at one moment, without locks: a fixed number of statements for all of them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import FilteredRelation, Q, Sum

from accounts.models.trading_accounts import TradingAccountQuerySet
from core.exact import to_money
from market.models import Instrument
from market.quotes import Quote, latest_quotes
from trading.engine.money import unrealized_profit
from trading.models import Position, PositionSide

_NOTHING = Decimal(0)
_ACCOUNT = ("pk", "owner", "name", "currency", "deleted_at", "balance", "net_deposits")
_HELD = ("held__instrument", "held__side", "held__size", "held__entry_cost")


@dataclass(frozen=True, slots=True)
class Holding:
    """An open position: its notional at `mark`, the mid price, and its open profit. At cost without a quote."""

    instrument_id: UUID
    symbol: str
    notional: Decimal
    profit: Decimal
    mark: Decimal | None

    @property
    def is_priced(self) -> bool:
        return self.mark is not None


@dataclass(slots=True)
class Surveyed:
    """One account: money in its currency. One that is deleted holds nothing, but what it won or lost stays so."""

    account_id: UUID
    owner_id: UUID
    name: str
    currency: str
    is_living: bool
    balance: Decimal
    net_deposits: Decimal
    holdings: list[Holding] = field(default_factory=list)

    @property
    def equity(self) -> Decimal:
        """Balance and open profit; nothing once it is deleted."""
        return self.balance + self.open_profit if self.is_living else _NOTHING

    @property
    def pnl(self) -> Decimal:
        """All that was won or lost since the account was opened, open profit included. Signed."""
        return self.balance + self.open_profit - self.net_deposits

    @property
    def is_priced(self) -> bool:
        return all(holding.is_priced for holding in self.holdings)

    @property
    def open_profit(self) -> Decimal:
        return sum((holding.profit for holding in self.holdings), _NOTHING)


def survey(accounts: TradingAccountQuerySet, *, now: datetime) -> dict[UUID, Surveyed]:
    """Return what accounts are worth, by id, with positions at the newest mid prices.

    Balances and positions come of one statement: between two of them a fill would be a profit or a loss.
    """
    held = FilteredRelation("positions", condition=Q(positions__is_open=True))
    rows = list(accounts.annotate(held=held).order_by("pk", "held__instrument").values_list(*_ACCOUNT, *_HELD))
    instruments, quotes = _prices({row[len(_ACCOUNT)] for row in rows} - {None}, now=now)
    found: dict[UUID, Surveyed] = {}
    for pk, owner, name, currency, deleted_at, balance, net_deposits, instrument_id, side, size, entry_cost in rows:
        account = found.setdefault(pk, Surveyed(pk, owner, name, currency, deleted_at is None, balance, net_deposits))
        if instrument_id is not None:
            quote = quotes.get(instrument_id)
            account.holdings.append(_holding(instruments[instrument_id], side, size, entry_cost, quote))
    return found


def profits_by_instrument(instrument_ids: Collection[UUID], *, now: datetime) -> dict[UUID, Decimal]:
    """Return all that was won or lost in instruments, on every account: booked after fees and funding, and open.

    One that has open positions and no quote is absent.
    """
    instruments, quotes = _prices(instrument_ids, now=now)
    profits = dict.fromkeys(instruments, _NOTHING)
    for row in _by_account(instruments):
        instrument_id = row["instrument"]
        quote = quotes.get(instrument_id)
        if row["is_open"] and quote is None:
            profits.pop(instrument_id, None)
        if instrument_id in profits:
            open_profit = _holding(instruments[instrument_id], row["side"], row["held"], row["cost"], quote).profit
            profits[instrument_id] += row["realized"] - row["fees"] + row["funded"] + open_profit
    return profits


def _by_account(instrument_ids: Collection[UUID]) -> Iterable[dict[str, Any]]:
    """Sum positions up by account: a column's 64 bits hold what one of them has, not what all have together."""
    rows = Position.objects.filter(instrument__in=list(instrument_ids)).order_by()
    return rows.values("account", "instrument", "side", "is_open").annotate(
        realized=Sum("realized_pnl"),
        fees=Sum("fee"),
        funded=Sum("funding"),
        held=Sum("size"),
        cost=Sum("entry_cost"),
    )


def _prices(instrument_ids: Collection[UUID], *, now: datetime) -> tuple[dict[UUID, Instrument], dict[UUID, Quote]]:
    instruments = Instrument.objects.in_bulk(list(instrument_ids))
    return instruments, latest_quotes(list(instruments.values()), now=now)


def _holding(instrument: Instrument, side: str, size: Decimal, entry_cost: Decimal, quote: Quote | None) -> Holding:
    if quote is None:
        return Holding(instrument.id, instrument.symbol, entry_cost, _NOTHING, mark=None)
    profit = to_money(unrealized_profit(PositionSide(side).direction, size, entry_cost, quote.mid))
    return Holding(instrument.id, instrument.symbol, to_money(size * quote.mid), profit, mark=quote.mid)
