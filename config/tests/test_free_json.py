"""JSON that a caller keeps here as it likes is answered as it was sent: numbers as numbers, none rounded."""

import json

import pytest

from accounts.models import User, UserSession
from bots.config import BotConfig
from bots.models import Bot
from conftest import PASSWORD

pytestmark = pytest.mark.django_db

JSON = "application/json"
FREE = '{"half": 1.5, "deep": [{"small": 0.00001}], "whole": 7, "far": 1e22, "text": "1.5"}'
TOO_EXACT = ["0.1234567890123456789", "1e400", "-1e400", "9007199254740993.0"]


@pytest.fixture
def api(tom, client_of):
    return client_of(tom)


def test_what_a_bot_is_set_to_is_answered_as_it_was_sent(api):
    made = api.generic("POST", "/api/v1/bots", f'{{"name": "B", "symbol": "BTCUSDT", "config": {FREE}}}', JSON).json()
    assert made["config"] == json.loads(FREE)
    assert api.get(f"/api/v1/bots/{made['id']}").json()["config"] == json.loads(FREE)
    assert Bot.objects.get().config == json.loads(FREE)


def test_so_is_what_a_person_prefers(api):
    answer = api.generic("PATCH", "/api/v1/users/me", f'{{"preferences": {FREE}}}', JSON)
    assert answer.json()["preferences"] == json.loads(FREE)
    assert User.objects.get(username="tom").preferences == json.loads(FREE)


def test_so_is_what_a_device_says_of_itself(tom, anonymous):
    body = f'{{"username": "tom", "password": "{PASSWORD}", "device_info": {FREE}}}'
    assert anonymous.generic("POST", "/api/v1/auth/login", body, JSON).status_code == 200
    assert UserSession.objects.latest("created_at").device_info == json.loads(FREE)


@pytest.mark.parametrize("number", TOO_EXACT)
@pytest.mark.parametrize(
    ("method", "address", "field", "more"),
    [
        ("POST", "/api/v1/bots", "config", {"name": "B", "symbol": "BTCUSDT"}),
        ("PATCH", "/api/v1/users/me", "preferences", {}),
        ("POST", "/api/v1/log", "action", {"symbol": "BTCUSDT"}),
        ("POST", "/api/v1/strategies", "parameters", {"name": "By hand"}),
        ("POST", "/api/v1/auth/login", "device_info", {"username": "tom", "password": PASSWORD}),
    ],
)
def test_a_number_that_would_be_rounded_is_a_422_that_names_its_field(api, method, address, field, more, number):
    body = json.dumps({**more, field: {"a": ["?"]}}).replace('"?"', number)
    answer = api.generic(method, address, body, JSON)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])


@pytest.mark.parametrize(("size", "text"), [(0.00001, "0.00001"), (1.5, "1.5"), ("10%", "10%")])
def test_a_size_that_is_a_number_is_read_exactly(size, text):
    assert BotConfig.from_json({"position_size": size}).position_size == text
