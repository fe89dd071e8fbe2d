"""Running a job: in a thread of a worker's process, with a heartbeat beside it, its end written whatever it is.

A job takes none of the worker's places for tasks: alerts go on being traded while two backfills run for hours.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from django.db import Error, OperationalError, connection

from core.clock import Clock
from core.errors import AppError, Unavailable
from core.jobs import queue
from core.jobs.catalogue import job_kind
from core.jobs.queue import HEARTBEAT_SECONDS, Stopped
from core.models import Job

logger = logging.getLogger(__name__)


class Runner:
    """A thread that runs what is due and ends; there is one at most in a process."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self, *, clock: Clock) -> threading.Thread:
        """Have the thread run what is due, unless it is at it; return it."""
        with self._guard:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, args=[clock], name="jobs", daemon=True)
                self._thread.start()
            return self._thread

    def _run(self, clock: Clock) -> None:
        try:
            run_due(clock=clock)
        except OperationalError as error:
            logger.warning("no jobs are run, the database does not answer: %s", type(error).__name__)
        except Exception:
            logger.exception("the running of jobs failed")
        finally:
            connection.close()


runner = Runner()


def run_due(*, clock: Clock) -> int:
    """Run the jobs that are due, one after another, until none is or enough run elsewhere; return how many."""
    count = 0
    while (job := queue.take_next(now=clock())) is not None:
        run_job(job, clock=clock)
        count += 1
    return count


def run_job(job: Job, *, clock: Clock) -> None:
    """Run one job that was taken, and write how it ended. Never raises for what the job does."""
    work = RunningJob(job, clock=clock)
    try:
        with work.beating():
            result = _result(job, work)
        queue.complete(job, result, now=clock())
    except Stopped:
        logger.info("job %s was stopped", job)
    except OperationalError:
        raise  # the database is away: the job's silence gives it back
    except AppError as refused:
        _fail(job, refused, may_retry=isinstance(refused, Unavailable), clock=clock)
    except Exception:
        logger.exception("job %s failed", job)
        fault = AppError("A fault of this desk; its log says more.", code="INTERNAL")
        _fail(job, fault, may_retry=True, clock=clock)


def _result(job: Job, work: "RunningJob") -> Mapping[str, Any]:
    kind = job_kind(job.name)
    asked = kind.args(data=job.args)
    asked.is_valid(raise_exception=True)
    work.args = dict(asked.validated_data)
    return kind.run(work)


def _fail(job: Job, error: AppError, *, may_retry: bool, clock: Clock) -> None:
    try:
        queue.fail(job, error, may_retry=may_retry, now=clock())
    except Stopped:
        logger.info("job %s was stopped while it failed", job)


class RunningJob:
    """The Work of one attempt. The heart beats in a thread of its own, so that a long step is not taken for death."""

    def __init__(self, job: Job, *, clock: Clock) -> None:
        self.args: Mapping[str, Any] = {}
        self.state: Mapping[str, Any] = job.state
        self._job = job
        self._clock = clock
        self._ended = threading.Event()
        self._is_stopped = False

    def report(self, progress_percent: float, **state: Any) -> None:
        """Write how far the work is. Raises Stopped."""
        if self._is_stopped:
            raise Stopped
        queue.report(self._job, progress_percent, state, now=self._clock())
        self.state = state

    def beating(self) -> "_Beating":
        """Return a context in which the heart beats."""
        return _Beating(self._beat, self._ended)

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_SECONDS):
            try:
                queue.beat(self._job, now=self._clock())
            except Stopped:
                self._is_stopped = True
                break
            except Error as error:
                logger.warning("a job's heartbeat was not written: %s", type(error).__name__)
            except Exception:  # the work goes on: a heart that stands still would have it begun a second time
                logger.exception("a job's heartbeat failed")
        connection.close()


class _Beating:
    """A thread that lives as long as a block runs."""

    def __init__(self, beat: Callable[[], None], ended: threading.Event) -> None:
        self._thread = threading.Thread(target=beat, name="job-heart", daemon=True)
        self._ended = ended

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
