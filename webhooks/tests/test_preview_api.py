"""POST /trading/preview: what it says is what trading then does, and it leaves no trace."""

import json
from decimal import Decimal

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Share, TradingAccount, UserSession
from bots.models import Bot, BotStatus
from bots.services.bots import change_status, create_bot, webhook_key
from bots.services.connections import connect_account, connect_group
from core.exact import plain
from groups.services.membership import create_group
from market.models import Instrument
from trading.models import LimitType, Order, OrderSide, Outcome, Position, RiskLimit, ScopeType, SwitchState
from trading.services.orders import OrderRequest, place_order
from trading.services.scopes import turn_switch
from webhooks.models import Delivery, Proof
from webhooks.senders import Sender
from webhooks.services.handling import work_inbox
from webhooks.services.inbox import Origin, take

# Prices slip here: what is drawn for a preview is what is drawn for the trade.
pytestmark = pytest.mark.usefixtures("market_at_one_moment")

DOOR = "/api/v1/trading/preview"
ORDER = {"symbol": "BTCUSDT", "side": "buy", "quantity": "0.1", "leverage": 10}
TRADE = {"symbol": "BTCUSDT", "side": "buy", "risk_percentage": 10, "leverage": 5}
ALERT = {"symbol": "BTCUSDT", "side": "buy", "size": "10%", "leverage": 5, "stop_loss": "2%", "takeprofit": "60000"}
LEG_FIELDS = ("quantity", "average_price", "filled_quantity", "leverage", "stop_loss", "take_profit", "side")


@pytest.fixture
def market_at_one_moment(still_market):
    """Quotes that stay as old as they are: slippage is drawn from their time."""
    still_market.at = timezone.now()
    still_market.set("BTCUSDT", "49990", "50010")
    return still_market


@pytest.fixture
def accounts(tom, account_of):
    return [account_of(tom, name="a"), account_of(tom, name="b", balance="20000", seed=2)]


@pytest.fixture
def account(accounts):
    return accounts[0]


@pytest.fixture
def hold(btcusdt):
    """Let an account hold 0.1 BTC: `hold(account, "sell")`."""

    def place(account, side):
        request = OrderRequest(btcusdt, OrderSide(side), Decimal("0.1"), leverage=10)
        return place_order(account, request=request, clock=timezone.now)

    return place


@pytest.fixture
def group(ada, accounts):
    return create_group(name="Desk", created_by=ada, accounts=accounts)


@pytest.fixture
def bot(tom, accounts):
    bot = create_bot(owner=tom, name="Badger", symbol="BTCUSDT", config={})
    for account in accounts:
        connect_account(bot, account)
    return change_status(bot.id, BotStatus.ACTIVE)


@pytest.fixture
def api(tom, client_of):
    return client_of(tom)


@pytest.fixture
def admin(ada, client_of):
    return client_of(ada)


def all_rows():
    """Return every row of the desk's own tables but sessions: who asks is seen there."""
    labels = ("core", "accounts", "market", "groups", "bots", "trading", "webhooks")
    models = [model for label in labels for model in apps.get_app_config(label).get_models()]
    kept = [model for model in models if model is not UserSession]
    return {model.__name__: list(model._default_manager.order_by("pk").values_list()) for model in kept}


def asked(client, **body):
    """Ask, and see that nothing was written."""
    before = all_rows()
    answer = client.post(DOOR, body)
    assert all_rows() == before
    return answer


def leg_of(order):
    return {name: plain(value) if isinstance(value, Decimal) else value for name, value in _facts(order).items()}


def _facts(order):
    return {**{name: getattr(order, name) for name in LEG_FIELDS}, "fee": order.commission}


def shown(leg):
    return {name: leg[name] for name in (*LEG_FIELDS, "fee")}


def orders():
    return [leg_of(order) for order in Order.objects.filter(signal__isnull=False).order_by("account__name", "leg")]


def legs(preview):
    return [shown(leg) for result in preview["results"] for leg in result["legs"]]


def verdicts(preview):
    return [(row["account_name"], row["status"], row["code"], row["reason"]) for row in preview["results"]]


def outcomes():
    rows = Outcome.objects.order_by("-signal__received_at", "account__name").select_related("account")
    newest = [row for row in rows if row.signal_id == rows[0].signal_id]
    return [(row.account.name, row.status, row.code, row.reason) for row in newest]


def traces():
    return [row.trace for row in Outcome.objects.order_by("account__name")]


# orders


@pytest.mark.parametrize(
    ("in_force", "sentence"), [("gtc", "Waits to buy 0.1 BTC at 40000."), ("ioc", "Nothing was bought.")]
)
def test_an_order_that_is_not_met_says_what_it_waits_for(api, account, in_force, sentence):
    limit = {"order_type": "limit", "price": "40000", "time_in_force": in_force, "account_id": str(account.pk)}
    answer = asked(api, order=ORDER | limit)
    assert [result["reason"] for result in answer.json()["results"]] == [sentence]


def place(client, account, **body):
    return client.post("/api/v1/orders", {**ORDER, **body, "account_id": str(account.id)})


def order_preview(client, account, **body):
    return asked(client, order={**ORDER, **body, "account_id": str(account.id)})


ORDERS = [
    {},
    {"side": "sell", "leverage": 3},
    {"stop_loss": "49000", "take_profit": "52000"},
    {"quantity": "1.3", "leverage": 100},
    {"order_type": "limit", "price": "49000"},
    {"order_type": "limit", "price": "51000"},
    {"order_type": "stop", "stop_price": "51000"},
    {"time_in_force": "ioc", "order_type": "limit", "price": "49000"},
]


@pytest.mark.parametrize("body", ORDERS, ids=str)
def test_an_order_does_what_its_preview_says(api, account, body):
    preview = order_preview(api, account, **body).json()
    placed = place(api, account, **body).json()
    [result] = preview["results"]
    assert (preview["status"], result["status"]) == ("accepted", placed["status"])
    order = Order.objects.get()
    assert {**shown(result["legs"][0]), "fee": ""} == {**leg_of(order), "fee": ""}
    position = Position.objects.first()
    tied = order.margin + (position.entry_cost / position.leverage if position else 0)
    assert Decimal(result["margin"]) == round(tied, 8)


def test_the_fee_of_an_order_is_told(api, account):
    leg = order_preview(api, account).json()["results"][0]["legs"][0]
    assert leg["fee"] == place(api, account).json()["commission"]
    assert leg["price"] == leg["average_price"]


@pytest.mark.parametrize(
    ("body", "decision"),
    [
        ({"side": "buy"}, "open"),
        ({"side": "sell", "quantity": "0.05"}, "close"),
        ({"side": "sell"}, "close"),
        ({"side": "sell", "quantity": "0.3"}, "close_then_open"),
        ({"side": "sell", "reduce_only": True, "quantity": "5"}, "close"),
    ],
    ids=str,
)
def test_on_a_position_it_tells_what_becomes_of_it(api, account, hold, body, decision):
    hold(account, "buy")
    [result] = order_preview(api, account, **body).json()["results"]
    placed = place(api, account, **body).json()
    assert (result["decision"], result["status"]) == (decision, "filled")
    assert result["legs"][0]["average_price"] == placed["average_price"]
    held = Position.objects.open().first()
    assert Decimal(result["margin"]) == (round(held.entry_cost / held.leverage, 8) if held else 0)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"quantity": "100"}, "INSUFFICIENT_MARGIN"),
        ({"quantity": "1", "symbol": "SPX-FUT"}, "STALE_QUOTE"),
        ({"reduce_only": True}, "NOTHING_TO_REDUCE"),
        ({"stop_loss": "51000"}, "INVALID_STOP_LOSS"),
        ({"order_type": "limit", "price": "51000", "post_only": True}, "POST_ONLY_WOULD_TAKE"),
    ],
    ids=str,
)
def test_what_plan_refuses_it_refuses_with_the_same_words(api, account, body, code):
    preview, refusal = order_preview(api, account, **body), place(api, account, **body).json()
    [result] = preview.json()["results"]
    assert (preview.status_code, result["status"], result["legs"], result["margin"]) == (200, "rejected", [], None)
    assert (result["code"], result["reason"]) == (code, refusal["detail"]) == (refusal["code"], result["reason"])


def test_a_limit_shows_its_verdict(api, account):
    RiskLimit.objects.create(
        scope_type=ScopeType.ACCOUNT, scope_id=account.id, limit_type=LimitType.POSITION_SIZE, limit_value=5500
    )
    [ok] = order_preview(api, account).json()["results"]
    [breach] = order_preview(api, account, quantity="0.2").json()["results"]
    found = [[line["verdict"] for line in each["checks"] if line["step"] == "limit"] for each in (ok, breach)]
    assert (found, breach["code"]) == ([["warning"], ["breach"]], "POSITION_SIZE_LIMIT")


LIMITS = [("order_size", 4000), ("exposure", 4000), ("leverage", 5), ("open_positions", "0.5"), ("order_rate", "0.5")]


@pytest.mark.parametrize(("limit_type", "value"), LIMITS)
def test_every_limit_says_the_same_before_and_at_trading(api, account, limit_type, value):
    RiskLimit.objects.create(
        scope_type=ScopeType.ACCOUNT, scope_id=account.id, limit_type=limit_type, limit_value=value
    )
    [result] = order_preview(api, account).json()["results"]
    refusal = place(api, account).json()
    assert (result["code"], result["reason"]) == (refusal["code"], refusal["detail"])
    assert result["checks"][-1]["verdict"] == "breach"


def test_a_halt_is_told(api, account):
    turn_switch(ScopeType.ACCOUNT, account.id, state=SwitchState.HALTED, reason="test")
    assert order_preview(api, account).json()["results"][0]["code"] == "HALTED"


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("order.quantity", {"quantity": "0"}),
        ("order.side", {"side": "up"}),
        ("order.colour", {"colour": "blue"}),
        ("price", {"order_type": "limit"}),
        ("quantity", {"quantity": "0.0001"}),
    ],
    ids=str,
)
def test_a_wrong_field_is_a_422_that_names_it(api, account, field, body):
    answer = order_preview(api, account, **body)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])


def test_a_client_order_id_that_is_taken_is_the_same_409(api, account):
    place(api, account, client_order_id="mine")
    answer = order_preview(api, account, client_order_id="mine")
    assert (answer.status_code, answer.json()["code"]) == (409, "DUPLICATE_CLIENT_ORDER_ID")


def test_an_hold_a_bot_with_one_account_needs_no_account(api, tom, account):
    lone = create_bot(owner=tom, name="Lone", symbol="BTCUSDT", config={})
    connect_account(lone, account)
    body = asked(api, order={**ORDER, "bot_id": str(lone.id)}).json()
    assert body["results"][0]["account_id"] == str(account.id)


def test_a_bot_with_more_accounts_has_to_be_told(api, bot):
    assert asked(api, order={**ORDER, "bot_id": str(bot.id)}).json()["code"] == "ACCOUNT_REQUIRED"


# group trades


def trade(client, group, **body):
    return client.post(f"/api/v1/trading/group/{group.id}/execute", {**TRADE, **body})


def trade_preview(client, group, **body):
    return asked(client, group_trade={**TRADE, **body, "group_id": str(group.id)})


TRADES = [
    {},
    {"side": "short", "risk_percentage": "3.33"},
    {"stop_loss": "2%", "take_profit": 55000},
    {"leverage": 100, "risk_percentage": 100},
    {"side": "close"},
]


@pytest.mark.parametrize("body", TRADES, ids=str)
def test_a_group_trade_does_what_its_preview_says(admin, group, body):
    preview = trade_preview(admin, group, **body).json()
    done = trade(admin, group, **body).json()
    assert (verdicts(preview), legs(preview)) == (outcomes(), orders())
    assert [row["checks"] for row in preview["results"]] == traces()
    assert (preview["success_count"], preview["error_count"]) == (done["success_count"], done["error_count"])


def test_a_reversal_shows_both_legs(admin, group, accounts, hold):
    hold(accounts[0], "sell")
    preview = trade_preview(admin, group).json()
    trade(admin, group)
    assert [row["decision"] for row in preview["results"]] == ["close_then_open", "open"]
    assert (verdicts(preview), legs(preview)) == (outcomes(), orders())
    assert [row["checks"] for row in preview["results"]] == traces()
    held = Position.objects.open().get(account=accounts[0])
    assert Decimal(preview["results"][0]["margin"]) == round(held.entry_cost / held.leverage, 8)


def test_a_reversal_whose_opening_is_refused_tells_what_the_first_leg_does(admin, group, accounts, hold):
    hold(accounts[0], "sell")
    TradingAccount.objects.filter(pk=accounts[0].id).update(max_leverage=2)
    preview = trade_preview(admin, group).json()
    trade(admin, group)
    first = preview["results"][0]
    assert (first["code"], len(first["legs"]), first["margin"]) == ("LEVERAGE_TOO_HIGH", 1, "0")
    assert (verdicts(preview), legs(preview)) == (outcomes(), orders())


def test_the_second_leg_counts_the_order_of_the_first(admin, group, accounts, hold):
    hold(accounts[0], "sell")
    RiskLimit.objects.create(
        scope_type=ScopeType.GROUP, scope_id=group.id, limit_type=LimitType.ORDER_RATE, limit_value=2
    )
    preview = trade_preview(admin, group).json()
    trade(admin, group)
    assert (verdicts(preview), legs(preview)) == (outcomes(), orders())
    assert [len(row["legs"]) for row in preview["results"]] == [1, 1]


def test_where_the_market_takes_a_part_only_that_is_told(admin, group, accounts, hold):
    hold(accounts[0], "sell")
    Instrument.objects.filter(symbol="BTCUSDT").update(liquidity="0.04")
    preview = trade_preview(admin, group).json()
    trade(admin, group)
    assert (verdicts(preview), [row["status"] for row in preview["results"]]) == (outcomes(), ["partially_filled"] * 2)
    assert legs(preview)[0]["filled_quantity"] == orders()[0]["filled_quantity"] == "0.04"


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"max_leverage": 2}, ["LEVERAGE_TOO_HIGH", ""]),
        ({"balance": "1"}, ["BELOW_MINIMUM", ""]),
        ({"currency": "EUR"}, ["CURRENCY_MISMATCH", ""]),
    ],
    ids=str,
)
def test_what_one_account_refuses_is_told_of_it(admin, group, accounts, change, codes):
    TradingAccount.objects.filter(pk=accounts[0].id).update(**change)
    preview = trade_preview(admin, group).json()
    trade(admin, group)
    assert ([row["code"] for row in preview["results"]], verdicts(preview)) == (codes, outcomes())


@pytest.mark.parametrize("code", ["HALTED", "GROUP_EMPTY"])
def test_what_is_refused_as_a_whole_has_no_results(admin, group, code):
    if code == "HALTED":
        turn_switch(ScopeType.GROUP, group.id, state=SwitchState.HALTED, reason="test")
    else:
        TradingAccount.objects.update(is_active=False)
    body, refusal = trade_preview(admin, group).json(), trade(admin, group).json()
    assert (body["status"], body["code"], body["results"]) == ("rejected", code, [])
    assert (body["code"], body["reason"]) == (refusal["code"], refusal["detail"])


def test_a_group_trade_without_a_size_is_a_422(admin, group):
    answer = trade_preview(admin, group, risk_percentage=None)
    assert list(answer.json()["errors"]) == ["group_trade.risk_percentage"]


# alerts


def fire(bot, raw):
    sender = Sender(bot, Proof.BODY_SECRET, (webhook_key(bot),))
    take(raw, sender=sender, origin=Origin(None, ""), now=timezone.now())
    work_inbox(bot.id, clock=timezone.now)
    return Delivery.objects.get()


def alert_preview(client, bot, body):
    return asked(client, alert={"bot_id": str(bot.id), "body": body})


@pytest.mark.parametrize(
    "body",
    [
        ALERT,
        {**ALERT, "size": 0.05},
        {**ALERT, "size": "risk 1%", "side": "short", "takeprofit": None},
        {"symbol": "BTCUSDT", "side": "close"},
        json.dumps(ALERT),
        "symbol=BTCUSDT side=sell size=0.02",
    ],
    ids=str,
)
def test_an_alert_does_what_its_preview_says(api, bot, body):
    body = {name: value for name, value in body.items() if value is not None} if isinstance(body, dict) else body
    preview = alert_preview(api, bot, body).json()
    fire(bot, body.encode() if isinstance(body, str) else json.dumps(body).encode())
    assert (verdicts(preview), legs(preview)) == (outcomes(), orders())
    assert [row["checks"] for row in preview["results"]] == traces()


@pytest.mark.parametrize(
    ("config", "decision", "code"),
    [
        ({"on_opposite": "ignore"}, "nothing", "OPPOSITE_IGNORED"),
        ({"on_opposite": "close"}, "close", ""),
        ({"on_opposite": "reverse"}, "close_then_open", ""),
    ],
    ids=str,
)
def test_the_bots_rules_decide_on_an_account_that_holds_something(api, bot, accounts, hold, config, decision, code):
    hold(accounts[0], "sell")
    Bot.objects.update(config=config)
    preview = alert_preview(api, bot, ALERT).json()
    fire(bot, json.dumps(ALERT).encode())
    first = preview["results"][0]
    assert (first["decision"], first["code"]) == (decision, code)
    assert (verdicts(preview), legs(preview)) == (outcomes(), orders())


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({**ALERT, "symbol": "ETHUSDT"}, "SYMBOL_NOT_ALLOWED"),
        ({**ALERT, "symbol": "NONE"}, "UNKNOWN_SYMBOL"),
        ({"symbol": "BTCUSDT", "side": "buy"}, "NO_SIZE"),
        ({**ALERT, "timenow": "2020-01-01T00:00:00Z"}, "STALE_ALERT"),
        ({**ALERT, "side": "up"}, "UNKNOWN_SIDE"),
        ({"symbol": "BTCUSDT"}, "NO_SIDE"),
        ({**ALERT, "size": "lots"}, "INVALID_SIZE"),
        ("{{strategy.order.action}}", "NO_SIDE"),
    ],
    ids=str,
)
def test_an_alert_that_would_not_be_traded_says_why(api, bot, body, code):
    preview = alert_preview(api, bot, body).json()
    delivery = fire(bot, body.encode() if isinstance(body, str) else json.dumps(body).encode())
    assert (preview["status"], preview["results"]) == ("rejected", [])
    assert (preview["code"], preview["reason"]) == (delivery.code, delivery.reason)
    assert preview["code"] == code or isinstance(body, str)


@pytest.mark.parametrize("status", [BotStatus.PAUSED, BotStatus.STOPPED])
def test_a_bot_that_does_not_trade_says_so(api, bot, status):
    change_status(bot.id, status)
    assert alert_preview(api, bot, ALERT).json()["code"] == "BOT_NOT_ACTIVE"


def test_a_key_in_the_alert_is_struck_out_as_the_inbox_does(api, bot):
    body = {**ALERT, "secret": webhook_key(bot)}
    preview = alert_preview(api, bot, body)
    fire(bot, json.dumps(body).encode())
    assert verdicts(preview.json()) == outcomes()
    assert webhook_key(bot) not in preview.content.decode()


def test_not_even_a_refusal_repeats_the_key(api, bot):
    body = {**ALERT, "side": webhook_key(bot)}
    preview, delivery = alert_preview(api, bot, body).json(), fire(bot, json.dumps(body).encode())
    assert (preview["code"], preview["reason"]) == ("UNKNOWN_SIDE", delivery.reason)
    assert webhook_key(bot) not in preview["reason"]


def test_a_switch_of_the_bot_stops_its_alerts(api, bot):
    turn_switch(ScopeType.BOT, bot.id, state=SwitchState.HALTED, reason="test")
    preview = alert_preview(api, bot, ALERT).json()
    fire(bot, json.dumps(ALERT).encode())
    assert ({row["code"] for row in preview["results"]}, verdicts(preview)) == ({"HALTED"}, outcomes())


def test_a_group_of_the_bot_is_among_its_accounts(api, tom, group):
    grouped = create_bot(owner=tom, name="Grouped", symbol="BTCUSDT", config={})
    connect_group(grouped, group)
    change_status(grouped.id, BotStatus.ACTIVE)
    assert alert_preview(api, grouped, ALERT).json()["success_count"] == 2


@pytest.mark.parametrize("body", [5, None, [], True])
def test_what_is_no_alert_at_all_is_a_422(api, bot, body):
    assert list(alert_preview(api, bot, body).json()["errors"]) == ["alert.body"]


def test_an_alert_that_no_webhook_takes_is_a_422(api, bot, settings):
    settings.WEBHOOK_BODY_LIMIT = 100
    assert list(alert_preview(api, bot, "x" * 101).json()["errors"]) == ["alert.body"]


# who may ask, and at what cost


@pytest.mark.parametrize("names", [(), ("order", "alert"), ("order", "group_trade", "alert")])
def test_exactly_one_thing_is_asked(api, account, group, bot, names):
    bodies = {
        "order": {**ORDER, "account_id": str(account.id)},
        "group_trade": {**TRADE, "group_id": str(group.id)},
        "alert": {"bot_id": str(bot.id), "body": ALERT},
    }
    answer = asked(api, **{name: bodies[name] for name in names})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["order"])


@pytest.mark.parametrize(
    ("who", "statuses"),
    [("tom", [200, 403, 200]), ("ada", [200, 200, 200]), ("mallory", [404, 403, 404]), ("vic", [403, 403, 403])],
)
def test_it_takes_the_rights_that_doing_it_takes(request, client_of, account, group, bot, who, statuses):
    client = client_of(request.getfixturevalue(who))
    answers = [order_preview(client, account), trade_preview(client, group), alert_preview(client, bot, ALERT)]
    assert [answer.status_code for answer in answers] == statuses


def test_a_trader_who_may_not_change_bots_asks_for_no_alert(api, bot):
    Group.objects.get(name="trader").permissions.remove(Permission.objects.get(codename="change_bot"))
    assert alert_preview(api, bot, ALERT).json()["code"] == "FORBIDDEN"


def test_what_is_shared_for_reading_is_not_previewed(mallory, client_of, account, bot):
    for scope_type, row in (("account", account), ("bot", bot)):
        Share.objects.create(user=mallory, scope_type=scope_type, scope_id=row.id)
    client = client_of(mallory)
    answers = [order_preview(client, account), alert_preview(client, bot, ALERT)]
    assert [answer.json()["code"] for answer in answers] == ["READ_ONLY", "READ_ONLY"]


def test_nothing_is_locked(admin, group):
    with CaptureQueriesContext(connection) as queries:
        admin.post(DOOR, {"group_trade": {**TRADE, "group_id": str(group.id)}})
    assert [each["sql"] for each in queries if "FOR " in each["sql"] and "UPDATE" in each["sql"]] == []


def test_the_statements_do_not_grow_with_the_accounts(ada, tom, admin, account_of):
    counts = []
    for name, many in (("few", 2), ("many", 12)):
        accounts = [account_of(tom, name=f"{name}{number}") for number in range(many)]
        group = create_group(name=name, created_by=ada, accounts=accounts)
        with CaptureQueriesContext(connection) as queries:
            told = admin.post(DOOR, {"group_trade": {**TRADE, "group_id": str(group.id)}}).json()
        counts.append((len(queries), told["error_count"]))
    assert counts[0] == counts[1]
