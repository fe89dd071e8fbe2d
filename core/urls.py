"""The routes of what core itself keeps: jobs."""

from django.urls import path

from core.api.jobs import JobViewSet

urlpatterns = [
    path("jobs", JobViewSet.as_view({"get": "list", "post": "create"}), name="jobs"),
    path("jobs/health", JobViewSet.as_view({"get": "health"}), name="job-health"),
    path("jobs/stats", JobViewSet.as_view({"get": "stats"}), name="job-stats"),
    path("jobs/<uuid:job_id>", JobViewSet.as_view({"get": "retrieve", "delete": "destroy"}), name="job"),
]
