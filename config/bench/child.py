"""Runs one function of the bench in a process with Django, on the desk that its environment names."""

import json
import subprocess
import sys
from importlib import import_module
from typing import Any

import django

from config.tests.processes import ROOT


def in_child(function: str, *, env: dict[str, str], **arguments: Any) -> Any:
    """Call `package.module:name` with JSON arguments in a process of its own; return what it returns, through JSON."""
    command = [sys.executable, "-m", "config.bench.child", function, json.dumps(arguments)]
    done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def main(function: str, arguments: str) -> None:
    """Call the function and print its answer."""
    django.setup()
    module, _, name = function.partition(":")
    answer = getattr(import_module(module), name)(**json.loads(arguments))
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
