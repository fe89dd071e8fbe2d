"""Whom a scope's id names. Groups and bots live in apps above: they tell their model when they register."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, Model, OuterRef, Q, QuerySet, Subquery, Value, When
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import TradingAccount, User
from core.admin.pieces import page_link
from market.models import Instrument
from trading.models import RiskLimit, ScopeType, Signal, Switch


@dataclass(frozen=True, slots=True)
class Named:
    """The model behind a scope type, and its field that people know a row by."""

    model: type[Model]
    field: str


_named: dict[str, Named] = {
    ScopeType.USER: Named(User, "username"),
    ScopeType.ACCOUNT: Named(TradingAccount, "name"),
    ScopeType.SYMBOL: Named(Instrument, "symbol"),
}


def name_with(scope_type: ScopeType, model: type[Model], field: str) -> None:
    """Let the ids of a scope type be shown by name and linked."""
    _named[scope_type] = Named(model, field)


def ids_of(scope_type: str, text: str) -> list[UUID]:
    """Return the ids of the rows of a scope type that go by this id or this name, two at most."""
    named = _named.get(scope_type)
    if named is None:
        return []
    return list(named.model._default_manager.filter(_goes_by(named.field, text)).values_list("pk", flat=True)[:2])


def with_scope_names(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Annotate rows that have `scope_type` and `scope_id` with `scope_name`, in the same statement."""
    names = [When(scope_type=scope_type, then=_name(scope_type, "scope_id")) for scope_type in _named]
    return rows.annotate(scope_name=Case(*names, default=Value(None), output_field=CharField()))


def with_names(rows: QuerySet[Any], scope_types: Collection[ScopeType]) -> QuerySet[Any]:
    """Annotate rows that have a `bot_id`, a `group_id`… with `bot_name`, `group_name`…, in the same statement."""
    known = [scope_type for scope_type in scope_types if scope_type in _named]
    return rows.annotate(**{f"{each.value}_name": _name(each, f"{each.value}_id") for each in known})


def link(scope_type: str, scope_id: UUID | None, name: str | None) -> SafeString | str:
    """Return a link to whom an id names; the id itself where nobody said what it is, "-" where there is none."""
    if scope_id is None:
        return "-"
    named = _named.get(scope_type)
    return page_link(named.model, scope_id, name or scope_id) if named and name else str(scope_id)


def bot_of(row: Any) -> SafeString | str:
    """Return a link to the bot of a row that with_names annotated."""
    return link(ScopeType.BOT, row.bot_id, getattr(row, "bot_name", None))


def group_of(row: Any) -> SafeString | str:
    """Return a link to the group of a row that with_names annotated."""
    return link(ScopeType.GROUP, row.group_id, getattr(row, "group_name", None))


def asked_by(signal: Signal) -> SafeString | str:
    """Return who asked for a signal: its bot, else its group, else its user."""
    if signal.bot_id is not None:
        return bot_of(signal)
    return group_of(signal) if signal.group_id is not None else str(signal.user or "-")


def links(scope_type: ScopeType, scope_id: UUID) -> SafeString:
    """Return links to set a limit for a scope, and to turn its switch."""
    addresses = [
        reverse(f"admin:trading_{model._meta.model_name}_add", query={"scope_type": scope_type, "scope_id": scope_id})
        for model in (RiskLimit, Switch)
    ]
    anchor = '<a href="{}" class="text-link">{}</a>'
    return format_html(f"{anchor} · {anchor}", addresses[0], "Set a limit", addresses[1], "Turn its switch")


def _goes_by(field: str, text: str) -> Q:
    try:
        return Q(pk=UUID(text))
    except ValueError:
        return Q(**{field: text})


def _name(scope_type: str, column: str) -> Subquery:
    named = _named[scope_type]
    return Subquery(named.model._default_manager.filter(pk=OuterRef(column)).values(named.field)[:1])
