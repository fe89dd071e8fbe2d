"""POST /auth/password/reset and …/complete: the same answer for every address, a token that is good once."""

import re
import smtplib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from django.conf import settings as chosen
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from kombu.exceptions import OperationalError
from rest_framework.test import APIClient

from accounts import mails, tasks
from accounts.models import PasswordResetRequest, User, UserSession
from accounts.services import password_resets
from accounts.services.password_resets import InvalidResetToken, ask_for_reset, complete_reset, reset_token
from accounts.tokens import Tokens
from conftest import PASSWORD
from core.patience import Patience

pytestmark = pytest.mark.django_db

RESET = "/api/v1/auth/password/reset"
COMPLETE = f"{RESET}/complete"
NEW = "New-Trees-88"
Knock = Callable[[str], APIClient]


@pytest.fixture(autouse=True)
def nudged(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the broker was given."""
    given: list[Any] = []
    monkeypatch.setattr(tasks.mail_reset, "apply_async", lambda args, **_: given.append(args))
    return given


@pytest.fixture(autouse=True)
def minute_is_over(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """No test waits for the mail server that failed in the one before; called, it goes to the end of the minute."""

    def forget() -> None:
        monkeypatch.setattr(password_resets, "_mail_server", Patience(60))

    forget()
    return forget


class HangingMailServer:
    """Takes no mail: keeps who brings one until it gives up."""

    def __init__(self) -> None:
        self.asked, self.is_asked, self.gives_up = 0, Event(), Event()

    def take(self, *_: Any) -> None:
        self.asked += 1
        self.is_asked.set()
        assert self.gives_up.wait(60)
        raise TimeoutError


@pytest.fixture
def mail_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HangingMailServer]:
    server = HangingMailServer()
    monkeypatch.setattr(mails, "send_reset", server.take)
    yield server
    server.gives_up.set()


def mailed_token() -> str:
    [sent] = mail.outbox
    return re.findall(r"^\S{40,}$", str(sent.body), re.MULTILINE)[0]


def complete(token: str, new_password: str = NEW) -> Any:
    return APIClient().post(COMPLETE, {"token": token, "new_password": new_password})


def statements(email: str) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        assert APIClient().post(RESET, {"email": email}).status_code == 200
    return [query["sql"].split(" ")[0] for query in queries]


def test_the_whole_way(tom: User, tokens: Tokens, nudged: list[Any], bearer: Knock) -> None:
    APIClient().post(RESET, {"email": "TOM@Example.com"})
    [(request_id,)] = nudged
    tasks.mail_reset(request_id)
    assert (mail.outbox[0].to, mail.outbox[0].from_email) == (["tom@example.com"], chosen.DEFAULT_FROM_EMAIL)
    answer = complete(mailed_token())
    assert (answer.status_code, answer.json()["message"]) == (200, "Password reset successful")
    assert User.objects.get().check_password(NEW)
    assert bearer(tokens.access).get("/api/v1/auth/me").status_code == 401
    assert UserSession.objects.get().end_reason == "password_changed"


def test_the_answer_tells_nothing_of_the_address(tom: User) -> None:
    known, unknown = (APIClient().post(RESET, {"email": name}) for name in ("tom@example.com", "no@example.com"))
    assert known.status_code == unknown.status_code == 200
    assert known.json() | {"data": 0} == unknown.json() | {"data": 0}
    assert known.json()["message"].startswith("If an account exists")


def test_the_request_is_one_statement_for_every_address(tom: User, nudged: list[Any]) -> None:
    assert statements("tom@example.com") == statements("no@example.com") == ["INSERT"]
    assert [len(args) for args in nudged] == [1, 1]


def test_the_task_is_given_an_id_only(tom: User, nudged: list[Any]) -> None:
    APIClient().post(RESET, {"email": "tom@example.com"})
    assert nudged == [(str(PasswordResetRequest.objects.get().pk),)]


@pytest.mark.parametrize("error", [OperationalError, ConnectionError])
def test_a_broker_that_is_away_holds_up_nobody(tom: User, monkeypatch: pytest.MonkeyPatch, error: Any) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(tasks.mail_reset, "apply_async", away)
    assert APIClient().post(RESET, {"email": "tom@example.com"}).status_code == 200
    tasks.sweep_resets()
    assert mail.outbox[0].to == ["tom@example.com"]


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "!none"}, {"email": "other@example.com"}])
def test_who_may_not_have_one_gets_no_mail(tom: User, now: datetime, change: dict[str, Any]) -> None:
    User.objects.update(**change)
    tasks.mail_reset(str(ask_for_reset(email="tom@example.com", now=now)))
    assert mail.outbox == []
    assert PasswordResetRequest.objects.get().done_at is not None


def test_nudge_and_sweep_send_one_mail(tom: User, now: datetime) -> None:
    request_id = str(ask_for_reset(email="tom@example.com", now=now))
    _ = [tasks.mail_reset(request_id), tasks.sweep_resets(), tasks.mail_reset(request_id)]
    assert len(mail.outbox) == 1


def test_no_mail_is_sent_while_another_worker_sends_it(
    tom: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = str(ask_for_reset(email="tom@example.com", now=now))
    whole = mails.send_reset

    def send_slowly(*given: Any) -> None:
        tasks.sweep_resets()
        whole(*given)

    monkeypatch.setattr(mails, "send_reset", send_slowly)
    tasks.mail_reset(request_id)
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    "error", [smtplib.SMTPServerDisconnected("tom@example.com"), TimeoutError(), ConnectionError()]
)
def test_a_mail_server_that_is_away_is_tried_again_five_times_in_all(
    tom: User,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: OSError,
    minute_is_over: Callable[[], None],
) -> None:
    tried: list[datetime] = []

    def away(*_: Any) -> None:
        tried.append(timezone.now())
        raise error

    monkeypatch.setattr(mails, "send_reset", away)
    request_id = ask_for_reset(email="tom@example.com", now=now)
    minutes = [now + timedelta(minutes=number) for number in range(8)]
    _ = [(minute_is_over(), password_resets.deliver_reset(request_id, clock=lambda at=at: at)) for at in minutes]
    assert len(tried) == 5
    assert PasswordResetRequest.objects.get().done_at is None
    assert "tom@example.com" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_that_hangs_holds_one_thread_of_a_process(
    tom: User, now: datetime, mail_server: HangingMailServer, at_once: Callable[..., list[Any]]
) -> None:
    first, second = (str(ask_for_reset(email="tom@example.com", now=now)) for _ in range(2))
    with ThreadPoolExecutor(1) as pool:
        pool.submit(at_once, 1, lambda: tasks.mail_reset(first))
        assert mail_server.is_asked.wait(60)
        _ = [tasks.mail_reset(second), tasks.sweep_resets()]
        mail_server.gives_up.set()
    assert mail_server.asked == 1
    assert PasswordResetRequest.objects.get(pk=second).attempts == 0


def test_a_mail_server_that_failed_is_left_alone_for_a_minute(
    tom: User, now: datetime, mail_server: HangingMailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_server.gives_up.set()
    began = time.monotonic()
    for seconds, asked in [(0, 1), (59, 1), (62, 2), (119, 2)]:
        monkeypatch.setattr(time, "monotonic", lambda at=began + seconds: at)
        _ = [tasks.mail_reset(str(ask_for_reset(email="tom@example.com", now=now))) for _ in range(3)]
        assert mail_server.asked == asked


def test_an_address_that_nobody_has_does_not_use_up_the_question(
    tom: User, now: datetime, mail_server: HangingMailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_server.gives_up.set()
    tasks.mail_reset(str(ask_for_reset(email="tom@example.com", now=now)))
    later = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
    _ = [tasks.mail_reset(str(ask_for_reset(email=email, now=now))) for email in ("no@example.com", "tom@example.com")]
    assert mail_server.asked == 2


@pytest.mark.parametrize("refusal", [smtplib.SMTPRecipientsRefused({}), smtplib.SMTPDataError(550, b"no")])
def test_a_mail_that_is_refused_does_not_hold_up_the_next(
    tom: User, now: datetime, monkeypatch: pytest.MonkeyPatch, refusal: OSError
) -> None:
    answers = iter([refusal, None])

    def answer(*_: Any) -> None:
        if error := next(answers):
            raise error

    monkeypatch.setattr(mails, "send_reset", answer)
    _ = [tasks.mail_reset(str(ask_for_reset(email="tom@example.com", now=now))) for _ in range(2)]
    assert PasswordResetRequest.objects.exclude(done_at=None).count() == 1


def test_a_mail_that_is_out_ends_the_minute(
    tom: User, now: datetime, mail_server: HangingMailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_server.gives_up.set()
    tasks.mail_reset(str(ask_for_reset(email="tom@example.com", now=now)))
    monkeypatch.undo()
    requests = [str(ask_for_reset(email="tom@example.com", now=now)) for _ in range(2)]
    later = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
    _ = [tasks.mail_reset(request_id) for request_id in requests]
    assert len(mail.outbox) == 2


def test_a_sweep_takes_twenty(tom: User, now: datetime) -> None:
    asked = [ask_for_reset(email="tom@example.com", now=now) for _ in range(21)]
    tasks.sweep_resets()
    assert len(asked) - len(mail.outbox) == PasswordResetRequest.objects.due(timezone.now()).count() == 1


def test_a_mail_server_has_five_seconds() -> None:
    assert chosen.EMAIL_TIMEOUT == 5


@pytest.mark.django_db(transaction=True)
def test_no_mail_leaves_within_a_transaction(tom: User, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    monkeypatch.setattr(mails, "send_reset", lambda *_: seen.append(connection.in_atomic_block))
    tasks.mail_reset(str(ask_for_reset(email="tom@example.com", now=now)))
    assert seen == [False]


def test_requests_of_a_day_ago_are_forgotten(now: datetime) -> None:
    old = ask_for_reset(email="old@example.com", now=now - timedelta(days=1, seconds=1))
    new = ask_for_reset(email="new@example.com", now=now - timedelta(hours=23))
    tasks.sweep_resets()
    assert set(PasswordResetRequest.objects.values_list("pk", flat=True)) == {new} != {old}


def test_beat_sweeps() -> None:
    assert chosen.CELERY_BEAT_SCHEDULE["sweep-password-resets"]["task"] == tasks.sweep_resets.name


def test_a_token_is_good_once(tom: User) -> None:
    token = reset_token(tom)
    assert complete(token).status_code == 200
    again = complete(token, "Other-Trees-99")
    assert (again.status_code, again.json()["code"]) == (400, "INVALID_RESET_TOKEN")
    assert User.objects.get().check_password(NEW)


@pytest.mark.django_db(transaction=True)
def test_of_six_who_show_it_at_once_one_succeeds(tom: User, at_once: Callable[..., list[Any]]) -> None:
    token = reset_token(tom)
    assert sorted(at_once(6, lambda: complete(token).status_code)) == [200, 400, 400, 400, 400, 400]


def test_a_token_that_is_used_while_the_password_is_hashed_is_refused(
    tom: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def use_and_hash(*_: Any) -> str:
        User.objects.update(password="another's")
        return "mine"

    monkeypatch.setattr(password_resets, "hashed_password", use_and_hash)
    with pytest.raises(InvalidResetToken):
        complete_reset(token=reset_token(tom), new_password=NEW, now=now)
    assert User.objects.get().password == "another's"


@pytest.mark.parametrize(("minutes", "status"), [(59, 200), (61, 400)])
def test_a_token_is_good_for_an_hour(tom: User, monkeypatch: pytest.MonkeyPatch, minutes: int, status: int) -> None:
    token = reset_token(tom)
    later = datetime.now() + timedelta(minutes=minutes)  # noqa: DTZ005 - Django's generator counts so
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda _: later)
    assert complete(token).status_code == status


@pytest.mark.parametrize("change", [{"is_active": False}, {"email": "new@example.com"}, {"last_login": timezone.now}])
def test_a_token_dies_with_what_it_was_made_of(tom: User, change: dict[str, Any]) -> None:
    token = reset_token(tom)
    User.objects.update(**{name: value() if callable(value) else value for name, value in change.items()})
    assert complete(token).status_code == 400
    assert User.objects.get().check_password(PASSWORD)


def test_a_token_of_another_changes_nothing(tom: User, mallory: User) -> None:
    forged = f"{reset_token(tom).partition('-')[0]}-{reset_token(mallory).partition('-')[2]}"
    assert complete(forged).status_code == 400


@pytest.mark.parametrize(
    "token", ["x", "-", "--", "a-b", "a-b-c", "ü-ü", "MQ-x-y", 300 * "a", "____-1-1", f"{'YQ' * 8}-1-x"]
)
def test_what_is_no_token_is_400(tom: User, token: str) -> None:
    answer = complete(token)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_RESET_TOKEN")


def test_a_weak_password_leaves_the_token_good(tom: User, tokens: Tokens) -> None:
    token = reset_token(tom)
    weak = complete(token, "password123")
    assert (weak.status_code, set(weak.json()["errors"])) == (422, {"new_password"})
    assert UserSession.objects.get().ended_at is None
    assert complete(token).status_code == 200


@pytest.mark.parametrize("body", [{}, {"email": "x"}, {"email": "a@b.de", "name": "x"}, {"email": f"{'a' * 150}@b.de"}])
def test_a_body_of_the_wrong_form_is_refused(body: dict[str, Any]) -> None:
    assert APIClient().post(RESET, body).status_code == 422
    assert not PasswordResetRequest.objects.exists()


def test_an_address_that_grows_when_folded_is_stored(now: datetime) -> None:
    ask_for_reset(email="İ" * 150, now=now)
    assert len(PasswordResetRequest.objects.get().email) == 300
