"""How findings are shown: aligned, the worst last, counted; as JSON in the order in which they were made."""

import json

import pytest

from config import report
from core.examinations import Finding, Level

FINDINGS = [
    Finding(Level.ERROR, "It is gone.", "Put it back.", name="disk"),
    Finding(Level.OK, "It is there.", name="environment"),
    Finding(Level.WARNING, "It is slow.", "Look why.", name="net"),
    Finding(Level.SKIPPED, "It is not used.", name="redis"),
]


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def test_the_worst_comes_last_each_with_what_to_do():
    assert report.table(FINDINGS).splitlines() == [
        "skipped  redis        It is not used.",
        "ok       environment  It is there.",
        "warning  net          It is slow.",
        "                      > Look why.",
        "error    disk         It is gone.",
        "                      > Put it back.",
        "",
        "1 errors, 1 warnings",
    ]


def test_long_sentences_are_wrapped_below_themselves_and_no_command_is_cut(monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    long = Finding(Level.ERROR, "word " * 12, f"Run /{'x' * 60} now.", name="disk")
    assert report.table([long]).splitlines()[:-2] == [
        "error    disk  word word word word word word word",
        "               word word word word word",
        "               > Run",
        f"                 /{'x' * 60}",
        "                 now.",
    ]


def test_paint_does_not_move_the_columns():
    painted = report.table(FINDINGS, paint=lambda level, text: f"<{text}>").splitlines()
    assert painted[0] == "<skipped > redis        It is not used."


def test_nothing_found_is_no_fault():
    assert report.table([]) == "\n0 errors, 0 warnings"


def test_json_holds_everything():
    told = json.loads(report.as_json(FINDINGS))
    assert (told["errors"], told["warnings"], len(told["findings"])) == (1, 1, 4)
    assert told["findings"][0] == {
        "name": "disk",
        "level": "error",
        "found": "It is gone.",
        "advice": "Put it back.",
    }
