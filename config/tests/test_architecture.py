"""The ladder: imports go down only; functions import nothing; the engine is arithmetic."""

import ast
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LADDER = ("core", "accounts", "market", "trading", "strategies", "groups", "bots", "webhooks", "config")


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def sources(package: str) -> list[Path]:
    files = (ROOT / package).rglob("*.py")
    return sorted(file for file in files if not {"tests", "migrations"} & set(file.relative_to(ROOT).parts))


def everywhere() -> Iterator[Path]:
    for package in LADDER:
        yield from sources(package)


def imports(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import):
            yield from (alias.name for alias in inner.names)
        elif isinstance(inner, ast.ImportFrom):
            yield "." * inner.level + (inner.module or "")


def climbing(importer: str, modules: Iterator[str] | list[str]) -> list[str]:
    """Return the modules among `modules` that a file of `importer` must not import."""
    above = LADDER[LADDER.index(importer) + 1 :]
    return [module for module in modules if module.split(".")[0] in above]


def function_imports(tree: ast.Module) -> list[str]:
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [module for node in functions if node.name != "ready" for module in imports(node)]


def wrong(files: Iterator[Path] | list[Path], told: Callable[[Path], list]) -> dict[str, list]:
    """Return what is told of each file of which anything is; there must be files."""
    said = {str(file.relative_to(ROOT)): told(file) for file in files}
    assert said
    return {name: found for name, found in said.items() if found}


def test_no_import_climbs_the_ladder():
    assert wrong(everywhere(), lambda file: climbing(file.relative_to(ROOT).parts[0], imports(parsed(file)))) == {}


def test_no_function_imports_but_ready():
    assert wrong(everywhere(), lambda file: function_imports(parsed(file))) == {}


@pytest.mark.parametrize("package", LADDER)
def test_what_reads_imports_nothing_that_writes(package):
    """Inside an app: models ◄ selectors ◄ services."""
    files = [file for file in sources(package) if "selectors" in file.parts]
    found = {(file.name, each) for file in files for each in imports(parsed(file))}
    assert [pair for pair in found if pair[1].startswith(f"{package}.services")] == []


def test_the_engine_imports_nothing_but_itself():
    def others(file: Path) -> list[str]:
        return [module for module in imports(parsed(file)) if not module.startswith("trading.engine")]

    assert wrong(sources("trading/engine"), others) == {}


def test_the_engine_has_no_fractions_in_its_source():
    def fractions(file: Path) -> list[float | complex]:
        numbers = [node.value for node in ast.walk(parsed(file)) if isinstance(node, ast.Constant)]
        return [number for number in numbers if isinstance(number, float | complex)]

    assert wrong(sources("trading/engine"), fractions) == {}


def test_strategies_see_only_the_engine_of_trading():
    def others(file: Path) -> list[str]:
        seen = [module for module in imports(parsed(file)) if module.split(".")[0] == "trading"]
        return [module for module in seen if not module.startswith("trading.engine")]

    assert wrong(sources("strategies"), others) == {}


def test_every_file_begins_with_what_it_decides():
    def undescribed(file: Path) -> list[str]:
        return ["no docstring"] if file.read_text().strip() and not ast.get_docstring(parsed(file)) else []

    assert wrong(everywhere(), undescribed) == {}


def test_a_climbing_import_would_be_found():
    assert climbing("trading", ["bots.models", "accounts.models"]) == ["bots.models"]


def test_a_function_level_import_would_be_found():
    assert function_imports(ast.parse("def f():\n    import json")) == ["json"]


def test_no_file_holds_what_a_merge_left():
    told = subprocess.run(
        ["git", "grep", "-nE", "^(<{7}|>{7}|={7}$)"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stdout) == (1, "")
