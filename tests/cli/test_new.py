"""`journeys new` as a person meets it: what it prints, that what it says next works, and how it refuses."""

from __future__ import annotations

import re
import resource
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import COMMAND, HERE, environment, run

Compare = Callable[[str, str], None]


def test_what_was_written_and_what_comes_next_is_told(tmp_path: Path, same_as_kept: Compare) -> None:
    done = run("new", "first-order", cwd=tmp_path)

    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    same_as_kept("new", done.out)
    wrote = re.findall(r"^wrote (.+)$", done.out, re.MULTILINE)
    assert sorted(wrote) == sorted(str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*") if one.is_file())


def test_what_was_added_to_a_brand_is_told(tmp_path: Path, same_as_kept: Compare) -> None:
    shutil.copytree(HERE / "definitions", tmp_path / "definitions")
    before = (tmp_path / "definitions" / "brand.yaml").read_text()

    done = run("new", "offices", "--audience", "b2b", "--stages", "selection,need", cwd=tmp_path)

    assert (done.code, done.err) == (0, "")
    same_as_kept("new-added", done.out)
    after = (tmp_path / "definitions" / "brand.yaml").read_text()
    added = done.out.partition("brand.yaml:\n")[2].partition("\n\n")[0].splitlines()
    assert sorted(set(after.splitlines()) - set(before.splitlines())) == sorted(
        line.removeprefix("  ") for line in added if not line.endswith(":")
    )


@pytest.mark.parametrize(
    ("folder", "audience"),
    [
        ("definitions", "b2c"),
        ("our shop", "b2b"),
        pytest.param("definitions", "b2b", marks=pytest.mark.long),
        pytest.param("our shop", "b2c", marks=pytest.mark.long),
    ],
)
def test_the_next_commands_work(folder: str, audience: str, tmp_path: Path) -> None:
    done = run("new", "first-order", "--audience", audience, "--definitions", folder, cwd=tmp_path)

    commands = re.findall(r"^  journeys (.+)$", done.out.partition("Next\n")[2], re.MULTILINE)
    ran = [run(*shlex.split(command), *_alone(command), cwd=tmp_path) for command in commands]

    assert [command.split()[0] for command in commands] == ["check", "test", "simulate"]
    assert [(one.code, one.err) for one in ran] == [(0, "")] * 3
    assert "no problems" in ran[0].out
    assert "scenarios passed" in ran[1].out
    assert "500 simulated customers" in ran[2].out


def _alone(command: str) -> tuple[str, ...]:
    """In one process: to start others takes longer than the work."""
    return ("--jobs", "1") if command.startswith("simulate") else ()


def test_nothing_is_written_twice(tmp_path: Path) -> None:
    run("new", "first-order", cwd=tmp_path)
    (tmp_path / "definitions" / "first-order.yaml").write_text("mine\n")

    again = run("new", "first-order", cwd=tmp_path)

    assert again.code == 2
    assert (tmp_path / "definitions" / "first-order.yaml").read_text() == "mine\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("a b",),
            "journeys: 'a b' cannot be a name: it has ' ', and names have letters a to z, digits, '-' and '_'\n",
        ),
        (
            ("ünïcode",),
            "journeys: 'ünïcode' cannot be a name: it has 'ü', and names have letters a to z, digits, '-' and",
        ),
        (("123",), "journeys: '123' cannot be a name: it begins with '1', and names with a letter\n"),
        (("",), "journeys: '' cannot be a name: it is empty\n"),
        (("a" * 120,), f"journeys: '{'a' * 60}…' is too long: 80 characters at most, for touches are named after it\n"),
        (("brand",), "journeys: 'brand' is taken: brand.yaml says who you are\n"),
        (("x", "--stages", "reserch"), "journeys: there is no stage 'reserch': did you mean 'research'?\n"),
        (("x", "--audience", "b2x"), "journeys: --audience: 'b2x' is not one of 'b2c', 'b2b'"),
        (("x", "--definitions", "file"), "journeys: 'file' is a file, and the definitions are a folder\n"),
        (("x", "--definitions", "file/below"), "journeys: 'file' is a file, and a folder is wanted\n"),
        ((), "journeys: missing argument 'NAME'"),
    ],
)
def test_bad_input_is_refused_in_a_line(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine\n")

    done = run("new", *arguments, cwd=tmp_path)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(said)
    assert done.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_disk_without_room_ends_with_3_and_nothing_half_begun(tmp_path: Path) -> None:
    # No file of this process may be longer: the same as a disk with so much room.
    done = subprocess.run(
        [*COMMAND, "new", "first-order"],
        cwd=tmp_path,
        env=environment() | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000)),
    )

    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("journeys: ") and done.stderr.endswith(": file too large\n")
    assert [*tmp_path.iterdir()] == []


def test_help_shows_examples_that_fit() -> None:
    printed = run("new", "--help").out

    assert "Examples:\n    journeys new first-order" in printed
    assert max(map(len, printed.splitlines())) <= 80
