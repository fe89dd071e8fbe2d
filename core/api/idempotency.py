"""`Idempotency-Key` on actions that trade or move money: which take it, what is compared, what is answered again.

Kept and given again: what was done (2xx) and what a business rule refused (400 and 409 by the work): a later try of
the same key never trades on a market that has moved. Not kept: 401, 403, 404, 422, 429 and faults; nothing was done.

A key is one request of a person, whichever door it takes: what is done goes by the action, not by the path, and what a
path names counts like a field of the body. So two routes to one action are one, and any other use of a key is a 409.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from decimal import Decimal
from functools import wraps
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import NotAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from core.api.exceptions import error_body
from core.errors import AppError, Invalid
from core.idempotency import Asked, Claim, InProgress, Kept, find_claim, running
from core.models import IdempotencyKey

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_KEY = re.compile(r"[ -~]{1,255}")
_REFUSALS_KEPT = (400, 409)

Action = Callable[..., Response]
Again = Callable[[Any, Request, UUID], Response]
Hold = Callable[[UUID, Response | None], None]


def idempotent(action: Action) -> Action:
    """Let a POST action take the header. All its work is one transaction of ours, its answer kept in the same."""

    @wraps(action)
    def answer(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        asked = _asked(request, action, kwargs)
        if asked is None:
            return action(view, request, *args, **kwargs)

        def work(claim: Claim) -> Response:
            with transaction.atomic():
                return _worked(claim, lambda: action(view, request, *args, **kwargs), undo=transaction.atomic)

        return _answered(asked, work, again=_cannot_be_unfinished)

    return _marked(answer)


def idempotent_outside(again: Again) -> Callable[[Action], Action]:
    """Let a POST action take the header whose work may leave the database.

    The action is handed `hold`, None without the header, and calls `hold(resource_id, answer)` in the transaction that
    begins the work; the answer is None where the work goes on outside. A request whose process died there is answered
    by `again(view, request, resource_id)`.
    """

    def decorate(action: Action) -> Action:
        @wraps(action)
        def answer(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
            asked = _asked(request, action, kwargs)
            if asked is None:
                return action(view, request, *args, hold=None, **kwargs)

            def work(claim: Claim) -> Response:
                def hold(resource_id: UUID, response: Response | None) -> None:
                    claim.hold(resource_id, None if response is None else _kept(response))

                return _worked(claim, lambda: action(view, request, *args, hold=hold, **kwargs), undo=nullcontext)

            return _answered(asked, work, again=lambda key: again(view, request, key))

        return _marked(answer)

    return decorate


def takes_key(view: Any) -> bool:
    """Return whether the view's action takes the header."""
    return hasattr(getattr(view, getattr(view, "action", None) or "", None), "takes_idempotency_key")


def _marked(action: Action) -> Action:
    action.takes_idempotency_key = True  # type: ignore[attr-defined]
    return action


def _asked(request: Request, action: Action, named: Mapping[str, Any]) -> Asked | None:
    """Return what is to be done once, `named` by the path; None without the header. Raises Invalid for a bad key."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise Invalid(f"{HEADER} is 1 to 255 printable ASCII characters.", field=HEADER)
    if request.user.pk is None:
        raise NotAuthenticated
    digest = hashlib.sha256(_canonical(request, named).encode()).hexdigest()
    return Asked(request.user.pk, action.__qualname__, key, digest)


def _canonical(request: Request, named: Mapping[str, Any]) -> str:
    """Return path, body and query in one spelling. How the answer is to be rendered is no part of what is asked."""
    body, path = request.data, {name: str(value) for name, value in named.items()}
    asked = {**path, **body} if isinstance(body, dict) else [path, body]
    query = {name: values for name, values in request.query_params.lists() if name != api_settings.URL_FORMAT_OVERRIDE}
    return json.dumps([asked, query], sort_keys=True, separators=(",", ":"), default=_spelt)


def _spelt(value: Decimal) -> list[str]:
    """A number with a fraction, digit by digit: as a float, amounts that differ would become the same."""
    return ["decimal", str(value)]


def _answered(asked: Asked, work: Callable[[Claim], Response], *, again: Callable[[UUID], Response]) -> Response:
    with running(asked) as alone:
        row = find_claim(asked)
        if row is not None and row.status is not None:
            return _replayed(row.status, json.loads(row.answer))
        if not alone:
            raise InProgress
        if row is None:
            return work(Claim(asked, now=timezone.now()))
        told = again(_resource_of(row))
        return _replayed(told.status_code, told.data)


def _worked(claim: Claim, work: Callable[[], Response], *, undo: Callable[[], Any]) -> Response:
    """Work and keep the answer, or the refusal; `undo` is the context that takes back the work that is refused."""
    try:
        with undo():
            response = work()
    except AppError as refusal:
        if claim.is_held or not _is_last_word(refusal):
            raise
        response = Response(error_body(refusal.code, refusal.message, refusal.errors), status=refusal.status)
    claim.finish(_kept(response))
    return response


def _is_last_word(refusal: AppError) -> bool:
    """Whether a business rule has spoken: what names a time to try again has not decided yet."""
    return refusal.status in _REFUSALS_KEPT and refusal.retry_after_seconds is None


def _replayed(status: int, data: Any) -> Response:
    return Response(data, status=status, headers={REPLAYED: "true"})


def _kept(response: Response) -> Kept:
    return Kept(response.status_code, JSONRenderer().render(response.data).decode())


def _resource_of(row: IdempotencyKey) -> UUID:
    assert row.resource_id is not None  # a CHECK of the table
    return row.resource_id


def _cannot_be_unfinished(resource_id: UUID) -> Response:
    raise RuntimeError(f"a key without an answer names {resource_id}, and its work is one transaction")
