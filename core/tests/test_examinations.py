"""Examinations: each is made once, after what it needs; one that fails is a finding, never an exception."""

import pytest

from core import examinations
from core.examinations import Finding, Level, error, ok, register, run, skipped, warning


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    """An empty registry."""
    monkeypatch.setattr(examinations, "_registered", {})


def broken():
    yield ok("So far.")
    raise ConnectionError("no answer from redis://:hunter2@cache:6379/0\nsecond line")


def levels(findings):
    return [(finding.name, finding.level) for finding in findings]


def test_a_finding_bears_the_name_of_its_examination():
    register("disk", lambda: [warning("It is full.", "Free it.")])
    assert run() == [Finding(Level.WARNING, "It is full.", "Free it.", name="disk")]


def test_one_that_fails_is_an_error_and_the_others_are_made():
    register("first", broken)
    register("second", lambda: [ok("Fine.")])
    assert levels(run()) == [("first", "error"), ("second", "ok")]


def test_what_a_failure_says_is_cut_to_a_line_and_holds_no_password():
    register("first", broken)
    assert "ConnectionError: no answer from redis://:***@cache:6379/0." in run()[0].found


def test_what_needs_a_sick_one_is_skipped_and_so_is_what_needs_that():
    register("top", lambda: [ok("Fine.")], needs=("middle",))
    register("middle", lambda: [ok("Fine.")], needs=("ground",))
    register("ground", lambda: [error("Gone.", "Mend it.")])
    assert levels(run()) == [("ground", "error"), ("middle", "skipped"), ("top", "skipped")]


@pytest.mark.parametrize("finding", [ok("Fine."), warning("Hm.", "Look."), skipped("Not used.")], ids=str)
def test_what_needs_one_without_an_error_is_made(finding):
    register("ground", lambda: [finding])
    register("top", lambda: [ok("Fine.")], needs=("ground",))
    assert run()[1].level == Level.OK


def test_only_one_is_told_of():
    register("ground", lambda: [ok("Fine.")])
    register("other", lambda: [error("Gone.", "Mend it.")])
    register("top", lambda: [ok("Fine.")], needs=("ground",))
    assert levels(run("top")) == [("top", "ok")]


def test_only_one_is_told_of_and_the_error_of_what_it_needs():
    register("ground", lambda: [ok("Fine."), error("Gone.", "Mend it.")])
    register("top", lambda: [ok("Fine.")], needs=("ground",))
    assert levels(run("top")) == [("ground", "error"), ("top", "skipped")]


def test_an_unknown_name_is_refused():
    with pytest.raises(examinations.UnknownExamination):
        run("nothing")


def test_the_same_name_replaces():
    register("disk", lambda: [ok("Old.")])
    register("disk", lambda: [ok("New.")])
    assert [finding.found for finding in run()] == ["New."]
