"""Jobs over HTTP: only those the code names, their arguments checked; health and numbers for every role."""

import pytest
from django.utils import timezone

from core.jobs.figures import note_sweep
from core.jobs.running import run_due
from core.models import Job

pytestmark = pytest.mark.django_db
URL = "/api/v1/jobs"


@pytest.fixture
def asked(ada, tom):
    return {"name": "sync_portfolio", "args": {"user_id": str(tom.pk)}, "priority": "HIGH", "max_retries": 3}


@pytest.fixture
def admin(client_of, ada):
    return client_of(ada)


def test_a_job_is_stored_and_done_and_tells_what_it_found(admin, asked, tom, account_of):
    account = account_of(tom)
    answer = admin.post(URL, asked)
    assert answer.status_code == 201
    body = answer.json()
    assert (body["status"], body["priority"], body["job_id"]) == ("pending", "high", body["id"])
    run_due(clock=timezone.now)
    body = admin.get(f"{URL}/{body['job_id']}").json()
    assert (body["status"], body["progress_percent"]) == ("completed", 100)
    assert body["result"]["accounts"][0]["account_id"] == str(account.pk)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"name": "rm_rf"}, "UNKNOWN_JOB", "name"),
        ({"args": {}}, "INVALID", "args.user_id"),
        ({"args": {"user_id": "x"}}, "INVALID", "args.user_id"),
        ({"args": {"user_id": "00000000-0000-4000-8000-000000000000", "more": 1}}, "INVALID", "args.more"),
        ({"args": []}, "INVALID", "args"),
        ({"priority": "sometime"}, "INVALID", "priority"),
        ({"max_retries": -1}, "INVALID", "max_retries"),
        ({"max_retries": 11}, "INVALID", "max_retries"),
        ({"when": "now"}, "INVALID", "when"),
    ],
)
def test_what_makes_no_sense_is_a_422_and_stores_nothing(admin, asked, change, code, field):
    answer = admin.post(URL, {**asked, **change})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert field in answer.json()["errors"]
    assert not Job.objects.exists()


def test_a_job_is_cancelled_once(admin, asked):
    job_id = admin.post(URL, asked).json()["job_id"]
    assert admin.delete(f"{URL}/{job_id}").status_code == 204
    answer = admin.delete(f"{URL}/{job_id}")
    assert (answer.status_code, answer.json()["code"]) == (409, "JOB_IS_OVER")
    assert admin.get(f"{URL}/{job_id}").json()["status"] == "cancelled"


def test_one_that_is_not_there_is_a_404(admin):
    address = f"{URL}/00000000-0000-4000-8000-000000000000"
    assert (admin.get(address).status_code, admin.delete(address).status_code) == (404, 404)


def test_the_list_is_filtered_by_status_and_name(admin, asked):
    admin.post(URL, asked)
    assert admin.get(f"{URL}?status=PENDING&name=sync_portfolio").json()["total"] == 1
    assert admin.get(f"{URL}?status=failed").json()["total"] == 0
    assert admin.get(f"{URL}?status=strange").status_code == 422


def test_health_says_whether_the_sweep_was_heard_of(client_of, vic, settings):
    # Of its own: desks that other tests run leave their sign in Redis.
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "health"}}
    client = client_of(vic)
    silent = client.get(f"{URL}/health").json()
    note_sweep(now=timezone.now())
    alive = client.get(f"{URL}/health").json()
    assert (silent["running"], alive["running"]) == (False, True)
    assert alive["workers"] == {"total": 2, "active": 0, "idle": 2}


def test_stats_count_by_status(client_of, admin, asked, vic):
    admin.post(URL, asked)
    body = client_of(vic).get(f"{URL}/stats").json()
    assert body["queue"] == {"pending": 1, "running": 0, "completed": 0, "failed": 0, "cancelled": 0}
