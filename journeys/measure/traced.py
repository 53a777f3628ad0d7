"""Traced: one customer's rows out of a trace, read a line at a time.

A trace may be larger than memory, so only the lines of the customer asked for are kept.  It may
also be no trace at all: whatever does not fit is told with its line.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import msgspec

from journeys.definition.nearest import nearest
from journeys.errors import InputError

LINE_MAX: Final = 1_000_000  # bytes of one line
ROWS_MAX: Final = 200_000  # rows of one customer
_NAMES_MAX: Final = 1_000  # names kept, to say which one may have been meant
_GZIP: Final = b"\x1f\x8b"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """What the trace says of itself, and one customer's rows in its order."""

    header: Row
    rows: tuple[Row, ...]


class _Whose(msgspec.Struct):
    """The part of a row that says whose it is; the rest is not even decoded."""

    customer: str


class _Kind(msgspec.Struct):
    """What every row must say besides."""

    at: str
    kind: str


def read_traced(path: Path, customer: str) -> Traced:
    """Raises InputError for a file that is no trace, and for a customer who is not in it."""
    lines = _numbered_lines(path)
    header = _header(path, next(lines, None))
    whose = msgspec.json.Decoder(_Whose)
    rows: list[Row] = []
    similar: list[str] = []
    last = ""
    for number, line in lines:
        try:
            name = whose.decode(line).customer
            if name == customer:
                msgspec.json.decode(line, type=_Kind)
                rows.append(msgspec.json.decode(line))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise InputError(f"{path}:{number}: this line is not a row of a trace") from None
        if len(rows) > ROWS_MAX:
            raise InputError(f"{path}:{number}: more than {ROWS_MAX:,} rows of one customer")
        if name != last and not rows and len(similar) < _NAMES_MAX and _is_like(name, customer):
            similar.append(name)
        last = name
    if not rows:
        # The list of all customers would help nobody.
        guess = f": {nearest(customer, similar)}" if similar else ""
        raise InputError(f"there is no customer {_shown(customer)} in {path}{guess}")
    return Traced(header=header, rows=tuple(rows))


def _header(path: Path, first: tuple[int, bytes] | None) -> Row:
    if first is None:
        raise InputError(f"{path} is empty; `journeys replay --trace {path}` writes a trace")
    try:
        header = msgspec.json.decode(first[1])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        header = None
    if not isinstance(header, dict) or "trace" not in header:
        raise InputError(f"{path}:1: this is not a trace; `journeys replay --trace FILE` writes one")
    if header["trace"] != 1:
        raise InputError(f"{path}:1: a trace of another version, {str(header['trace'])[:20]}; this one reads 1")
    return header


def _numbered_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    number = 0
    try:
        with path.open("rb") as raw:
            # What it begins with tells more than its name.
            is_packed = raw.peek(2)[:2] == _GZIP
            lines = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if is_packed else raw
            while line := lines.readline(LINE_MAX + 1):
                number += 1
                if len(line) > LINE_MAX:
                    raise InputError(f"{path}:{number}: longer than {LINE_MAX:,} bytes, so no row of a trace")
                yield number, line
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError(f"{path}:{number + 1}: the compressed file is damaged or cut short from here") from None
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder, and a trace is a file") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from None


def _is_like(name: str, asked: str) -> bool:
    """Whether the two differ in one place only.  Cheap, for it is asked of every customer of a trace."""
    name, asked = name.casefold(), asked.casefold()
    short = min(len(name), len(asked))
    if abs(len(name) - len(asked)) > 2:
        return False
    same = 0
    while same < short and name[same] == asked[same]:
        same += 1
    rest = short - same
    tail = 0
    while tail < rest and name[-1 - tail] == asked[-1 - tail]:
        tail += 1
    return rest - tail <= 2


def _shown(name: str) -> str:
    return repr(name if len(name) <= 60 else name[:60] + "…")
