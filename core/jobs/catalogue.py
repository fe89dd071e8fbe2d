"""Which jobs there are. An app names its own in `apps.py: ready()`; nobody can ask for another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from rest_framework import serializers

from core.errors import Invalid


class Work(Protocol):
    """What a job's function is handed."""

    args: Mapping[str, Any]
    """As the job's serializer validated them."""
    state: Mapping[str, Any]
    """What an earlier attempt reported last; empty for a first one."""

    def report(self, progress_percent: float, **state: Any) -> None:
        """Tell how far the work is and what it needs to go on from there, as JSON.

        To be called where everything up to there is stored. Raises Stopped where the job was cancelled, or taken
        over by another process: the work ends there.
        """
        ...


@dataclass(frozen=True, slots=True)
class JobKind:
    """A job that can be asked for. `run` returns what there is to tell of it, as JSON; it may be begun again."""

    name: str
    args: type[serializers.Serializer]
    run: Callable[[Work], Mapping[str, Any]]


class UnknownJob(Invalid):
    """The desk has no such job."""

    code = "UNKNOWN_JOB"


_kinds: dict[str, JobKind] = {}


def register(name: str, *, args: type[serializers.Serializer], run: Callable[[Work], Mapping[str, Any]]) -> None:
    """Let a job be asked for by its name."""
    _kinds[name] = JobKind(name, args, run)


def job_kind(name: str) -> JobKind:
    """Return the job of a name. Raises UnknownJob, naming those that there are."""
    try:
        return _kinds[name]
    except KeyError as error:
        raise UnknownJob(f"There is no such job; there are: {', '.join(job_names())}.", field="name") from error


def job_names() -> list[str]:
    """Return the names of all jobs, in order."""
    return sorted(_kinds)
