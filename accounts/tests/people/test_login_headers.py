"""What a refused login tells beside its body: nothing of whether anybody has the name."""

from uuid import uuid4

import pytest
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db

LOGIN = "/api/v1/auth/login"


@pytest.fixture
def left(settings):
    """Try a wrong password for one name after another, from a network of its own; return what is left each time."""
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login": [(10, 60)]}

    def tell(*names):
        digits = uuid4().hex
        api = APIClient(REMOTE_ADDR=f"2001:db8:{digits[:4]}:{digits[4:8]}::1")
        answers = [api.post(LOGIN, {"username": name, "password": "Wrong-horse-7"}) for name in names]
        return [answer["X-RateLimit-Remaining"] for answer in answers]

    return tell


def test_a_name_and_its_address_count_as_two_strangers_do(tom, left):
    assert left("tom", "tom@example.com", "TOM") == left("ghost", "ghost@example.com", "GHOST") == ["9", "9", "8"]
