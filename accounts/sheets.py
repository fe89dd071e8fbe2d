"""What stands on an account's sheet that accounts cannot know: positions, what it earned, what it is part of.

Higher apps fill the sections in at start; each answers for all accounts at once, in a fixed number of statements.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.figures import Figures, figures_of
from accounts.models import TradingAccount, User


@dataclass(frozen=True, slots=True)
class Asked:
    """The accounts whose sheets are asked for, all of which `user` may read, with their figures at `now`."""

    accounts: Sequence[TradingAccount]
    figures: Mapping[UUID, Figures]
    user: User
    now: datetime

    @property
    def account_ids(self) -> list[UUID]:
        return [account.id for account in self.accounts]


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that has an account in it, and that who asks may see."""

    type: str
    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """All of one account. `sections` are as the API says them, by name."""

    account: TradingAccount
    figures: Figures
    sections: Mapping[str, Any]
    references: Sequence[Reference]


Section = Callable[[Asked], Mapping[UUID, Any]]
References = Callable[[Asked], Mapping[UUID, Sequence[Reference]]]

_sections: dict[str, Section] = {}
_references: list[References] = []


def add_section(name: str, section: Section) -> None:
    """Let `section` tell what stands under `name`. Called once, by the app that knows."""
    _sections[name] = section


def add_references(references: References) -> None:
    """Let `references` name what has accounts in it. Called once by each app that has such things."""
    _references.append(references)


def sheets_of(accounts: Sequence[TradingAccount], *, user: User, now: datetime) -> list[Sheet]:
    """Return the sheets of accounts that `user` may read, in their order; the statements do not grow with them.

    One that was deleted since it was read has none.
    """
    figures = figures_of(accounts, now)
    asked = Asked([account for account in accounts if account.id in figures], figures, user, now)
    told = {name: section(asked) for name, section in _sections.items()}
    named = [references(asked) for references in _references]
    return [
        Sheet(
            account=account,
            figures=figures[account.id],
            sections={name: section.get(account.id, {}) for name, section in told.items()},
            references=[reference for found in named for reference in found.get(account.id, ())],
        )
        for account in asked.accounts
    ]
