"""The schema tells of the headers that say how much may still be asked, on every answer that has them."""

from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from core.limits import is_counted

TOLD = {f"X-RateLimit-{name}" for name in ("Limit", "Remaining", "Reset")}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


def told(schema: dict[str, Any], *, counted: bool) -> list[set[str]]:
    """Return which of the three each answer tells of, at all paths that are counted, or that are not."""
    paths = [methods for path, methods in schema["paths"].items() if is_counted(path) is counted]
    answers = [each for methods in paths for said in methods.values() for each in said["responses"].values()]
    return [TOLD & set(answer.get("headers", ())) for answer in answers]


def test_every_answer_of_a_counted_path_tells_of_them(schema):
    found = told(schema, counted=True)
    assert len(found) > 300
    assert [names for names in found if names != TOLD] == []


def test_no_other_answer_does(schema):
    found = told(schema, counted=False)
    assert len(found) > 10
    assert [names for names in found if names] == []


def test_what_is_referred_to_is_there(schema):
    assert set(schema["components"]["headers"]) == {"Retry-After", *TOLD}
