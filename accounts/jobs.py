"""The jobs of accounts: reading a person's accounts anew."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from accounts.figures import figures_of
from accounts.models import TradingAccount, User
from core.api.serializers import StrictSerializer
from core.errors import Missing
from core.exact import plain
from core.jobs.catalogue import Work


class SyncPortfolioArgs(StrictSerializer):
    """Whose accounts, and of which exchange: all where none is named."""

    user_id = serializers.UUIDField()
    exchange = serializers.CharField(max_length=40, required=False)


def sync_portfolio(work: Work) -> Mapping[str, Any]:
    """Return what each living account of a person holds now, in its currency. Raises Missing."""
    user = User.objects.filter(pk=work.args["user_id"]).first()
    if user is None:
        raise Missing("There is no such user.")
    living = TradingAccount.objects.living().filter(owner=user).order_by("created_at", "id")
    exchange = work.args.get("exchange")
    accounts = list(living.filter(exchange=exchange) if exchange else living)
    figures = figures_of(accounts, timezone.now())
    told = [
        {"account_id": str(row.pk), "balance": plain(figures[row.pk].balance), "equity": plain(figures[row.pk].equity)}
        for row in accounts
        if row.pk in figures
    ]
    return {"accounts": told}
