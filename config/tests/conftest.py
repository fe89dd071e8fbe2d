"""One world for all tests of a file that only ask; what each does in it is taken back."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from config.tests.world import World


@pytest.fixture(scope="module")
def whole_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """The world, made once for a file, however long that takes. No worker is at hand: alerts are answered at once."""
    chosen = override_settings(WEBHOOK_WAIT_SECONDS=0, ACCESS_TOKEN_LIFETIME=timedelta(days=1))
    with django_db_blocker.unblock(), transaction.atomic(), chosen:
        yield World(timezone.now())
        transaction.set_rollback(True)


@pytest.fixture
def world(whole_world: World, db: None) -> World:
    """The world, as it was made: `db` takes back what a test does, and nothing more."""
    return whole_world
