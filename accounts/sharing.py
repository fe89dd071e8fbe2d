"""What there is to share, by kind of scope. Groups and bots live in apps above: they name their rows at start."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Share, TradingAccount


@dataclass(frozen=True, slots=True)
class Scope:
    """One thing that is shared, or may be."""

    scope_type: str
    scope_id: UUID


Rows = Callable[[], QuerySet[Any]]

_shareable: dict[str, Rows] = {
    Share.Scope.ACCOUNT: lambda: TradingAccount.objects.living().select_related("owner").order_by("name", "id"),
}


def share_rows(scope_type: Share.Scope, rows: Rows) -> None:
    """Let what `rows` returns be shared as `scope_type`. Called once for each, by the app that has them."""
    _shareable[scope_type] = rows


def shareable() -> Mapping[str, QuerySet[Any]]:
    """Return all that may be shared, by kind."""
    return {scope_type: rows() for scope_type, rows in _shareable.items()}


def unknown_scopes(scopes: Collection[Scope]) -> set[Scope]:
    """Return those of `scopes` that name nothing that is there; a statement for each kind."""
    known: set[Scope] = set()
    for scope_type, rows in shareable().items():
        ids = [scope.scope_id for scope in scopes if scope.scope_type == scope_type]
        found = rows.filter(pk__in=ids).order_by().values_list("pk", flat=True) if ids else ()
        known |= {Scope(scope_type, pk) for pk in found}
    return set(scopes) - known
