"""Slugs: made from a name, once among the owner's living strategies; of two that ask at once both get one."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from core.errors import Conflict
from strategies.models import Strategy

Written = TypeVar("Written")

# So often a slug that another request was quicker to take is made anew.
TRIES = 5
# For a name in no letter that a slug may have.
NAMELESS = "strategy"
# Some letters become three; the column holds a number behind them as well.
LONGEST = 100


class SlugTaken(Conflict):
    """Other requests took every slug that was tried."""

    code = "SLUG_TAKEN"


def with_free_slug(owner_id: UUID, name: str, write: Callable[[str], Written], *, but: UUID | None = None) -> Written:
    """Return what `write` does with a slug that no strategy has, `but` this one.

    Raises SlugTaken where others were quicker again and again.
    """
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                return write(free_slug(owner_id, name, but=but))
        except IntegrityError:
            continue
    raise SlugTaken(f"Other requests took every slug made of {name!r}; try again.")


def free_slug(owner_id: UUID, name: str, *, but: UUID | None = None) -> str:
    """Return the slug of a name; where a living strategy of the owner has it, with -2, -3 behind it."""
    slug = slugify(name)[:LONGEST] or NAMELESS
    living = Strategy.objects.living().filter(owner=owner_id, slug__startswith=slug)
    others = living.exclude(pk=but) if but else living
    taken = set(others.values_list("slug", flat=True))
    number = 1
    while (told := slug if number == 1 else f"{slug}-{number}") in taken:
        number += 1
    return told
