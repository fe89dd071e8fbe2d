"""What operators may do with signals that only bots know of: trade once more where one did not trade."""

from collections.abc import Iterator
from typing import cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import TradingAccount, User
from bots.services.retry import retry_signal
from core.admin.confirming import Announcement, asks_first, count_each, counted, lines_of
from core.admin.pieces import flight_link
from core.errors import AppError
from trading.admin.signals import SignalAdmin
from trading.models import Signal
from trading.selectors.untraded import first_try_of, untraded


def _another_try(signals: QuerySet[Signal]) -> Announcement:
    count = signals.count()
    sentence = (
        f"Replay {counted(count, 'signal')} at today's prices, however old, on the accounts that did not trade. "
        "Neither an account with a fill nor one whose outcome is unknown is touched."
    )
    return Announcement(sentence, lines_of(signals, _left, count=count), is_possible=count > 0)


def _left(signals: list[Signal]) -> Iterator[str]:
    accounts = count_each(
        TradingAccount.objects.filter(pk__in=untraded(first_try_of(signal)).values("account")) for signal in signals
    )
    for signal, left in zip(signals, accounts, strict=True):
        yield f"{signal}, {signal.received_at:%Y-%m-%d %H:%M:%S}: {counted(left, 'account')} did not trade."


admin.site.unregister(Signal)


@admin.register(Signal)
class ReplayedSignalAdmin(SignalAdmin):
    """The signals' page, with another try."""

    actions = (*SignalAdmin.actions, "replay")

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("trading.add_order"))

    @admin.action(description="Replay where it did not trade", permissions=["replay"])
    @asks_first(_another_try, button="Replay", is_dangerous=True)
    def replay(self, request: HttpRequest, signals: QuerySet[Signal]) -> None:
        for signal in signals.order_by("received_at", "pk"):
            try:
                tried = retry_signal(signal, by=cast(User, request.user), force=True, clock=timezone.now)
            except AppError as refusal:
                self.message_user(request, f"{signal}: {refusal.message}", messages.ERROR)
                continue
            self.log_change(request, signal, f"Replayed as {tried.pk}.")
            said = f"{counted(tried.success_count, 'account')} traded, {tried.error_count} did not:"
            self.message_user(request, flight_link(tried.pk, f"{signal}: {said} look at its flight"), messages.SUCCESS)
