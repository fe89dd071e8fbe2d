"""The log: a line per event in both formats, with the ids of its request, and nothing in it that a client made up."""

import logging
import time
from collections.abc import Iterator

import pytest
import redis
from celery.app.trace import build_tracer
from django.urls import path

from bots.services.bots import create_bot
from config.celery import app
from config.logs import line_formatter
from config.tests.log_lines import LogLines, caught
from webhooks.tasks import nudge, work_bot_inbox

ours = logging.getLogger("core.tests")
ID = "my-own-id-1"


@pytest.fixture
def lines() -> Iterator[LogLines]:
    with caught() as found:
        yield found


@pytest.fixture
def all_lines() -> Iterator[LogLines]:
    with caught(everything=True) as found:
        yield found


def test_a_request_is_one_line(db, anonymous, lines):
    anonymous.get("/api/v1/health?token=s3cret", headers={"X-Request-ID": ID})
    [line] = lines.events
    told = {name: line[name] for name in ("event", "level", "request_id", "method", "path", "status", "ip")}
    assert told == {
        "event": "request_finished",
        "level": "info",
        "request_id": ID,
        "method": "GET",
        "path": "/api/v1/health",
        "status": 200,
        "ip": "127.0.0.1",
    }
    assert 0 < line["duration_ms"] < 60_000


@pytest.mark.parametrize(
    ("address", "status", "level"), [("/api/v1/accounts", 401, "warning"), ("/nowhere", 404, "warning")]
)
def test_a_refusal_is_one_line_too(db, anonymous, lines, address, status, level):
    anonymous.get(address)
    assert [(line["event"], line["status"], line["level"]) for line in lines.events] == [
        ("request_finished", status, level)
    ]


def test_a_host_that_is_not_ours_is_one_line_without_a_traceback(db, anonymous, all_lines):
    anonymous.get("/api/v1/health", headers={"Host": "evil.example"})
    assert [line["event"] for line in all_lines.events if line["level"] in {"warning", "error"}] == ["request_finished"]


def test_lines_name_who_asks(client_of, tom, lines):
    client_of(tom).get("/api/v1/accounts")
    assert lines.events[-1]["user_id"] == str(tom.pk)


def test_lines_of_the_console_name_who_asks(client, ada, lines):
    client.force_login(ada)
    client.get("/admin/")
    assert lines.events[-1]["user_id"] == str(ada.pk)


def test_a_user_is_not_named_in_the_next_request(client_of, tom, anonymous, lines):
    client_of(tom).get("/api/v1/accounts")
    anonymous.get("/api/v1/health")
    assert "user_id" not in lines.events[-1]


def test_the_address_is_the_one_that_our_proxy_vouches_for(db, anonymous, lines, settings):
    settings.TRUSTED_PROXIES = 1
    anonymous.get("/", headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.7"})
    assert lines.events[-1]["ip"] == "203.0.113.7"


def test_static_files_are_told_only_who_looks_closely(db, client, lines, settings):
    settings.WHITENOISE_USE_FINDERS = True
    client.get("/static/core/favicon.svg").close()
    assert lines.events == []


def broken(request):
    ours.warning("about to fail")
    raise ZeroDivisionError("password=s3cret")


urlpatterns = [path("broken", broken)]
handler500 = "core.api.exceptions.server_fault"


@pytest.mark.urls(__name__)
def test_every_line_of_a_request_carries_its_id_also_that_of_its_fault(client, lines):
    client.raise_request_exception = False
    client.get("/broken", headers={"X-Request-ID": ID})
    assert [line["request_id"] for line in lines.events] == [ID, ID, ID]
    assert [line["level"] for line in lines.events] == ["warning", "error", "error"]


@pytest.mark.urls(__name__)
def test_a_fault_is_told_with_its_traceback_and_without_its_secret(client, lines):
    client.raise_request_exception = False
    client.get("/broken")
    assert "ZeroDivisionError: password=***" in lines.text("json")
    assert "    ZeroDivisionError: password=***\n" in lines.text("console")
    assert "s3cret" not in lines.whole


def published(monkeypatch, work) -> dict:
    """Return the message of the task that `work` publishes."""
    sent: list[dict] = []

    def keep(self, body, **message):
        sent.append({"body": body, **message})

    monkeypatch.setattr("kombu.messaging.Producer.publish", keep)
    work()
    [message] = sent
    return message


def test_a_request_and_the_task_that_it_nudged_carry_the_same_id(monkeypatch, anonymous, tom, all_lines):
    bot = create_bot(owner=tom, name="Bot", symbol="BTCUSDT", config={"position_size": "0.1"})
    nudged = published(
        monkeypatch, lambda: anonymous.get("/api/v1/health", headers={"X-Request-ID": ID}) and nudge(bot.id)
    )
    request = {"id": "task-1", **nudged["headers"], "is_eager": False, "delivery_info": {}}
    args, kwargs, _ = nudged["body"]
    trace = build_tracer(work_bot_inbox.name, app.tasks[work_bot_inbox.name], app=app, eager=True)
    trace("task-1", args, kwargs, request)
    [ended] = all_lines.of("task_succeeded")
    assert (ended["request_id"], ended["task_id"], ended["task"]) == (ID, "task-1", work_bot_inbox.name)


def test_nothing_but_ids_goes_with_a_task(monkeypatch, client_of, tom):
    client = client_of(tom)
    message = published(monkeypatch, lambda: client.get("/api/v1/accounts") and nudge(tom.pk))
    assert message["headers"]["__django_structlog__"].keys() == {"request_id", "user_id"}


HOSTILE = "one\ntwo 2026-01-01T00:00:00Z [info] forged\r\x1b[31mred\x1b[0m\x00\x85\u2028\u202eback\x9b"


@pytest.mark.parametrize(("raised", "is_cut"), [(redis.ConnectionError("away"), True), (ValueError("ours"), False)])
def test_an_outage_of_redis_is_told_without_a_traceback_and_a_fault_with_one(lines, raised, is_cut):
    logging.getLogger("channels_redis.pubsub").error("Unexpected exception", exc_info=raised)
    [line] = lines.events
    assert (line["event"] == "Unexpected exception: ConnectionError", "exception" not in line) == (is_cut, is_cut)


def test_what_a_client_sent_begins_no_line_and_moves_no_cursor(lines):
    ours.warning("it said %s", HOSTILE)
    [console], [as_json] = lines.text("console").split("\n")[:-1], lines.text("json").split("\n")[:-1]
    assert console.isprintable()
    assert as_json.isascii()
    assert "one\\ntwo" in console
    assert "\\x1b[31mred" in console


@pytest.mark.parametrize(
    "address", ["/a%0A2026-01-01T00:00:00Z%20[info]%20forged", "/a%1B[31m", "/a%E2%80%AEb", "/a%C2%85b"]
)
def test_a_path_begins_no_line_and_moves_no_cursor(db, anonymous, lines, address):
    anonymous.get(address)
    [console] = lines.text("console").split("\n")[:-1]
    assert console.isprintable()


def test_the_lines_of_a_traceback_are_set_in_so_that_none_can_be_made_up(lines):
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        ours.exception("failed")
    first, *rest = lines.text("console").split("\n")[:-1]
    assert "failed" in first
    assert [line for line in rest if not line.startswith("    ") or not line.isprintable()] == []


class Sulky:
    def __repr__(self):
        raise RuntimeError

    __str__ = __repr__


@pytest.mark.parametrize(
    "value", [Sulky(), "\udc80", {1: Sulky()}, {b"\xff": [b"\xff"]}, float("nan"), object, {"a": {1, 2}}]
)
@pytest.mark.parametrize("form", ["console", "json"])
def test_no_value_breaks_a_line(form, value):
    record = logging.makeLogRecord({"msg": {"event": "odd", "value": value}, "levelname": "INFO", "name": "x"})
    record._from_structlog, record._logger, record._name = True, None, "info"
    assert "odd" in line_formatter(form).format(record)


@pytest.mark.parametrize(
    "name",
    [
        "django",
        "django.request",
        "django.server",
        "celery",
        "celery.task",
        "granian.access",
        "_granian",
        "daphne",
        "axes",
    ],
)
def test_no_logger_has_a_handler_of_its_own(name, caplog):
    logger = logging.getLogger(name)
    assert ([handler for handler in logger.handlers if handler is not caplog.handler], logger.propagate) == ([], True)


def test_a_worker_keeps_our_handlers():
    app.log.setup_logging_subsystem()
    assert logging.getLogger("celery.task").handlers == []
    assert [type(handler.formatter).__name__ for handler in logging.getLogger().handlers][:1] == ["ProcessorFormatter"]


def test_a_line_costs_little():
    record = logging.makeLogRecord(
        {"msg": "asked for %s", "args": ("/api/v1/accounts?token=s3cret",), "levelname": "INFO"}
    )
    formatter = line_formatter("json")
    began = time.process_time()
    shown = [formatter.format(record) for _ in range(1000)]
    assert time.process_time() - began < 1.0  # it is a tenth of that
    assert "s3cret" not in shown[-1]
