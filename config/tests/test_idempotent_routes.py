"""Every POST of the API has been decided on: it takes Idempotency-Key, or stands here as one that need not."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import get_resolver

from core.api.idempotency import HEADER, REPLAYED, takes_key

# What makes no order and moves no money, or, as alerts do, knows what comes twice by itself.
NEED_NOT = {
    *("auth/register", "auth/signup", "auth/login", "auth/refresh", "auth/logout"),
    *("auth/password/change", "auth/password/reset", "auth/password/reset/complete"),
    "auth/sessions/<uuid:session_id>/terminate",
    *("groups", "groups/<uuid:group_id>/accounts", "groups/<uuid:group_id>/accounts/<uuid:account_id>"),
    *("bots", "bots/<uuid:bot_id>/start", "bots/<uuid:bot_id>/stop", "bots/<uuid:bot_id>/status"),
    *("bots/<uuid:bot_id>/connect-account", "bots/<uuid:bot_id>/disconnect-account", "bots/<uuid:bot_id>/rotate-key"),
    *("webhook/tradingview", "webhook/tradingview/<str:key>"),
}
TAKE_IT = {
    *("accounts", "accounts/<uuid:account_id>/deposit", "accounts/<uuid:account_id>/withdraw"),
    *("orders", "accounts/<uuid:account_id>/orders"),
}


def routes(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route, pattern.callback


def takes(callback: Any) -> bool | None:
    """Whether the route's POST takes the header; None where it has no POST."""
    actions = getattr(callback, "actions", None) or {}
    view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
    if "post" in actions:
        return takes_key(SimpleNamespace(action="post", post=getattr(view, actions["post"])))
    return False if hasattr(view, "post") or view is None else None


API = {
    route.removeprefix("api/v1/"): takes(callback)
    for route, callback in routes(get_resolver().url_patterns)
    if route.startswith("api/v1/")
}


def test_every_post_takes_the_key_or_stands_here_as_one_that_need_not():
    assert {route for route, taken in API.items() if taken is False} == NEED_NOT


def test_what_trades_or_moves_money_takes_the_key():
    assert {route for route, taken in API.items() if taken} == TAKE_IT


@pytest.fixture(scope="module")
def schema():
    from drf_spectacular.generators import SchemaGenerator

    return SchemaGenerator().get_schema(request=None, public=True)["paths"]


def documented(schema: dict[str, Any], of: Any) -> set[str]:
    found = {path for path, methods in schema.items() if "post" in methods and of(methods["post"])}
    return {path.removeprefix("/api/v1/") for path in found}


def bare(route: str) -> str:
    return route.replace("<uuid:", "{").replace(">", "}")


def test_the_schema_names_the_header_where_it_is_taken(schema):
    named = documented(schema, lambda post: HEADER in {one["name"] for one in post.get("parameters", ())})
    assert named == {bare(route) for route in TAKE_IT}


@pytest.mark.parametrize("status", ["201", "400", "409"])
def test_the_schema_tells_of_an_answer_given_again(schema, status):
    told = documented(schema, lambda post: REPLAYED in post["responses"].get(status, {}).get("headers", {}))
    assert told == {bare(route) for route in TAKE_IT}
