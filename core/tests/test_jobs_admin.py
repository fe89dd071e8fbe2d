"""Jobs in the operators' console: those that are not over are cancelled, and the log names who did it."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.jobs.queue import cancel, enqueue
from core.tests.asking import say_yes

pytestmark = pytest.mark.django_db


def test_what_is_cancelled_is_logged_with_who_did_it(ada):
    over, waits = (enqueue("sync_portfolio", {"user_id": str(ada.pk)}, now=timezone.now()) for _ in range(2))
    cancel(over.pk, now=timezone.now())
    client = Client()
    client.force_login(ada)
    chosen = {"action": "cancel_jobs", "_selected_action": [str(over.pk), str(waits.pk)]}
    page = say_yes(client, reverse("admin:core_job_changelist"), chosen)
    assert "1 of 2 jobs cancelled." in page.content.decode()
    logged = LogEntry.objects.values_list("user", "object_id", "change_message")
    assert list(logged) == [(ada.pk, str(waits.pk), "Cancelled.")]
