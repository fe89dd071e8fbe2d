"""The page of a fault with DEBUG on: it helps to find the fault, and shows no secret."""

import pytest
from django.conf import settings
from django.urls import include, path

CANARY = "s3" + "cret-"  # the page shows these lines too


def broken(request):
    innocent, attempts, api_secret = CANARY + "value", 7041, CANARY + "key"
    raise ZeroDivisionError(f"token={CANARY} after {attempts} of {len(innocent + api_secret)}")


urlpatterns = [path("broken", broken), path("", include("config.urls"))]


@pytest.fixture(params=["text/html", "text/plain"])
def page(request, client, settings):
    settings.DEBUG = True
    settings.REDIS_URL = f"redis://:{CANARY}@127.0.0.1/0"
    client.raise_request_exception = False
    client.cookies["theme"] = CANARY
    headers = {"Accept": request.param, "Authorization": f"Odd {CANARY}", "X-TradingView-Signature": CANARY}
    return client.post(f"/broken?token={CANARY}", {"side": CANARY}, headers=headers).content.decode()


@pytest.mark.urls(__name__)
def test_no_secret_is_on_the_page(page):
    assert CANARY not in page


@pytest.mark.urls(__name__)
def test_the_keys_of_this_desk_are_not_on_the_page(page):
    keys = (settings.SECRET_KEY, settings.JWT_SIGNING_KEY, settings.FIELD_ENCRYPTION_KEYS)
    assert [key for key in keys if str(key) in page] == []


@pytest.mark.urls(__name__)
def test_where_it_happened_is_on_the_page(page):
    assert "ZeroDivisionError" in page
    assert "test_fault_pages.py" in page
