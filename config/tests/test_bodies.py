"""A body that nobody would take is refused before the embedded desk keeps it: memory and disk stay as they are."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from config.tests.desks import Desk, embedded_desk
from config.tests.processes import START_SECONDS
from core.api.envelope import EnvelopeRenderer

pytestmark = pytest.mark.slow

MEGABYTE = 1024 * 1024
HUGE = 300 * MEGABYTE
LOGIN = "/api/v1/auth/login"
ENVELOPE = str(EnvelopeRenderer.media_type)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with embedded_desk(tmp_path_factory.mktemp("bodies")) as running:
        yield running


def line_to(desk: Desk) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(desk.base.rpartition(":")[2])), timeout=60)


def read_all(line: socket.socket) -> bytes:
    """Return what comes until the server closes."""
    told = b""
    while chunk := line.recv(65536):
        told += chunk
    return told


def kept(desk: Desk) -> tuple[int, int]:
    """Return what the process holds in memory and has written so far, in bytes."""
    process = Path(f"/proc/{desk.processes['serve'].popen.pid}")
    status = dict(row.split(":", 1) for row in (process / "status").read_text().splitlines())
    io = dict(row.split(":", 1) for row in (process / "io").read_text().splitlines())
    return int(status["VmRSS"].split()[0]) * 1024, int(io["wchar"])


def chunks(size: int) -> Iterator[bytes]:
    yield from (b"x" * MEGABYTE for _ in range(size // MEGABYTE))


def test_a_length_that_is_too_large_is_refused_before_the_body_comes(desk: Desk):
    with line_to(desk) as line:
        line.sendall(f"POST {LOGIN} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {HUGE}\r\n\r\n".encode())
        head, _, body = read_all(line).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in head.lower()
    told = json.loads(body)
    assert (told["code"], told["success"]) == ("TOO_LARGE", False)
    assert told["request_id"].encode() in head


def asked(desk: Desk, *headers: str, path: str = LOGIN) -> tuple[dict[str, str], dict[str, Any]]:
    """Announce a huge body; return the headers of the answer, their names in lower case, and its body."""
    with line_to(desk) as line:
        announced = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {HUGE}", *headers]
        line.sendall("\r\n".join([*announced, "", ""]).encode())
        head, _, body = read_all(line).partition(b"\r\n\r\n")
    pairs = [row.split(": ", 1) for row in head.decode().split("\r\n")[1:]]
    return {name.lower(): value for name, value in pairs}, json.loads(body)


def test_it_is_refused_under_the_clients_own_request_id(desk: Desk):
    headers, told = asked(desk, "X-Request-ID: my-own-id-0042")
    assert (headers["x-request-id"], told["request_id"]) == ("my-own-id-0042", "my-own-id-0042")


def test_but_not_under_one_that_is_not_sane(desk: Desk):
    headers, told = asked(desk, "X-Request-ID: a b")
    assert headers["x-request-id"] == told["request_id"] != "a b"


def test_it_has_the_headers_of_every_answer_of_the_api(desk: Desk):
    headers, _ = asked(desk)
    ordinary = requests.post(f"{desk.base}{LOGIN}", json={}, timeout=60).headers
    named = {"x-content-type-options", "x-frame-options", "referrer-policy", "content-security-policy"}
    named |= {"cache-control", "permissions-policy", "cross-origin-opener-policy", "cross-origin-resource-policy"}
    assert {name: headers.get(name) for name in named} == {name: ordinary[name] for name in named}


def test_it_comes_in_the_envelope_where_that_is_asked_for(desk: Desk):
    ordinary = requests.post(f"{desk.base}{LOGIN}", json={}, headers={"Accept": ENVELOPE}, timeout=60)
    headers, told = asked(desk, f"Accept: {ENVELOPE}")
    assert headers["content-type"] == ordinary.headers["Content-Type"]
    assert set(told) == set(ordinary.json())


def logged(desk: Desk, text: str) -> list[str]:
    """Return the lines of the log that hold a text, once there are some: they may come after the answer."""
    until = time.monotonic() + START_SECONDS
    while True:
        lines = [row for row in desk.processes["serve"].text().splitlines() if text in row]
        if lines or time.monotonic() > until:
            return lines
        time.sleep(0.05)


def test_it_has_its_line_in_the_log_without_a_secret(desk: Desk):
    asked(desk, "X-Request-ID: looked-for-413", path="/api/v1/webhook/tradingview/s3cret-of-a-bot?key=s3cret-of-a-bot")
    [line] = logged(desk, "looked-for-413")
    assert ("413" in line, "s3cret" in desk.processes["serve"].text()) == (True, False)


def test_whoever_asks_first_is_not_told_to_go_on(desk: Desk):
    with line_to(desk) as line:
        asked = f"POST {LOGIN} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: {HUGE}\r\n\r\n"
        line.sendall(asked.encode())
        assert b"100 Continue" not in read_all(line)


@pytest.mark.parametrize("body", [lambda: b"x" * HUGE, lambda: chunks(HUGE)], ids=["announced", "chunked"])
def test_a_huge_body_leaves_memory_and_disk_as_they_are(desk: Desk, body):
    requests.post(f"{desk.base}{LOGIN}", data=b"{}", timeout=60)
    memory, written = kept(desk)
    answer = requests.post(f"{desk.base}{LOGIN}", data=body(), timeout=60)
    memory_after, written_after = kept(desk)
    assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")
    assert memory_after - memory < 10 * MEGABYTE
    assert written_after - written < 2 * MEGABYTE


def test_a_body_a_little_too_large_is_refused_and_the_next_is_served(desk: Desk):
    with requests.Session() as session:
        assert session.post(f"{desk.base}{LOGIN}", data=b"x" * (MEGABYTE + 1), timeout=60).status_code == 413
        assert session.post(f"{desk.base}{LOGIN}", json={}, timeout=60).status_code == 422


@pytest.mark.parametrize("size", [2, MEGABYTE])
@pytest.mark.parametrize("sent", [lambda body: body, lambda body: iter([body])], ids=["announced", "chunked"])
def test_a_body_within_the_limit_is_read(desk: Desk, size: int, sent):
    body = sent(b"{}" + b" " * (size - 2))
    answer = requests.post(f"{desk.base}{LOGIN}", data=body, headers={"Content-Type": "application/json"}, timeout=60)
    assert (answer.status_code, set(answer.json()["errors"])) == (422, {"password"})


@pytest.mark.parametrize("sent", [lambda body: body, lambda body: iter([body])], ids=["announced", "chunked"])
@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"nonsense": 1}', "application/json", 422),
        (b'{"username": ', "application/json", 400),
        (b"username=a", "text/plain", 415),
    ],
)
def test_what_a_body_says_is_answered_however_it_is_sent(desk: Desk, sent, body: bytes, kind: str, status: int):
    answer = requests.post(f"{desk.base}{LOGIN}", data=sent(body), headers={"Content-Type": kind}, timeout=60)
    named = set(answer.json()["errors"])
    assert (answer.status_code, named) == (status, {"nonsense"} if status == 422 else set())


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]
)
def test_a_form_at_the_webhook_gets_the_ordinary_answer(desk: Desk, kind: str):
    address = f"{desk.base}/api/v1/webhook/tradingview"
    answer = requests.post(address, data=b'{"side": "buy"}', headers={"Content-Type": kind}, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (401, "UNKNOWN_SENDER")
