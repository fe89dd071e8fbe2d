"""Finds the scope that somebody wants to limit or to halt: theirs, or, for an admin, any that is there."""

from uuid import UUID

from accounts import rights
from accounts.models import Role, User
from accounts.sharing import shareable
from core.errors import Forbidden, Invalid, Missing
from market.models import Instrument
from trading.models import ScopeType


class ScopeMissing(Missing):
    """No such scope, or none that who asks may see."""

    def __init__(self, scope_type: str) -> None:
        super().__init__(f"There is no such {scope_type}.")


class AdminsOnly(Forbidden):
    """The system and the symbols are everybody's: only an admin limits and halts them."""

    def __init__(self, scope_type: str) -> None:
        super().__init__(f"Only an admin may do this to the {scope_type}.")


def require_writable_scope(user: User, scope_type: ScopeType, scope_id: UUID | None) -> None:
    """Ask that `user` may limit and halt a scope. Raises Invalid for an id that is missing or too much.

    And AdminsOnly, ScopeMissing, SharedForReading. A group is an admin's, whoever may see it.
    """
    if scope_type in (ScopeType.SYSTEM, ScopeType.SYMBOL) and user.role != Role.ADMIN:
        raise AdminsOnly(scope_type)
    _check_id(scope_type, scope_id)
    if scope_id is None:
        return
    missing = ScopeMissing(scope_type)
    match scope_type:
        case ScopeType.USER:
            is_there = scope_id == user.pk or (user.role == Role.ADMIN and User.objects.filter(pk=scope_id).exists())
        case ScopeType.SYMBOL:
            is_there = Instrument.objects.filter(pk=scope_id).exists()
        case _:
            rows = shareable()[scope_type]
            is_there = rights.writable(rows, user, scope_id, missing=missing) is not None  # type: ignore[arg-type]
    if not is_there:
        raise missing


def _check_id(scope_type: ScopeType, scope_id: UUID | None) -> None:
    if (scope_id is None) != (scope_type == ScopeType.SYSTEM):
        raise Invalid("The system has no id." if scope_id else f"Name the {scope_type} by its id.", field="scope_id")
