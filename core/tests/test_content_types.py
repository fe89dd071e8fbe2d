"""No Content-Type breaks a request before Django can answer it."""

import io

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import AsyncRequestFactory, RequestFactory

from core.requests import UNREADABLE, DeskASGIRequest, DeskWSGIRequest

BROKEN = ["application/json; a*=junk'x'%ff", "text/plain; charset=a\x00b", "application/json; a*='''%%"]


@pytest.mark.parametrize("content_type", BROKEN[:2])
def test_a_type_that_cannot_be_read_is_bytes_under_wsgi(content_type):
    environ = RequestFactory().get("/").environ | {"CONTENT_TYPE": content_type}
    assert DeskWSGIRequest(environ).content_type == UNREADABLE


@pytest.mark.parametrize("content_type", BROKEN[:2])
def test_and_under_asgi(content_type):
    scope = AsyncRequestFactory().get("/").scope | {"headers": [(b"content-type", content_type.encode("latin-1"))]}
    assert DeskASGIRequest(scope, io.BytesIO()).META["CONTENT_TYPE"] == UNREADABLE


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "text/plain", ""])
def test_one_that_can_be_read_is_kept(content_type):
    environ = RequestFactory().get("/").environ | {"CONTENT_TYPE": content_type}
    request = DeskWSGIRequest(environ)
    assert (request.META["CONTENT_TYPE"], request.content_type) == (content_type, content_type.partition(";")[0])


@pytest.mark.parametrize("content_type", BROKEN)
def test_the_desk_answers_it_in_the_one_shape(db, content_type):
    desk = WSGIHandler()
    desk.request_class = DeskWSGIRequest
    environ = RequestFactory().post("/api/v1/auth/login", b"{}", "application/json").environ
    seen = []
    answer = desk(environ | {"CONTENT_TYPE": content_type}, lambda status, headers: seen.append(status))
    assert (seen[0][:3], b'"success":false' in b"".join(answer)) in {("415", True), ("422", True)}
