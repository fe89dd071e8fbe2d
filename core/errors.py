"""The one tree of errors: what the desk refuses, with a code for programs and a sentence for people."""

from collections.abc import Mapping, Sequence


class AppError(Exception):
    """A refusal. `errors` names fields, or `field` the one that the sentence is of; `status` is that of an API answer.

    `retry_after_seconds` says when it is worth another try, where that is known.
    """

    status = 400
    code = "REFUSED"
    retry_after_seconds: float | None = None

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        field: str | None = None,
        errors: Mapping[str, Sequence[str]] | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.status = status or self.status
        named = errors or ({field: [message]} if field else {})
        self.errors = {name: list(lines) for name, lines in named.items()}
        if retry_after_seconds is not None:
            self.retry_after_seconds = retry_after_seconds


class Malformed(AppError):
    """Not a request that can be read."""

    code = "MALFORMED"


class Unauthenticated(AppError):
    """Who asks is not proved."""

    status = 401
    code = "INVALID_TOKEN"


class Forbidden(AppError):
    """Who asks is known and may not."""

    status = 403
    code = "FORBIDDEN"


class Missing(AppError):
    """It is not there, or not to be seen by who asks: the two look the same."""

    status = 404
    code = "NOT_FOUND"


class Conflict(AppError):
    """It is there already, or in the wrong state."""

    status = 409
    code = "CONFLICT"


class TooLarge(AppError):
    """More bytes than this door takes."""

    status = 413
    code = "TOO_LARGE"


class Invalid(AppError):
    """A field is wrong; `errors` says which."""

    status = 422
    code = "INVALID"


class TooMany(AppError):
    """More requests than a caller may make; give `retry_after_seconds`."""

    status = 429
    code = "RATE_LIMITED"


class RateLimited(TooMany):
    """Requests come faster than their limit."""

    def __init__(self, *, retry_after_seconds: int) -> None:
        super().__init__(
            f"Too many requests; try again in {retry_after_seconds} s.", retry_after_seconds=retry_after_seconds
        )


class Unavailable(AppError):
    """Something that is needed is down; try again."""

    status = 503
    code = "UNAVAILABLE"
    retry_after_seconds = 3
