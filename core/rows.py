"""Makes unsaved model instances on hot ways."""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from django.db import models
from django.db.models.base import ModelState

Row = TypeVar("Row", bound=models.Model)


def new_row(model: type[Row], **values: Any) -> Row:
    """Return what `model(**values)` returns, at a tenth of its cost: `values` by attribute name, defaults elsewhere.

    Names are not checked, and a foreign key is given by its id (`account_id`).
    """
    constants, made = _defaults(model)
    row = model.__new__(model)
    drawn = {name: make() for name, make in made if name not in values}
    row.__dict__.update(constants, _state=ModelState(), **drawn, **values)
    return row


@cache
def _defaults(model: type[models.Model]) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]]]:
    constants: dict[str, Any] = {}
    made: list[tuple[str, Callable[[], Any]]] = []
    for field in model._meta.concrete_fields:
        if field.has_default() and callable(field.default):
            made.append((field.attname, field.default))
        else:
            constants[field.attname] = field.get_default()
    return constants, made
