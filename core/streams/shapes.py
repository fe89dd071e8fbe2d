"""How rows of a kind of stream go out: as they are stored, or taken apart into messages by the app that wrote them."""

from collections.abc import Callable, Sequence
from typing import Any

Body = dict[str, Any]
Shape = Callable[[Body], Sequence[Body]]

_shapes: dict[str, Shape] = {}


def take_apart(kind: str, shape: Shape) -> None:
    """Send rows of the streams `kind:…` as the messages that `shape` makes of one: as many as it has parts."""
    _shapes[kind] = shape


def messages_of(stream: str, body: Body, *, parts: int) -> Sequence[Body]:
    """Return the messages of a row, in order. One that was numbered before it was taken apart goes out whole."""
    shape = _shapes.get(stream.partition(":")[0])
    messages = [body] if shape is None else shape(body)
    return messages if len(messages) == parts else [body]
