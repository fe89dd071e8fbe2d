"""GET /health: ok while the desk can do its work, degraded and 503 when it cannot."""

import pytest
from django.db import DatabaseError

from core import triggers

pytestmark = pytest.mark.django_db

ADDRESSES = pytest.mark.parametrize("address", ["/health", "/api/v1/health", "/health/"])


@ADDRESSES
def test_a_sound_desk_is_ok(anonymous, address):
    answer = anonymous.get(address)
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert set(answer.json()) == {"status", "version", "environment", "database", "uptime", "timestamp"}


@ADDRESSES
def test_a_missing_trigger_degrades_it_and_is_named(anonymous, address):
    triggers.remove()
    answer = anonymous.get(address)
    assert (answer.status_code, answer.json()["status"]) == (503, "degraded")
    assert "accounts_transfer_no_update" in answer.json()["database"]["references"]["missing_triggers"]


def test_a_database_that_does_not_answer_degrades_it(anonymous, monkeypatch):
    def away():
        raise DatabaseError("host=db password=hunter2")

    monkeypatch.setattr(triggers, "missing", away)
    answer = anonymous.get("/health")
    assert (answer.status_code, answer.json()["database"]["connected"]) == (503, False)
    assert "hunter2" not in answer.text
