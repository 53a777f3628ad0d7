"""Runs the real command line, and compares what it prints with kept files.

To renew the kept files after a change that is meant, run

    RENEW_SNAPSHOTS=1 pytest tests/cli

and review the difference as you would code.
"""

from __future__ import annotations

import contextlib
import io
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from journeys.cli.main import main

HERE = Path(__file__).parent
SNAPSHOTS = HERE / "snapshots"
COMMAND = (sys.executable, "-c", "import sys; from journeys.cli.main import main; sys.exit(main())")


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "FORCE_COLOR", "NO_COLOR")}
    return {**kept, "PYTHONUTF8": "1"}


def run(*arguments: str, cwd: Path = HERE) -> Ran:
    """As in a pipe, but in this process, which is faster."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(arguments))
    # `serve` says where log lines go, and means its own standard error, which ends here.
    structlog.reset_defaults()
    printed, complained = (stream.buffer.getvalue().decode() for stream in (out, err))
    return Ran(code=code, out=printed, err=complained)


def run_apart(*arguments: str, cwd: Path = HERE) -> Ran:
    """In a pipe, by a process of its own."""
    done = subprocess.run(
        [*COMMAND, *arguments], cwd=cwd, env=environment(), capture_output=True, text=True, encoding="utf-8", timeout=60
    )
    return Ran(code=done.returncode, out=done.stdout, err=done.stderr)


def run_at_terminal(*arguments: str, columns: int = 80, cwd: Path = HERE, colours: bool = False, code: int = 0) -> str:
    """What a person sees who sits before it; in this process, too."""
    ours, theirs = pty.openpty()
    seen = bytearray()
    reader = threading.Thread(target=lambda: seen.extend(b"".join(_read(ours))))
    reader.start()
    with pytest.MonkeyPatch.context() as patch, os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        for name, value in {"COLUMNS": str(columns), "LINES": "50", "TERM": "xterm-256color"}.items():
            patch.setenv(name, value)
        for name in ("FORCE_COLOR", "NO_COLOR"):
            patch.delenv(name, raising=False)
        if not colours:
            patch.setenv("NO_COLOR", "1")
        with contextlib.chdir(cwd), contextlib.redirect_stdout(terminal), contextlib.redirect_stderr(io.StringIO()):
            ended = main(list(arguments))
    reader.join()
    os.close(ours)
    assert ended == code
    return seen.decode().replace("\r\n", "\n")


def _read(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(terminal, 65_536)
        except OSError:
            return
        if not chunk:
            return
        yield chunk


@pytest.fixture
def same_as_kept() -> Callable[[str, str], None]:
    def compare(name: str, printed: str) -> None:
        path = SNAPSHOTS / f"{name}.txt"
        if os.environ.get("RENEW_SNAPSHOTS"):
            path.write_text(printed, encoding="utf-8")
        assert printed == path.read_text(encoding="utf-8"), "RENEW_SNAPSHOTS=1 renews it, if this is meant"

    return compare


@pytest.fixture(scope="session")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trace") / "trace.jsonl.gz"
    done = run(*REPLAY, "--trace", str(path))
    assert done.code == 0, done.err
    return path


REPLAY = (
    "replay",
    "first-cup",
    "--events",
    "events.jsonl",
    "--customers",
    "customers.jsonl",
    "--assume",
    "assume.yaml",
)
