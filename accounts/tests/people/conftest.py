"""What the tests of people share: a door to knock at, tom's account and session, and many at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import TradingAccount, User
from accounts.services.registration import open_default_account
from accounts.services.sessions import Device, open_session
from accounts.tokens import Tokens


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def api() -> APIClient:
    return APIClient()


@pytest.fixture
def paper(tom: User, now: datetime) -> TradingAccount:
    """Tom's default account, with 10,000."""
    return open_default_account(tom, now=now)


@pytest.fixture
def tokens(tom: User, now: datetime) -> Tokens:
    return open_session(tom, device=Device(), now=now)


@pytest.fixture
def bearer() -> Callable[[str], APIClient]:
    """A client that shows the given token."""

    def client(token: str) -> APIClient:
        return APIClient(headers={"Authorization": f"Bearer {token}"})

    return client


@pytest.fixture
def at_once() -> Callable[..., list[Any]]:
    """Call a function in so many threads at the same time; returns what each gave back."""

    def run(threads: int, function: Callable[[], Any]) -> list[Any]:
        def one(_: int) -> Any:
            try:
                return function()
            finally:
                connection.close()

        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(one, range(threads)))

    return run
