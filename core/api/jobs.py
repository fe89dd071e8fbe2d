"""Jobs over HTTP: every role sees whether they are done at all, admins ask for them, watch and cancel them."""

from typing import Any
from uuid import UUID

import django_filters
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.filters import FieldFilter
from core.api.permissions import EVERY_ROLE
from core.api.reading import read_body
from core.api.serializers import FreeObject, StrictSerializer, any_case
from core.errors import Missing
from core.jobs.catalogue import job_kind
from core.jobs.figures import job_health, job_stats
from core.jobs.queue import cancel, enqueue
from core.models import Job, JobPriority, JobStatus
from core.tasks import nudge_worker, run_jobs


class JobInput(StrictSerializer):
    """A job to be done; `args` are those of its name."""

    name = serializers.CharField(max_length=64, help_text="One that the desk knows; a wrong one is told which.")
    args = FreeObject(default=dict)
    priority = any_case(JobPriority, default=JobPriority.NORMAL)
    max_retries = serializers.IntegerField(min_value=0, max_value=10, default=3)


class JobAnswer(serializers.Serializer):
    """One job; `id` and `job_id` are the same."""

    id = serializers.UUIDField()
    job_id = serializers.UUIDField(source="id")
    name = serializers.CharField()
    args = serializers.DictField()
    status = serializers.ChoiceField(choices=JobStatus.choices)
    priority = serializers.ChoiceField(choices=JobPriority.choices)
    attempts = serializers.IntegerField()
    max_retries = serializers.IntegerField()
    progress_percent = serializers.FloatField()
    result = serializers.DictField()
    error_code = serializers.CharField()
    error = serializers.CharField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class SchedulerAnswer(serializers.Serializer):
    enabled = serializers.BooleanField()
    running = serializers.BooleanField()


class WorkersAnswer(serializers.Serializer):
    """Places for jobs: how many may run at once, and how many do."""

    total = serializers.IntegerField()
    active = serializers.IntegerField()
    idle = serializers.IntegerField()


class JobHealthAnswer(serializers.Serializer):
    """`running`: a worker took what the scheduler sent a moment ago."""

    running = serializers.BooleanField()
    timestamp = serializers.DateTimeField()
    scheduler = SchedulerAnswer()
    workers = WorkersAnswer()


class JobStatsAnswer(serializers.Serializer):
    """How many jobs there are of each status, of the last 30 days, and the places for them."""

    queue = serializers.DictField(child=serializers.IntegerField())
    workers = WorkersAnswer()


class JobFilter(django_filters.FilterSet):
    name = FieldFilter(serializers.CharField(max_length=64))
    status = FieldFilter(any_case(JobStatus))


class JobViewSet(viewsets.GenericViewSet):
    """What the desk does in the background."""

    queryset = Job.objects.order_by("-created_at", "id")
    serializer_class = JobAnswer
    filterset_class = JobFilter
    permissions_needed = {
        "read": "core.view_job",
        "create": "core.add_job",
        "destroy": "core.change_job",
        "health": EVERY_ROLE,
        "stats": EVERY_ROLE,
    }

    @extend_schema(responses=JobAnswer(many=True))
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(JobAnswer(page, many=True).data)

    @extend_schema(request=JobInput, responses={201: JobAnswer})
    def create(self, request: Request) -> Response:
        asked = read_body(JobInput, request)
        _check_args(asked["name"], asked["args"])
        job = enqueue(**asked, user_id=request.user.pk, now=timezone.now())
        nudge_worker(run_jobs, job.pk)
        return Response(JobAnswer(job).data, status=201)

    @extend_schema(responses=JobAnswer)
    def retrieve(self, request: Request, job_id: UUID) -> Response:
        job = Job.objects.filter(pk=job_id).first()
        if job is None:
            raise Missing("There is no such job.")
        return Response(JobAnswer(job).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, job_id: UUID) -> Response:
        cancel(job_id, now=timezone.now())
        return Response(status=204)

    @extend_schema(responses=JobHealthAnswer)
    def health(self, request: Request) -> Response:
        answer: Any = job_health(now=timezone.now())
        return Response(JobHealthAnswer(answer).data)

    @extend_schema(responses=JobStatsAnswer)
    def stats(self, request: Request) -> Response:
        answer: Any = job_stats()
        return Response(JobStatsAnswer(answer).data)


def _check_args(name: str, args: dict[str, Any]) -> None:
    asked = job_kind(name).args(data=args)
    if not asked.is_valid():
        raise serializers.ValidationError({f"args.{field}": lines for field, lines in asked.errors.items()})
