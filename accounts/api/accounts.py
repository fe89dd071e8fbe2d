"""Trading accounts over HTTP."""

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.accounts_serializers import (
    AccountAnswer,
    AccountChange,
    AccountInput,
    AccountWithKeysInput,
    CreatedAnswer,
    KeysInput,
    LedgerRow,
    MoveInput,
    ReconcileAnswer,
    SyncAnswer,
)
from accounts.api.authentication import user_of
from accounts.api.sheets_serializers import AccountDetail, SheetList, SkipQuery
from accounts.facts import account_stream
from accounts.figures import figures_of
from accounts.models import TradingAccount, Transfer
from accounts.selectors.ledger import ledger_rows, reconcile
from accounts.selectors.trading_accounts import AccountMissing, readable_account, writable_account
from accounts.services.credentials import Keys, keep_credentials
from accounts.services.ledger import deposit, withdraw
from accounts.services.trading_accounts import change_account, close_account, open_account
from accounts.sheets import sheets_of
from core.api.idempotency import idempotent
from core.api.reading import read_body, read_query
from core.api.serializers import NoFields
from core.streams.reading import stream_state

Move = Callable[..., Transfer]
DONE_SCHEMA = inline_serializer("AccountDone", {"success": serializers.BooleanField()})


class AccountViewSet(viewsets.GenericViewSet):
    """Accounts of who asks, and those shared with them."""

    queryset = TradingAccount.objects.none()
    serializer_class = AccountAnswer
    permissions_needed = {
        "read": "accounts.view_tradingaccount",
        "write": "accounts.change_tradingaccount",
        "create": "accounts.add_tradingaccount",
        "create_with_keys": "accounts.add_tradingaccount",
        "destroy": "accounts.delete_tradingaccount",
    }

    @extend_schema(responses=AccountAnswer(many=True))
    def list(self, request: Request) -> Response:
        accounts = TradingAccount.objects.living().visible_to(user_of(request)).order_by("created_at", "id")
        return self.get_paginated_response(_answers(self.paginate_queryset(accounts)))

    @extend_schema(request=AccountInput, responses={201: AccountAnswer})
    @idempotent
    def create(self, request: Request) -> Response:
        return Response(_answer(_opened(request, read_body(AccountInput, request))), status=201)

    @extend_schema(request=AccountWithKeysInput, responses={201: CreatedAnswer})
    @idempotent
    def create_with_keys(self, request: Request) -> Response:
        asked = read_body(AccountWithKeysInput, request)
        account = _opened(request, {"name": asked["exchange"].capitalize(), **asked})
        told = {"success": True, "account_id": account.id, "message": "Account created successfully"}
        return Response(CreatedAnswer(told).data, status=201)

    @extend_schema(parameters=[SkipQuery], responses=SheetList)
    def listing(self, request: Request) -> Response:
        asked, user = read_query(SkipQuery, request), user_of(request)
        accounts = TradingAccount.objects.living().visible_to(user).order_by("created_at", "id")
        page = list(accounts[asked["skip"] : asked["skip"] + asked["limit"]])
        sheets = sheets_of(page, user=user, now=timezone.now())
        return Response(SheetList({"accounts": sheets, "pagination": {"total": accounts.count(), **asked}}).data)

    @extend_schema(responses=AccountDetail)
    def retrieve(self, request: Request, account_id: UUID) -> Response:
        account: Any = readable_account(user_of(request), account_id)
        sheets = sheets_of([account], user=user_of(request), now=timezone.now())
        if not sheets:
            raise AccountMissing
        account.sheet, account.figures = sheets[0], sheets[0].figures
        account.ws_status = stream_state(account_stream(account.id))
        return Response(AccountDetail(account).data)

    @extend_schema(request=AccountChange, responses=AccountAnswer)
    def partial_update(self, request: Request, account_id: UUID) -> Response:
        account = writable_account(user_of(request), account_id)
        return Response(_answer(change_account(account, read_body(AccountChange, request))))

    @extend_schema(request=KeysInput, responses=DONE_SCHEMA)
    def update_credentials(self, request: Request, account_id: UUID) -> Response:
        account = writable_account(user_of(request), account_id)
        keep_credentials(account.id, Keys(**read_body(KeysInput, request)), now=timezone.now())
        return Response({"success": True})

    @extend_schema(request=None, responses=SyncAnswer)
    def sync_balance(self, request: Request, account_id: UUID) -> Response:
        account = writable_account(user_of(request), account_id)
        read_body(NoFields, request)
        figures = figures_of([account], timezone.now()).get(account.id)
        if figures is None:
            raise AccountMissing
        return Response(SyncAnswer({"success": True, "balance": figures.balance, "equity": figures.equity}).data)

    @extend_schema(responses={200: DONE_SCHEMA})
    def destroy(self, request: Request, account_id: UUID) -> Response:
        close_account(writable_account(user_of(request), account_id).id, now=timezone.now())
        return Response({"success": True})

    @extend_schema(request=MoveInput, responses={201: LedgerRow})
    @idempotent
    def deposit(self, request: Request, account_id: UUID) -> Response:
        return _moved(deposit, request, account_id)

    @extend_schema(request=MoveInput, responses={201: LedgerRow})
    @idempotent
    def withdraw(self, request: Request, account_id: UUID) -> Response:
        return _moved(withdraw, request, account_id)

    @extend_schema(responses=LedgerRow(many=True))
    def ledger(self, request: Request, account_id: UUID) -> Response:
        rows = self.paginate_queryset(ledger_rows(readable_account(user_of(request), account_id)))
        return self.get_paginated_response(LedgerRow(rows, many=True).data)

    @extend_schema(responses=ReconcileAnswer)
    def reconcile(self, request: Request, account_id: UUID) -> Response:
        return Response(ReconcileAnswer(reconcile(readable_account(user_of(request), account_id))).data)


def _opened(request: Request, asked: dict[str, Any]) -> TradingAccount:
    asked.setdefault("initial_balance", Decimal(settings.DEFAULT_ACCOUNT_BALANCE))
    return open_account(owner=user_of(request), now=timezone.now(), **asked)


def _moved(move: Move, request: Request, account_id: UUID) -> Response:
    account = writable_account(user_of(request), account_id)
    data = read_body(MoveInput, request)
    reference = data.get("reference") or uuid.uuid4().hex
    transfer = move(account.id, amount=data["amount"], reference=reference, now=timezone.now())
    return Response(LedgerRow(transfer).data, status=201)


def _answer(account: TradingAccount) -> dict[str, Any]:
    answers = _answers([account])
    if not answers:
        raise AccountMissing
    return answers[0]


def _answers(accounts: list[TradingAccount] | None) -> list[dict[str, Any]]:
    figures = figures_of(accounts or [], timezone.now())
    page = [account for account in accounts or [] if account.id in figures]  # less what was deleted meanwhile
    for account in page:
        account.figures = figures[account.id]  # type: ignore[attr-defined]
    return list(AccountAnswer(page, many=True).data)
