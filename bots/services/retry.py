"""Another try of a signal, on the accounts that did not trade: a signal of its own, down the same road."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction

from accounts.models import Role, TradingAccount, User
from accounts.models.trading_accounts import TradingAccountQuerySet
from bots.config import BotConfig
from bots.models import Bot
from bots.selectors.accounts import accounts_of
from bots.services.alerts import SignalRefused, check_trades
from core.clock import Clock
from core.errors import AppError, Conflict, Forbidden
from trading.intents import Intent
from trading.models import Signal
from trading.selectors.untraded import first_try_of, is_running, untraded_accounts
from trading.services.signals import open_signal, run_signal


class StillRunning(Conflict):
    """A try of the signal is being traded."""

    code = "SIGNAL_RUNNING"


class NothingToRetry(Conflict):
    """No account is left that did not trade."""

    code = "NOTHING_TO_RETRY"


class TooOld(AppError):
    """The signal is older than its bot trades."""

    code = "STALE_ALERT"


def retry_signal(
    signal: Signal, *, by: User, force: bool, clock: Clock, stored: Callable[[Signal], None] | None = None
) -> Signal:
    """Trade once more on the accounts of a signal that did not trade, as it was asked then; return the new signal.

    Neither an account with a fill nor one whose outcome is unknown or pending, in any try, is touched. Of two at the
    same time one finds the other's running. `stored` is called with the signal in the transaction that writes it.
    Raises StillRunning, NothingToRetry, TooOld past the bot's max_lag unless an admin says `force`, Forbidden where
    who says so is none, SignalRefused with BOT_NOT_ACTIVE or OWNER_MAY_NOT_TRADE.
    """
    if force and by.role != Role.ADMIN:
        raise Forbidden("Only an admin may retry an alert that is too old.")
    with transaction.atomic():
        first = Signal.objects.select_for_update(no_key=True, of=("self",)).get(pk=first_try_of(signal))
        now = clock()
        if is_running(first.pk):
            raise StillRunning("The signal is still being traded; look at it again in a moment.")
        account_ids = _left(first, may_trade=_may_trade(first, now=now, force=force))
        opened = open_signal(
            signal_id=uuid4(),
            source=first.source,
            intent=Intent.from_json(first.intent),
            instrument=first.instrument,
            account_ids=account_ids,
            received_at=now,
            user_id=first.user_id,
            bot_id=first.bot_id,
            group_id=first.group_id,
            retry_of=first,
        )
        if stored is not None:
            stored(opened)
    return run_signal(opened.id, clock=clock)


def _left(first: Signal, *, may_trade: TradingAccountQuerySet) -> list[UUID]:
    if first.instrument is None:
        raise NothingToRetry(f"The signal was refused as a whole, {first.code}: no account was asked. Send it again.")
    left = untraded_accounts(first.pk)
    account_ids = list(may_trade.filter(pk__in=left).order_by("pk").values_list("pk", flat=True))
    if not account_ids:
        raise NothingToRetry("No account is left that did not trade, or whose outcome is known.")
    return account_ids


def _may_trade(first: Signal, *, now: datetime, force: bool) -> TradingAccountQuerySet:
    """Return the accounts that who asked then may still trade. Raises where none may.

    The bot is locked, as for an alert: none is deleted, stopped or given other accounts meanwhile.
    """
    bots = Bot.objects.living().select_related("owner").select_for_update(no_key=True, of=("self",))
    bot = bots.filter(pk=first.bot_id).first() if first.bot_id else None
    longest = bot.settings.max_lag if bot else BotConfig().max_lag
    if now - first.received_at > timedelta(seconds=longest) and not force:
        raise TooOld(f"The signal is older than {longest} seconds; an admin may retry it with force.")
    if first.bot_id is None:
        members = TradingAccount.objects.living().filter(is_active=True)
        return members.filter(memberships__group=first.group_id) if first.group_id else members
    if bot is None:
        raise SignalRefused("The bot is deleted.", code="BOT_NOT_ACTIVE")
    check_trades(bot)
    return accounts_of(bot)
