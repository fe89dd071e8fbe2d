"""The states of a bot: inactive, active, paused, stopped, and which follow which."""

import pytest

from bots.models import ALLOWED_CHANGES, Bot, BotStatus
from bots.services.bots import WrongState, change_status

ALLOWED = {
    ("inactive", "active"),
    ("active", "paused"),
    ("active", "stopped"),
    ("paused", "active"),
    ("paused", "stopped"),
    ("stopped", "active"),
}
PAIRS = [(before, after) for before in BotStatus for after in BotStatus]


@pytest.fixture
def bot(tom, bot_of):
    return bot_of(tom)


def test_a_new_bot_was_never_started(bot):
    assert bot.status == "inactive"


@pytest.mark.parametrize(("before", "after"), [pair for pair in PAIRS if pair in ALLOWED])
def test_an_allowed_change_is_made(bot, before, after):
    Bot.objects.update(status=before)
    assert change_status(bot.id, BotStatus(after)).status == after
    assert Bot.objects.get().status == after


@pytest.mark.parametrize(("before", "after"), [pair for pair in PAIRS if pair not in ALLOWED])
def test_every_other_change_is_refused_and_not_made(bot, before, after):
    Bot.objects.update(status=before)
    with pytest.raises(WrongState):
        change_status(bot.id, BotStatus(after))
    assert Bot.objects.get().status == before


def test_the_table_is_the_contracts():
    assert {(before, after) for before, afters in ALLOWED_CHANGES.items() for after in afters} == ALLOWED


def test_start_and_stop_over_http(bot, tom, client_of):
    api = client_of(tom)
    started = api.post(f"/api/v1/bots/{bot.id}/start").json()
    stopped = api.post(f"/api/v1/bots/{bot.id}/stop").json()
    assert started == {"message": "Bot started successfully", "bot_id": str(bot.id), "status": "active"}
    assert stopped == {"message": "Bot stopped successfully", "bot_id": str(bot.id), "status": "stopped"}


@pytest.mark.parametrize("passed", ["body", "query"])
@pytest.mark.parametrize("status", ["active", "ACTIVE"])
def test_the_status_may_stand_in_the_body_or_in_the_query(bot, tom, client_of, passed, status):
    address = f"/api/v1/bots/{bot.id}/status"
    asked = {"body": (address, {"status": status}), "query": (f"{address}?status={status}", {})}[passed]
    assert client_of(tom).post(*asked).json() == {"success": True, "status": "active"}


@pytest.mark.parametrize(
    "body", [{}, {"status": "asleep"}, {"status": None}, {"status": ["active"]}, {"state": "active"}]
)
def test_a_status_that_makes_no_sense_is_a_422(bot, tom, client_of, body):
    assert client_of(tom).post(f"/api/v1/bots/{bot.id}/status", body).status_code == 422
    assert Bot.objects.get().status == "inactive"


@pytest.mark.parametrize("raw", [b"[1]", b"1", b'"active"', b"null", b"true"])
@pytest.mark.parametrize("path", ["status", "connect-account", "disconnect-account"])
def test_a_body_that_is_no_object_is_a_422(bot, tom, client_of, path, raw):
    answer = client_of(tom).generic("POST", f"/api/v1/bots/{bot.id}/{path}", raw, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID")


@pytest.mark.parametrize("path", ["start", "stop"])
def test_a_change_that_is_not_allowed_is_a_409(bot, tom, client_of, path):
    Bot.objects.update(status={"start": "active", "stop": "stopped"}[path])
    answer = client_of(tom).post(f"/api/v1/bots/{bot.id}/{path}")
    assert (answer.status_code, answer.json()["code"]) == (409, "WRONG_STATE")
