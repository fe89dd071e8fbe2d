"""The admin pages of trading: a signal's page tells all of it, limits and switches name what is there."""

import csv
import html
import io
import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import TradingAccount, User
from core.admin import exporting
from core.errors import Conflict
from core.tests.asking import say_yes
from market.models import Instrument
from trading.admin import signals
from trading.decisions import IntentSide
from trading.intents import Intent
from trading.models import Order, Outcome, Position, RiskLimit, ScopeType, Signal, SignalSource, Switch, SwitchState
from trading.services.scopes import turn_switch
from trading.services.signals import open_signal, run_signal

AccountOf = Callable[..., TradingAccount]
Trade = Callable[[list[TradingAccount]], Signal]


@pytest.fixture
def trade(btcusdt: Instrument, still_market: Any) -> Trade:
    """Buy 0.1 BTC, 5000 USDT at leverage 1, on these accounts."""

    def run(accounts: list[TradingAccount]) -> Signal:
        signal = open_signal(
            signal_id=uuid4(),
            source=SignalSource.GROUP_TRADE,
            intent=Intent(IntentSide.BUY, size="0.1"),
            instrument=btcusdt,
            account_ids=[account.pk for account in accounts],
            received_at=timezone.now(),
        )
        return run_signal(signal.pk, clock=timezone.now)

    return run


@pytest.fixture
def rich(tom: User, account_of: AccountOf) -> TradingAccount:
    return account_of(tom, name="Rich", balance="10000")


@pytest.fixture
def poor(tom: User, account_of: AccountOf) -> TradingAccount:
    return account_of(tom, name="Poor", balance="10")


def _page_of(operator: Client, signal: Signal) -> str:
    return operator.get(reverse("admin:trading_signal_change", args=[signal.pk])).content.decode()


def _limit(scope_type: str, scope_id: UUID | str, **changes: Any) -> dict[str, Any]:
    numbers = {"limit_value": "5000", "warning_threshold": "0.8", "critical_threshold": "0.95"}
    return {
        "scope_type": scope_type,
        "scope_id": scope_id,
        "symbol": "",
        "limit_type": "position_size",
        "enabled": "on",
        **numbers,
        **changes,
    }


def _errors(answer: HttpResponse) -> dict[str, list[str]]:
    assert answer.status_code == 200
    return answer.context["adminform"].form.errors


def test_a_signals_page_has_a_row_per_account(
    operator: Client, trade: Trade, rich: TradingAccount, poor: TradingAccount
) -> None:
    page = _page_of(operator, trade([rich, poor]))
    assert page.count('<td data-label="Account">') == 2
    assert "INSUFFICIENT_MARGIN" in page
    assert Outcome.objects.get(account=rich).reason in page


def test_a_signals_page_links_its_orders(operator: Client, trade: Trade, rich: TradingAccount) -> None:
    page = _page_of(operator, trade([rich]))
    assert reverse("admin:trading_order_change", args=[Order.objects.get().pk]) in page


@pytest.mark.parametrize("page", ["signal", "outcome"])
def test_an_outcome_leads_to_its_own_flight(
    operator: Client, trade: Trade, rich: TradingAccount, poor: TradingAccount, page: str
) -> None:
    row = {"signal": trade([rich, poor]), "outcome": Outcome.objects.get(account=poor)}[page]
    told = operator.get(reverse(f"admin:trading_{page}_change", args=[row.pk])).content.decode()
    (address,) = re.findall(r'href="(/admin/flight/[^"]*account=Poor)"', told)
    flight = operator.get(address).content.decode()
    assert [name for name in ("Rich", "Poor") if f">{name}</a>" in flight] == ["Poor"]


def test_the_queries_of_a_signals_page_do_not_grow(
    operator: Client, tom: User, account_of: AccountOf, trade: Trade, rich: TradingAccount
) -> None:
    few, many = trade([rich]), trade([account_of(tom, name=f"No. {number}") for number in range(5)])
    _page_of(operator, few)
    with CaptureQueriesContext(connection) as queries_of_few:
        _page_of(operator, few)
    with CaptureQueriesContext(connection) as queries_of_many:
        _page_of(operator, many)
    assert len(queries_of_many) == len(queries_of_few)


def test_a_long_list_of_outcomes_is_cut_and_says_so(
    operator: Client, trade: Trade, rich: TradingAccount, poor: TradingAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "MOST_OUTCOMES_SHOWN", 1)
    page = _page_of(operator, trade([rich, poor]))
    assert page.count('<td data-label="Account">') == 1
    assert "Outcomes: 2, the first 1 shown" in page


def test_what_a_signal_says_is_escaped(operator: Client, trade: Trade, rich: TradingAccount) -> None:
    signal = trade([rich])
    hostile = "<script>alert(1)</script>"
    Signal.objects.update(reason=hostile, size=hostile, intent={"size": hostile})
    Outcome.objects.update(
        reason=hostile,
        code=hostile[:40],
        trace=[{"step": hostile, hostile: hostile}, "odd"],
        timings={hostile: {hostile: 1}},
    )
    TradingAccount.objects.update(name=hostile)
    outcome_page = reverse("admin:trading_outcome_change", args=[Outcome.objects.get().pk])
    assert "<script>alert" not in _page_of(operator, signal) + operator.get(outcome_page).content.decode()


def test_an_order_shows_its_numbers_plainly(operator: Client, trade: Trade, rich: TradingAccount) -> None:
    trade([rich])
    Order.objects.update(filled_cost="5001.5")
    page = operator.get(reverse("admin:trading_order_changelist"), {"status__exact": "filled"}).content.decode()
    assert '<div class="decimal">0.1</div>' in page
    assert '<div class="decimal">50015</div>' in page


@pytest.mark.parametrize(
    ("model", "params", "found"),
    [
        ("order", {"side__exact": "buy"}, 1),
        ("order", {"side__exact": "sell"}, 0),
        ("order", {"q": "Rich"}, 1),
        ("outcome", {"status__exact": "filled"}, 1),
        ("outcome", {"code__icontains": "margin"}, 1),
        ("outcome", {"code__icontains": "nothing"}, 0),
        ("position", {"is_open__exact": "1"}, 1),
        ("position", {"is_open__exact": "0"}, 0),
        ("fill", {"side__exact": "buy"}, 1),
        ("signal", {"source__exact": "group_trade"}, 1),
        ("signal", {"status__exact": "rejected"}, 0),
    ],
)
def test_rows_are_filtered(
    operator: Client,
    trade: Trade,
    rich: TradingAccount,
    poor: TradingAccount,
    model: str,
    params: dict[str, str],
    found: int,
) -> None:
    trade([rich, poor])
    answer = operator.get(reverse(f"admin:trading_{model}_changelist"), params)
    assert answer.context["cl"].result_count == found


def test_a_limit_is_set_and_shown_by_name(operator: Client, rich: TradingAccount) -> None:
    operator.post(reverse("admin:trading_risklimit_add"), _limit("account", rich.pk))
    assert RiskLimit.objects.get().limit_value == 5000
    page = operator.get(reverse("admin:trading_risklimit_changelist")).content.decode()
    assert ">Rich</a>" in page
    assert '<div class="decimal">0.95</div>' in page


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"scope_id": uuid4()}, "scope_id"),
        ({"scope_id": ""}, "scope_id"),
        ({"scope_id": "x"}, "scope_id"),
        ({"scope_type": "system"}, "scope_id"),
        ({"scope_type": "bot"}, "scope_id"),
        ({"symbol": "NOSUCHCOIN"}, "symbol"),
        ({"limit_value": "0"}, "limit_value"),
        ({"limit_value": "NaN"}, "limit_value"),
        ({"warning_threshold": "-1"}, "warning_threshold"),
    ],
)
def test_a_wrong_limit_is_refused_in_the_form(
    operator: Client, rich: TradingAccount, changes: dict[str, Any], field: str
) -> None:
    answer = operator.post(reverse("admin:trading_risklimit_add"), {**_limit("account", rich.pk), **changes})
    assert field in _errors(answer)
    assert not RiskLimit.objects.exists()


def test_the_symbol_of_a_limit_is_the_instruments_own(operator: Client, rich: TradingAccount) -> None:
    operator.post(reverse("admin:trading_risklimit_add"), _limit("account", rich.pk, symbol="btc/usdt"))
    assert RiskLimit.objects.get().symbol == "BTCUSDT"


def test_a_limit_can_be_raised_and_taken_back(operator: Client, rich: TradingAccount) -> None:
    operator.post(reverse("admin:trading_risklimit_add"), _limit("account", rich.pk))
    limit = RiskLimit.objects.get()
    changed = _limit("account", rich.pk, limit_value="6000")
    operator.post(reverse("admin:trading_risklimit_change", args=[limit.pk]), changed)
    assert RiskLimit.objects.get().limit_value == 6000
    operator.post(reverse("admin:trading_risklimit_delete", args=[limit.pk]), {"post": "yes"})
    assert not RiskLimit.objects.exists()


def test_a_switch_is_turned(operator: Client) -> None:
    form = {"scope_type": "system", "scope_id": "", "state": "halted", "reason": "Lunch."}
    operator.post(reverse("admin:trading_switch_add"), form)
    switch = Switch.objects.get()
    assert (switch.scope_id, switch.state, switch.reason) == (None, SwitchState.HALTED, "Lunch.")
    operator.post(reverse("admin:trading_switch_change", args=[switch.pk]), {"state": "active", "reason": "Back."})
    assert Switch.objects.get().state == SwitchState.ACTIVE


def test_turning_a_switch_locks_what_it_covers(operator: Client, rich: TradingAccount, monkeypatch: Any) -> None:
    turned: list[tuple[Any, ...]] = []

    def turn(scope_type: ScopeType, scope_id: UUID, **asked: Any) -> Switch:
        turned.append((scope_type, scope_id, asked["state"]))
        return turn_switch(scope_type, scope_id, **asked)

    monkeypatch.setattr("trading.services.risk.halting.turn_switch", turn)
    form = {"scope_type": "account", "scope_id": rich.pk, "state": "halted", "reason": ""}
    operator.post(reverse("admin:trading_switch_add"), form)
    assert turned == [(ScopeType.ACCOUNT, rich.pk, SwitchState.HALTED)]


def test_a_scope_has_one_switch(operator: Client, rich: TradingAccount) -> None:
    turn_switch(ScopeType.ACCOUNT, rich.pk, state=SwitchState.HALTED, reason="Mine.")
    form = {"scope_type": "account", "scope_id": rich.pk, "state": "active", "reason": ""}
    assert _errors(operator.post(reverse("admin:trading_switch_add"), form))
    assert Switch.objects.get().state == SwitchState.HALTED


def test_the_system_has_one_switch(operator: Client) -> None:
    turn_switch(ScopeType.SYSTEM, None, state=SwitchState.HALTED, reason="Mine.")
    form = {"scope_type": "system", "scope_id": "", "state": "active", "reason": ""}
    assert _errors(operator.post(reverse("admin:trading_switch_add"), form))
    assert Switch.objects.get().state == SwitchState.HALTED


def test_a_switch_of_nobody_is_refused(operator: Client) -> None:
    form = {"scope_type": "account", "scope_id": uuid4(), "state": "halted", "reason": ""}
    assert "scope_id" in _errors(operator.post(reverse("admin:trading_switch_add"), form))
    assert not Switch.objects.exists()


def test_a_switch_is_not_deleted(operator: Client) -> None:
    switch = turn_switch(ScopeType.SYSTEM, None, state=SwitchState.HALTED, reason="")
    address = reverse("admin:trading_switch_delete", args=[switch.pk])
    assert operator.post(address, {"post": "yes"}).status_code == 403
    assert Switch.objects.exists()


ACCOUNTS = "admin:accounts_tradingaccount_changelist"


def _ask(operator: Client, account: TradingAccount, action: str) -> str:
    return operator.post(reverse(ACCOUNTS), _chosen(account, action), follow=True).content.decode()


def _confirm(operator: Client, account: TradingAccount, action: str) -> str:
    return str(say_yes(operator, reverse(ACCOUNTS), _chosen(account, action)).content.decode())


def _chosen(account: TradingAccount, action: str) -> dict[str, Any]:
    return {"action": action, "_selected_action": [account.pk]}


def test_a_termination_says_first_what_an_account_has_going(
    operator: Client, rich: TradingAccount, trade: Trade
) -> None:
    trade([rich])
    assert "Rich · tom: 0 orders at work, 1 position open." in _ask(operator, rich, "terminate")
    assert Position.objects.get().is_open is True


@pytest.mark.parametrize("action", ["halt", "halt_and_flatten", "resume", "terminate", "deactivate"])
def test_what_is_done_to_an_account_says_first_whose_it_is(operator: Client, rich: TradingAccount, action: str) -> None:
    assert "Rich · tom" in _ask(operator, rich, action)


@pytest.mark.parametrize("page", ["order", "fill", "position", "outcome"])
def test_the_lists_say_whose_an_account_is_and_find_by_it(
    operator: Client, rich: TradingAccount, mallory: User, account_of: AccountOf, trade: Trade, page: str
) -> None:
    trade([rich, account_of(mallory, name="Rich")])
    told = operator.get(reverse(f"admin:trading_{page}_changelist"), {"q": "mallory"}).content.decode()
    owners = re.findall(r'class="field-owner[^>]*>\s*(\w+)', told)
    assert owners == ["mallory"]


def test_an_account_is_terminated_in_the_console(operator: Client, rich: TradingAccount, trade: Trade) -> None:
    trade([rich])
    assert "1 account terminated." in _confirm(operator, rich, "terminate")
    assert Position.objects.get().is_open is False


@pytest.mark.parametrize(
    ("action", "service", "said"),
    [
        ("terminate", "trading.admin.accounts.terminate", "0 accounts terminated."),
        ("halt", "trading.admin.halting.turned", "Rich: Not now."),
    ],
)
def test_a_refusal_is_told_and_is_no_fault(
    operator: Client, rich: TradingAccount, monkeypatch: pytest.MonkeyPatch, action: str, service: str, said: str
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise Conflict("Not now.")

    monkeypatch.setattr(service, refuse)
    page = _confirm(operator, rich, action)
    assert [words for words in ("Rich: Not now.", said) if words not in page] == []
    assert not LogEntry.objects.exists()


def test_an_account_is_halted_and_flattened_in_the_console(
    operator: Client, rich: TradingAccount, trade: Trade
) -> None:
    trade([rich])
    assert "Rich · tom has 0 orders to cancel, 1 position to close." in _ask(operator, rich, "halt_and_flatten")
    _confirm(operator, rich, "halt_and_flatten")
    assert Switch.objects.values("scope_type", "state", "flattening").get() == {
        "scope_type": "account",
        "state": "reducing",
        "flattening": True,
    }


def test_a_balance_is_synced_and_proved_in_the_console(operator: Client, rich: TradingAccount) -> None:
    page = html.unescape(_ask(operator, rich, "sync_balance"))
    assert "Rich · tom: balance 10000, equity 10000 USDT; the ledger agrees." in page


def test_more_accounts_than_are_synced_at_once_are_counted(
    operator: Client, rich: TradingAccount, tom: User, account_of: AccountOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trading.admin.accounts.MOST_SYNCED", 1)
    chosen = {"action": "sync_balance", "_selected_action": [rich.pk, account_of(tom, name="Poor").pk]}
    page = operator.post(reverse(ACCOUNTS), chosen, follow=True).content.decode()
    assert "The first 1 of 2 accounts were synced." in page


def test_orders_are_exported_as_csv(operator: Client, rich: TradingAccount, trade: Trade) -> None:
    trade([rich])
    order = Order.objects.get()
    chosen = {"action": "export_csv", "_selected_action": [order.pk]}
    answer = operator.post(reverse("admin:trading_order_changelist"), chosen)
    (row,) = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode()))
    assert (row["id"], row["quantity"], row["account_id"]) == (str(order.pk), "0.1", str(rich.pk))


def test_a_cell_is_no_formula_and_a_number_is_exact() -> None:
    assert [exporting._cell(value) for value in ("=1+1", Decimal("-0.10"), 3)] == ["'=1+1", "-0.1", 3]


def test_a_signal_is_exported_with_what_it_asked(operator: Client, rich: TradingAccount, trade: Trade) -> None:
    signal = trade([rich])
    chosen = {"action": "export_csv", "_selected_action": [signal.pk]}
    answer = operator.post(reverse("admin:trading_signal_changelist"), chosen)
    (row,) = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode()))
    assert json.loads(row["intent"]) == signal.intent
