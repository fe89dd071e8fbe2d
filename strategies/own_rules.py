"""How rules of the desk's own are found and read, and what keeps one out of the catalogue.

The code of such a file runs with all that the desk may do: who can write into the folder owns the desk.
"""

import logging
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from jsonschema import Draft202012Validator

from strategies.parameters import whole_parameters
from strategies.rule import Rule

logger = logging.getLogger(__name__)

# What the modules of files are called, in tracebacks and for pickle.
PACKAGE = "desk_rules"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """What gave no rule: a file's name or a dotted path, and why in a sentence."""

    origin: str
    reason: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Rules by their name, and what could not be read as one."""

    rules: Mapping[str, Rule]
    broken: tuple[BrokenRule, ...]


class NotARule(Exception):
    """What was read breaks the rules for rules; the sentence says how."""


def load_catalogue(shipped: Iterable[Rule], folder: Path, dotted_paths: Sequence[str]) -> Catalogue:
    """Return the shipped rules, those of the folder's files by name, and those of dotted paths, in this order.

    A file is one that ends in .py and does not begin with an underscore, and it has a `RULE`; a dotted path names a
    rule, `package.module.RULE`. What raises, is none, or has a name that is taken is broken, whatever it raises.
    """
    rules = {rule.name: rule for rule in shipped}
    broken = []
    for origin, read in _origins(folder, dotted_paths):
        try:
            rule = checked(read(), rules)
        except (Exception, SystemExit) as error:
            reason = str(error) if isinstance(error, NotARule) else _told(error, origin)
            logger.error("rule not read: %s: %s", origin, reason, exc_info=error)
            broken.append(BrokenRule(origin, reason))
        else:
            rules[rule.name] = rule
    return Catalogue(rules, tuple(broken))


def checked(found: object, taken: Mapping[str, Rule]) -> Rule:
    """Return what was found, if it is a rule that can be used. Raises NotARule, and what its own functions raise."""
    if not isinstance(found, Rule):
        raise NotARule(f"It is a {type(found).__name__}, not a Rule.")
    if not isinstance(found.name, str) or not _NAME.fullmatch(found.name):
        raise NotARule("Its name must be of small letters, digits and underscores, a letter first.")
    if found.name in taken:
        raise NotARule(f"There is a rule {found.name} already.")
    Draft202012Validator.check_schema(found.schema)
    if without := [name for name, schema in found.parameters.items() if "default" not in schema]:
        raise NotARule(f"Parameters without a default: {', '.join(without)}.")
    candles = found.warm_up(whole_parameters(found, {}))
    if not isinstance(candles, int) or candles < 0:
        raise NotARule(f"Its warm_up must be a whole number of candles, not {candles!r:.80}.")
    return found


def _origins(folder: Path, dotted_paths: Sequence[str]) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield where a rule may be, and what reads it."""
    for file in sorted(folder.glob("[!_]*.py")):
        yield file.name, partial(_rule_of_file, file)
    for path in dotted_paths:
        yield path, partial(_rule_of_path, path)


def _rule_of_file(file: Path) -> object:
    name = f"{PACKAGE}.{file.stem}"
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise NotARule("It cannot be read as a module.")
    module = module_from_spec(spec)
    # A dataclass looks for its own module there while it is made.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return _rule_in(module, "RULE")


def _rule_of_path(path: str) -> object:
    module, _, name = path.rpartition(".")
    if not module:
        raise NotARule("It is no dotted path of a rule, like package.module.RULE.")
    return _rule_in(import_module(module), name)


def _rule_in(module: object, name: str) -> object:
    if not hasattr(module, name):
        raise NotARule(f"It has no {name}.")
    return getattr(module, name)


def _told(error: BaseException, origin: str) -> str:
    """Return an error's kind and message, with the last line of the file that it came through."""
    line, trace = "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.endswith(origin):
            line = f" (line {trace.tb_lineno})"
        trace = trace.tb_next
    return f"{type(error).__name__}: {error}{line}"[:500]
