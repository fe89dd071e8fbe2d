"""The ladder: imports go down only; functions import nothing; the engine is arithmetic."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LADDER = ("core", "accounts", "market", "trading", "strategies", "groups", "bots", "webhooks", "config")


def sources(package: str) -> list[Path]:
    files = (ROOT / package).rglob("*.py")
    return sorted(file for file in files if not {"tests", "migrations"} & set(file.relative_to(ROOT).parts))


ALL_SOURCES = [file for package in LADDER for file in sources(package)]


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


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", ALL_SOURCES, ids=name_of)
def test_no_import_climbs_the_ladder(file):
    package = file.relative_to(ROOT).parts[0]
    assert climbing(package, imports(ast.parse(file.read_text()))) == []


@pytest.mark.parametrize("file", ALL_SOURCES, ids=name_of)
def test_no_function_imports_but_ready(file):
    assert function_imports(ast.parse(file.read_text())) == []


@pytest.mark.parametrize("package", LADDER)
def test_what_reads_imports_nothing_that_writes(package):
    """Inside an app: models ◄ selectors ◄ services."""
    files = [file for file in sources(package) if "selectors" in file.parts]
    found = {(name_of(file), each) for file in files for each in imports(ast.parse(file.read_text()))}
    assert [pair for pair in found if pair[1].startswith(f"{package}.services")] == []


@pytest.mark.parametrize("file", sources("trading/engine"), ids=name_of)
def test_the_engine_imports_nothing_but_itself(file):
    assert [module for module in imports(ast.parse(file.read_text())) if not module.startswith("trading.engine")] == []


@pytest.mark.parametrize("file", sources("trading/engine"), ids=name_of)
def test_the_engine_has_no_fractions_in_its_source(file):
    numbers = [node.value for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Constant)]
    assert [number for number in numbers if isinstance(number, float | complex)] == []


@pytest.mark.parametrize("file", sources("strategies"), ids=name_of)
def test_strategies_see_only_the_engine_of_trading(file):
    seen = [module for module in imports(ast.parse(file.read_text())) if module.split(".")[0] == "trading"]
    assert [module for module in seen if not module.startswith("trading.engine")] == []


@pytest.mark.parametrize("file", ALL_SOURCES, ids=name_of)
def test_every_file_begins_with_what_it_decides(file):
    text = file.read_text()
    assert not text.strip() or ast.get_docstring(ast.parse(text))


def test_a_climbing_import_would_be_found():
    assert climbing("trading", ["bots.models", "accounts.models"]) == ["bots.models"]


def test_a_function_level_import_would_be_found():
    assert function_imports(ast.parse("def f():\n    import json")) == ["json"]


def test_no_file_holds_what_a_merge_left():
    told = subprocess.run(
        ["git", "grep", "-nE", "^(<{7}|>{7}|={7}$)"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stdout) == (1, "")
