"""Jobs: work that takes longer than a request, told of while it goes on, gone on with after a crash."""

import uuid

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q


class JobStatus(models.TextChoices):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobPriority(models.TextChoices):
    """Which of the jobs that wait is taken first."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Job(models.Model):
    """One job. Written by core/jobs only; every change of `status` is a guarded UPDATE, and the last one stays.

    `state` is what the work needs to go on where it was: written with its progress, kept between attempts. The
    process that works on it writes `heartbeat_at`; one that fell silent is taken for dead, and the job is pending
    again. `attempts` counts how often it was begun; the number is the fence that keeps a process which was taken for
    dead, and is not, from writing. `user_id` is no foreign key: people live in an app above this one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=64)
    args = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    status = models.CharField(max_length=9, choices=JobStatus, default=JobStatus.PENDING)
    priority = models.CharField(max_length=6, choices=JobPriority, default=JobPriority.NORMAL)
    max_retries = models.PositiveSmallIntegerField(default=3)
    attempts = models.PositiveSmallIntegerField(default=0)
    progress_percent = models.FloatField(default=0)
    state = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    result = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    error_code = models.CharField(max_length=64, blank=True)
    error = models.TextField(blank=True, help_text="Why the last attempt failed, in a sentence.")
    user_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="Not begun before.")
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=JobStatus.values), name="job_status_known"),
            models.CheckConstraint(condition=Q(priority__in=JobPriority.values), name="job_priority_known"),
            models.CheckConstraint(
                condition=Q(progress_percent__gte=0, progress_percent__lte=100), name="job_progress_is_a_percent"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "due_at"], name="job_by_status"),
            models.Index(fields=["created_at", "id"], name="job_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.id}"
