"""Bots over HTTP, in the shapes of both seeds."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import user_of
from accounts.figures import Figures, figures_of
from accounts.models import TradingAccount
from accounts.selectors.trading_accounts import writable_account
from bots.api.decisions import last_decision_data
from bots.api.filters import BotFilter
from bots.api.serializers import (
    BotAnswer,
    BotChange,
    BotDetail,
    BotInput,
    BotMetrics,
    ConnectedAccount,
    ConnectInput,
    KeyAnswer,
    MadeAnswer,
    StartedAnswer,
    StatusInput,
    bot_data,
)
from bots.models import Bot, BotStatus
from bots.selectors.accounts import account_ids_by_bot, accounts_of
from bots.selectors.bots import connectable_group, readable_bot, writable_bot
from bots.selectors.performance import metrics_of_bot
from bots.services.bots import change_bot, change_status, create_bot, rotate_key
from bots.services.connections import connect_account, connect_group, disconnect_account, disconnect_group
from bots.services.deletion import delete_bot
from core.api.reading import read_body, read_query_or_body
from core.api.serializers import NoFields
from core.exact import plain

DONE_SCHEMA = inline_serializer("BotDone", {"success": serializers.BooleanField(), "message": serializers.CharField()})
STATUS_SCHEMA = inline_serializer(
    "BotStatusDone", {"success": serializers.BooleanField(), "status": serializers.CharField()}
)


class BotViewSet(viewsets.GenericViewSet):
    """Bots of who asks, and those shared with them."""

    queryset = Bot.objects.none()
    serializer_class = BotAnswer
    filterset_class = BotFilter
    bare_lists = ("accounts", "listing")
    permissions_needed = {
        "read": "bots.view_bot",
        "write": "bots.change_bot",
        "create": "bots.add_bot",
        "make": "bots.add_bot",
        "destroy": "bots.delete_bot",
    }

    @extend_schema(responses=BotAnswer(many=True))
    def list(self, request: Request) -> Response:
        bots = Bot.objects.living().visible_to(user_of(request))
        page = self.paginate_queryset(self.filter_queryset(bots)) or []
        return self.get_paginated_response(_answers(page))

    @extend_schema(responses=BotAnswer(many=True))
    def listing(self, request: Request) -> Response:
        bots = Bot.objects.living().visible_to(user_of(request))
        return Response(_answers(list(self.filter_queryset(bots))))

    @extend_schema(request=BotInput, responses={201: BotAnswer})
    def create(self, request: Request) -> Response:
        bot = create_bot(owner=user_of(request), **read_body(BotInput, request))
        return Response(bot_data(bot, []), status=201)

    @extend_schema(request=BotInput, responses={201: MadeAnswer})
    def make(self, request: Request) -> Response:
        bot = create_bot(owner=user_of(request), **read_query_or_body(BotInput, request))
        return Response(MadeAnswer({"success": True, "bot_id": bot.id}).data, status=201)

    @extend_schema(responses=BotDetail)
    def retrieve(self, request: Request, bot_id: UUID) -> Response:
        return Response(_detail(_readable(request, bot_id)))

    @extend_schema(request=BotChange, responses=BotDetail)
    def partial_update(self, request: Request, bot_id: UUID) -> Response:
        bot = _writable(request, bot_id)
        changed = change_bot(bot.id, read_body(BotChange, request), now=timezone.now())
        return Response(_detail(changed))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, bot_id: UUID) -> Response:
        delete_bot(_writable(request, bot_id), now=timezone.now())
        return Response(status=204)

    @extend_schema(request=None, responses=StartedAnswer)
    def start(self, request: Request, bot_id: UUID) -> Response:
        return _changed(request, bot_id, BotStatus.ACTIVE, "Bot started successfully")

    @extend_schema(request=None, responses=StartedAnswer)
    def stop(self, request: Request, bot_id: UUID) -> Response:
        return _changed(request, bot_id, BotStatus.STOPPED, "Bot stopped successfully")

    @extend_schema(request=StatusInput, responses=STATUS_SCHEMA)
    def status(self, request: Request, bot_id: UUID) -> Response:
        bot = _writable(request, bot_id)
        changed = change_status(bot.id, read_query_or_body(StatusInput, request)["status"])
        return Response({"success": True, "status": changed.status})

    @extend_schema(request=ConnectInput, responses=DONE_SCHEMA)
    def connect(self, request: Request, bot_id: UUID) -> Response:
        bot = _writable(request, bot_id)
        asked = read_query_or_body(ConnectInput, request)
        if "account_id" in asked:
            connect_account(bot, writable_account(user_of(request), asked["account_id"]))
            return Response({"success": True, "message": "Account connected"})
        connect_group(bot, connectable_group(user_of(request), asked["group_id"]))
        return Response({"success": True, "message": "Group connected"})

    @extend_schema(request=ConnectInput, responses=DONE_SCHEMA)
    def disconnect(self, request: Request, bot_id: UUID) -> Response:
        bot = _writable(request, bot_id)
        asked = read_query_or_body(ConnectInput, request)
        if "account_id" in asked:
            disconnect_account(bot, asked["account_id"])
            return Response({"success": True, "message": "Account disconnected"})
        disconnect_group(bot, asked["group_id"])
        return Response({"success": True, "message": "Group disconnected"})

    @extend_schema(responses=ConnectedAccount(many=True))
    def accounts(self, request: Request, bot_id: UUID) -> Response:
        accounts = accounts_of(_readable(request, bot_id))
        own = list(accounts.visible_to(user_of(request)))
        figures = figures_of(own, timezone.now())
        return Response([_connected(account, figures.get(account.id)) for account in accounts])

    @extend_schema(request=None, responses=KeyAnswer)
    def rotate_key(self, request: Request, bot_id: UUID) -> Response:
        bot = _writable(request, bot_id)
        read_body(NoFields, request)
        bot, key = rotate_key(bot.id, now=timezone.now())
        data = {
            "bot_id": bot.id,
            "webhook_key": key,
            "webhook_path": f"/api/v1/webhook/tradingview/{key}",
            "previous_key_until": bot.previous_key_until,
        }
        return Response(KeyAnswer(data).data)


def _answers(bots: Sequence[Bot]) -> list[dict[str, Any]]:
    accounts = account_ids_by_bot(bots)
    return [bot_data(bot, accounts[bot.id]) for bot in bots]


def _detail(bot: Bot) -> dict[str, Any]:
    performance = BotMetrics({"metrics": metrics_of_bot(bot, now=timezone.now())})
    return {**_answers([bot])[0], "performance": performance.data, "last_decision": last_decision_data(bot)}


def _changed(request: Request, bot_id: UUID, status: BotStatus, message: str) -> Response:
    bot = _writable(request, bot_id)
    read_body(NoFields, request)
    bot = change_status(bot.id, status)
    return Response(StartedAnswer({"message": message, "bot_id": bot.id, "status": bot.status}).data)


def _readable(request: Request, bot_id: UUID) -> Bot:
    return readable_bot(user_of(request), bot_id)


def _writable(request: Request, bot_id: UUID) -> Bot:
    return writable_bot(user_of(request), bot_id)


def _connected(account: TradingAccount, figures: Figures | None) -> dict[str, Any]:
    """Whoever is only shown the bot sees which accounts it trades, not what is in them."""
    return {
        "id": str(account.id),
        "name": account.name,
        "exchange": account.exchange,
        "balance": plain(figures.balance) if figures else None,
        "equity": plain(figures.equity) if figures else None,
        "is_active": account.is_active,
    }
