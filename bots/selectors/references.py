"""Which bots trade accounts, as far as who asks may see them."""

from collections import defaultdict
from uuid import UUID

from accounts.sheets import Asked, Reference
from bots.models import Bot
from trading.models import AccountScope, ScopeType


def bots_of_accounts(asked: Asked) -> dict[UUID, list[Reference]]:
    """Return each account's bots by name, connected alone or through a group, in two statements."""
    covered = AccountScope.objects.filter(account__in=asked.account_ids, scope_type=ScopeType.BOT)
    pairs = list(covered.values_list("scope_id", "account"))
    traded: dict[UUID, list[UUID]] = defaultdict(list)
    for bot_id, account_id in pairs:
        traded[bot_id].append(account_id)
    seen = Bot.objects.living().visible_to(asked.user).filter(pk__in=list(traded)).order_by("name", "pk")
    found: dict[UUID, list[Reference]] = defaultdict(list)
    for bot_id, name in seen.values_list("pk", "name"):
        for account_id in traded[bot_id]:
            found[account_id].append(Reference("bot", bot_id, name))
    return found
