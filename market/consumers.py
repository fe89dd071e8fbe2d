"""The socket of one market: its newest price at once, then every new one, at most four a second."""

from typing import Any

from channels.db import database_sync_to_async
from django.utils import timezone

from accounts.consumers import BadMessage, PersonalConsumer
from accounts.sockets import Caller
from core.errors import Missing
from core.streams.broadcast import receiver
from core.streams.sockets import text_message
from market.kinds import Kind
from market.models import Instrument
from market.quotes import latest_quotes
from market.selectors.instruments import find_instrument
from market.ticks import tick, topic_of


class MarketTicks(PersonalConsumer):
    """`/api/v1/ws/market/{symbol}`: any spelling of a symbol, `?category=` where a name is not enough; ping."""

    topic = ""
    _instrument: Instrument

    async def may_enter(self, caller: Caller) -> bool:
        """Let in whoever asks for a market that there is: prices are for every role."""
        symbol, category = self.scope["url_route"]["kwargs"]["symbol"], self.query.get("category", [None])[0]
        try:
            self._instrument = await _find(symbol, category)
        except Missing:
            return False
        return True

    async def entered(self) -> None:
        newest = await _newest(self._instrument)
        self.topic = topic_of(self._instrument.pk)
        if newest is not None:
            self.outbound.offer_newest(self.topic, text_message(newest))
        receiver().join(self.outbound, self.topic)

    async def obey(self, message: dict[str, Any]) -> None:
        if message.get("type") != "ping":
            raise BadMessage("The type of a message is ping.", code="UNKNOWN_TYPE")
        await self.tell({"type": "pong"})

    async def left(self) -> None:
        if self.topic:
            await receiver().leave(self.outbound, self.topic)


@database_sync_to_async
def _find(symbol: str, category: str | None) -> Instrument:
    kind = category.lower() if category else None
    if kind is not None and kind not in Kind.values:
        raise Missing("There is no such category.")
    return find_instrument(symbol, only_kind=kind)


@database_sync_to_async
def _newest(instrument: Instrument) -> str | None:
    quote = latest_quotes([instrument], now=timezone.now()).get(instrument.pk)
    return None if quote is None else tick(instrument, quote)
