"""Actions of the operators' pages that say first what they will do, and to how many, and wait for a yes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import wraps
from hashlib import sha256
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Count, QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

CONFIRMED = "confirmed"
MOST_LINES = 20

Action = Callable[[Any, HttpRequest, QuerySet], HttpResponse | None]


@dataclass(frozen=True, slots=True)
class Announcement:
    """What an action will do: one sentence for all, one line for each of the first rows.

    Where `is_possible` is not true there is nothing to say yes to: the page says why, and leads back. A yes holds for
    the rows that it was asked about, and as long as `stands_on` is the same.
    """

    sentence: str
    lines: Sequence[str] = ()
    is_possible: bool = True
    stands_on: str = ""


def asks_first(
    announce: Callable[[QuerySet], Announcement], *, button: str, is_dangerous: bool = False
) -> Callable[[Action], Action]:
    """Return a decorator: the action is done when its page was answered with a yes, else the page is shown.

    It is shown again where other rows would be meant than those it told of: chosen is also what a filter finds, and a
    row may be gone, or have come, between question and answer.
    """

    def decorate(action: Action) -> Action:
        @wraps(action)
        def asked(page: Any, request: HttpRequest, rows: QuerySet) -> HttpResponse | None:
            keys = list(rows.order_by("pk").values_list("pk", flat=True))
            if not keys:
                page.message_user(request, "Nothing of what was chosen is there any more.", messages.ERROR)
                return None
            announcement = announce(rows)
            announced = _digest([*keys, announcement.stands_on])
            if announcement.is_possible and request.POST.get(CONFIRMED) == announced:
                return action(page, request, rows)
            return _asked(page, request, announcement, announced, button=button, is_dangerous=is_dangerous)

        return asked

    return decorate


def lines_of(rows: QuerySet, told: Callable[[list[Any]], Iterable[str]], *, count: int) -> list[str]:
    """Return what is told of the first rows, a line each, and a line for all the others, which are not read.

    `told` is asked once for all of them, so that its statements need not grow with them.
    """
    lines = list(told(list(rows[:MOST_LINES])))
    return lines if count <= MOST_LINES else [*lines, f"… and {count - MOST_LINES} more."]


def count_each(sets: Iterable[QuerySet]) -> list[int]:
    """Return how many rows each of some sets has, in one statement."""
    counts = [
        rows.order_by().annotate(place=Value(place)).values("place").annotate(many=Count("pk"))
        for place, rows in enumerate(sets)
    ]
    found = {row["place"]: row["many"] for row in counts[0].union(*counts[1:], all=True)} if counts else {}
    return [found.get(place, 0) for place in range(len(counts))]


def counted(number: int, thing: str, things: str = "") -> str:
    """Return a number of things in words: "1 bot", "2 bots"."""
    return f"{number} {thing if number == 1 else things or thing + 's'}"


def _digest(words: Iterable[object]) -> str:
    return sha256("\n".join(map(str, words)).encode()).hexdigest()


def _asked(
    page: Any, request: HttpRequest, announcement: Announcement, announced: str, *, button: str, is_dangerous: bool
) -> HttpResponse:
    posted = request.POST
    kept = [(name, value) for name in ("action", "select_across", "index") for value in posted.getlist(name)]
    kept += [(ACTION_CHECKBOX_NAME, value) for value in posted.getlist(ACTION_CHECKBOX_NAME)]
    context = {
        **admin.site.each_context(request),
        "title": button,
        "opts": page.opts,
        "media": page.media,
        "announcement": announcement,
        "kept": kept,
        "confirmed": CONFIRMED,
        "announced": announced,
        "is_asked_again": CONFIRMED in posted,
        "button": button,
        "variant": "danger" if is_dangerous else "primary",
        "back": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/confirm_action.html", context)
