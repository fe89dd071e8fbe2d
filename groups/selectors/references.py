"""Which groups accounts are in, as far as who asks may see them."""

from collections import defaultdict
from uuid import UUID

from accounts.sheets import Asked, Reference
from groups.models import AccountGroup, GroupMember


def groups_of_accounts(asked: Asked) -> dict[UUID, list[Reference]]:
    """Return each account's groups by name, in one statement."""
    seen = AccountGroup.objects.visible_to(asked.user)
    members = GroupMember.objects.filter(account__in=asked.account_ids, group__in=seen).order_by("group__name")
    found: dict[UUID, list[Reference]] = defaultdict(list)
    for account_id, group_id, name in members.values_list("account", "group", "group__name"):
        found[account_id].append(Reference("group", group_id, name))
    return found
