"""Risk in the operators' console: what follows stays, what makes no sense is refused, switches act as over HTTP."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from conftest import NOW
from core.tests.asking import say_yes
from trading.admin.risk import LimitForm
from trading.decisions import IntentSide
from trading.models import LimitMark, Order, OrderType, RiskAlert, RiskLimit, ScopeType, Signal, Switch, SwitchState
from trading.services.risk.monitor import watch
from trading.services.scopes import turn_switch

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def form(account):
    """The form of a limit on an account, filled in."""

    def filled(**changes):
        scope = {"scope_type": "account", "scope_id": account.pk, "symbol": "", "enabled": "on"}
        thresholds = {"warning_threshold": "0.8", "critical_threshold": "0.95"}
        return {**scope, **thresholds, "limit_type": "daily_loss", "limit_value": "50", **changes}

    return filled


@pytest.fixture
def alert(account, order_of):
    """An alert that stands: the account holds one position, and is limited to less."""
    order_of(account, "buy", "0.1")
    scope = {"scope_type": "account", "scope_id": account.pk}
    limit = RiskLimit.objects.create(**scope, limit_type="open_positions", limit_value="0.5")
    money = dict.fromkeys(("day_pnl", "month_pnl", "peak_pnl", "pnl", "equity"), 0)
    LimitMark.objects.create(limit=limit, day=NOW.date(), measured_at=NOW, **money)
    watch(clock=lambda: NOW)
    return RiskAlert.objects.get()


def act(operator, model, action, *rows):
    page = reverse(f"admin:trading_{model}_changelist")
    return say_yes(operator, page, {"action": action, "_selected_action": [row.pk for row in rows]})


def test_a_limit_is_set_by_who_is_logged_in(operator, ada, form):
    operator.post(reverse("admin:trading_risklimit_add"), form(flatten_on_breach="on"))
    limit = RiskLimit.objects.get()
    assert (limit.created_by, limit.flatten_on_breach, limit.origin) == (ada, True, "")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"warning_threshold": "0.96"}, "critical_threshold"),
        ({"critical_threshold": "1.01"}, "critical_threshold"),
        ({"limit_type": "drawdown", "limit_value": "101"}, "limit_value"),
        ({"limit_type": "order_rate", "limit_value": "1.5"}, "limit_value"),
        ({"symbol": "BTCUSDT"}, "symbol"),
        ({"limit_type": "exposure", "flatten_on_breach": "on"}, "flatten_on_breach"),
    ],
)
def test_what_makes_no_sense_is_refused_in_the_form(operator, form, changes, field):
    answer = operator.post(reverse("admin:trading_risklimit_add"), form(**changes))
    assert (field in answer.context["adminform"].form.errors, RiskLimit.objects.count()) == (True, 0)


def test_a_symbol_is_limited_by_its_instrument(operator, form, btcusdt):
    scope = {"scope_type": "symbol", "scope_id": btcusdt.pk, "limit_type": "exposure"}
    operator.post(reverse("admin:trading_risklimit_add"), form(**scope))
    assert RiskLimit.objects.get().scope_id == btcusdt.pk
    assert ">BTCUSDT</a>" in operator.get(reverse("admin:trading_risklimit_changelist")).content.decode()


def test_whom_a_limit_covers_is_named(operator, tom, form, account):
    operator.post(reverse("admin:trading_risklimit_add"), form(scope_id=account.name))
    operator.post(reverse("admin:trading_risklimit_add"), form(scope_type="user", scope_id="tom"))
    found = RiskLimit.objects.order_by("created_at").values_list("scope_type", "scope_id")
    assert list(found) == [("account", account.pk), ("user", tom.pk)]


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        (("account", "Twin"), "More than one account is called so"),
        (("account", "Nobody"), "There is no account of this name or id."),
        (("account", ""), "There is no account of this name or id."),
        (("account", "\0"), "Null characters are not allowed."),
        (("group", "00000000-0000-4000-8000-000000000000"), "There is no group of this name or id."),
        (("system", "tom"), "The system has no name: leave it empty."),
    ],
)
def test_a_scope_that_is_not_exactly_one_is_refused(operator, tom, eve, account_of, form, scope, said):
    for owner in (tom, eve):
        account_of(owner, name="Twin")
    asked = form(scope_type=scope[0], scope_id=scope[1])
    page = operator.post(reverse("admin:trading_risklimit_add"), asked)
    assert (said in page.content.decode(), RiskLimit.objects.count()) == (True, 0)


def test_a_limit_that_is_saved_again_is_not_changed(operator, account, form):
    operator.post(reverse("admin:trading_risklimit_add"), form())
    limit = RiskLimit.objects.get()
    operator.post(reverse("admin:trading_risklimit_change", args=[limit.pk]), form(limit_value="50.00000000"))
    assert LogEntry.objects.latest("id").get_change_message() == "No fields changed."


def test_a_limit_that_follows_by_the_time_it_is_saved_stays(operator, form, monkeypatch):
    operator.post(reverse("admin:trading_risklimit_add"), form())
    limit = RiskLimit.objects.get()
    monkeypatch.setattr(LimitForm, "clean_symbol", lambda _: RiskLimit.objects.update(origin="group") and "")
    page = operator.post(reverse("admin:trading_risklimit_change", args=[limit.pk]), form(limit_value="60"))
    assert "This limit follows the group that it stands for" in page.content.decode()
    assert RiskLimit.objects.get().limit_value == 50


@pytest.mark.parametrize("page", ["change", "delete"])
def test_a_limit_that_follows_is_not_touched(operator, tom, account_of, form, page):
    account_of(tom, name="Limited", max_daily_loss=Decimal(50))
    [limit] = RiskLimit.objects.filter(origin="account")
    address = reverse(f"admin:trading_risklimit_{page}", args=[limit.pk])
    assert operator.post(address, form(limit_value="1", post="yes")).status_code == 403
    assert RiskLimit.objects.get(pk=limit.pk).limit_value == 50


@pytest.mark.parametrize("way", ["page", "action"])
def test_a_deleted_limit_ends_its_alerts(operator, alert, way):
    limit = RiskLimit.objects.get()
    if way == "page":
        operator.post(reverse("admin:trading_risklimit_delete", args=[limit.pk]), {"post": "yes"})
    else:
        page = reverse("admin:trading_risklimit_changelist")
        operator.post(page, {"action": "delete_selected", "_selected_action": [limit.pk], "post": "yes"})
    assert (RiskLimit.objects.count(), RiskAlert.objects.standing().count()) == (0, 0)


def test_alerts_are_acknowledged_by_who_is_logged_in(operator, ada, tom, alert):
    act(operator, "riskalert", "acknowledge", alert)
    assert RiskAlert.objects.get().acknowledged_by == ada


def test_who_acknowledged_first_stays(operator, tom, alert):
    RiskAlert.objects.update(acknowledged_at=NOW, acknowledged_by=tom)
    assert "0 acknowledged" in act(operator, "riskalert", "acknowledge", alert).content.decode()
    assert RiskAlert.objects.get().acknowledged_by == tom


@pytest.mark.parametrize(
    ("action", "became"),
    [("halt", ("halted", False)), ("halt_and_flatten", ("reducing", True)), ("resume", ("active", False))],
)
def test_switches_are_turned_by_actions(operator, account, action, became):
    switch = turn_switch(ScopeType.ACCOUNT, account.pk, state=SwitchState.REDUCING, reason="")
    act(operator, "switch", action, switch)
    assert Switch.objects.values_list("state", "flattening", "reason").get() == (*became, "By ada in the console.")


@pytest.mark.parametrize("way", ["page", "action"])
def test_a_halt_cancels_what_works(operator, account, order_of, way):
    order_of(account, "buy", "0.01", order_type=OrderType.LIMIT, price=Decimal(40000))
    switch = turn_switch(ScopeType.ACCOUNT, account.pk, state=SwitchState.ACTIVE, reason="")
    if way == "page":
        page = reverse("admin:trading_switch_change", args=[switch.pk])
        operator.post(page, {"state": "halted", "reason": "Fire."})
    else:
        act(operator, "switch", "halt", switch)
    assert (Order.objects.get().status, Switch.objects.get().state) == ("cancelled", "halted")


def test_flattening_asks_a_worker(operator, account, monkeypatch, django_capture_on_commit_callbacks):
    asked = []
    monkeypatch.setattr("trading.admin.halting.nudge_flatten", asked.append)
    switch = turn_switch(ScopeType.ACCOUNT, account.pk, state=SwitchState.ACTIVE, reason="")
    with django_capture_on_commit_callbacks(execute=True):
        act(operator, "switch", "halt_and_flatten", switch)
    assert asked == [switch.pk]


@pytest.mark.parametrize("of", ["account", "system", "bot"])
def test_an_alert_leads_to_what_its_accounts_were_asked_before(operator, account, account_of, tom, btcusdt, send, of):
    bot_id, others_bot = uuid4(), uuid4()
    ours = send(btcusdt, [account], side=IntentSide.BUY, size="0.01", bot_id=bot_id)
    others = send(btcusdt, [account_of(tom, name="Other")], side=IntentSide.BUY, size="0.01", bot_id=others_bot)
    late = send(btcusdt, [account], side=IntentSide.BUY, size="0.01", bot_id=bot_id)
    Signal.objects.filter(pk=late.pk).update(received_at=NOW + timedelta(seconds=1))
    scope = {"account": (ScopeType.ACCOUNT, account.pk), "system": (ScopeType.SYSTEM, None), "bot": ("bot", bot_id)}[of]
    told = dict.fromkeys(("current_value", "limit_value"), 1)
    alert = RiskAlert.objects.create(
        scope_type=scope[0], scope_id=scope[1], limit_type="exposure", severity="warning", triggered_at=NOW, **told
    )
    page = operator.get(reverse("admin:trading_riskalert_change", args=[alert.pk])).content.decode()
    shown = [reverse("flight-recorder", args=[signal.pk]) in page for signal in (ours, others, late)]
    assert shown == [True, of == "system", False]
