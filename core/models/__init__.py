"""What core keeps: the outbox, the keys of requests, jobs."""

from core.models.events import Event, Stream
from core.models.idempotency import IdempotencyKey
from core.models.jobs import Job, JobPriority, JobStatus

__all__ = ["Event", "IdempotencyKey", "Job", "JobPriority", "JobStatus", "Stream"]
