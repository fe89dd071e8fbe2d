"""Prices of Bybit's public API: one request for each category of markets, of options one for each coin."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from core.breaker import Breaker
from core.clock import Clock
from market.kinds import Kind
from market.sources.addresses import base_url
from market.sources.base import Quote
from market.sources.bybit_tickers import CATEGORIES, VENUE, market_of_instrument, read_prices, read_tickers
from market.sources.http import JsonClient
from market.sources.left_out import LeftOut
from market.sources.polling import Asked, PolledSource, TickerCategory
from market.sources.server_clock import ServerClock


class BybitCategory:
    """Asks for the tickers of one category; used by one thread at a time, its breaker by any."""

    def __init__(self, name: str, *, client: JsonClient, breaker: Breaker) -> None:
        self.name = name
        self.breaker = breaker
        self._client = client
        self._server_clock = ServerClock()
        self._left_out = LeftOut(f"Bybit {name} has no sound price of")

    def ask(self, wanted: Sequence[Asked], *, clock: Clock) -> list[Quote]:
        """Return the quotes of those that Bybit gives sound prices of. Raises SourceDown, SourceBusy."""
        found = [quote for asked in self._requests(wanted) for quote in self._ask_once(asked, clock=clock)]
        quoted = {quote.instrument_id for quote in found}
        self._left_out.note(
            missing=[each.symbol for each in wanted if each.instrument.id not in quoted],
            sound=[each.symbol for each in wanted if each.instrument.id in quoted],
        )
        return found

    def _requests(self, wanted: Sequence[Asked]) -> list[list[Asked]]:
        if self.name != Kind.OPTION:
            return [list(wanted)]
        by_base: dict[str, list[Asked]] = defaultdict(list)
        for each in wanted:
            by_base[each.instrument.base].append(each)
        return list(by_base.values())

    def _ask_once(self, wanted: Sequence[Asked], *, clock: Clock) -> list[Quote]:
        told = self._client.get(
            f"{base_url(VENUE)}/v5/market/tickers", {"category": self.name, **self._narrowed(wanted)}
        )
        received_at = clock()
        tickers = read_tickers(told, category=self.name)
        at = self._server_clock.on_ours(tickers.server_time, received_at=received_at)
        prices = {each.instrument.id: read_prices(tickers.rows.get(each.symbol), category=self.name) for each in wanted}
        return [
            Quote(instrument_id=pk, bid=found.bid, ask=found.ask, last=found.last, at=at)
            for pk, found in prices.items()
            if found
        ]

    def _narrowed(self, wanted: Sequence[Asked]) -> dict[str, str]:
        """Return what the answer is narrowed to: without it, it is every market, half a megabyte."""
        if len(wanted) == 1:
            return {"symbol": wanted[0].symbol}
        return {"baseCoin": wanted[0].instrument.base} if self.name == Kind.OPTION else {}


class BybitSource(PolledSource):
    """Bybit's tickers: spot, linear, inverse, option."""

    def __init__(self, categories: Iterable[TickerCategory] | None = None) -> None:
        made = categories or [
            BybitCategory(name, client=JsonClient(), breaker=Breaker(f"Bybit {name}")) for name in CATEGORIES
        ]
        super().__init__(VENUE, made, market_of=market_of_instrument)

    def covers(self, *, kind: str, base: str, quote: str) -> bool:
        """Say whether Bybit's tickers have markets of this kind."""
        return kind in CATEGORIES
