"""A door whose address says all that is asked for takes an empty body, and names any field that it is given."""

import pytest
from django.utils import timezone

from config.tests.operations import the_schema
from config.tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("still_market")]

DOORS = (
    "/api/v1/accounts/{account_id}/sync-balance",
    *(f"/api/v1/bots/{{bot_id}}/{what}" for what in ("rotate-key", "start", "stop")),
    "/api/v1/groups/{group_id}/accounts/{account_id}",
    "/api/v1/risk/alerts/{alert_id}/acknowledge",
)
# They end sessions: whoever asks is let out, whatever else the body says.
ENDINGS = ("/api/v1/auth/logout", "/api/v1/auth/sessions/{session_id}/terminate")


@pytest.fixture
def world() -> World:
    return World(timezone.now())


def test_every_one_of_the_schema_stands_here():
    posts = {path: methods["post"] for path, methods in the_schema()["paths"].items() if "post" in methods}
    assert {path for path, told in posts.items() if "requestBody" not in told} == {*DOORS, *ENDINGS}


@pytest.mark.parametrize("door", DOORS)
def test_a_field_is_named_and_nothing_is_done(world, door):
    client, address = world.clients["ada"], world.filled(door)
    refused = client.post(address, {"x": 1}, format="json")
    assert (refused.status_code, refused.json()["errors"].keys()) == (422, {"x"})
    assert client.generic("POST", address, b"{bad", "application/json").status_code == 400
    assert client.generic("POST", address).status_code < 300
