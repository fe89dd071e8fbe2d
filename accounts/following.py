"""What sockets follow by a right that may be taken back: the right is asked for again as long as they follow."""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

from channels.db import database_sync_to_async

from core.streams.sockets import Outbound

Pair = tuple[UUID, UUID]
Question = Callable[[Collection[Pair]], set[Pair]]


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

    def add(self, followed: Followed, *, lose: Callable[[], None]) -> None:
        """Ask for the right to this from now on; call `lose` once, when it is gone."""
        self._followed[followed.socket][followed] = lose

    def remove(self, followed: Followed) -> None:
        """Ask for this no more."""
        self._take(followed)

    def leave(self, socket: Outbound) -> None:
        """Ask for nothing of this socket any more."""
        self._followed.pop(socket, None)

    async def look(self) -> None:
        """Ask every question once for all who follow something, and let go of what may be read no longer."""
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
