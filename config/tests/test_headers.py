"""The headers that every kind of answer carries, and what its page may load."""

import re

import pytest
from django.test import Client
from django.urls import path

from config import check_deploy
from core.policies import PERMISSIONS_POLICY

NONCE = re.compile(r"'nonce-[A-Za-z0-9+/=]{20,}'")
DATA = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
}
PAGE = {
    **DATA,
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "manifest-src": "'self'",
}
DOCS = {**PAGE, "script-src": "'self' NONCE", "style-src": "'self' NONCE"}
REDOC = {**PAGE, "style-src": "'self' 'unsafe-inline'", "worker-src": "blob:"}
CHARTS = {**PAGE, "style-src": "'self' 'unsafe-inline'", "img-src": "'self' data: blob:"}
CONSOLE = {**PAGE, "script-src": "'self' 'unsafe-eval'", "style-src": "'self' 'unsafe-inline'"}

ANSWERS = [
    ("/", 200, CHARTS),
    ("/docs", 200, DOCS),
    ("/docs?script=", 200, PAGE),
    ("/redoc", 200, REDOC),
    ("/login", 200, PAGE),
    ("/nowhere", 404, PAGE),
    ("/static/core/favicon.svg", 200, PAGE),
    ("/api/v1/health", 200, DATA),
    ("/api/v1/accounts", 401, DATA),
    ("/api/v1/nowhere", 404, DATA),
    ("/password/reset", 200, PAGE),
    ("/admin/login/", 302, CONSOLE),
    ("/admin/", 302, CONSOLE),
    ("/backtests/00000000-0000-4000-8000-000000000000/report", 302, CHARTS),
]
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS_POLICY,
}


def policy_of(answer):
    parts = (part.partition(" ") for part in NONCE.sub("NONCE", answer["Content-Security-Policy"]).split("; "))
    return {name: sources for name, _, sources in parts}


@pytest.mark.parametrize(("address", "status", "policy"), ANSWERS)
def test_each_kind_of_answer_has_its_policy_and_all_have_the_rest(db, client, settings, address, status, policy):
    settings.WHITENOISE_USE_FINDERS = True
    answer = client.get(address)
    answer.close()
    assert (answer.status_code, policy_of(answer)) == (status, policy)
    assert {name: answer.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert "X-Request-ID" in answer


def test_the_start_page_of_the_console_has_the_policy_of_its_login(client, ada):
    client.force_login(ada)
    assert policy_of(client.get("/admin/")) == CONSOLE


def test_the_docs_mark_their_style_with_the_nonce_of_this_answer(db, client):
    first, second = client.get("/docs"), client.get("/docs")
    [nonce] = set(re.findall(r"nonce-([^']+)'", first["Content-Security-Policy"]))
    assert f'<style nonce="{nonce}">' in first.content.decode()
    assert nonce not in second["Content-Security-Policy"]


@pytest.mark.parametrize("address", ["/", "/login", "/password/reset", "/docs", "/redoc"])
def test_no_page_has_a_script_or_a_handler_inline(db, client, address):
    page = client.get(address).content.decode()
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|\son[a-z]+=\"", page) == []


@pytest.mark.parametrize("address", ["/api/v1/health", "/api/v1/accounts", "/api/v1/nowhere", "/api/v1/schema"])
def test_no_answer_of_the_api_is_kept_by_anybody(db, client, address):
    assert client.get(address)["Cache-Control"] == "no-store"


def test_tokens_are_kept_by_nobody(anonymous, tom):
    answer = anonymous.post("/api/v1/auth/login", {"username": "tom", "password": "Correct-horse-7"})
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")


def broken(request):
    raise ZeroDivisionError


urlpatterns = [path("api/v1/broken", broken), path("broken", broken)]
handler500 = "core.api.exceptions.server_fault"


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("address", "policy"), [("/broken", PAGE), ("/api/v1/broken", DATA)])
def test_a_fault_of_ours_is_answered_with_all_of_them_too(address, policy):
    answer = Client(raise_request_exception=False).get(address)
    assert (answer.status_code, policy_of(answer)) == (500, policy)
    assert {name: answer.get(name) for name in EVERYWHERE} == EVERYWHERE


def test_behind_tls_browsers_come_back_by_tls_only(db, client, settings):
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31_536_000, True
    settings.SECURE_HSTS_PRELOAD = True
    answer = client.get("/", secure=True)
    assert answer["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"


def test_without_tls_nothing_is_promised(db, client):
    assert "Strict-Transport-Security" not in client.get("/", secure=True)


@pytest.mark.slow
def test_a_production_server_passes_djangos_own_examination():
    assert check_deploy.main() == 0
