"""The pages of what core itself keeps: the keys of requests, jobs."""

from uuid import UUID

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone

from core.admin.pieces import DayRangeFilter, ReadOnlyAdmin
from core.errors import Conflict
from core.jobs.queue import cancel
from core.models import IdempotencyKey, Job


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    """Requests that may be sent again, and their first answers. No status: under way, or its process died."""

    list_display = ("created_at", "operation", "key", "status", "user_id", "resource_id")
    list_filter = ("status", ("created_at", DayRangeFilter))
    search_fields = ("operation", "key", "user_id__exact", "resource_id__exact")
    ordering = ("-created_at", "id")


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """What is done in the background, how far it is, and why it failed."""

    list_display = ("created_at", "name", "status", "priority", "progress_percent", "attempts", "error")
    list_filter = ("status", "name", ("created_at", DayRangeFilter))
    search_fields = ("name", "id__exact", "error_code")
    ordering = ("-created_at", "id")
    actions = ("cancel_jobs",)

    @admin.action(description="Cancel", permissions=["change_job"])
    def cancel_jobs(self, request: HttpRequest, jobs: models.QuerySet[Job]) -> None:
        """Cancel those that are not over."""
        ended = [_cancelled(job.pk) for job in jobs]
        self.message_user(request, f"{sum(ended)} of {len(ended)} jobs cancelled.")

    def has_change_job_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("core.change_job"))


def _cancelled(job_id: UUID) -> bool:
    """Cancel a job and say whether it was not over yet."""
    try:
        cancel(job_id, now=timezone.now())
    except Conflict:
        return False
    return True
