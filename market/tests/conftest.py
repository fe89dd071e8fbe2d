"""Who asks in the tests of the market's API."""

import pytest
from rest_framework.test import APIClient


@pytest.fixture
def client(tom):
    client = APIClient()
    client.force_authenticate(tom)
    return client
