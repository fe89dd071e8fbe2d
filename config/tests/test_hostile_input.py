"""Whatever is put into any field of any operation, no answer is a fault of ours, and each refusal has the one shape."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import TradingAccount, UserSession
from accounts.services.sessions import Device, open_session
from bots.services.bots import create_bot, webhook_key
from bots.services.connections import connect_account
from config.tests.hostile import BODIES, TEXTS, VALUES
from config.tests.operations import WRITING, Operation, operations, paths_of, quoted_bytes
from groups.services.membership import create_group
from strategies.models import Strategy

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("still_market")]

# Of the pairs of a field and a value, `make test` sends a third, to each field other ones; `make proof` the others.
THIRDS = [0, pytest.param(1, marks=pytest.mark.proof), pytest.param(2, marks=pytest.mark.proof)]
SHAPE = {"success", "code", "detail", "errors", "request_id", "timestamp"}
JSON = "application/json"
Sent = tuple[str, str, bytes, dict[str, str]]


@pytest.fixture
def bot(ada, account_of):
    made = create_bot(owner=ada, name="Hostile", symbol="BTCUSDT", config={})
    connect_account(made, account_of(ada, name="Traded"))
    return made


@pytest.fixture
def every(ada, bot, btcusdt, settings) -> list[Operation]:
    settings.WEBHOOK_WAIT_SECONDS = 0
    account = TradingAccount.objects.get(name="Traded")
    group = create_group(name="Hostile", description="", created_by=ada, accounts=[])
    ids = {"account_id": account.id, "bot_id": bot.id, "group_id": group.id, "instrument_id": btcusdt.id}
    strategy = Strategy.objects.create(owner=ada, name="Hostile", slug="hostile", rule="sma_cross")
    ids |= {"user_id": ada.id, "strategy_id": strategy.id}
    names = {"symbol": "BTCUSDT", "key": webhook_key(bot), "email": "new@example.com", "password": "Correct-horse-7"}
    names |= {"quantity": "0.01", "size": "0.01", "stop_loss": "40000", "take_profit": "60000"}
    names |= {"rule": "sma_cross", "start_date": "2026-01-01", "end_date": "2026-01-05"}
    return operations({name: str(value) for name, value in ids.items()} | names)


@pytest.fixture
def send(ada):
    """Send as the admin, whatever an earlier request did to the session; return what is wrong with the answer."""
    client = APIClient(raise_request_exception=False)
    open_session(ada, device=Device(), now=timezone.now())
    client.force_authenticate(ada, UserSession.objects.get(user=ada))

    def wrong(method: str, address: str, body: bytes, headers: dict[str, str]) -> str:
        answer = client.generic(method.upper(), address, body, JSON, **headers)
        return "" if _is_sound(answer) else f"{method} {address[:200]} {body[:300]!r}: {answer.status_code}"

    return wrong


def _is_sound(answer: Any) -> bool:
    if answer.status_code < 400:
        return True
    return answer.status_code < 500 and answer["Content-Type"] == JSON and set(answer.json()) == SHAPE


def _complaints(send: Any, requests: Iterable[Sent]) -> list[str]:
    return [complaint for request in requests if (complaint := send(*request))]


def _in_bodies(every: list[Operation], value: str) -> Iterator[Sent]:
    for operation in every:
        for field in paths_of(operation.fields):
            yield operation.method, operation.address(), operation.body(field, value), {}


def _elsewhere(every: list[Operation], text: str) -> Iterator[Sent]:
    as_header = text.encode("utf-8", "surrogatepass").decode("latin-1")
    for operation in every:
        for name in operation.names["query"]:
            yield operation.method, f"{operation.address()}?{name}={quoted_bytes(text)}", b"{}", {}
        for name in operation.names["path"]:
            yield operation.method, operation.address(**{name: text}), b"{}", {}
        for name in operation.names["header"]:
            header = f"HTTP_{name.upper().replace('-', '_')}"
            yield operation.method, operation.address(), b"{}", {header: as_header}


def _third(requests: Iterable[Sent], third: int, *, place: int) -> Iterator[Sent]:
    return islice(requests, (third + place) % len(THIRDS), None, len(THIRDS))


@pytest.mark.parametrize("third", THIRDS)
@pytest.mark.parametrize(("place", "value"), list(enumerate(VALUES.values())), ids=VALUES.keys())
def test_no_value_in_a_field_of_a_body_is_a_fault_of_ours(send, every, place, value, third):
    assert _complaints(send, _third(_in_bodies(every, value), third, place=place)) == []


@pytest.mark.parametrize("third", THIRDS)
@pytest.mark.parametrize(("place", "text"), list(enumerate(TEXTS.values())), ids=TEXTS.keys())
def test_no_text_in_a_query_a_path_or_a_header_is_one(send, every, place, text, third):
    assert _complaints(send, _third(_elsewhere(every, text), third, place=place)) == []


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_no_body_is_one(send, every, body):
    writing = [operation for operation in every if operation.method in WRITING]
    assert _complaints(send, [(each.method, each.address(), body, {}) for each in writing]) == []
