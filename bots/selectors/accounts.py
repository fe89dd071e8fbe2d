"""Which accounts a bot trades: those connected alone and those of its groups."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet

from accounts.models import TradingAccount
from accounts.models.trading_accounts import TradingAccountQuerySet
from bots.models import Bot, BotConnection
from groups.models import GroupMember


def accounts_of(bot: Bot) -> TradingAccountQuerySet:
    """Return the living accounts of a bot, each once, in the order of their ids."""
    connections = BotConnection.objects.filter(bot=bot)
    members = GroupMember.objects.filter(group__in=connections.values("group")).values("account")
    direct = connections.exclude(account=None).values("account")
    return TradingAccount.objects.living().filter(Q(pk__in=direct) | Q(pk__in=members)).order_by("pk")


def groups_of_bot(bot_id: OuterRef) -> QuerySet[BotConnection, UUID | None]:
    """Return the groups that a bot is connected to, for a subselect that names the bot by `bot_id`."""
    return BotConnection.objects.filter(bot=bot_id).exclude(group=None).order_by().values_list("group", flat=True)


def account_ids_by_bot(bots: Iterable[Bot]) -> dict[UUID, list[UUID]]:
    """Return the ids of each bot's living accounts, in two statements for any number of bots."""
    ids = [bot.pk for bot in bots]
    found: dict[UUID, set[UUID]] = {pk: set() for pk in ids}
    direct = BotConnection.objects.filter(bot__in=ids, account__deleted_at=None).exclude(account=None)
    for bot_id, account_id in direct.values_list("bot", "account"):
        found[bot_id].add(account_id)
    through = BotConnection.objects.filter(bot__in=ids, group__members__account__deleted_at=None).exclude(group=None)
    for bot_id, account_id in through.values_list("bot", "group__members__account"):
        if account_id is not None:
            found[bot_id].add(account_id)
    return {bot_id: sorted(accounts) for bot_id, accounts in found.items()}
