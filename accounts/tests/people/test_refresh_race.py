"""Several refreshes with one token: of those that had begun one wins and the session lives; a later one ends it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import UserSession
from accounts.services import sessions
from accounts.services.sessions import live_session
from accounts.tokens import InvalidToken, Tokens

pytestmark = pytest.mark.django_db

REFRESH = "/api/v1/auth/refresh"
ME = "/api/v1/auth/me"
SIX = 6
Knock = Callable[[str], APIClient]


def show(token: str, *, arrived_at: datetime) -> Tokens | None:
    """Return the new tokens, None for a refusal."""
    try:
        return sessions.refresh(refresh_token=token, arrived_at=arrived_at, clock=timezone.now)[1]
    except InvalidToken:
        return None


def winner_of(answers: list[Any]) -> Any:
    [won] = [answer for answer in answers if answer]
    return won


@pytest.fixture
def all_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six requests wait for each other once each has read the session."""
    barrier = Barrier(SIX, timeout=60)

    def wait_and_read(*args: Any, **kwargs: Any) -> UserSession:
        session = live_session(*args, **kwargs)
        barrier.wait()
        return session

    monkeypatch.setattr(sessions, "live_session", wait_and_read)


@pytest.mark.django_db(transaction=True)
def test_of_six_that_began_together_one_wins_and_the_session_lives(
    tokens: Tokens, now: datetime, at_once: Callable[..., list[Any]], bearer: Knock
) -> None:
    barrier, began_at = Barrier(SIX, timeout=60), timezone.now()

    def knock() -> Tokens | None:
        barrier.wait()
        return show(tokens.refresh, arrived_at=began_at)

    won = winner_of(at_once(SIX, knock))
    assert UserSession.objects.get().ended_at is None
    assert bearer(won.access).get(ME).status_code == 200
    assert show(won.refresh, arrived_at=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_of_six_over_http_one_wins_and_the_session_lives(
    tokens: Tokens, at_once: Callable[..., list[Any]], bearer: Knock, monkeypatch: pytest.MonkeyPatch, all_begun: None
) -> None:
    def knock() -> Any:
        answer = APIClient().post(REFRESH, {"refresh_token": tokens.refresh})
        assert answer.status_code in {200, 401}
        return answer.json() if answer.status_code == 200 else None

    won = winner_of(at_once(SIX, knock))
    monkeypatch.undo()
    assert bearer(won["access_token"]).get(ME).status_code == 200
    assert APIClient().post(REFRESH, {"refresh_token": won["refresh_token"]}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_the_spent_token_shown_afterwards_ends_what_was_won(
    tokens: Tokens, at_once: Callable[..., list[Any]], bearer: Knock
) -> None:
    began_at = timezone.now()
    won = winner_of(at_once(SIX, lambda: show(tokens.refresh, arrived_at=began_at)))
    assert APIClient().post(REFRESH, {"refresh_token": tokens.refresh}).status_code == 401
    assert UserSession.objects.get().end_reason == "refresh_reused"
    assert bearer(won.access).get(ME).status_code == 401
    assert APIClient().post(REFRESH, {"refresh_token": won.refresh}).status_code == 401


def test_a_request_that_had_begun_lost_a_race_however_late_it_is_read(tokens: Tokens, now: datetime) -> None:
    assert show(tokens.refresh, arrived_at=now)
    assert show(tokens.refresh, arrived_at=now) is None
    assert UserSession.objects.get().ended_at is None


def test_a_request_that_began_a_moment_later_is_a_reuse(tokens: Tokens, now: datetime) -> None:
    assert show(tokens.refresh, arrived_at=now)
    replaced_at = UserSession.objects.get().refreshed_at
    assert replaced_at is not None
    assert show(tokens.refresh, arrived_at=replaced_at + timedelta(microseconds=1)) is None
    assert UserSession.objects.get().end_reason == "refresh_reused"


def test_a_request_that_began_before_the_other_had_its_answer_lost_a_race(tokens: Tokens, now: datetime) -> None:
    """Processes share no queue: one may stamp an arrival while another commits what it read before."""
    replaced, answered = now + timedelta(milliseconds=10), now + timedelta(milliseconds=20)
    clock = iter([replaced, answered])
    assert sessions.refresh(refresh_token=tokens.refresh, arrived_at=now, clock=lambda: next(clock))
    assert show(tokens.refresh, arrived_at=replaced + timedelta(milliseconds=5)) is None
    assert UserSession.objects.get().ended_at is None
    assert show(tokens.refresh, arrived_at=answered + timedelta(microseconds=1)) is None
    assert UserSession.objects.get().end_reason == "refresh_reused"


@pytest.mark.parametrize(("seconds", "reason"), [(4, ""), (6, "refresh_reused")])
def test_a_death_before_the_answer_leaves_the_spent_token_some_seconds(
    tokens: Tokens, now: datetime, monkeypatch: pytest.MonkeyPatch, seconds: int, reason: str
) -> None:
    monkeypatch.setattr(sessions, "_note_answer", lambda *_, **__: None)
    assert sessions.refresh(refresh_token=tokens.refresh, arrived_at=now, clock=lambda: now)
    assert show(tokens.refresh, arrived_at=now + timedelta(seconds=seconds)) is None
    assert UserSession.objects.get().end_reason == reason


def test_a_token_from_before_the_last_is_a_reuse_whenever_it_began(tokens: Tokens, now: datetime) -> None:
    second = show(tokens.refresh, arrived_at=now)
    assert second is not None
    assert show(second.refresh, arrived_at=now)
    assert show(tokens.refresh, arrived_at=now) is None
    assert UserSession.objects.get().end_reason == "refresh_reused"


def test_a_request_that_found_its_token_good_lost_a_race(
    tokens: Tokens, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its arrival lies between the other's reading of the clock and the commit."""
    found = UserSession.objects.select_related("user").get()
    assert show(tokens.refresh, arrived_at=now)
    monkeypatch.setattr(sessions, "live_session", lambda *_, **__: found)
    assert show(tokens.refresh, arrived_at=timezone.now() + timedelta(seconds=1)) is None
    assert UserSession.objects.get().ended_at is None


def test_the_arrival_is_stamped_before_the_view_runs(
    tokens: Tokens, api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[datetime] = []
    whole = sessions.refresh

    def noting(*, arrived_at: datetime, **given: Any) -> Any:
        asked.append(arrived_at)
        return whole(arrived_at=arrived_at, **given)

    monkeypatch.setattr(sessions, "refresh", noting)
    before = timezone.now()
    api.post(REFRESH, {"refresh_token": tokens.refresh})
    assert before < asked[0] < timezone.now()
