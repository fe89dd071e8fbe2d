"""What an account earned, over HTTP."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import user_of
from accounts.models import TradingAccount
from accounts.selectors.trading_accounts import readable_account
from core.api.reading import read_query
from core.errors import Invalid
from trading.api.performance_serializers import PerformanceAnswer, PerformanceQuery
from trading.selectors.performance import performance_of


class PerformanceViewSet(viewsets.GenericViewSet):
    """The metrics of an account and its equity over time."""

    queryset = TradingAccount.objects.none()
    serializer_class = PerformanceAnswer
    permissions_needed = {"read": "accounts.view_tradingaccount"}

    @extend_schema(parameters=[PerformanceQuery], responses=PerformanceAnswer)
    def retrieve(self, request: Request, account_id: UUID) -> Response:
        account, now = readable_account(user_of(request), account_id), timezone.now()
        asked = read_query(PerformanceQuery, request)
        start, end = asked.get("start_date", min(account.created_at, now)), asked.get("end_date", now)
        if start > min(end, now):
            raise Invalid("start_date lies after end_date, or in the future.", field="start_date")
        return Response(PerformanceAnswer(performance_of(account, start=start, end=end, now=now)).data)
