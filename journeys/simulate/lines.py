"""Lines: a file of records, one a line, as raw objects with their line numbers.

`.jsonl`, `.jsonl.gz` or `.csv`.  Here nothing is known of events or customers: a line either is an
object or is complained of, by its number, and the reading goes on.  One line at a time is held,
and none longer than `LINE_MAX`, whatever the file is.
"""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from journeys.errors import InputError

LINE_MAX: Final = 1_000_000  # bytes of one line; of a CSV file also of one cell
TICK_EVERY: Final = 2_000  # lines

Complain = Callable[[int, str], None]
Progress = Callable[[int, int], None]  # (done, in all), in bytes of the file
Numbered = tuple[int, dict[str, Any]]
FromCells = Callable[[dict[str, str]], dict[str, Any]]


def read_objects(
    path: Path, *, complain: Complain, on_progress: Progress, from_cells: FromCells, columns: Sequence[str]
) -> Iterator[Numbered]:
    """The objects of a file.  `from_cells` makes one of a CSV row; `columns` are those it cannot do without.

    Raises InputError for what is no such file at all.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder, and a file is wanted")
    if not path.name.endswith((".jsonl", ".jsonl.gz", ".csv")):
        raise InputError(f"{path}: the name must end in .jsonl, .jsonl.gz or .csv")
    try:
        with path.open("rb") as raw:
            total = path.stat().st_size

            def tick() -> None:
                if raw.seekable():
                    on_progress(raw.tell(), total)

            stream = gzip.GzipFile(fileobj=raw) if path.name.endswith(".gz") else raw
            lines = _Lines(stream, complain, tick)  # type: ignore[arg-type]
            if path.name.endswith(".csv"):
                yield from _csv_objects(path, lines, complain, from_cells, columns)
            else:
                yield from _json_objects(lines, complain)
            tick()
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except (OSError, ValueError) as error:
        # ValueError: a NUL in a name.
        raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}") from None


class _Lines:
    """The lines of a stream, without the byte order mark that some programs begin a file with.

    `number` counts from 1 and is that of the line handed out last.
    """

    def __init__(self, stream: BinaryIO, complain: Complain, tick: Callable[[], None]) -> None:
        self.number = 0
        self._stream = stream
        self._complain = complain
        self._tick = tick

    def __iter__(self) -> Iterator[bytes]:
        read = self._stream.readline
        while True:
            try:
                line = read(LINE_MAX + 1)
                is_too_long = len(line) > LINE_MAX
                if is_too_long:
                    rest = line
                    while rest and not rest.endswith(b"\n"):
                        rest = read(LINE_MAX)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                self._complain(self.number + 1, f"the compressed file cannot be read past here: {error}")
                return
            if not line:
                return
            self.number += 1
            if self.number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            elif self.number % TICK_EVERY == 0:
                self._tick()
            if is_too_long:
                self._complain(self.number, f"longer than {LINE_MAX:,} bytes")
            else:
                yield line


def _json_objects(lines: _Lines, complain: Complain) -> Iterator[Numbered]:
    decode = msgspec.json.Decoder().decode
    for line in lines:
        try:
            raw = decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            if not line.isspace() and line:
                complain(lines.number, f"not a line of JSON: {why_malformed(line, error)}")
            continue
        if isinstance(raw, dict):
            yield lines.number, raw
        else:
            complain(lines.number, "not a JSON object: write {…}")


def why_malformed(text: bytes, error: Exception) -> str:
    """What is wrong with a text that is no JSON, by the error it was refused with."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8 text"
    # Where a number is that is out of range is said in marks of the library's own.
    said = str(error).removeprefix("JSON is malformed: ").partition(" - at `")[0]
    is_short = "truncated" in said
    # It stops at half a pair as at the end of the text, which the slower reader takes for what it is.
    if "surrogate" in said or (is_short and _is_json(text)):
        return "a text in it holds half of a surrogate pair, which is no character"
    return "it ends too early" if is_short else said


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


# ---------------------------------------------------------------- CSV


def _csv_objects(
    path: Path, lines: _Lines, complain: Complain, from_cells: FromCells, columns: Sequence[str]
) -> Iterator[Numbered]:
    """A row may go over several lines, and is named by its first."""
    took: list[int] = []

    def texts() -> Iterator[str]:
        for line in lines:
            took.append(lines.number)
            # What is no text is found out with its row: the reader may be within one here.
            yield line.decode("utf-8", "surrogateescape")

    csv.field_size_limit(LINE_MAX)
    rows = csv.reader(texts(), strict=True)
    header: list[str] = []
    while True:
        took.clear()
        try:
            cells = next(rows)
            _see_text(cells)
        except StopIteration:
            return
        except (csv.Error, UnicodeEncodeError) as error:
            reason = "not UTF-8 text" if isinstance(error, UnicodeEncodeError) else str(error)
            until = f" (up to line {took[-1]}: a quote may be open)" if len(took) > 1 else ""
            complain(took[0] if took else lines.number, f"not a row of CSV: {reason}{until}")
            if not header:
                raise InputError(f"{path}:1: the first line must name the columns, with commas between") from None
            continue
        if not cells:
            continue
        if not header:
            _see_columns(path, cells, columns)
            header = cells
        elif len(cells) != len(header):
            complain(took[0], f"it has {len(cells):,} cells, and the first line has {len(header):,}")
        else:
            yield took[0], from_cells(dict(zip(header, cells, strict=True)))


def _see_text(cells: Sequence[str]) -> None:
    for cell in cells:
        if not cell.isascii():
            cell.encode("utf-8")


def _see_columns(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    for column in columns:
        if column not in header:
            raise InputError(f"{path}:1: the first line must name the columns, with commas between: no `{column}` here")
    seen: set[str] = set()
    for column in header:
        if column in seen:
            raise InputError(f"{path}:1: the column `{column[:60]}` stands there twice")
        seen.add(column)
