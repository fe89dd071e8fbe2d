"""What became of a signal on each account, down to the ledger, for programs: the flight recorder's page as JSON.

A share of a bot or a group shows what was done in its name and nothing else of an account: equity, margin, limits and
the ledger are told to those only who may read the account itself.
"""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import rights
from accounts.api.authentication import user_of
from accounts.models import TradingAccount
from core.api.serializers import PlainDecimal
from core.errors import Missing
from trading.api.serializers import OrderAnswer
from trading.models import Outcome, OutcomeStatus, Signal
from trading.selectors.flights import Flight, flights_of


class LineAnswer(serializers.Serializer):
    """One line of the arithmetic, in words."""

    leg = serializers.IntegerField()
    step = serializers.CharField()
    sentence = serializers.CharField()


class FillAnswer(serializers.Serializer):
    """`realized_pnl` is signed, before commission."""

    id = serializers.UUIDField()
    order_id = serializers.UUIDField()
    side = serializers.CharField()
    quantity = PlainDecimal()
    price = PlainDecimal()
    notional = PlainDecimal()
    commission = PlainDecimal()
    realized_pnl = PlainDecimal()
    created_at = serializers.DateTimeField()


class LedgerLineAnswer(serializers.Serializer):
    """`amount` is signed: what it did to the balance."""

    number = serializers.IntegerField()
    kind = serializers.CharField()
    amount = PlainDecimal(source="signed_amount")
    currency = serializers.CharField()
    balance_after = PlainDecimal()
    created_at = serializers.DateTimeField()


class FlightAnswer(serializers.Serializer):
    """One account; `answer` says in words why it traded or did not. Null is what a share does not show."""

    account_id = serializers.UUIDField()
    account_name = serializers.CharField()
    status = serializers.ChoiceField(choices=OutcomeStatus.choices)
    code = serializers.CharField(allow_blank=True)
    answer = serializers.CharField()
    arithmetic = LineAnswer(many=True, allow_null=True)
    orders = OrderAnswer(many=True)
    fills = FillAnswer(many=True)
    ledger = LedgerLineAnswer(many=True, allow_null=True)
    timings = serializers.DictField()


class FlightViewSet(viewsets.GenericViewSet):
    """The accounts of a signal that who asks may see."""

    queryset = Outcome.objects.none()
    serializer_class = FlightAnswer
    filter_backends = ()
    permissions_needed = {"read": "trading.view_signal"}

    @extend_schema(responses=FlightAnswer(many=True))
    def list(self, request: Request, correlation_id: UUID) -> Response:
        user = user_of(request)
        signal = rights.readable(
            Signal.objects.all(), user, correlation_id, missing=Missing("There is no such signal.")
        )
        outcomes = Outcome.objects.filter(signal=signal).visible_to(user).select_related("account")
        page = self.paginate_queryset(outcomes.order_by("account__name", "account")) or []
        readable = TradingAccount.objects.visible_to(user).filter(pk__in=[outcome.account_id for outcome in page])
        own = set(readable.values_list("pk", flat=True))
        rows = [_row(flight, is_readable=flight.outcome.account_id in own) for flight in flights_of(page)]
        return self.get_paginated_response(FlightAnswer(rows, many=True).data)


def _row(flight: Flight, *, is_readable: bool) -> dict[str, Any]:
    outcome = flight.outcome
    lines = [{"leg": leg, "step": step, "sentence": sentence} for leg, step, sentence in flight.arithmetic]
    return {
        "account_id": outcome.account_id,
        "account_name": outcome.account.name,
        "status": outcome.status,
        "code": outcome.code,
        "answer": flight.answer,
        "arithmetic": lines if is_readable else None,
        "orders": flight.orders,
        "fills": flight.fills,
        "ledger": flight.transfers if is_readable else None,
        "timings": outcome.timings,
    }
