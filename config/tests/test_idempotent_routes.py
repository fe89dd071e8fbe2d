"""Every POST of the API has been decided on: it takes Idempotency-Key, or stands here as one that need not."""

from types import SimpleNamespace
from typing import Any

import pytest

from config.tests.operations import the_schema
from config.tests.routes import Route, http_routes
from core.api.idempotency import HEADER, REPLAYED, takes_key

# What makes no order and moves no money, or, as alerts do, knows what comes twice by itself.
NEED_NOT = {
    *("auth/register", "auth/signup", "auth/login", "auth/refresh", "auth/logout"),
    *("auth/password/change", "auth/password/reset", "auth/password/reset/complete"),
    "auth/sessions/{session_id}/terminate",
    *("accounts/{account_id}/update-credentials", "accounts/{account_id}/sync-balance"),
    "accounts/{account_id}/assign-group",
    *("groups", "groups/{group_id}/accounts", "groups/{group_id}/accounts/{account_id}"),
    *("bots", "bots/create", "bots/{bot_id}/start", "bots/{bot_id}/stop", "bots/{bot_id}/status"),
    *("bots/{bot_id}/connect-account", "bots/{bot_id}/disconnect-account", "bots/{bot_id}/rotate-key"),
    *("risk/limits", "risk/alerts/{alert_id}/acknowledge", "trading/resume"),
    *("cryptocurrencies/sync", "watchlist", "jobs"),
    *("webhook/tradingview", "webhook/tradingview/{key}", "webhook/lint", "trading/preview"),
    *("strategy", "strategies", "trade-strategy", "log", "backtests", "backtests/sweep"),
}
TAKE_IT = {
    "accounts/create",
    *("accounts", "accounts/{account_id}/deposit", "accounts/{account_id}/withdraw"),
    *("orders", "accounts/{account_id}/orders"),
    "trading/halt",
    "order",
    *("accounts/{account_id}/positions/close", "trading/close-position/{account_id}"),
    *("trading/terminate/{account_id}", "bots/{bot_id}/terminate", "trading/group/{group_id}/execute"),
    "signals/{correlation_id}/retry",
}


def takes(route: Route) -> bool:
    """Whether a POST takes the header."""
    return takes_key(SimpleNamespace(action="post", post=getattr(route.view, route.action or "post")))


API = {
    route.path.removeprefix("/api/v1/"): takes(route)
    for route in http_routes()
    if route.method == "POST" and route.path.startswith("/api/v1/")
}


def test_every_post_takes_the_key_or_stands_here_as_one_that_need_not():
    assert {route for route, taken in API.items() if not taken} == NEED_NOT


def test_what_trades_or_moves_money_takes_the_key():
    assert {route for route, taken in API.items() if taken} == TAKE_IT


@pytest.fixture(scope="module")
def schema():
    return the_schema()["paths"]


def documented(schema: dict[str, Any], of: Any) -> set[str]:
    found = {path for path, methods in schema.items() if "post" in methods and of(methods["post"])}
    return {path.removeprefix("/api/v1/") for path in found}


def test_the_schema_names_the_header_where_it_is_taken(schema):
    named = documented(schema, lambda post: HEADER in {one["name"] for one in post.get("parameters", ())})
    assert named == TAKE_IT


@pytest.mark.parametrize("statuses", [{"200", "201"}, {"400"}, {"409"}], ids=min)
def test_the_schema_tells_of_an_answer_given_again(schema, statuses):
    told = documented(schema, lambda post: _headers(post, statuses) == {REPLAYED})
    assert told == TAKE_IT


def _headers(post: dict[str, Any], statuses: set[str]) -> set[str]:
    """Return what the answers of these statuses document, less what every answer carries."""
    answers = [answer for status, answer in post["responses"].items() if status in statuses]
    return {name for answer in answers for name in answer.get("headers", {})} & {REPLAYED}
