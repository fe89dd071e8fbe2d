"""What sockets follow: rights that may be taken back and lists that may grow are asked for again all the time."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

from channels.db import database_sync_to_async

from core.streams.sockets import Outbound

Pair = tuple[UUID, UUID]
Question = Callable[[Collection[Pair]], set[Pair]]


@dataclass(frozen=True, slots=True)
class Listed:
    """What each user has; one who may not ask is absent. What is not in the list yet is told of after `cursor`."""

    cursor: int
    things: Mapping[UUID, Collection[UUID]]


Listing = Callable[[Collection[UUID]], Listed]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a list is for whom: `take` is given the whole list, for the user `user_id`."""

    listing: Listing
    user_id: UUID
    take: Callable[[Listed], None]


@dataclass(frozen=True, slots=True)
class Followed:
    """Something that a socket's user may read, as `question` says: of pairs of a user and a thing, those that stand."""

    socket: Outbound
    question: Question
    pair: Pair


class Following:
    """What the sockets of one event loop follow, each with what to do once its right is gone."""

    def __init__(self) -> None:
        self._followed: dict[Outbound, dict[Followed, Callable[[], None]]] = defaultdict(dict)
        self._wanted: dict[Outbound, Wanted] = {}

    def add(self, followed: Followed, *, lose: Callable[[], None]) -> None:
        """Ask for the right to this from now on; call `lose` once, when it is gone."""
        self._followed[followed.socket][followed] = lose

    def remove(self, followed: Followed) -> None:
        """Ask for this no more."""
        self._take(followed)

    def keep_listed(self, socket: Outbound, wanted: Wanted) -> None:
        """Hand the socket's list over again and again, read once for all who want it."""
        self._wanted[socket] = wanted

    def leave(self, socket: Outbound) -> None:
        """Ask for nothing of this socket any more."""
        self._followed.pop(socket, None)
        self._wanted.pop(socket, None)

    async def look(self) -> None:
        """Ask every question once for all sockets."""
        await self._look_at_rights()
        await self._look_at_lists()

    async def _look_at_lists(self) -> None:
        by_listing: dict[Listing, list[Wanted]] = defaultdict(list)
        for wanted in self._wanted.values():
            by_listing[wanted.listing].append(wanted)
        for listing, many in by_listing.items():
            listed = await database_sync_to_async(listing)({wanted.user_id for wanted in many})
            for wanted in many:
                wanted.take(listed)

    async def _look_at_rights(self) -> None:
        """Let go of what may be read no longer."""
        asked: dict[Question, list[Followed]] = defaultdict(list)
        for followed in chain.from_iterable(self._followed.values()):
            asked[followed.question].append(followed)
        for question, many in asked.items():
            still = await database_sync_to_async(question)({followed.pair for followed in many})
            for followed in many:
                if followed.pair not in still and (lose := self._take(followed)):
                    lose()

    def _take(self, followed: Followed) -> Callable[[], None] | None:
        return self._followed.get(followed.socket, {}).pop(followed, None)
