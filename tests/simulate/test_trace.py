"""The trace and its file: rows one can read without the definitions, whole or not there at all."""

from __future__ import annotations

import gzip
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.core.calendar import parse_moment
from journeys.core.trace import Teller, header_of, say_cap, say_path
from journeys.core.turn import advance
from journeys.definition.model import Cap
from journeys.errors import ConfigurationError
from journeys.simulate.tracefile import TraceFile
from tests.streams import SPAN, STARTS, customers, program, relaxed, streams, to_events

HEADER = {"trace": 1}
ROWS = [{"customer": f"c{number}", "at": "2026-03-01T10:40:00Z"} for number in range(3_000)]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write(path: Path, rows: list[dict[str, Any]] = ROWS) -> None:
    with TraceFile(path) as file:
        file.write([HEADER])
        file.write(rows)


class Stop(BaseException):
    """As Ctrl-C: no Exception, so that nothing swallows it."""


@pytest.mark.parametrize("name", ["trace.jsonl", "trace.jsonl.gz", "x" * 255])
def test_a_trace_stands_in_its_place_when_it_is_whole(name: str, tmp_path: Path) -> None:
    path = tmp_path / name

    with TraceFile(path) as file:
        file.write([HEADER])
        file.write(ROWS)
        assert not path.exists()
        assert len(names_in(tmp_path)) == 1

    content = path.read_bytes()
    lines = (gzip.decompress(content) if name.endswith(".gz") else content).splitlines()
    assert [json.loads(line) for line in lines] == [HEADER, *ROWS]
    assert names_in(tmp_path) == [name]


@pytest.mark.parametrize("name", ["trace.jsonl", "trace.jsonl.gz"])
@pytest.mark.parametrize("before", [None, "yesterday's"])
def test_whatever_ends_the_writing_leaves_what_was_there(name: str, before: str | None, tmp_path: Path) -> None:
    path = tmp_path / name
    if before is not None:
        path.write_text(before)

    with pytest.raises(Stop), TraceFile(path) as file:
        file.write(ROWS)
        raise Stop

    assert names_in(tmp_path) == ([] if before is None else [name])
    assert before is None or path.read_text() == before


def test_a_trace_is_written_with_the_rights_any_file_would_have(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()

    write(tmp_path / "trace.jsonl")

    rights = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "trace.jsonl")]
    assert rights[0] == rights[1]


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link.jsonl").symlink_to("real/trace.jsonl")

    write(tmp_path / "link.jsonl")

    assert (tmp_path / "link.jsonl").is_symlink()
    assert names_in(tmp_path / "real") == ["trace.jsonl"]


def test_a_device_is_written_as_it_goes() -> None:
    write(Path(os.devnull))

    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize("name", ["/dev/full"])
def test_a_full_disk_is_no_success(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} cannot be written: no space left"):
        write(Path(name))


def test_what_ended_the_replay_is_told_and_not_that_the_disk_is_full_too() -> None:
    with pytest.raises(Stop), TraceFile(Path("/dev/full")) as file:
        file.write([HEADER])
        raise Stop


def test_the_same_rows_are_the_same_bytes_compressed_too(tmp_path: Path) -> None:
    for name in ("one.gz", "another.gz"):
        write(tmp_path / name)

    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "another.gz").read_bytes()
    # No flags, so no name, and no time: tomorrow's would differ.
    assert (tmp_path / "one.gz").read_bytes()[3:8] == bytes(5)


# ---------------------------------------------------------------- rows

PARTS = {
    "event": {"event", "heard"},
    "entered": {"enrollment", "state", "arrived_at", "arm", "why"},
    "moved": {"enrollment", "from", "to", "arrived_at", "cause", "move", "why"},
    "ended": {"enrollment", "from", "reason", "arrived_at", "cause"},
    "touch": {"enrollment", "touch", "entry", "visit", "occurrence", "due_at", "answer"},
    "goal": {"enrollment"},
    "held": {"enrollment"},
    "released": {"enrollment", "because"},
}
WORKSHOP = program("workshop")


@relaxed(40)
@given(data=st.data(), start=st.sampled_from(STARTS))
def test_every_why_becomes_a_row_that_says_all_of_its_kind(data: st.DataObject, start: int) -> None:
    customer = data.draw(customers(WORKSHOP, start))
    events = to_events(WORKSHOP, data.draw(streams("workshop", start)))

    taken = advance(WORKSHOP, customer, events, start + SPAN)
    rows = list(Teller(WORKSHOP).rows(customer.id, taken.whys))

    assert len(rows) == len(taken.whys)
    assert json.loads(json.dumps(rows)) == rows
    before = 0
    for row in rows:
        assert set(row) >= PARTS[row["kind"]] | {"customer", "at"}, row
        assert parse_moment(row["at"]) >= before
        before = parse_moment(row["at"])
        if row["kind"] == "touch":
            assert ("because" in row) == (row["answer"] != "sent"), row
            assert ("until" in row) == (row["answer"] == "deferred"), row
            assert ("words" in row) == (row["answer"] == "sent"), row


def test_the_header_says_what_was_run() -> None:
    assert header_of(WORKSHOP, ["bench"], parse_moment("2026-03-01T10:40:00Z")) == {
        "trace": 1,
        "brand": "Workshop",
        "currency": "EUR",
        "journeys": ["bench"],
        "salt": "test",
        "timezone": "Europe/Madrid",
        "until": "2026-03-01T10:40:00Z",
    }


def test_caps_and_paths_are_said_in_words() -> None:
    caps: list[Cap] = list(WORKSHOP.definitions.brand.caps)

    assert [say_cap(cap) for cap in caps] == [
        "at most 1 per 1 day for each topic",
        "at most 2 per 3 days of marketing",
        "at most 4 per 3 days of marketing",
        "at most 1 per 2 days of sms",
        "at most 1 per 5 days for each touch of surveys",
    ]
    assert say_path(("stages", "need", "move", 2)) == "stages.need.move[2]"
