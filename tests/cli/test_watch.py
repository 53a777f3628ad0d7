"""`journeys check --watch` as one works with it: real files that change, and the real command that notices."""

from __future__ import annotations

import os
import pty
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.cli.conftest import COMMAND, HERE, environment, run, run_apart

PATIENCE = 60  # seconds, for a block that ought to come in one
END = "until Ctrl-C"
SECOND_CUP = """\
journey: second-cup
title: From the second order to a habit
owner: tea@leaf.example
audience: b2c
enter:
  - {on: order_placed, to: loyalty}
arms: {holdout: 10%, generic: 20%}
stages:
  loyalty:
    send: [order-thanks]
    move:
      - {after: 30 days, to: end.done}
"""
SCENARIOS = """\
- scenario: an order is the beginning of a habit
  customer: {email: eva@example.com, consent: [offers, personalization]}
  start: 2026-03-23T10:00:00+01:00
  steps:
    - event: {order_placed: {order_id: A1, total: 12}}
    - expect: {state: loyalty}
"""


class Watching:
    """The command in a process of its own, and what it has printed since one last listened."""

    def __init__(self, *arguments: str, cwd: Path, at_terminal: bool = False) -> None:
        self.folder = cwd / "definitions"
        self._ours, theirs = pty.openpty() if at_terminal else os.pipe()
        environ = {**environment(), "TERM": "xterm", "NO_COLOR": "1"}
        words = [*COMMAND, "check", *arguments, "--watch"]
        # In a group of its own, as a shell starts it.
        self.process = subprocess.Popen(
            words, cwd=cwd, env=environ, stdout=theirs, stderr=subprocess.PIPE, text=True, process_group=0
        )
        os.close(theirs)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._ours, selectors.EVENT_READ)
        self._heard = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.communicate()
        self._selector.close()
        os.close(self._ours)

    def block(self, *, until: str = END) -> str:
        """All that is printed up to the end of a block."""
        deadline = time.monotonic() + PATIENCE
        while until not in self._heard:
            assert self._selector.select(deadline - time.monotonic()), f"nothing more came after: {self._heard}"
            chunk = os.read(self._ours, 65_536)
            assert chunk, self.process.communicate()
            self._heard += chunk.decode().replace("\r\n", "\n")
        block, self._heard = [part for part in self._heard.partition(until) if part != until]
        return block.lstrip("\n")

    def block_with(self, words: str) -> str:
        """The first block that says so: a change in several strokes may be noticed as several."""
        while words not in (block := self.block()):
            pass
        return block

    def change(self, file: str, before: str, after: str) -> None:
        path = self.folder / file
        text = path.read_text()
        assert before in text
        self.save(file, text.replace(before, after))

    def save(self, file: str, text: str) -> None:
        """In one stroke: one that is seen while it is written is seen once more."""
        beside = self.folder.with_name("saved")
        beside.write_text(text)
        beside.replace(self.folder / file)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where a folder of definitions stands, with two journeys."""
    folder = tmp_path / "definitions"
    shutil.copytree(HERE / "definitions", folder)
    (folder / "second-cup.yaml").write_text(SECOND_CUP)
    (folder / "second-cup.scenarios.yaml").write_text(SCENARIOS)
    return tmp_path


@pytest.fixture
def watching(place: Path) -> Iterator[Watching]:
    """The command, after it has told how things stand."""
    with Watching(cwd=place) as started:
        assert "3 scenarios passed\n" in started.block()
        yield started


def test_all_is_checked_and_tested_at_first(place: Path) -> None:
    expected = run("check", cwd=place).out + run("test", cwd=place).out

    with Watching(cwd=place) as watching:
        assert watching.block() == f"{expected}watching definitions "


def test_a_mistake_is_told_when_it_is_saved_and_its_mending_too(watching: Watching) -> None:
    watching.change("first-cup.yaml", "to: need,", "to: ned,")
    broken = watching.block_with("changed: first-cup.yaml\n")
    watching.change("first-cup.yaml", "to: ned,", "to: need,")
    mended = watching.block_with("no problems\n")

    assert "first-cup.yaml:7:26: error[unknown-state]: this entry leads to 'ned', which is not a stage\n" in broken
    assert "scenarios wait until this is mended\n" in broken
    assert "2 scenarios passed, 1 other cannot notice this\n" in mended


def test_only_what_can_notice_a_change_is_run_again(watching: Watching) -> None:
    seen = {}
    for file in (
        "second-cup.yaml",
        "first-cup.scenarios.yaml",
        "touches/hello.md",  # the first cup sends it
        "touches/order-thanks.md",  # both send it
        "brand.yaml",
        "touches/spare.md",  # nobody sends it
    ):
        path = watching.folder / file
        text = path.read_text() if path.exists() else (watching.folder / "touches/hello.md").read_text()
        watching.save(file, text + "\n")
        *_, seen[file], _ = watching.block_with(f"changed: {file}\n").splitlines()

    assert seen == {
        "second-cup.yaml": "1 scenario passed, 2 others cannot notice this",
        "first-cup.scenarios.yaml": "2 scenarios passed, 1 other cannot notice this",
        "touches/hello.md": "2 scenarios passed, 1 other cannot notice this",
        "touches/order-thanks.md": "3 scenarios passed",
        "brand.yaml": "3 scenarios passed",
        "touches/spare.md": "no scenario can notice this",
    }


@pytest.mark.long
def test_a_scenario_that_fails_is_run_until_it_passes(watching: Watching) -> None:
    watching.change("second-cup.scenarios.yaml", "state: loyalty", "state: end.done")
    first = watching.block_with("1 of 1 scenario failed, 2 others cannot notice this\n")
    watching.change("touches/hello.md", "\n", " \n")
    second = watching.block_with("1 of 3 scenarios failed\n")
    watching.change("second-cup.scenarios.yaml", "state: end.done", "state: loyalty")
    third = watching.block_with("1 scenario passed")

    for told in (first, second):
        assert "second-cup.scenarios.yaml:6: failed: an order is the beginning of a habit\n" in told
        assert "expected  state: end.done\n" in told
    assert "failed" not in third


@pytest.mark.long
def test_what_was_changed_while_there_were_mistakes_is_tested_after_them(watching: Watching) -> None:
    watching.change("first-cup.yaml", "to: need,", "to: ned,")
    watching.block_with("changed: first-cup.yaml\n")
    watching.change("second-cup.scenarios.yaml", "state: loyalty", "state: end.done")
    watching.block_with("changed: second-cup.scenarios.yaml\n")
    watching.change("first-cup.yaml", "to: ned,", "to: need,")

    assert "1 of 3 scenarios failed\n" in watching.block_with("no problems\n")


def test_a_file_half_written_deleted_or_renamed_stops_nothing(watching: Watching) -> None:
    path = watching.folder / "second-cup.yaml"
    whole = path.read_text()

    path.write_bytes(whole.encode()[:60] + b"\xff\x00{[")
    watching.block_with("second-cup.yaml:1:1: error[")
    path.unlink()
    watching.block_with("error[scenario-without-journey]")
    watching.save("second-cup.yaml", whole)
    watching.block_with("1 scenario passed")
    path.rename(path.with_name("third-cup.yaml"))
    renamed = watching.block_with("changed: second-cup.yaml, third-cup.yaml\n")
    path.with_name("third-cup.yaml").rename(path)

    assert "third-cup.yaml:1:10: error[" in renamed
    watching.block_with("1 scenario passed, 2 others cannot notice this\n")


@pytest.mark.long
def test_a_brand_that_is_no_text_counts_as_looked_at(watching: Watching) -> None:
    for path in watching.folder.iterdir():
        if path.name not in ("brand.yaml", "touches"):
            path.unlink()
    shutil.rmtree(watching.folder / "touches")
    (watching.folder / "brand.yaml").write_bytes(bytes(range(128, 256)))

    assert "brand.yaml:1:1: error[not-utf-8]" in watching.block_with("checked 1 file: 1 error\n")


def test_a_folder_that_vanishes_is_waited_for(watching: Watching) -> None:
    away = watching.folder.with_name("away")

    watching.folder.rename(away)
    gone = watching.block()
    away.rename(watching.folder)
    back = watching.block_with("3 scenarios passed\n")
    # Its watch is another than before, and so is that of the touches.
    watching.change("touches/hello.md", "\n", " \n")
    after = watching.block_with("changed: touches/hello.md\n")

    assert gone == (
        "changed: definitions\nthe folder 'definitions' is gone: waiting for it to come back\nwatching definitions "
    )
    assert "problems\n" in back
    assert "2 scenarios passed" in after


def test_of_a_file_that_is_named_only_its_own_is_told(place: Path) -> None:
    with Watching("definitions/second-cup.yaml", cwd=place) as watching:
        first = watching.block()
        watching.change("first-cup.yaml", "to: need,", "to: ned,")
        other = watching.block_with("changed: first-cup.yaml\n")

    assert "1 scenario passed\n" in first
    assert "ned" not in other
    assert "1 problem in other files of definitions not shown\n" in other


def test_a_terminal_is_cleared_for_each_block_and_a_pipe_never(place: Path) -> None:
    with Watching(cwd=place, at_terminal=True) as watching:
        first = watching.block()
        watching.change("second-cup.yaml", "30 days", "31 days")
        second = watching.block_with("changed: second-cup.yaml")

    assert first.startswith("\x1b[H\x1b[2J") or first.startswith("\x1b[2J\x1b[H")
    assert "\x1b[2J" in second
    with Watching(cwd=place) as watching:
        assert "\x1b" not in watching.block()


@pytest.mark.parametrize(
    "at_terminal", [False, pytest.param(True, marks=pytest.mark.long)], ids=["piped", "at a terminal"]
)
def test_ctrl_c_ends_it_without_a_word(place: Path, at_terminal: bool) -> None:
    with Watching(cwd=place, at_terminal=at_terminal) as watching:
        watching.block()

        os.killpg(watching.process.pid, signal.SIGINT)
        _, complained = watching.process.communicate(timeout=PATIENCE)

        assert (watching.process.returncode, complained) == (130, "")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("nowhere",), "journeys: there is no file or folder 'nowhere'\n"),
        (("--json",), "journeys: --watch prints for people: leave out JSON (see journeys check --help)\n"),
    ],
    ids=["a folder that is not there", "JSON"],
)
def test_what_cannot_be_watched_is_told_at_once(arguments: tuple[str, ...], complaint: str, place: Path) -> None:
    done = run_apart("check", "--watch", *arguments, cwd=place)

    assert (done.code, done.out, done.err) == (2, "", complaint)
