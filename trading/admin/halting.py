"""Halt, close all positions and halt, resume: actions on whatever a switch covers, on the pages of what it covers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin

from core.admin.acting import one_by_one
from core.admin.confirming import Action, Announcement, asks_first, count_each, counted, lines_of
from trading.models import WORKING, ScopeType, Switch, SwitchState
from trading.selectors.covered import ASKED, covered_accounts, covered_orders, covered_positions
from trading.services.risk.halting import halt_scope, resume_scope
from trading.tasks import nudge_flatten

Scope = tuple[ScopeType, UUID | None]


@dataclass(frozen=True, slots=True)
class Turn:
    """One way to turn a switch, and what that means in words."""

    name: str
    title: str
    state: SwitchState
    meaning: str
    flatten: bool = False


TURNS = (
    Turn("halt", "Halt", SwitchState.HALTED, "Nothing is traded until somebody resumes."),
    Turn(
        "halt_and_flatten",
        "Close all positions and halt",
        SwitchState.REDUCING,
        "All positions are closed at the market; then nothing is traded until somebody resumes.",
        flatten=True,
    ),
    Turn("resume", "Resume", SwitchState.ACTIVE, "Trading goes on. What was cancelled or closed stays so."),
)


class HaltableAdmin(ModelAdmin):
    """Pages whose rows may be halted, by those who may turn switches."""

    def has_halt_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("trading.change_switch"))


def halting_actions(
    scope_of: Callable[[Any], Scope], *, noun: str, name_of: Callable[[Any], str] = str
) -> list[Action]:
    """Return the actions for a HaltableAdmin whose rows, called by `noun`, each stand for a scope."""
    return [_action(each, scope_of, noun=noun, name_of=name_of) for each in TURNS]


def turned(scope: Scope, state: SwitchState, *, reason: str, flatten: bool = False) -> Switch:
    """Turn the switch of a scope; the closing of what it covers begins with the commit."""
    if state == SwitchState.ACTIVE:
        return resume_scope(*scope, reason=reason).switch
    switch = halt_scope(*scope, state=state, reason=reason, flatten=flatten, clock=timezone.now).switch
    if switch.flattening:
        transaction.on_commit(partial(nudge_flatten, switch.pk), robust=True)
    return switch


def _action(turn: Turn, scope_of: Callable[[Any], Scope], *, noun: str, name_of: Callable[[Any], str]) -> Action:
    def announce(rows: QuerySet) -> Announcement:
        living = _living(rows)
        count = living.count()
        sentence = f"{turn.title}: {counted(count, noun)}. {turn.meaning}"
        return Announcement(sentence, lines_of(living, told, count=count), is_possible=count > 0)

    def told(first: list[Any]) -> Iterator[str]:
        scopes = [scope_of(row) for row in first]
        consequences = _states_now(scopes) if turn.state == SwitchState.ACTIVE else _covered(scopes, turn.flatten)
        for row, consequence in zip(first, consequences, strict=True):
            yield f"{name_of(row)} {consequence}"

    def act(page: Any, request: HttpRequest, rows: QuerySet) -> None:
        def do(row: Any) -> str:
            turned(scope_of(row), turn.state, reason=f"By {request.user} in the console.", flatten=turn.flatten)
            return f"{turn.title}: the switch is {turn.state}."

        if done := one_by_one(page, request, _living(rows).order_by("pk"), do):
            page.message_user(request, f"{counted(len(done), noun)} turned to {turn.state}.", messages.SUCCESS)

    act.__name__ = turn.name
    is_dangerous = turn.state != SwitchState.ACTIVE
    asking = asks_first(announce, button=turn.title, is_dangerous=is_dangerous)(act)
    return admin.action(description=turn.title, permissions=["halt"])(asking)


def _living(rows: QuerySet) -> QuerySet:
    """Return the rows that are not deleted, where such rows can be; a switch cannot."""
    return rows.filter(deleted_at=None) if hasattr(rows.model, "deleted_at") else rows


def _states_now(scopes: list[Scope]) -> Iterator[str]:
    these = Q(*(Q(scope_type=kind, scope_id=pk) for kind, pk in scopes), _connector=Q.OR)
    switches = {(switch.scope_type, switch.scope_id): switch for switch in Switch.objects.filter(these)}
    for scope in scopes:
        switch = switches.get(scope)
        if switch is None or switch.state == SwitchState.ACTIVE:
            yield "is active already."
        else:
            yield f"is {switch.state}{': ' + switch.reason if switch.reason else '.'}"


def _covered(scopes: list[Scope], flatten: bool) -> Iterator[str]:
    working = count_each(covered_orders(*scope).filter(status__in=WORKING, origin__in=ASKED) for scope in scopes)
    positions = count_each(covered_positions(*scope) for scope in scopes)
    accounts = count_each(covered_accounts(*scope).filter(deleted_at=None) for scope in scopes)
    fate = "to close" if flatten else "left open, with stops and targets"
    for (kind, _), orders, held, covered in zip(scopes, working, positions, accounts, strict=True):
        going = f"{counted(orders, 'order')} to cancel, {counted(held, 'position')} {fate}"
        yield f"has {going}." if kind == ScopeType.ACCOUNT else f"covers {counted(covered, 'account')}: {going}."
