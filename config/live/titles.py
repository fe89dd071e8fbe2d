"""What the live page calls accounts: everybody's first one has the same name, and people trade on what they read."""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from accounts.models import TradingAccount, User

TO_SEE_PEOPLE = "accounts.view_user"
_SHOWN_OF_ID = 8


def account_titles(accounts: Iterable[TradingAccount], user: User) -> dict[UUID, str]:
    """Return what each account is called: its name, of another's also whose it is, for who may see people.

    What reads alike all the same is told apart by the beginning of its id. Owners must have been read with them.
    """
    by_id = {account.pk: account for account in accounts}
    sees_people = user.has_perm(TO_SEE_PEOPLE)
    titles = {
        pk: account.title if sees_people and account.owner_id != user.pk else account.name
        for pk, account in by_id.items()
    }
    alike = Counter(titles.values())
    return {pk: f"{title} ({str(pk)[:_SHOWN_OF_ID]})" if alike[title] > 1 else title for pk, title in titles.items()}
