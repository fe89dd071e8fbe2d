"""What a browser shows of an address that is not there, or not for its login: a page; programs get the error body."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User

pytestmark = pytest.mark.django_db

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize("address", ["/nowhere", "/admin/nowhere/"])
def test_a_browser_is_told_in_a_page_that_nothing_is_there(client: Client, ada: User, address: str) -> None:
    client.force_login(ada)
    told = client.get(address, headers={"Accept": BROWSER})
    assert (told.status_code, told.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "There is nothing at this address." in told.content.decode()


def test_a_browser_is_told_in_a_page_what_is_not_for_it(client: Client, ada: User) -> None:
    client.force_login(ada)
    told = client.get(reverse("admin:core_job_add"), headers={"Accept": BROWSER})
    assert told.status_code == 403
    assert "This login may not open the page." in told.content.decode()


@pytest.mark.parametrize(("address", "accept"), [("/api/v1/nowhere", BROWSER), ("/nowhere", "*/*")])
def test_the_api_and_programs_get_the_body_of_errors(client: Client, address: str, accept: str) -> None:
    told = client.get(address, headers={"Accept": accept})
    assert (told.status_code, told.json()["code"]) == (404, "NOT_FOUND")
