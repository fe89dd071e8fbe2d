"""Which key of an alert means what: the names seen in real alerts, and which objects inside one are searched."""

from collections.abc import Mapping
from enum import Enum

from webhooks.reading.alerts import Reason


class Field(Enum):
    """What a field is about, whatever its author called it: its names, the preferred first, and its refusal's code.

    `volume` is no name of a quantity: TradingView's {{volume}} is what the whole market traded in the bar.
    `id` and `order_id` are no names of an alert's id: strategies send the same one with every alert.
    `time` is no name of the moment of firing: it is the time of the bar.
    """

    BOT_NAME = Reason.INVALID_NAME, "botname bot"
    BOT_ID = Reason.INVALID_NAME, "botid botuuid"
    ALERT_ID = Reason.INVALID_NAME, "alertid idempotencykey eventid signalid"

    ACTION = Reason.UNKNOWN_SIDE, "side action orderaction strategyorderaction orderside direction event"
    HINT = Reason.UNKNOWN_SIDE, "type signal order data position"
    POSITION_SIDE = Reason.UNKNOWN_SIDE, "positionside posside"
    MARKET_POSITION = Reason.UNKNOWN_SIDE, "marketposition strategymarketposition"
    PREV_MARKET_POSITION = Reason.UNKNOWN_SIDE, "prevmarketposition previousmarketposition strategyprevmarketposition"
    REDUCE_ONLY = Reason.INVALID_FLAG, "reduceonly closeonly closeposition"
    DO_TRADE = Reason.INVALID_FLAG, "dotrade"

    SYMBOL = Reason.NO_SYMBOL, "symbol ticker tickerid pair instrument"

    SIZE = Reason.INVALID_SIZE, "size"
    AMOUNT = Reason.INVALID_SIZE, "amount"
    QUANTITY = (
        Reason.INVALID_SIZE,
        "contracts ordercontracts strategyordercontracts qty quantity orderqty orderquantity ordersize units",
    )
    RISK_PERCENT = Reason.INVALID_SIZE, "riskpercent riskpct"
    EQUITY_PERCENT = Reason.INVALID_SIZE, "equitypercent percentequity percentofequity sizepercent sizepct"
    POSITION_SIZE = Reason.INVALID_SIZE, "positionsize strategypositionsize"
    MARKET_POSITION_SIZE = Reason.INVALID_SIZE, "marketpositionsize strategymarketpositionsize"
    PREV_MARKET_POSITION_SIZE = Reason.INVALID_SIZE, "prevmarketpositionsize strategyprevmarketpositionsize"
    SIZE_TYPE = Reason.INVALID_SIZE, "sizetype positionsizetype amounttype quantitytype qtytype"
    UNCLEAR_SIZE = (
        Reason.INVALID_SIZE,
        "risk riskpercentage lot lots lotsize amountpertrade amountusd amountusdt sizeusd sizeusdt notional quoteqty",
    )
    LEVERAGE = Reason.INVALID_LEVERAGE, "leverage lev"

    ORDER_TYPE = Reason.INVALID_ORDER_TYPE, "ordertype"
    PRICE = Reason.INVALID_PRICE, "orderprice entryprice entry price"
    LIMIT_PRICE = Reason.INVALID_PRICE, "limitprice"
    STOP_PRICE = Reason.INVALID_PRICE, "stopprice"
    TAKE_PROFIT = (
        Reason.INVALID_PRICE,
        "takeprofit tp target takeprofitprice tpprice targetprice tp1 tp2 tp3 tp4 takeprofit1 takeprofit2 takeprofit3",
    )
    TAKE_PROFIT_PERCENT = Reason.INVALID_PRICE, "takeprofitpercent takeprofitpct tppercent tppct"
    STOP_LOSS = Reason.INVALID_PRICE, "stoploss sl stop stoplossprice slprice"
    STOP_LOSS_PERCENT = Reason.INVALID_PRICE, "stoplosspercent stoplosspct slpercent slpct"

    FIRED_AT = Reason.INVALID_TIME, "timenow firedat timestamp"
    MAX_LAG = Reason.INVALID_TIME, "maxlag"

    def __init__(self, reason: Reason, names: str) -> None:
        self.reason = reason
        self.names = tuple(names.split())


Names = Mapping[str, Field]

FLAGS = frozenset({Field.DO_TRADE, Field.REDUCE_ONLY})
# Fields that tell the reader something, and are kept as extra even where they helped to understand another.
INFORMATION = (
    *(Field.HINT, Field.UNCLEAR_SIZE, Field.SIZE_TYPE),
    *(Field.POSITION_SIZE, Field.MARKET_POSITION_SIZE, Field.PREV_MARKET_POSITION_SIZE),
)

SIZES = (Field.SIZE, Field.AMOUNT, Field.QUANTITY, Field.RISK_PERCENT, Field.EQUITY_PERCENT)

ANYWHERE: Names = {name: meaning for meaning in Field for name in meaning.names}
_EXITS = {Field.TAKE_PROFIT, Field.TAKE_PROFIT_PERCENT, Field.STOP_LOSS, Field.STOP_LOSS_PERCENT}
# Under `plot` stand the lines of a chart: there stop_price and limit_price are the exits, and nothing is an order.
_IN_PLOT: Names = {name: meaning for name, meaning in ANYWHERE.items() if meaning in _EXITS} | {
    "stopprice": Field.STOP_LOSS,
    "limitprice": Field.TAKE_PROFIT,
}
_IN_STRATEGY_INFO: Names = {
    name: meaning
    for name, meaning in ANYWHERE.items()
    if meaning
    in {
        *(Field.MARKET_POSITION, Field.PREV_MARKET_POSITION),
        *(Field.MARKET_POSITION_SIZE, Field.PREV_MARKET_POSITION_SIZE),
    }
}
_IN_BAR: Names = dict.fromkeys(Field.SYMBOL.names, Field.SYMBOL)
CONTAINERS: Mapping[str, Names] = {
    "strategy": ANYWHERE,
    "order": ANYWHERE,
    "tv": ANYWHERE,
    "executionintent": ANYWHERE,
    "strategyinfo": _IN_STRATEGY_INFO,
    "plot": _IN_PLOT,
    "bar": _IN_BAR,
}
