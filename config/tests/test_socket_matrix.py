"""Who may follow what: every address of a WebSocket, and every bot, asked by everybody."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.db import connections
from django.utils import timezone

from accounts.models import Share, TradingAccount, User
from accounts.services.sessions import Device, open_session
from bots.models import Bot
from bots.services.bots import create_bot
from config.sockets import sockets
from config.tests.routes import socket_routes
from trading.models import AccountScope, ScopeType

pytestmark = pytest.mark.django_db(transaction=True)

ACTORS = ("nobody", "ada", "tom", "mallory", "eve", "vic")

# One line for each address, for each actor what it is closed with, or that it stays open. It is tom's own; the account
# is shared with vic, and a bot and a group that trade it are with eve.
ADDRESSES = """
                                 nobody ada  tom  mallory eve  vic
/api/v1/ws/market/{symbol}       4401   open open open    open open
/api/v1/ws/orders                4401   open open open    open open
/ws/accounts/{account_id}        4401   open open 4403    4403 open
/ws/{user_id}                    4401   4403 open 4403    4403 4403
/                                4403   4403 4403 4403    4403 4403
"""

# The same for a bot that is followed at one's own address: tom's, shared with vic and not with eve.
BOTS = """
                nobody ada        tom        mallory   eve       vic
tom             4401   subscribed subscribed NOT_FOUND NOT_FOUND subscribed
deleted         4401   NOT_FOUND  NOT_FOUND  NOT_FOUND NOT_FOUND NOT_FOUND
"""


def rows(table: str) -> dict[str, list[str]]:
    _, *lines = [line.split() for line in table.splitlines() if line.strip()]
    return {name: answers for name, *answers in lines}


def asked(table: str) -> list[tuple[str, str, str]]:
    found = rows(table).items()
    return [(name, who, told) for name, answers in found for who, told in zip(ACTORS, answers, strict=True)]


@pytest.fixture
def person(request: pytest.FixtureRequest) -> Callable[[str], User | None]:
    return lambda who: None if who == "nobody" else request.getfixturevalue(who)


@pytest.fixture
def bots(tom: User, vic: User) -> dict[str, Bot]:
    made = {name: create_bot(owner=tom, name=name, symbol="BTCUSDT") for name in ("tom", "deleted")}
    for bot in made.values():
        Share.objects.create(user=vic, scope_type=Share.Scope.BOT, scope_id=bot.pk)
    Bot.objects.filter(pk=made["deleted"].pk).update(deleted_at=timezone.now())
    return made


@pytest.fixture
def account(tom: User, vic: User, eve: User, account_of: Callable[..., TradingAccount]) -> TradingAccount:
    made = account_of(tom)
    Share.objects.create(user=vic, scope_type=Share.Scope.ACCOUNT, scope_id=made.pk)
    for kind in (ScopeType.BOT, ScopeType.GROUP):
        covering = AccountScope.objects.create(account=made, scope_type=kind, scope_id=uuid4())
        Share.objects.create(user=eve, scope_type=kind, scope_id=covering.scope_id)
    return made


def talk(path: str, user: User | None, *messages: dict[str, str]) -> Any:
    """Return what a socket says first: the code it is closed with, the type or the refusal of an answer, "open"."""
    token = open_session(user, device=Device(), now=timezone.now()).access if user else "none"

    async def work() -> Any:
        peer = WebsocketCommunicator(sockets, f"{path}?token={token}")
        try:
            await peer.connect(timeout=30)
            for message in messages or ({"type": "ping"},):
                await peer.send_json_to(message)
            told = await peer.receive_output(timeout=30)
            await peer.disconnect(timeout=30)
        finally:
            await database_sync_to_async(connections.close_all)()
        return str(told["code"]) if "code" in told else json.loads(told["text"])

    return asyncio.run(work())


def name_of(told: Any) -> str:
    if isinstance(told, str):
        return told
    return {"pong": "open", "ticker": "open", "connected": "open"}.get(told["type"]) or told.get("code") or told["type"]


@pytest.mark.parametrize(("address", "who", "expected"), asked(ADDRESSES))
def test_whom_an_address_lets_in(tom: User, account, person, address: str, who: str, expected: str) -> None:
    path = address.format(user_id=tom.pk, symbol="BTCUSDT", account_id=account.pk)
    assert name_of(talk(path, person(who))) == expected


@pytest.mark.parametrize(("bot", "who", "expected"), asked(BOTS))
def test_who_may_follow_a_bot(bots, person, bot: str, who: str, expected: str) -> None:
    user = person(who)
    address = f"/ws/{user.pk if user else 'x'}"
    assert name_of(talk(address, user, {"type": "subscribe", "bot_id": str(bots[bot].pk)})) == expected


def test_every_address_has_its_row_and_every_row_its_address() -> None:
    assert list(rows(ADDRESSES)) == socket_routes()
