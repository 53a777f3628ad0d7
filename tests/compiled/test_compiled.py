"""The compiled build is what it says, and decides to the byte as the pure one does.

In a run of the compiled build JOURNEYS_PURE names the folder with the source of the pure one, to compare with.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import journeys

ROOT = Path(__file__).parents[2]
PURE = os.environ.get("JOURNEYS_PURE")
SAID = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
HOOK = SAID["hooks"]["mypyc"]

compiled_only = pytest.mark.skipif(PURE is None, reason="this run is of the pure build")


def modules() -> list[str]:
    """Those that pyproject.toml says are compiled."""
    (package,) = journeys.__path__
    above = Path(package).parent
    found = {path for pattern in HOOK["include"] for path in above.glob(pattern.lstrip("/"))}
    left_out = {above / pattern.lstrip("/") for pattern in HOOK["exclude"]}
    kept = [path for path in found - left_out if path.name not in HOOK["exclude"]]
    return sorted(".".join(path.relative_to(above).with_suffix("").parts) for path in kept)


def run(*arguments: str, **more: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env={**environment, **more}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_is_imported_is_the_build_that_this_run_is_of() -> None:
    origins = {name: str(import_module(name).__file__) for name in modules()}

    assert len(origins) > 30
    # One that was compiled in the source tree hides the module beside it from whoever edits that.
    wrong = {name: file for name, file in origins.items() if file.endswith(".py") is not (PURE is None)}
    assert wrong == {}


def test_a_compiled_build_says_so() -> None:
    said = run("-c", "from journeys.cli.main import main; main()", "--version")

    assert said.endswith(" (compiled)\n") is (PURE is not None)


def test_an_interruption_is_an_exception_wherever_it_comes() -> None:
    """Not a matter of course: see `days_for`."""
    assert int(run("-m", "tests.compiled.interruptions")) > 100


@compiled_only
def test_both_builds_do_the_same_to_the_byte() -> None:
    assert PURE is not None

    ours, theirs = (json.loads(run("-m", "tests.compiled.deeds", PYTHONPATH=path)) for path in ("", PURE))

    assert not ours.pop("core").endswith(".py")
    assert Path(theirs.pop("core")).is_relative_to(PURE)
    assert ours == theirs
