"""Who may do what: every method of every address, asked by everybody, with what each is answered."""

import pytest
from django.db import transaction
from rest_framework.permissions import AllowAny

from config.tests.routes import admin_addresses, http_routes
from config.tests.world import World
from core.api.permissions import RolePermission, permission_needed

pytestmark = pytest.mark.django_db

ACTORS = ("anonymous", "ada", "tom", "mallory", "eve", "vic", "otto")

# One line for each method of each address, one status for each actor. Things are tom's; eve and vic are shown the
# account, the group and the bot; what a trader makes for themselves (a bot, an account) is everybody's to make.
# The bot holds positions: nobody deletes it.
# No listing service is asked: who may have that done is told that none answers.
TABLE = """
                                                                      nobody ada tom mallory eve vic otto
GET    /                                                                 200 200 200 200 200 200 200
GET    /login                                                            200 200 200 200 200 200 200
POST   /login                                                            302 302 302 302 302 302 302
GET    /password/reset                                                   200 200 200 200 200 200 200
POST   /password/reset                                                   200 200 200 200 200 200 200
GET    /password/reset/complete                                          200 200 200 200 200 200 200
POST   /password/reset/complete                                          200 200 200 200 200 200 200
POST   /logout                                                           302 302 302 302 302 302 302
GET    /api/v1                                                           200 200 200 200 200 200 200
GET    /health                                                           200 200 200 200 200 200 200
GET    /docs                                                             200 200 200 200 200 200 200
GET    /redoc                                                            200 200 200 200 200 200 200
GET    /admin/                                                           302 200 302 302 302 302 302
GET    /admin/login/                                                     302 302 302 302 302 302 302
GET    /admin/flight/{correlation_id}/                                   302 200 302 302 302 302 302
GET    /live/state                                                       401 200 200 200 200 200 200
GET    /admin/figures/                                                   302 200 302 302 302 302 302
POST   /admin/login/                                                     302 302 302 302 302 302 302
GET    /admin/password_change/                                           302 200 302 302 302 302 302
POST   /admin/password_change/                                           302 200 302 302 302 302 302
GET    /api/v1/health                                                    200 200 200 200 200 200 200
GET    /api/v1/schema                                                    200 200 200 200 200 200 200
GET    /api/v1/jobs                                                      401 200 403 403 403 403 403
POST   /api/v1/jobs                                                      401 201 403 403 403 403 403
GET    /api/v1/jobs/{job_id}                                             401 200 403 403 403 403 403
DELETE /api/v1/jobs/{job_id}                                             401 204 403 403 403 403 403
GET    /api/v1/jobs/health                                               401 200 200 200 200 200 200
GET    /api/v1/jobs/stats                                                401 200 200 200 200 200 200

POST   /api/v1/auth/register                                             201 201 201 201 201 201 201
POST   /api/v1/auth/signup                                               201 201 201 201 201 201 201
POST   /api/v1/auth/login                                                200 200 200 200 200 200 200
POST   /api/v1/auth/refresh                                              200 200 200 200 200 200 200
POST   /api/v1/auth/logout                                               401 200 200 200 200 200 200
POST   /api/v1/auth/password/change                                      401 200 200 200 200 200 200
POST   /api/v1/auth/password/reset                                       200 200 200 200 200 200 200
POST   /api/v1/auth/password/reset/complete                              200 200 200 200 200 200 200
GET    /api/v1/auth/sessions                                             401 200 200 200 200 200 200
POST   /api/v1/auth/sessions/{session_id}/terminate                      401 200 200 404 404 404 404
GET    /api/v1/auth/me                                                   401 200 200 200 200 200 200
GET    /api/v1/auth/profile                                              401 200 200 200 200 200 200
GET    /api/v1/auth/permissions                                          401 200 200 200 200 200 200
GET    /api/v1/users/me                                                  401 200 200 200 200 200 200
PATCH  /api/v1/users/me                                                  401 200 200 200 200 200 200
GET    /api/v1/users                                                     401 200 403 403 403 403 403
GET    /api/v1/users/{user_id}                                           401 200 403 403 403 403 403
PATCH  /api/v1/users/{user_id}                                           401 200 403 403 403 403 403

GET    /api/v1/accounts                                                  401 200 200 200 200 200 200
POST   /api/v1/accounts                                                  401 201 201 201 403 403 403
POST   /api/v1/accounts/create                                           401 201 201 201 403 403 403
GET    /api/v1/accounts/list                                             401 200 200 200 200 200 200
GET    /api/v1/accounts/{account_id}                                     401 200 200 404 200 200 404
PATCH  /api/v1/accounts/{account_id}                                     401 200 200 404 403 403 403
DELETE /api/v1/accounts/{account_id}                                     401 409 409 404 403 403 403
POST   /api/v1/accounts/{account_id}/update-credentials                  401 200 200 404 403 403 403
POST   /api/v1/accounts/{account_id}/sync-balance                        401 200 200 404 403 403 403
POST   /api/v1/accounts/{account_id}/assign-group                        401 200 403 403 403 403 403
POST   /api/v1/accounts/{account_id}/deposit                             401 201 201 404 403 403 403
POST   /api/v1/accounts/{account_id}/withdraw                            401 201 201 404 403 403 403
GET    /api/v1/accounts/{account_id}/ledger                              401 200 200 404 200 200 404
GET    /api/v1/accounts/{account_id}/reconcile                           401 200 200 404 200 200 404

GET    /api/v1/market/instruments                                        401 200 200 200 200 200 200
GET    /api/v1/market/instruments/{symbol}                               401 200 200 200 200 200 200
GET    /api/v1/market/ticker/{symbol}                                    401 200 200 200 200 200 200
GET    /api/v1/market/price                                              401 200 200 200 200 200 200
GET    /api/v1/watchlist                                                 401 200 200 200 200 200 200
POST   /api/v1/watchlist                                                 401 201 201 201 403 403 403
DELETE /api/v1/watchlist/{symbol}                                        401 204 204 204 403 403 403

GET    /api/v1/cryptocurrencies                                          200 200 200 200 200 200 200
GET    /api/v1/cryptocurrencies/{symbol}                                 200 200 200 200 200 200 200
GET    /api/v1/cryptocurrencies/{symbol}/history                         200 200 200 200 200 200 200
GET    /api/v1/cryptocurrencies/top/{category}                           200 200 200 200 200 200 200
POST   /api/v1/cryptocurrencies/sync                                     401 400 400 400 403 403 403
GET    /api/v1/market/klines/{symbol}                                    401 200 200 200 200 200 200
GET    /api/v1/market/{symbol}/candles                                   401 200 200 200 200 200 200

GET    /api/v1/orders                                                    401 200 200 200 200 200 200
POST   /api/v1/orders                                                    401 201 201 404 403 403 403
GET    /api/v1/orders/{order_id}                                         401 200 200 404 200 200 404
DELETE /api/v1/orders/{order_id}                                         401 409 409 404 403 403 403
GET    /api/v1/accounts/{account_id}/orders                              401 200 200 404 200 200 404
POST   /api/v1/accounts/{account_id}/orders                              401 201 201 404 403 403 403
GET    /api/v1/accounts/{account_id}/orders/{order_id}                   401 200 200 404 200 200 404
DELETE /api/v1/accounts/{account_id}/orders/{order_id}                   401 409 409 404 403 403 403
GET    /api/v1/accounts/{account_id}/positions                           401 200 200 404 200 200 404
GET    /api/v1/accounts/{account_id}/positions/{position_id}             401 200 200 404 200 200 404
GET    /api/v1/accounts/{account_id}/performance                         401 200 200 404 200 200 404
PATCH  /api/v1/accounts/{account_id}/positions/{position_id}             401 200 200 404 403 403 403
POST   /api/v1/accounts/{account_id}/positions/close                     401 201 201 404 403 403 403
GET    /api/v1/order                                                     401 404 200 404 404 404 404
POST   /api/v1/order                                                     401 404 201 404 403 403 403
DELETE /api/v1/order                                                     401 404 200 404 403 403 403
GET    /api/v1/trading/positions/{account_id}                            401 200 200 404 200 200 404
POST   /api/v1/trading/close-position/{account_id}                       401 200 200 404 403 403 403
POST   /api/v1/trading/terminate/{account_id}                            401 200 200 404 403 403 403
GET    /api/v1/signals                                                   401 200 200 200 200 200 200
GET    /api/v1/signals/{correlation_id}/flight                           401 200 200 404 200 200 404
GET    /api/v1/signals/{correlation_id}                                  401 200 200 404 200 200 404
POST   /api/v1/signals/{correlation_id}/retry                            401 400 400 404 403 403 403
POST   /api/v1/trading/group/{group_id}/execute                          401 200 403 403 403 403 403
POST   /api/v1/trading/preview                                           401 200 200 404 403 403 403

GET    /api/v1/risk/limits                                               401 200 200 200 200 200 200
POST   /api/v1/risk/limits                                               401 201 201 404 403 403 403
GET    /api/v1/risk/limits/{limit_id}                                    401 200 200 404 200 200 404
PATCH  /api/v1/risk/limits/{limit_id}                                    401 200 200 404 403 403 403
DELETE /api/v1/risk/limits/{limit_id}                                    401 204 204 404 403 403 403
GET    /api/v1/risk/alerts                                               401 200 200 200 200 200 200
POST   /api/v1/risk/alerts/{alert_id}/acknowledge                        401 200 200 404 403 403 403
GET    /api/v1/trading/halt                                              401 200 200 200 200 200 200
POST   /api/v1/trading/halt                                              401 200 200 404 403 403 403
POST   /api/v1/trading/resume                                            401 200 200 404 403 403 403

GET    /api/v1/strategies/catalogue                                      401 200 200 200 200 200 200
GET    /api/v1/strategy                                                  401 200 200 200 200 200 200
POST   /api/v1/strategy                                                  401 201 201 201 403 403 403
GET    /api/v1/strategy/{strategy_id}                                    401 200 200 404 404 404 404
PUT    /api/v1/strategy/{strategy_id}                                    401 200 200 404 403 403 403
DELETE /api/v1/strategy/{strategy_id}                                    401 204 204 404 403 403 403
GET    /api/v1/strategies                                                401 200 200 200 200 200 200
POST   /api/v1/strategies                                                401 201 201 201 403 403 403
GET    /api/v1/strategies/{strategy_id}                                  401 200 200 404 404 404 404
PUT    /api/v1/strategies/{strategy_id}                                  401 200 200 404 403 403 403
DELETE /api/v1/strategies/{strategy_id}                                  401 204 204 404 403 403 403
GET    /api/v1/trade-strategy                                            401 200 200 200 200 200 200
POST   /api/v1/trade-strategy                                            401 201 201 404 403 403 403
GET    /api/v1/trade-strategy/{trade_strategy_id}                        401 200 200 404 404 404 404
PUT    /api/v1/trade-strategy/{trade_strategy_id}                        401 200 200 404 403 403 403
DELETE /api/v1/trade-strategy/{trade_strategy_id}                        401 204 204 404 403 403 403
GET    /api/v1/backtests                                                 401 200 200 200 200 200 200
POST   /api/v1/backtests                                                 401 201 201 201 403 403 403
GET    /api/v1/backtests/{backtest_id}                                   401 200 200 404 404 404 404
DELETE /api/v1/backtests/{backtest_id}                                   401 204 204 404 403 403 403
GET    /api/v1/backtests/{backtest_id}/trades                            401 200 200 404 404 404 404
GET    /api/v1/backtests/{backtest_id}/equity                            401 200 200 404 404 403 403
POST   /api/v1/backtests/sweep                                           401 201 201 201 403 403 403
GET    /api/v1/backtests/sweeps                                          401 200 200 200 200 200 200
GET    /api/v1/backtests/sweeps/{sweep_id}                               401 200 200 404 404 404 404
DELETE /api/v1/backtests/sweeps/{sweep_id}                               401 204 204 404 403 403 403
GET    /backtests                                                       302 200 200 200 200 200 200
GET    /backtests/{backtest_id}/report                                   302 200 200 404 404 404 404
GET    /backtests/{backtest_id}/report/file                              302 200 200 404 404 404 404
GET    /api/v1/log                                                       401 200 200 200 200 200 200
POST   /api/v1/log                                                       401 201 201 201 403 403 403
GET    /api/v1/log/symbols                                               401 200 200 200 200 200 200

GET    /api/v1/groups                                                    401 200 200 200 200 200 200
POST   /api/v1/groups                                                    401 201 403 403 403 403 403
GET    /api/v1/groups/{group_id}                                         401 200 404 404 200 200 404
PATCH  /api/v1/groups/{group_id}                                         401 200 403 403 403 403 403
DELETE /api/v1/groups/{group_id}                                         401 200 403 403 403 403 403
GET    /api/v1/groups/{group_id}/performance                             401 200 404 404 200 200 404
GET    /api/v1/groups/{group_id}/metrics                                 401 200 404 404 200 200 404
GET    /api/v1/groups/{group_id}/history                                 401 200 404 404 200 200 404
POST   /api/v1/groups/{group_id}/accounts                                401 200 403 403 403 403 403
POST   /api/v1/groups/{group_id}/accounts/{account_id}                   401 200 403 403 403 403 403
DELETE /api/v1/groups/{group_id}/accounts/{account_id}                   401 200 403 403 403 403 403

GET    /api/v1/bots                                                      401 200 200 200 200 200 200
POST   /api/v1/bots                                                      401 201 201 201 403 403 403
GET    /api/v1/bots/list                                                 401 200 200 200 200 200 200
POST   /api/v1/bots/create                                               401 201 201 201 403 403 403
GET    /api/v1/bots/{bot_id}                                             401 200 200 404 200 200 404
PATCH  /api/v1/bots/{bot_id}                                             401 200 200 404 403 403 403
DELETE /api/v1/bots/{bot_id}                                             401 409 409 404 403 403 403
GET    /api/v1/bots/{bot_id}/accounts                                    401 200 200 404 200 200 404
POST   /api/v1/bots/{bot_id}/start                                       401 200 200 404 403 403 403
POST   /api/v1/bots/{bot_id}/stop                                        401 200 200 404 403 403 403
POST   /api/v1/bots/{bot_id}/status                                      401 200 200 404 403 403 403
POST   /api/v1/bots/{bot_id}/connect-account                             401 200 200 404 403 403 403
POST   /api/v1/bots/{bot_id}/disconnect-account                          401 200 200 404 403 403 403
GET    /api/v1/bots/{bot_id}/decisions                                   401 200 200 404 200 200 404
GET    /api/v1/bots/{bot_id}/performance                                 401 200 200 404 200 200 404
POST   /api/v1/bots/{bot_id}/terminate                                   401 200 200 404 403 403 403
POST   /api/v1/bots/{bot_id}/rotate-key                                  401 200 200 404 403 403 403
GET    /api/v1/bots/{bot_id}/alert-template                              401 200 200 404 403 403 404

POST   /api/v1/webhook/tradingview                                       200 200 200 200 200 200 200
POST   /api/v1/webhook/tradingview/{key}                                 200 200 200 200 200 200 200
GET    /api/v1/webhook/tradingview/test                                  200 200 200 200 200 200 200
POST   /api/v1/webhook/lint                                              401 200 200 404 403 403 403
GET    /api/v1/webhook/deliveries                                        401 200 200 200 200 200 200
GET    /api/v1/webhook/deliveries/{correlation_id}                       401 200 200 404 200 200 404
"""

NEW_PASSWORD = "New-Trees-88"
BUY = {"symbol": "BTCUSDT", "side": "buy", "quantity": "0.01"}
ALERT = {"symbol": "BTCUSDT", "side": "buy", "size": "0.01"}
LIMIT = {"limit_type": "exposure", "limit_value": "5000"}
KEYS = {"api_key": "Key-of-a-venue", "api_secret": "Secret-of-a-venue"}
STRATEGY = {"name": "Another", "rule": "sma_cross", "parameters": {"fast": 5}}
TRADED = {"symbol": "ETHUSDT", "strategy_id": "{strategy_id}", "interval": "1h"}
SPAN = {"symbol": "BTCUSDT", "start_date": "2026-01-01", "end_date": "2026-01-07"}
NINA = {"username": "nina", "email": "nina@desk.test", "password": NEW_PASSWORD}

# What is sent where something must be, JSON to the API and forms to pages: bodies that do what they ask for.
BODIES = {
    "POST /login": {"username": "tom", "password": "{password}"},
    "POST /admin/login/": {"username": "ada", "password": "{password}"},
    "POST /password/reset": {"email": "tom@example.com"},
    "POST /password/reset/complete": {"token": "{reset_token}", "new_password": NEW_PASSWORD},
    "POST /api/v1/auth/register": NINA,
    "POST /api/v1/auth/signup": NINA,
    "POST /api/v1/auth/login": {"username": "tom", "password": "{password}"},
    "POST /api/v1/auth/refresh": {"refresh_token": "{refresh_token}"},
    "POST /api/v1/auth/password/change": {"current_password": "{password}", "new_password": NEW_PASSWORD},
    "POST /api/v1/auth/password/reset": {"email": "tom@example.com"},
    "POST /api/v1/auth/password/reset/complete": {"token": "{reset_token}", "new_password": NEW_PASSWORD},
    "PATCH /api/v1/users/me": {"full_name": "Somebody", "preferences": {"theme": "dark"}},
    "PATCH /api/v1/users/{user_id}": {"role": "viewer"},
    "POST /api/v1/accounts": {"name": "Another"},
    "POST /api/v1/accounts/create": {"exchange": "paper", **KEYS},
    "PATCH /api/v1/accounts/{account_id}": {"name": "Renamed"},
    "POST /api/v1/accounts/{account_id}/update-credentials": KEYS,
    "POST /api/v1/accounts/{account_id}/assign-group": {"group_id": "{group_id}"},
    "POST /api/v1/accounts/{account_id}/deposit": {"amount": "1"},
    "POST /api/v1/accounts/{account_id}/withdraw": {"amount": "1"},
    "POST /api/v1/jobs": {"name": "sync_portfolio", "args": {"user_id": "{user_id}"}},
    "POST /api/v1/watchlist": {"symbol": "ETHUSDT"},
    "POST /api/v1/orders": {**BUY, "account_id": "{account_id}"},
    "POST /api/v1/accounts/{account_id}/orders": BUY,
    "POST /api/v1/risk/limits": {**LIMIT, "scope_type": "account", "scope_id": "{account_id}"},
    "PATCH /api/v1/risk/limits/{limit_id}": {"limit_value": "6000"},
    "POST /api/v1/trading/halt": {"scope_type": "account", "scope_id": "{account_id}", "reason": "Fire."},
    "POST /api/v1/trading/resume": {"scope_type": "account", "scope_id": "{account_id}"},
    "PATCH /api/v1/accounts/{account_id}/positions/{position_id}": {"stop_loss": "1"},
    "POST /api/v1/accounts/{account_id}/positions/close": {"position_id": "{position_id}"},
    "POST /api/v1/order": {"symbol": "ETHUSDT", "quantity": "0.1"},
    "POST /api/v1/trading/close-position/{account_id}": {"symbol": "BTCUSDT"},
    "POST /api/v1/trading/group/{group_id}/execute": {"symbol": "ETHUSDT", "side": "buy", "risk_percentage": 1},
    "POST /api/v1/trading/preview": {"order": {**BUY, "account_id": "{account_id}"}},
    "POST /api/v1/strategy": STRATEGY,
    "PUT /api/v1/strategy/{strategy_id}": STRATEGY,
    "POST /api/v1/strategies": STRATEGY,
    "PUT /api/v1/strategies/{strategy_id}": STRATEGY,
    "POST /api/v1/trade-strategy": TRADED,
    "PUT /api/v1/trade-strategy/{trade_strategy_id}": TRADED,
    "POST /api/v1/backtests": {**SPAN, "rule": "sma_cross"},
    "POST /api/v1/backtests/sweep": {**SPAN, "rule": "sma_cross", "parameters": {"fast": [5, 10]}},
    "POST /api/v1/log": {"symbol": "BTCUSDT", "action": {"do": "buy"}, "analysis": [1, 2.5]},
    "POST /api/v1/groups": {"name": "Another", "accounts": ["{spare_id}"]},
    "PATCH /api/v1/groups/{group_id}": {"max_drawdown": 20},
    "POST /api/v1/groups/{group_id}/accounts": {"account_ids": ["{spare_id}"]},
    "POST /api/v1/bots": {"name": "Another", "symbol": "ETHUSDT"},
    "POST /api/v1/bots/create": {"name": "Another", "base_name": "ETH"},
    "PATCH /api/v1/bots/{bot_id}": {"name": "Renamed", "config": {"leverage": 2}},
    "POST /api/v1/bots/{bot_id}/status": {"status": "stopped"},
    "POST /api/v1/bots/{bot_id}/connect-account": {"account_id": "{spare_id}"},
    "POST /api/v1/bots/{bot_id}/disconnect-account": {"account_id": "{direct_id}"},
    "POST /api/v1/webhook/lint": {"message": "buy BTCUSDT 1%", "bot_id": "{bot_id}"},
    "POST /api/v1/webhook/tradingview": {**ALERT, "secret": "{key}"},
    "POST /api/v1/webhook/tradingview/{key}": ALERT,
}
QUERIES = {"GET /api/v1/market/price": "?symbol=BTCUSDT", "DELETE /api/v1/order": "?symbol=BTCUSDT"}


def rows() -> dict[str, list[int]]:
    """Return the table: method and address, then a status for each actor. Raises ValueError for a row told twice."""
    _, *lines = [line.split() for line in TABLE.splitlines() if line.strip()]
    found = {f"{method} {path}": [int(status) for status in statuses] for method, path, *statuses in lines}
    if len(found) < len(lines):
        raise ValueError("A row stands twice in the table: the last one would hide what the others say.")
    return found


ROWS = rows()
ROUTES = http_routes()


def status_of(world: World, name: str, actor: str) -> int:
    """Ask as somebody, take back what it did, and return the status."""
    method, path = name.split()
    client = world.clients[actor] if path.startswith("/api/") else world.browser(actor)
    ask = getattr(client, method.lower())
    with transaction.atomic():
        answer = ask(world.filled(path) + QUERIES.get(name, ""), world.filled(BODIES.get(name)))
        transaction.set_rollback(True)
    return int(answer.status_code)


@pytest.mark.parametrize("name", ROWS)
def test_everybody_is_answered_as_the_table_says(world: World, name: str) -> None:
    assert [status_of(world, name, actor) for actor in ACTORS] == ROWS[name]


def test_every_address_has_its_row_and_every_row_its_address() -> None:
    assert ROWS.keys() - OF_DJANGOS_SITE == {str(route) for route in ROUTES}


def test_every_body_and_query_is_of_a_row() -> None:
    assert (BODIES.keys() | QUERIES.keys()) - ROWS.keys() == set()


@pytest.mark.parametrize("route", [route for route in ROUTES if route.path.startswith("/api/v1/")], ids=str)
def test_every_address_is_public_or_names_what_it_needs(route) -> None:
    guards = route.view.permission_classes
    is_guarded = RolePermission in guards and permission_needed(route.view, action=route.action, method=route.method)
    assert AllowAny in guards or is_guarded


def test_a_row_that_stands_twice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "TABLE", f"{TABLE}GET / 404 404 404 404 404 404 404\n")
    with pytest.raises(ValueError, match="twice"):
        rows()


OF_DJANGOS_SITE = {"GET /admin/"}
# The way in has rows of its own in the table, the way out is everybody's.
DOORS = {"/admin/login/", "/admin/logout/"}


@pytest.mark.parametrize("address", [each for each in admin_addresses() if each not in DOORS])
def test_only_admins_enter_the_console(world: World, address: str) -> None:
    answers = {actor: world.browser(actor).get(address).status_code for actor in ACTORS}
    assert {answers.pop("ada")} <= {200, 301, 302, 403, 404, 405}
    assert set(answers.values()) == {302}
