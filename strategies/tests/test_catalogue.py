"""Which rules there are: those that ship, a desk's own, and what is said of a broken one."""

import subprocess
import sys

import pytest

from core.errors import Invalid
from strategies import catalogue
from strategies.catalogue import SHIPPED, broken_rules, find_rule, rule_names

SHIPPED_NAMES = [
    "sma_cross",
    "ema_cross",
    "rsi_reversion",
    "bollinger_reversion",
    "macd",
    "donchian_breakout",
    "buy_and_hold",
]
OWN = """
import numpy as np
from strategies.rule import Rule
targets = lambda candles, **given: np.zeros(len(candles))
RULE = Rule({name!r}, "Mine", "", {parameters}, targets, lambda given: {warm_up})
"""


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.STRATEGY_RULES_FOLDER, settings.STRATEGY_RULES = tmp_path, []
    catalogue.forget()
    yield tmp_path
    catalogue.forget()


@pytest.fixture
def drop(folder):
    def write(file, *, name="mine", parameters="{}", warm_up="0", text=""):
        (folder / file).write_text(text or OWN.format(name=name, parameters=parameters, warm_up=warm_up))

    return write


def reasons():
    return {broken.origin: broken.reason for broken in broken_rules()}


def test_seven_rules_ship():
    assert rule_names() == SHIPPED_NAMES == [rule.name for rule in SHIPPED]


def test_a_rule_is_found_by_its_name():
    assert find_rule("macd").title == "MACD"


def test_an_unknown_rule_is_refused_with_those_there_are():
    with pytest.raises(Invalid) as caught:
        find_rule("magic")
    assert (caught.value.code, caught.value.status) == ("UNKNOWN_RULE", 422)
    assert caught.value.errors == {"rule": [f"There is no rule 'magic'; there are {', '.join(SHIPPED_NAMES)}."]}


def test_a_file_in_the_folder_is_a_rule(drop):
    drop("mine.py")
    assert rule_names() == [*SHIPPED_NAMES, "mine"]


def test_a_file_that_comes_later_waits_for_the_next_process(drop):
    assert rule_names() == SHIPPED_NAMES
    drop("mine.py")
    assert rule_names() == SHIPPED_NAMES


def test_a_file_with_an_underscore_is_none_of_our_business(drop):
    drop("_mine.py")
    assert (rule_names(), reasons()) == (SHIPPED_NAMES, {})


def test_a_folder_that_is_not_there_has_no_rules(settings, folder):
    settings.STRATEGY_RULES_FOLDER = folder / "nowhere"
    assert rule_names() == SHIPPED_NAMES


def test_a_dotted_path_is_a_rule(settings, monkeypatch, drop, folder):
    drop("installed_rules.py")
    monkeypatch.syspath_prepend(folder)
    settings.STRATEGY_RULES_FOLDER, settings.STRATEGY_RULES = folder / "nowhere", ["installed_rules.RULE"]
    assert rule_names()[-1] == "mine"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("nowhere.at.all.RULE", "ModuleNotFoundError: No module named 'nowhere'"),
        ("strategies.rules.macd.RULES", "It has no RULES."),
        ("strategies.rules.macd", "It is a module, not a Rule."),
        ("strategies.rules.macd.RULE", "There is a rule macd already."),
        ("macd", "It is no dotted path of a rule, like package.module.RULE."),
    ],
)
def test_a_dotted_path_that_names_no_rule_is_broken(settings, path, reason):
    settings.STRATEGY_RULES = [path]
    assert (rule_names(), reasons()) == (SHIPPED_NAMES, {path: reason})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = 1\nraise RuntimeError('no')", "RuntimeError: no (line 2)"),
        ("1 / 0", "ZeroDivisionError: division by zero (line 1)"),
        ("import nowhere", "ModuleNotFoundError: No module named 'nowhere' (line 1)"),
        ("raise SystemExit(3)", "SystemExit: 3 (line 1)"),
        ("x = 1", "It has no RULE."),
        ("RULE = 5", "It is a int, not a Rule."),
    ],
)
def test_a_file_that_gives_no_rule_is_broken_and_breaks_nothing(drop, text, reason):
    drop("bad.py", text=text)
    drop("mine.py")
    assert (rule_names(), reasons()) == ([*SHIPPED_NAMES, "mine"], {"bad.py": reason})


def test_a_file_that_is_no_python_is_told_its_line(drop):
    drop("bad.py", text="x = 1\nthis is no python")
    assert reasons()["bad.py"].startswith("SyntaxError: invalid syntax (bad.py, line 2)")


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"name": "sma_cross"}, "There is a rule sma_cross already."),
        (
            {"name": "Mine!"},
            "Its name must be of small letters, digits and underscores, a letter first.",
        ),
        ({"parameters": "{'size': {'type': 'integer'}}"}, "Parameters without a default: size."),
        ({"parameters": "{'size': {'type': 'integer', 'default': 'ten'}}"}, "Invalid: size must be a whole number."),
        ({"warm_up": "-1"}, "Its warm_up must be a whole number of candles, not -1."),
    ],
)
def test_a_rule_that_breaks_the_rules_for_rules_is_broken(drop, broken, reason):
    drop("bad.py", **broken)
    assert (rule_names(), reasons()) == (SHIPPED_NAMES, {"bad.py": reason})


def test_a_schema_that_is_none_is_broken(drop):
    drop("bad.py", parameters="{'size': {'type': 'bigger', 'default': 1}}")
    assert reasons()["bad.py"].startswith("SchemaError")


def test_of_two_files_with_one_name_the_first_counts(drop):
    drop("a.py")
    drop("b.py")
    assert (rule_names(), reasons()) == ([*SHIPPED_NAMES, "mine"], {"b.py": "There is a rule mine already."})


def test_a_broken_rule_is_logged_by_its_file(drop, caplog):
    drop("bad.py", text="1 / 0")
    rule_names()
    assert "rule not read: bad.py: ZeroDivisionError: division by zero (line 1)" in caplog.text


def test_the_catalogue_compiles_nothing_and_needs_no_models():
    code = (
        "import sys, strategies.catalogue as c; c.rule_names(); print({'numba', 'strategies.models'} & {*sys.modules})"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "set()\n"
