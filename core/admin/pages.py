"""The pages of what core itself keeps: the keys of requests, jobs."""

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone

from core.admin.acting import log_all
from core.admin.confirming import Announcement, asks_first, counted, lines_of
from core.admin.pieces import DayRangeFilter, ReadOnlyAdmin
from core.jobs.queue import cancel_all
from core.models import IdempotencyKey, Job, JobStatus


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    """Requests that may be sent again, and their first answers. No status: under way, or its process died."""

    list_display = ("created_at", "operation", "key", "status", "user_id", "resource_id")
    list_filter = ("status", ("created_at", DayRangeFilter))
    search_fields = ("operation", "key", "user_id__iexact", "resource_id__iexact")
    ordering = ("-created_at", "id")


def _cancelling(jobs: models.QuerySet[Job]) -> Announcement:
    going = jobs.filter(status__in=(JobStatus.PENDING, JobStatus.RUNNING))
    count = going.count()
    sentence = (
        f"Cancel {counted(count, 'job')} that waits or runs: what was done so far may be lost. No other is touched."
    )
    return Announcement(sentence, lines_of(going, _names, count=count), is_possible=count > 0)


def _names(jobs: list[Job]) -> list[str]:
    return [f"{job.name}: {job.status}, {job.progress_percent:.0f} %" for job in jobs]


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """What is done in the background, how far it is, and why it failed."""

    list_display = ("created_at", "name", "status", "priority", "progress_percent", "attempts", "error")
    list_filter = ("status", "name", ("created_at", DayRangeFilter))
    search_fields = ("name", "id__iexact", "error_code")
    ordering = ("-created_at", "id")
    actions = ("cancel_jobs",)

    @admin.action(description="Cancel", permissions=["change_job"])
    @asks_first(_cancelling, button="Cancel jobs", is_dangerous=True)
    def cancel_jobs(self, request: HttpRequest, jobs: models.QuerySet[Job]) -> None:
        """Cancel those that are not over."""
        chosen, now = list(jobs.values_list("pk", flat=True)), timezone.now()
        cancelled = cancel_all(chosen, now=now)
        log_all(request, Job.objects.filter(pk__in=chosen, finished_at=now), "Cancelled.")
        self.message_user(request, f"{cancelled} of {len(chosen)} jobs cancelled.")

    def has_change_job_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("core.change_job"))
