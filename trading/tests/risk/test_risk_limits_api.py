"""Limits over HTTP: set for oneself by default, for one's accounts and bots, and by admins for all."""

from decimal import Decimal

import pytest

from accounts.models import Share
from bots.services.bots import create_bot
from conftest import NOW
from groups.services.membership import create_group
from trading.models import LimitType, RiskAlert, RiskLimit, ScopeType

ADDRESS = "/api/v1/risk/limits"
NOBODY = "5b0d2c57-2f4e-4c0a-9b1c-3a6f0d1e8a42"
FIELDS = {
    *("id", "user_id", "scope_type", "scope_id", "limit_type", "limit_value", "symbol", "warning_threshold"),
    *("critical_threshold", "flatten_on_breach", "enabled", "origin", "created_at"),
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def scopes(ada, tom, account, btcusdt):
    """Every scope that covers tom's account, by name."""
    bot = create_bot(owner=tom, name="Trend", symbol="BTCUSDT", config={})
    group = create_group(name="Desk", created_by=ada, accounts=[account])
    ids = {"user": tom.pk, "account": account.pk, "bot": bot.pk, "group": group.pk, "symbol": btcusdt.pk}
    return {"system": None} | {name: str(pk) for name, pk in ids.items()}


@pytest.fixture
def limit(tom):
    return RiskLimit.objects.create(
        scope_type=ScopeType.USER, scope_id=tom.pk, limit_type=LimitType.EXPOSURE, limit_value="5000", created_by=tom
    )


def asked(**changes):
    return {"limit_type": "exposure", "limit_value": "5000", **changes}


def test_the_request_of_the_paper_is_taken_as_it_stands(tom, client_of):
    paper = {"limit_type": "POSITION_SIZE", "limit_value": 10000.00, "symbol": "BTCUSDT"}
    answer = client_of(tom).post(ADDRESS, {**paper, "warning_threshold": 80.0, "critical_threshold": 95.0})
    told = answer.json()
    assert (answer.status_code, told.keys()) == (201, FIELDS)
    assert (told["limit_type"], told["limit_value"], told["symbol"]) == ("position_size", "10000", "BTCUSDT")
    assert (told["user_id"], told["scope_type"], told["scope_id"]) == (str(tom.pk), "user", str(tom.pk))
    stored = RiskLimit.objects.get()
    assert (stored.warning_threshold, stored.critical_threshold) == (Decimal("0.8"), Decimal("0.95"))
    assert (told["warning_threshold"], told["critical_threshold"]) == ("80", "95")


def test_what_is_not_said_has_its_default(tom, client_of):
    told = client_of(tom).post(ADDRESS, asked()).json()
    assert (told["warning_threshold"], told["critical_threshold"], told["enabled"]) == ("80", "95", True)
    assert (told["symbol"], told["flatten_on_breach"], told["origin"]) == ("", False, "")


@pytest.mark.parametrize("limit_type", LimitType.values)
def test_every_type_is_taken(tom, client_of, limit_type):
    told = client_of(tom).post(ADDRESS, asked(limit_type=limit_type.upper(), limit_value="10"))
    assert (told.status_code, RiskLimit.objects.get().limit_type) == (201, limit_type)


@pytest.mark.parametrize("scope", ["system", "user", "account", "bot", "group", "symbol"])
def test_an_admin_limits_every_scope(ada, client_of, scopes, scope):
    told = client_of(ada).post(ADDRESS, asked(scope_type=scope.upper(), scope_id=scopes[scope]))
    assert (told.status_code, told.json()["scope_id"]) == (201, scopes[scope])


@pytest.mark.parametrize(
    ("scope", "status"),
    [("user", 201), ("account", 201), ("bot", 201), ("group", 404), ("system", 403), ("symbol", 403)],
)
def test_a_trader_limits_what_is_theirs(tom, client_of, scopes, scope, status):
    told = client_of(tom).post(ADDRESS, asked(scope_type=scope, scope_id=scopes[scope]))
    assert (told.status_code, RiskLimit.objects.count()) == (status, int(status == 201))


@pytest.mark.parametrize("scope", ["user", "account", "bot", "group"])
def test_what_is_anothers_is_not_there(mallory, client_of, scopes, scope):
    told = client_of(mallory).post(ADDRESS, asked(scope_type=scope, scope_id=scopes[scope]))
    assert (told.status_code, told.json()["code"], RiskLimit.objects.count()) == (404, "NOT_FOUND", 0)


@pytest.mark.parametrize("scope", ["account", "bot", "group"])
def test_what_is_only_shown_is_not_limited(ada, mallory, client_of, scopes, scope):
    Share.objects.create(user=mallory, scope_type=scope, scope_id=scopes[scope], created_by=ada)
    told = client_of(mallory).post(ADDRESS, asked(scope_type=scope, scope_id=scopes[scope]))
    assert (told.status_code, told.json()["code"], RiskLimit.objects.count()) == (403, "READ_ONLY", 0)


@pytest.mark.parametrize("scope", ["user", "account", "bot", "group", "symbol"])
def test_nothing_has_this_id(ada, client_of, scope):
    told = client_of(ada).post(ADDRESS, asked(scope_type=scope, scope_id=NOBODY))
    assert (told.status_code, RiskLimit.objects.count()) == (404, 0)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"limit_value": "0"}, "limit_value"),
        ({"limit_value": "-1"}, "limit_value"),
        ({"limit_value": "NaN"}, "limit_value"),
        ({"limit_value": "1e400"}, "limit_value"),
        ({"limit_type": "vibes"}, "limit_type"),
        ({"limit_type": "drawdown", "limit_value": "100.01"}, "limit_value"),
        ({"limit_type": "open_positions", "limit_value": "1.5"}, "limit_value"),
        ({"limit_type": "order_rate", "limit_value": "0.5"}, "limit_value"),
        ({"warning_threshold": "0"}, "warning_threshold"),
        ({"warning_threshold": "96"}, "critical_threshold"),
        ({"critical_threshold": "79.9"}, "critical_threshold"),
        ({"critical_threshold": "100.1"}, "critical_threshold"),
        ({"flatten_on_breach": True}, "flatten_on_breach"),
        ({"limit_type": "daily_loss", "symbol": "BTCUSDT"}, "symbol"),
        ({"limit_type": "drawdown", "limit_value": "5", "symbol": "BTCUSDT"}, "symbol"),
        ({"scope_type": "account"}, "scope_id"),
        ({"scope_type": "planet"}, "scope_type"),
        ({"colour": "red"}, "colour"),
        ({"origin": "account"}, "origin"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_by_name(tom, client_of, changes, field):
    told = client_of(tom).post(ADDRESS, asked(**changes))
    assert (told.status_code, field in told.json()["errors"], RiskLimit.objects.count()) == (422, True, 0)


@pytest.mark.parametrize("changes", [{"scope_id": NOBODY}, {"scope_id": None}])
def test_the_system_has_no_id(ada, client_of, changes):
    told = client_of(ada).post(ADDRESS, asked(scope_type="system", **changes))
    assert told.status_code == (422 if changes["scope_id"] else 201)


@pytest.mark.parametrize("named", [True, False], ids=["with its id", "alone"])
@pytest.mark.parametrize("measured", ["exposure", "daily_loss"])
def test_a_symbol_s_scope_is_named_by_its_symbol(ada, client_of, scopes, named, measured):
    ids = {"scope_id": scopes["symbol"]} if named else {}
    told = client_of(ada).post(ADDRESS, asked(scope_type="symbol", symbol="btc/usdt", limit_type=measured, **ids))
    assert (told.status_code, told.json().get("symbol"), told.json().get("scope_id")) == (
        201,
        "BTCUSDT",
        scopes["symbol"],
    )


def test_a_symbol_s_scope_has_no_other_symbol(ada, client_of, scopes):
    told = client_of(ada).post(ADDRESS, asked(scope_type="symbol", scope_id=scopes["symbol"], symbol="ETHUSDT"))
    assert (told.status_code, list(told.json()["errors"]), RiskLimit.objects.count()) == (422, ["symbol"], 0)


def test_a_symbol_s_scope_is_named_by_none_but_admins(tom, client_of):
    told = client_of(tom).post(ADDRESS, asked(scope_type="symbol", symbol="BTCUSDT"))
    assert (told.status_code, RiskLimit.objects.count()) == (403, 0)


@pytest.mark.parametrize(("symbol", "status"), [("btc/usdt", 201), ("NOSUCHCOIN", 404)])
def test_a_symbol_is_taken_in_any_spelling(tom, client_of, symbol, status):
    told = client_of(tom).post(ADDRESS, asked(symbol=symbol))
    assert (told.status_code, told.json().get("symbol")) == (status, "BTCUSDT" if status == 201 else None)


@pytest.mark.parametrize("limit_type", ["daily_loss", "drawdown"])
def test_a_loss_may_flatten(tom, client_of, limit_type):
    told = client_of(tom).post(ADDRESS, asked(limit_type=limit_type, limit_value="5", flatten_on_breach=True))
    assert (told.status_code, told.json()["flatten_on_breach"]) == (201, True)


def test_the_list_holds_ones_own_and_narrows(tom, mallory, client_of, limit, account):
    RiskLimit.objects.create(scope_type="account", scope_id=account.pk, limit_type="leverage", limit_value="5")
    RiskLimit.objects.create(scope_type="system", limit_type="leverage", limit_value="50")
    api = client_of(tom)
    assert {row["limit_type"] for row in api.get(ADDRESS).json()["items"]} == {"exposure", "leverage"}
    assert api.get(ADDRESS, {"scope_type": "USER"}).json()["items"][0]["id"] == str(limit.pk)
    assert api.get(ADDRESS, {"limit_type": "leverage", "scope_id": str(account.pk)}).json()["total"] == 1
    assert api.get(ADDRESS, {"limit_type": "vibes"}).status_code == 422
    assert client_of(mallory).get(ADDRESS).json()["total"] == 0


def test_the_queries_of_a_list_do_not_grow(tom, client_of, limit, django_assert_num_queries):
    api = client_of(tom)
    api.get(ADDRESS)
    for number in range(5):
        RiskLimit.objects.create(scope_type="user", scope_id=tom.pk, limit_type="leverage", limit_value=number + 1)
    with django_assert_num_queries(4):  # two of them ask for the role
        assert api.get(ADDRESS).json()["total"] == 6


def test_one_limit_is_read_changed_and_deleted(tom, client_of, limit):
    api, address = client_of(tom), f"{ADDRESS}/{limit.pk}"
    assert api.get(address).json()["limit_value"] == "5000"
    told = api.patch(address, {"limit_value": "6000", "warning_threshold": "50", "enabled": False}).json()
    assert (told["limit_value"], told["warning_threshold"], told["enabled"]) == ("6000", "50", False)
    stored = RiskLimit.objects.get()
    assert (stored.limit_value, stored.warning_threshold, stored.enabled) == (6000, Decimal("0.5"), False)
    assert (api.delete(address).status_code, RiskLimit.objects.count()) == (204, 0)
    assert api.get(address).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"warning_threshold": "96"}, "critical_threshold"),
        ({"critical_threshold": "10"}, "critical_threshold"),
        ({"flatten_on_breach": True}, "flatten_on_breach"),
        ({"limit_value": "0"}, "limit_value"),
        ({"limit_type": "leverage"}, "limit_type"),
        ({"scope_id": NOBODY}, "scope_id"),
        ({"symbol": "ETHUSDT"}, "symbol"),
    ],
    ids=str,
)
def test_a_change_that_makes_no_sense_changes_nothing(tom, client_of, limit, changes, field):
    before = RiskLimit.objects.values().get()
    told = client_of(tom).patch(f"{ADDRESS}/{limit.pk}", changes)
    assert (told.status_code, field in told.json()["errors"]) == (422, True)
    assert RiskLimit.objects.values().get() == before


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_the_limits_of_others_are_not_there(mallory, client_of, limit, method):
    told = getattr(client_of(mallory), method)(f"{ADDRESS}/{limit.pk}", {} if method == "patch" else None)
    assert (told.status_code, RiskLimit.objects.count()) == (404, 1)


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_what_an_admin_set_on_a_trader_is_an_admins_to_change(ada, tom, client_of, limit, method):
    RiskLimit.objects.update(created_by=ada)
    body = {"limit_value": "9000"} if method == "patch" else None
    told = getattr(client_of(tom), method)(f"{ADDRESS}/{limit.pk}", body)
    assert (told.status_code, told.json()["code"]) == (403, "SET_BY_ANOTHER")
    assert client_of(tom).get(f"{ADDRESS}/{limit.pk}").json()["limit_value"] == "5000"
    assert getattr(client_of(ada), method)(f"{ADDRESS}/{limit.pk}", body).status_code in (200, 204)


@pytest.mark.parametrize("method", ["patch", "delete"])
@pytest.mark.parametrize("who", ["tom", "ada"])
def test_a_limit_that_follows_something_is_changed_there(request, client_of, tom, account_of, method, who):
    account_of(tom, name="Limited", max_daily_loss=Decimal(50))
    [followed] = RiskLimit.objects.filter(origin="account")
    body = {"limit_value": "1"} if method == "patch" else None
    told = getattr(client_of(request.getfixturevalue(who)), method)(f"{ADDRESS}/{followed.pk}", body)
    assert (told.status_code, told.json()["code"]) == (409, "LIMIT_FOLLOWS")
    assert RiskLimit.objects.get(pk=followed.pk).limit_value == 50


def test_deleting_a_limit_ends_its_alerts(tom, client_of, limit):
    RiskAlert.objects.create(
        limit=limit,
        scope_type="user",
        scope_id=tom.pk,
        limit_type="exposure",
        severity="breach",
        current_value=1,
        limit_value=1,
        triggered_at=NOW,
    )
    client_of(tom).delete(f"{ADDRESS}/{limit.pk}")
    assert (RiskAlert.objects.standing().count(), RiskAlert.objects.get().limit) == (0, None)


@pytest.mark.parametrize("who", ["vic", "eve"])
def test_who_only_reads_sets_nothing(request, client_of, tom, limit, who):
    api = client_of(request.getfixturevalue(who))
    answers = [api.post(ADDRESS, asked()), api.patch(f"{ADDRESS}/{limit.pk}", {}), api.delete(f"{ADDRESS}/{limit.pk}")]
    assert ([answer.status_code for answer in answers], RiskLimit.objects.count()) == ([403] * 3, 1)
