"""The README shows the real output of each command, and files as they are.

Blocks of ```console hold a command and what it prints; a block after `<!-- copy: FILE -->`
holds the file, or the lines of it that are named.  `RENEW=1 pytest -m 'long or not long' tests/docs/test_readme.py`
writes them anew: review the difference as you would code.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import run

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
CONSOLE = re.compile(r"```console\n\$ (?P<command>[^\n]+)\n(?P<output>.*?)```", re.DOTALL)
OURS = re.compile(r"journeys (?P<words>[^|>]+)(?:\| (?P<pipe>.+)|> (?P<file>\S+))?")
COPY = re.compile(
    r"<!-- copy: (?P<file>\S+)(?: (?P<first>\d+)-(?P<last>\d+))? -->\n```yaml\n(?P<text>.*?)```", re.DOTALL
)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's files without what a command of the README would leave behind in it."""
    place = tmp_path_factory.mktemp("readme")
    for name in ("definitions", "tests"):
        (place / name).symlink_to(ROOT / name)
    return place


def printed(command: str, workplace: Path) -> str:
    """What a shell would show; our own command runs in this process, which is faster."""
    ours = OURS.fullmatch(command)
    if ours is None:
        return _shell(command, workplace, "")
    done = run(*shlex.split(ours["words"]), cwd=workplace)
    assert done.code in (0, 2), done.err
    if ours["file"]:
        (workplace / ours["file"]).write_text(done.out, encoding="utf-8")
        return done.err
    return (_shell(ours["pipe"], workplace, done.out) if ours["pipe"] else done.out) + done.err


def _shell(command: str, workplace: Path, given: str) -> str:
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    done = subprocess.run(
        command, shell=True, cwd=workplace, env=environment, input=given, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def copied(match: re.Match[str]) -> str:
    lines = (ROOT / match["file"]).read_text().splitlines(keepends=True)
    return "".join(lines[int(match["first"]) - 1 : int(match["last"])] if match["first"] else lines)


def renewed(text: str, workplace: Path, *, of_year: bool) -> str:
    """With what its commands print: those that walk a year of real households, or all the others."""

    def shown(match: re.Match[str]) -> str:
        command = match["command"]
        if ("year.jsonl.gz" in command) != of_year:
            return match[0]
        return f"```console\n$ {command}\n{printed(command, workplace)}```"

    text = CONSOLE.sub(shown, text)
    return COPY.sub(lambda match: match[0][: match.start("text") - match.start()] + copied(match) + "```", text)


@pytest.mark.parametrize("of_year", [False, pytest.param(True, marks=pytest.mark.long)], ids=["at once", "of a year"])
def test_the_readme_shows_what_its_commands_print(workplace: Path, of_year: bool) -> None:
    text = README.read_text()
    assert len(CONSOLE.findall(text)) >= 6

    expected = renewed(text, workplace, of_year=of_year)
    if os.environ.get("RENEW"):
        README.write_text(expected)

    assert text == expected
