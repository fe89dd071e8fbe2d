"""How PLAN says no."""

from core.errors import AppError


class Refused(AppError):
    """A check refuses the proposal; `field` names what the caller should have given otherwise, where it is one."""

    def __init__(self, code: str, message: str, *, field: str = "") -> None:
        super().__init__(message, code=code)
        self.field = field
