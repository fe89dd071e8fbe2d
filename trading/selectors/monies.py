"""Which accounts may be summed: those of one money. Currencies of CURRENCIES_AT_PAR are one, others each their own.

The own money of several accounts is that at par where any of them is in it, else the one that most of them are in.
"""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings

from trading.selectors.survey import Surveyed

# What money at par is called where several of its currencies are summed.
PAR = "USD"


@dataclass(frozen=True, slots=True)
class Money:
    """One money: its name (PAR, or its one currency), what it is told as, the currencies of accounts that are it."""

    name: str
    currency: str
    codes: frozenset[str]


def monies_of(codes: Collection[str]) -> list[Money]:
    """Return the monies of accounts with these currencies, one for each account; their own money first."""
    at_par = frozenset(settings.CURRENCIES_AT_PAR)
    found: dict[str, set[str]] = defaultdict(set)
    counts: Counter[str] = Counter()
    for code in codes:
        name = PAR if code in at_par else code
        found[name].add(code)
        counts[name] += 1
    if not found:
        return [Money(PAR, PAR, at_par)]
    ranked = sorted(found, key=lambda name: (name != PAR, -counts[name], name))
    return [_money(name, found[name]) for name in ranked]


def own_money(accounts: Collection[Surveyed]) -> Money:
    """Return the own money of several accounts; that at par of none."""
    return monies_of([account.currency for account in accounts])[0]


def of_own_money(accounts: Collection[Surveyed]) -> list[Surveyed]:
    """Return those of several accounts that are in their own money: what may be summed of them."""
    codes = own_money(accounts).codes
    return [account for account in accounts if account.currency in codes]


def _money(name: str, codes: Collection[str]) -> Money:
    """One code alone is told by its own name."""
    return Money(name, next(iter(codes)) if len(codes) == 1 else name, frozenset(codes))
