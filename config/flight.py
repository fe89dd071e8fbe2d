"""The flight recorder: one page per signal, from what it began with to the last ledger line, by pages of accounts."""

from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from accounts.models import Transfer
from bots.models import BotDecision
from bots.selectors.decisions import decision_of_signal
from bots.services.decisions import closed_at
from core.admin.pieces import moment, page_link, printed
from strategies.catalogue import title_of
from trading.admin import scopes
from trading.models import Fill, Order, Outcome, OutcomeStatus, ScopeType, Signal, SignalSource
from trading.selectors.flights import Flight, flights_of, milliseconds_between
from webhooks.models import Delivery

ACCOUNTS_A_PAGE = 25


class FlightRecorder(View):
    """`status` and `account` (a part of its name) choose outcomes, `page` counts from 1."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, correlation_id: UUID) -> HttpResponse:
        if not request.user.has_perm("trading.view_signal"):
            raise Http404
        signal = _signal(correlation_id)
        chosen = _chosen(signal, status=request.GET.get("status", ""), account=request.GET.get("account", ""))
        page = Paginator(chosen, ACCOUNTS_A_PAGE).get_page(request.GET.get("page"))
        flights = flights_of(list(page.object_list))
        delivery = Delivery.objects.filter(correlation_id=correlation_id).select_related("bot").first()
        decision = decision_of_signal(correlation_id) if signal.source == SignalSource.STRATEGY else None
        context = {
            **admin.site.each_context(request),
            "title": "Flight recorder",
            "signal": signal,
            "about": _about(signal),
            "delivery": None if delivery is None else _delivery(delivery),
            "decision": None if decision is None else _decision(decision),
            "hops": _hops(signal, delivery, decision),
            "page": page,
            "flights": [_shown(flight, signal.received_at) for flight in flights],
            "statuses": OutcomeStatus.values,
            "status": request.GET.get("status", ""),
            "account": request.GET.get("account", ""),
        }
        return render(request, "admin/flight.html", context)


def _signal(signal_id: UUID) -> Signal:
    signals = Signal.objects.filter(pk=signal_id).select_related("user", "instrument")
    found: Signal | None = scopes.with_names(signals, [ScopeType.BOT, ScopeType.GROUP]).first()
    if found is None:
        raise Http404
    return found


def _chosen(signal: Signal, *, status: str, account: str) -> QuerySet[Outcome]:
    outcomes = Outcome.objects.filter(signal=signal).select_related("account").order_by("account__name", "account")
    if status in OutcomeStatus.values:
        outcomes = outcomes.filter(status=status)
    return outcomes.filter(account__name__icontains=account) if account else outcomes


def _about(signal: Signal) -> list[tuple[str, Any]]:
    """Return who asked for what, as it was understood; how single accounts size it stands with them."""
    askers = [("bot", scopes.bot_of(signal)), ("group", scopes.group_of(signal)), ("user", signal.user or "-")]
    asked = {name: value for name, value in signal.intent.items() if name != "account_sizes"}
    intent = [(name.replace("_", " "), _in_words(value)) for name, value in asked.items()]
    return [("source", signal.source), *askers, ("symbol", signal.symbol), *intent]


def _in_words(value: Any) -> Any:
    return ("no", "yes")[value] if isinstance(value, bool) else value


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "row": delivery,
        "link": page_link(Delivery, delivery.pk, "the delivery"),
        "text": bytes(delivery.body).decode("utf-8", "backslashreplace"),
    }


def _decision(decision: BotDecision) -> dict[str, Any]:
    """Return what a strategy decided, on which candle and with which parameters."""
    told = [("rule", title_of(decision.rule)), ("target", decision.target), *decision.parameters.items()]
    candle = [(name, f"{value:.15g}") for name, value in decision.candle.items()]
    link = page_link(BotDecision, decision.pk, "the decision")
    title = f"{decision.symbol} {decision.interval}"
    return {"link": link, "title": title, "opened": moment(decision.opened_at), "told": told, "candle": candle}


def _hops(signal: Signal, delivery: Delivery | None, decision: BotDecision | None) -> list[tuple[str, Any, int]]:
    """Return the moments of the whole signal, each with its milliseconds since the first of them."""
    moments: list[tuple[str, datetime | None]] = [
        ("candle closed", closed_at(decision) if decision else None),
        ("alert received", delivery.received_at if delivery else None),
        ("signal received", signal.received_at),
        ("signal closed", signal.finished_at),
        ("sender answered", delivery.answered_at if delivery else None),
        ("delivery closed", delivery.finished_at if delivery else None),
        ("decision settled", decision.settled_at if decision else None),
    ]
    there = sorted(((name, at) for name, at in moments if at is not None), key=itemgetter(1))
    return [(name, moment(at), milliseconds_between(there[0][1], at)) for name, at in there]


def _shown(flight: Flight, received_at: datetime) -> dict[str, Any]:
    account = flight.outcome.account
    return {
        "account": page_link(type(account), account.pk, account.name),
        "status": flight.outcome.status.replace("_", " "),
        "answer": flight.answer,
        "arithmetic": flight.arithmetic,
        "orders": [_order(order) for order in flight.orders],
        "fills": [_fill(fill) for fill in flight.fills],
        "transfers": [_transfer(row) for row in flight.transfers],
        "hops": flight.hops(received_at),
    }


def _transfer(row: Transfer) -> tuple[int, str, str, str, str]:
    kind, change, balance = row.kind.replace("_", " "), f"{row.signed_amount:+,.8f}", f"{row.balance_after:,.8f}"
    return row.number, kind, change, row.currency, balance


def _order(order: Order) -> dict[str, Any]:
    return {
        "link": page_link(Order, order.pk, str(order.pk)[:8]),
        "leg": order.leg,
        "text": f"{order.side} {printed(order.quantity)} {order.instrument.symbol}, {order.order_type}",
        "done": f"{printed(order.filled_quantity)} at {printed(order.average_price)}",
        "status": f"{order.status.replace('_', ' ')} {order.reject_code}".strip(),
    }


def _fill(fill: Fill) -> dict[str, Any]:
    return {
        "link": page_link(Fill, fill.pk, str(fill.pk)[:8]),
        "text": f"{fill.side} {printed(fill.quantity)} at {printed(fill.price)}",
        "notional": f"{fill.notional:,.8f}",
        "commission": f"{fill.commission:,.8f}",
        "realized": f"{fill.realized_pnl:+,.8f}",
    }
