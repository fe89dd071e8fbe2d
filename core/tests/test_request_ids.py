"""Every answer names its request: by the client's own id where it is sane, else by a new one."""

import re
from contextvars import Context

import pytest
from django.urls import path

from core.middleware import current_request_id

MADE_HERE = re.compile(r"[0-9a-f]{32}")

SANE = ["abcdefgh", "A.b_c-1234", "0" * 64, "123e4567-e89b-12d3-a456-426614174000"]
INSANE = [
    "",
    "short",
    "0" * 65,
    "with space",
    "line\nbreak",
    "x" * 4000,
    "<script>",
    "идентификатор",
    "a;b:c,d()",
    "tab\there8",
]


@pytest.mark.parametrize("offered", SANE)
@pytest.mark.parametrize("address", ["/", "/nowhere", "/api/v1/accounts"])
def test_a_sane_id_is_kept(db, anonymous, address, offered):
    assert anonymous.get(address, headers={"X-Request-ID": offered})["X-Request-ID"] == offered


@pytest.mark.parametrize("offered", INSANE)
def test_an_insane_id_is_replaced(anonymous, offered):
    assert MADE_HERE.fullmatch(anonymous.get("/", HTTP_X_REQUEST_ID=offered)["X-Request-ID"])


def test_each_request_gets_an_id_of_its_own(anonymous):
    assert anonymous.get("/")["X-Request-ID"] != anonymous.get("/")["X-Request-ID"]


@pytest.mark.parametrize("address", ["/nowhere", "/api/v1/accounts"])
def test_an_error_says_the_id_that_the_answer_carries(db, anonymous, address):
    answer = anonymous.get(address)
    assert answer.json()["request_id"] == answer["X-Request-ID"]


def broken(request):
    raise ZeroDivisionError("password=hunter2")


urlpatterns = [path("broken", broken)]
handler500 = "core.api.exceptions.server_fault"


@pytest.mark.urls(__name__)
def test_a_fault_of_ours_is_told_in_the_same_shape_and_tells_nothing_of_the_inside(client):
    client.raise_request_exception = False
    answer = client.get("/broken", headers={"X-Request-ID": "my-own-id-1"})
    assert (answer.status_code, answer.json()["code"], answer.json()["request_id"]) == (500, "INTERNAL", "my-own-id-1")
    assert "hunter2" not in answer.content.decode()


def test_outside_a_request_there_is_no_id():
    assert Context().run(current_request_id) == "-"


def test_one_requests_id_is_not_anothers(anonymous):
    anonymous.get("/", headers={"X-Request-ID": "the-first-one"})
    assert anonymous.get("/nowhere").json()["request_id"] != "the-first-one"
