"""The tutorial is true, word by word: who does what it says, in an empty folder, sees what it shows.

From top to bottom: blocks of ```console are run, and printed as they are; ```diff blocks after
`<!-- edit: FILE -->` are done to the file; blocks after `<!-- part of: FILE -->` stand in it at that
moment.  `RENEW=1 pytest tests/docs/test_tutorial.py` writes the outputs anew: review the difference
as you would code.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from tests.docs.test_readme import ROOT, printed

TUTORIAL = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r"(?:<!-- (?P<kind>edit|part of): (?P<file>\S+) -->\n)?```(?P<as>\w+)\n(?P<text>.*?)```", re.DOTALL)


def run(text: str, place: Path) -> str:
    """A block of commands, each with what it prints."""
    commands = re.findall(r"^\$ (.+)$", text, re.MULTILINE)
    return "".join(f"$ {command}\n{printed(command, place)}" for command in commands)


def edit(text: str, file: Path) -> None:
    """A change of lines that follow each other, and that stand there once."""
    old = "".join(f"{line[1:]}\n" for line in text.splitlines() if line.startswith("-"))
    new = "".join(f"{line[1:]}\n" for line in text.splitlines() if line.startswith("+"))
    whole = file.read_text(encoding="utf-8")
    assert whole.count(old) == 1, old
    file.write_text(whole.replace(old, new), encoding="utf-8")


def done(place: Path) -> Callable[[re.Match[str]], str]:
    """Does what a block says, and gives the block as it should be."""

    def do(block: re.Match[str]) -> str:
        text = block["text"]
        match block["as"], block["kind"]:
            case "console", None:
                return f"```console\n{run(text, place)}```"
            case "diff", "edit":
                edit(text, place / block["file"])
            case "yaml", "part of":
                assert text in (place / block["file"]).read_text(encoding="utf-8"), text
            case _:
                raise AssertionError(f"nobody tries this: {block[0]}")
        return block[0]

    return do


def test_who_follows_the_tutorial_sees_what_it_shows(tmp_path: Path) -> None:
    text = TUTORIAL.read_text(encoding="utf-8")
    assert len(re.findall(r"^```\w", text, re.MULTILINE)) == len(BLOCK.findall(text)) >= 20

    expected = BLOCK.sub(done(tmp_path), text)
    if os.environ.get("RENEW"):
        TUTORIAL.write_text(expected, encoding="utf-8")

    assert text == expected
    for customer in re.findall(r"journeys explain (\S+)", text):
        assert customer in text.partition("journeys explain")[0], "whom it explains, it has shown before"
    assert "<!doctype html>" in (tmp_path / "report.html").read_text(encoding="utf-8").lower()[:200]
