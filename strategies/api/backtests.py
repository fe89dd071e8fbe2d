"""Backtests over HTTP: asked for, watched, read, cancelled."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import user_of
from core.api.reading import read_body, read_query
from strategies.api.backtests_serializers import (
    TRADES_SHOWN,
    BacktestAnswer,
    BacktestDetail,
    TradeAnswer,
    shown_points,
    shown_trades,
)
from strategies.api.equity_csv import equity_csv
from strategies.api.filters import RunFilter
from strategies.api.runs_serializers import BacktestInput, EndingQuery
from strategies.models import Backtest
from strategies.selectors.backtests import (
    finished_result_of,
    readable_backtest,
    result_of,
    told_backtests,
    writable_backtest,
)
from strategies.selectors.instruments import named_instrument
from strategies.selectors.strategies import readable_strategy
from strategies.services.asked import AskedRun
from strategies.services.backtests import cancel_or_delete_backtest, create_backtest

CSV = {(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, description="timestamp,equity,position of every candle")}


class BacktestViewSet(viewsets.GenericViewSet):
    """Backtests of who asks; an admin's are everybody's."""

    queryset = Backtest.objects.none()
    serializer_class = BacktestAnswer
    filterset_class = RunFilter
    permissions_needed = {
        "read": "strategies.view_backtest",
        "create": "strategies.add_backtest",
        "destroy": "strategies.delete_backtest",
        "equity": "accounts.export_csv",
    }

    @extend_schema(responses=BacktestAnswer(many=True))
    def list(self, request: Request) -> Response:
        backtests = told_backtests().visible_to(user_of(request))
        page = self.paginate_queryset(self.filter_queryset(backtests)) or []
        return self.get_paginated_response(BacktestAnswer(page, many=True).data)

    @extend_schema(request=BacktestInput, responses={201: BacktestAnswer})
    def create(self, request: Request) -> Response:
        asked = read_body(BacktestInput, request)
        parameters = asked.pop("parameters")
        made = create_backtest(asked_run(request, asked), parameters=parameters, now=timezone.now())
        return Response(BacktestAnswer(readable_backtest(user_of(request), made.pk)).data, status=201)

    @extend_schema(responses=BacktestDetail)
    def retrieve(self, request: Request, backtest_id: UUID) -> Response:
        backtest = readable_backtest(user_of(request), backtest_id)
        result = result_of(backtest)
        trades = list(shown_trades(result, start=0, end=TRADES_SHOWN)) if result else []
        arrays = {
            "equity_curve": shown_points(result) if result else [],
            "trades": TradeAnswer(trades, many=True).data,
            "trades_total": len(result.trades) if result else 0,
        }
        return Response({**BacktestAnswer(backtest).data, **arrays})

    @extend_schema(parameters=[EndingQuery], responses={204: None})
    def destroy(self, request: Request, backtest_id: UUID) -> Response:
        """Cancel one that is not over; delete one that is, a 409 where `only_cancel` says so."""
        backtest, asked = writable_backtest(user_of(request), backtest_id), read_query(EndingQuery, request)
        cancel_or_delete_backtest(backtest, **asked, now=timezone.now())
        return Response(status=204)

    @extend_schema(responses=TradeAnswer(many=True))
    def trades(self, request: Request, backtest_id: UUID) -> Response:
        """Answer with a page of all trades. One without results is a 409."""
        result = finished_result_of(readable_backtest(user_of(request), backtest_id))
        page: Any = self.paginate_queryset(range(len(result.trades)))
        rows = shown_trades(result, start=page[0], end=page[-1] + 1) if page else ()
        return self.get_paginated_response(TradeAnswer(list(rows), many=True).data)

    @extend_schema(responses=CSV)
    def equity(self, request: Request, backtest_id: UUID) -> HttpResponse:
        """Answer with equity and position after every candle, as CSV. One without results is a 409."""
        result = finished_result_of(readable_backtest(user_of(request), backtest_id))
        name = f'attachment; filename="equity-{backtest_id}.csv"'
        return HttpResponse(equity_csv(result), content_type="text/csv", headers={"Content-Disposition": name})


def asked_run(request: Request, asked: dict[str, Any]) -> AskedRun:
    """Return what a body asks for, its strategy one that who asks may read. Raises StrategyMissing, Invalid."""
    user = user_of(request)
    return AskedRun(
        owner=user,
        strategy=readable_strategy(user, asked["strategy_id"]) if "strategy_id" in asked else None,
        rule=asked.get("rule", ""),
        instrument=named_instrument(asked["symbol"], asked.get("category")),
        interval=asked["interval"],
        start=asked["start_date"],
        end=asked["end_date"],
        config=asked["config"],
    )
