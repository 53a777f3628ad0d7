"""Hostile input end to end: through the command line, as a stranger would hand it in.

Whatever a file holds, a replay ends with a report or with a clear complaint and a 2: never with a
traceback, and never with half a trace.
"""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given

from tests.cli.conftest import COMMAND, HERE, Ran, environment, run
from tests.simulate.test_recording import mutations
from tests.streams import relaxed

TASTE = '{"id": "%s", "name": "tea_tasted", "customer": "%s", "at": "2026-03-02T09:00:00Z"}\n'
GOOD = TASTE % ("1", "ana")
DEFINITIONS = str(HERE / "definitions")


def replay(events: Path, *more: str) -> Ran:
    return run("replay", "first-cup", "--events", str(events), "--definitions", DEFINITIONS, *more)


def written(folder: Path, content: bytes | str, name: str = "events.jsonl") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# ---------------------------------------------------------------- files

FILES: dict[str, tuple[str, bytes, str]] = {
    "empty": ("e.jsonl", b"", "there is no event in it"),
    "empty and compressed": ("e.jsonl.gz", gzip.compress(b""), "there is no event in it"),
    "empty CSV": ("e.csv", b"", "there is no event in it"),
    "a byte order mark alone": ("e.jsonl", b"\xef\xbb\xbf", "there is no event in it"),
    "only a header": ("e.csv", b"id,name,customer,at\n", "there is no event in it"),
    "blank lines": ("e.jsonl", b"\n\r\n  \n", "there is no event in it"),
    "zero bytes of gzip": ("e.jsonl.gz", b"", "there is no event in it"),
    "gzip cut short": ("e.jsonl.gz", gzip.compress(GOOD.encode())[:-9], "e.jsonl.gz:2: the compressed file cannot"),
    "plain text called gzip": ("e.jsonl.gz", GOOD.encode(), "e.jsonl.gz:1: the compressed file cannot"),
    "gzip called plain": ("e.jsonl", gzip.compress(GOOD.encode()), "e.jsonl:1: not a line of JSON"),
    "another ending": ("e.json", GOOD.encode(), "the name must end in .jsonl, .jsonl.gz or .csv"),
    "binary": ("e.jsonl", bytes(range(256)) * 9, "e.jsonl:1: not a line of JSON"),
    "binary CSV": ("e.csv", bytes(range(256)) * 9, "e.csv:1: "),
    "one JSON array": ("e.jsonl", b"[\n" + GOOD.encode() + b"]\n", "e.jsonl:1: not a line of JSON"),
    "half a columned file": ("e.csv", b"id,customer\n1,ana\n", "no `name` here"),
    "events without a zone": ("e.jsonl", GOOD.replace("Z", "").encode(), "e.jsonl:1: 'tea_tasted': `at`"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_no_recording_gets_a_clear_complaint(case: str, tmp_path: Path) -> None:
    name, content, words = FILES[case]

    done = replay(written(tmp_path, content, name), "--trace", str(tmp_path / "t.jsonl"))

    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[-1].startswith("journeys: ")
    assert words in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


def test_bad_lines_are_listed_at_most_by_the_score(tmp_path: Path) -> None:
    done = replay(written(tmp_path, "x\n" * 5_000 + GOOD))

    assert done.code == 2
    assert len(done.err.splitlines()) == 22
    assert "and 4,980 more bad lines" in done.err


def test_bad_lines_are_skipped_only_when_asked_and_then_counted_and_listed(tmp_path: Path) -> None:
    events = written(tmp_path, "x\n" + GOOD + "[]\n")
    customers = written(tmp_path, '{"customer": "ana", "timezone": "Mars"}\n{"customer": "ben"}\n', "customers.jsonl")

    refused = replay(events, "--customers", str(customers))
    skipped = replay(events, "--customers", str(customers), "--skip-bad", "--json", str(tmp_path / "r.json"))

    assert refused.code == 2
    for place in (f"{events}:1: ", f"{events}:3: ", f"{customers}:1: "):
        assert place in refused.err
    assert skipped.code == 0
    assert "Skipped 3 bad lines:" in skipped.out
    assert "  line 1: not a line of JSON" in skipped.out
    assert f"  line 1 of {customers}: `timezone`: 'Mars' is not a time zone" in skipped.out
    assert json.loads((tmp_path / "r.json").read_text())["events"]["bad"] == 3


def test_nothing_but_bad_lines_is_no_recording(tmp_path: Path) -> None:
    done = replay(written(tmp_path, "x\ny\n"), "--skip-bad")

    assert (done.code, done.out) == (2, "")
    assert done.err.endswith("there is no event in it\n")


def test_many_names_that_nobody_declared_are_counted_and_a_few_are_told(tmp_path: Path) -> None:
    odd = "".join([(TASTE % (str(n), "ben")).replace("tea_tasted", f"odd-{n % 500}") for n in range(1_500)])

    done = replay(written(tmp_path, GOOD + odd), "--json", str(tmp_path / "r.json"))

    assert done.code == 0
    assert "2 customers and 1,501 events" in done.out
    assert "1,470 of 490 other undeclared names" in " ".join(done.out.split())
    assert len(json.loads((tmp_path / "r.json").read_text())["events"]["undeclared"]) == 500


def test_a_name_cannot_drive_the_terminal(tmp_path: Path) -> None:
    event = json.dumps({**json.loads(GOOD), "id": "2", "name": "\x1b]0;owned\x07\x1b[2J"}) + "\n"

    for content in (GOOD + event, GOOD + event.replace("09:00:00Z", "")):
        done = replay(written(tmp_path, content))
        assert "\x1b" not in done.out + done.err
        assert "owned" in done.out + done.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    events = written(tmp_path, GOOD)
    events.chmod(0)

    done = replay(events)

    assert (done.code, done.err) == (2, f"journeys: {events} cannot be read: permission denied\n")


# ---------------------------------------------------------------- places of a trace


def test_a_trace_that_cannot_be_written_is_told_before_the_long_work(tmp_path: Path) -> None:
    events = written(tmp_path, GOOD)
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "file").touch()
    places = {
        "folder.jsonl": "is a folder, and a file is wanted",
        "nowhere/t.jsonl": "there is no folder",
        "file/t.jsonl": "there is no folder",
        f"{'x' * 300}.jsonl": "file name too long",
    }
    # A root may write anywhere, but not even root can make a file here.
    places["/proc/t.jsonl"] = "cannot be written"

    for place, words in places.items():
        done = replay(events, "--trace", str(tmp_path / place))
        assert (done.code, done.out) == (2, ""), place
        assert words in done.err, place
        assert len(done.err.splitlines()) == 1, place


def test_a_full_disk_ends_the_trace_with_3(tmp_path: Path) -> None:
    done = replay(written(tmp_path, GOOD), "--trace", "/dev/full")

    assert (done.code, done.err) == (3, "journeys: /dev/full cannot be written: no space left on device\n")


# ---------------------------------------------------------------- what comes from outside: signals and pipes


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """So many customers that walking them takes a while."""
    path = tmp_path_factory.mktemp("many") / "events.jsonl"
    at = ("2026-03-02T09:00:00Z", "2026-04-12T09:00:00Z", "2027-05-22T09:00:00Z")
    with path.open("w") as file:
        for number in range(20_000):
            for place, moment in enumerate(at):
                name = "order_placed" if place else "tea_tasted"
                file.write(f'{{"id":"{place}","name":"{name}","customer":"c{number}","at":"{moment}"}}\n')
    return path


ASKED = ("replay", "first-cup", "--assume", "assume.yaml")


def test_ctrl_c_in_the_middle_leaves_no_half_written_trace(many: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    trace.write_text("yesterday's")
    process = subprocess.Popen(
        [*COMMAND, *ASKED, "--events", str(many), "--trace", str(trace)],
        cwd=HERE,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        # It is in the middle once it has begun to write.
        until = time.monotonic() + 60
        while not any(path.stat().st_size > 100_000 for path in tmp_path.glob(".*.part")):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()

    assert (process.returncode, out, err) == (130, "", "")
    assert [path.name for path in tmp_path.iterdir()] == ["trace.jsonl"]
    assert trace.read_text() == "yesterday's"


def test_a_closed_pipe_is_quiet_and_the_trace_is_whole(tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    script = '"$0" -c "$1" "${@:2}" | head -1; echo "${PIPESTATUS[0]}"'
    arguments = [*ASKED, "--events", "events.jsonl", "--trace", str(trace)]

    done = subprocess.run(
        ["bash", "-c", script, COMMAND[0], COMMAND[2], *arguments],
        cwd=HERE,
        env={**environment(), "PYTHONUNBUFFERED": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )

    first, code = done.stdout.splitlines()
    assert first.startswith("6 customers and 15 events")
    assert (code, done.stderr) == ("141", "")
    assert run("explain", "ana", "--trace", str(trace)).code == 0


def test_events_come_through_a_named_pipe_too(tmp_path: Path) -> None:
    pipe = tmp_path / "events.jsonl"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [*COMMAND, *ASKED, "--events", str(pipe)], cwd=HERE, env=environment(), stdout=subprocess.PIPE, text=True
    )
    with pipe.open("w") as file:
        for number in range(5_000):
            file.write(TASTE % (number, f"c{number % 10}"))
    out, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    assert out.startswith("10 customers and 5,000 events")


# ---------------------------------------------------------------- anything at all


@relaxed(30)
@given(file=mutations())
def test_a_changed_recording_never_ends_in_a_traceback(
    file: tuple[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    name, content = file
    folder = tmp_path_factory.mktemp("changed")
    events = written(folder, content, name)
    customers = written(folder, content, f"c{name}")

    for more in ((), ("--skip-bad",), ("--customers", str(customers), "--skip-bad")):
        # The shop's orders are declared in the folder of the tests too.
        done = replay(events, *more)
        assert done.code in (0, 2), done.err
        assert "Traceback" not in done.err
        assert (done.err == "") == (done.code == 0)
