"""What an author wrote: values with their places, and how a path finds its line.

A file is kept as written: scalars as text, mappings as keys and values, each with the
characters it spans.  Nothing in here knows what a journey is, and nothing in here is
converted before someone says which type is wanted: that is how `on`, `18:00` and `010`
stay what the author meant.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

from journeys.definition.model import Finding, Path
from journeys.errors import Problem

# A line longer than this is cut where it is shown: nobody reads it, and a terminal chokes on it.
SHOWN_MAX = 1000
# One file tells this many mistakes of shape; the rest wait until these are mended.
NOTES_MAX = 200


@dataclass(slots=True, kw_only=True, eq=False)
class Scalar:
    """One text as written.  `is_plain`: without quotes, so that it may be a number or true or nothing."""

    text: str
    start: int
    end: int
    is_plain: bool

    @property
    def is_nothing(self) -> bool:
        return self.is_plain and self.text in ("", "~", "null", "Null", "NULL")


@dataclass(slots=True, kw_only=True, eq=False)
class ListNode:
    items: list[Written]
    start: int
    end: int


@dataclass(slots=True, kw_only=True, eq=False)
class MappingNode:
    """Keys in file order, each with the place of the key and its value."""

    entries: dict[str, tuple[Scalar, Written]]
    start: int
    end: int

    def get(self, key: str) -> Written | None:
        entry = self.entries.get(key)
        return entry[1] if entry is not None else None


Written = Scalar | ListNode | MappingNode

_GAP = re.compile(r"\s*")
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})?(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,2})?")


def plain_number(text: str) -> int | float | None:
    """The number that a text without quotes is, or None.  `010`, `1_000` and `0x1F` are texts."""
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text) and any(char.isdigit() for char in re.split("[eE]", text)[0]):
        return float(text)
    return None


def plain_value(node: Written) -> object:
    """The value by YAML 1.2's core, for where any value may stand."""
    if isinstance(node, ListNode):
        return [plain_value(item) for item in node.items]
    if isinstance(node, MappingNode):
        return {key: plain_value(value) for key, (_, value) in node.entries.items()}
    if not node.is_plain:
        return node.text
    if node.is_nothing:
        return None
    if node.text in ("true", "True", "TRUE"):
        return True
    if node.text in ("false", "False", "FALSE"):
        return False
    number = plain_number(node.text)
    return node.text if number is None else number


def name_kind(node: Written) -> str:
    """What it is, in the author's words, for a message."""
    if isinstance(node, ListNode):
        return "a list"
    if isinstance(node, MappingNode):
        return "a mapping (names with values)"
    return "empty" if node.is_nothing or not node.text else f"'{shorten(node.text)}'"


def shorten(text: str, most: int = 60) -> str:
    """A piece of a file that is fit for one line of a message."""
    line = " ".join(text.split())
    shown = line if len(line) <= most else line[: most - 1] + "…"
    return "".join(char if char.isprintable() else "\ufffd" for char in shown)


@dataclass(slots=True)
class Notes:
    """The findings of one file, while it is being read."""

    file: str
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        return len(self.findings) > NOTES_MAX

    def is_told(self, node: Written) -> bool:
        """Whether something inside of this was refused already: to find fault with the rest would only confuse."""
        return any(
            not finding.path and finding.offset is not None and node.start <= finding.offset <= node.end
            for finding in self.findings
        )

    def add(self, finding: Finding) -> None:
        if len(self.findings) < NOTES_MAX:
            self.findings.append(finding)
        elif len(self.findings) == NOTES_MAX:
            self.findings.append(
                Finding(
                    file=self.file,
                    path=finding.path,
                    rule="too-many-problems",
                    message=f"from here on more is wrong than the first {NOTES_MAX} problems",
                    why="the rest is not listed, since much of it may follow from the first ones",
                    help="mend those above and check again",
                )
            )

    def say(self, path: Path, rule: str, message: str, *, why: str, help: str, is_key: bool = False) -> None:
        self.add(
            Finding(
                file=self.file,
                path=path,
                rule=rule,
                message=message,
                why=why,
                help=help,
                at="key" if is_key else "value",
            )
        )


@dataclass(frozen=True, kw_only=True)
class Document:
    """One file's text and, if it could be read, what is written in it.

    A finding with the empty path and an offset speaks of a character of the whole file: so
    does a mistake which leaves no paths to speak in.
    """

    file: str
    text: str
    root: Written | None

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def line_of(self, index: int) -> int:
        """The line of a character, from 1."""
        return bisect_right(self._line_starts, index)

    def locate(self, finding: Finding) -> tuple[int, int]:
        """The characters a finding is about.

        Where its path goes on beyond what is written (a key that is missing), the nearest thing that is there.
        """
        if not finding.path and finding.offset is not None:
            return finding.offset, finding.offset + (finding.length or 1)
        node, key = self.root, None
        for part in finding.path:
            if isinstance(node, MappingNode) and str(part) in node.entries:
                key, node = node.entries[str(part)]
            elif isinstance(node, ListNode) and isinstance(part, int) and 0 <= part < len(node.items):
                key, node = None, node.items[part]
            elif part == 0 and not isinstance(node, ListNode):
                continue  # One may stand where a list may: `on: order_placed`.
            elif isinstance(node, Scalar) and node.text:
                return self._first_line(node)  # One text may stand for a whole record.
            else:
                # The missing thing belongs to this one, whose key says it better than all that it holds.
                return (key.start, key.end) if key is not None else self._first_line(node)
        if finding.at == "key" and key is not None:
            return key.start, key.end
        if isinstance(node, Scalar) and finding.offset is not None:
            start = _find_in_scalar(self.text[node.start : node.end], node, finding.offset)
            if start is not None:
                length = 1 if finding.length is None else finding.length
                return node.start + start, node.start + start + max(1, length)
        if isinstance(node, Scalar) and node.start == node.end and key is not None:
            return key.start, key.end
        return self._first_line(node)

    def _first_line(self, node: Written | None) -> tuple[int, int]:
        if node is None:
            return 0, 1
        line_end = self.text.find("\n", node.start)
        end = node.end if line_end < 0 else min(node.end, line_end)
        return node.start, max(end, node.start + 1)

    def problem(self, finding: Finding) -> Problem:
        start, end = self.locate(finding)
        line = self.line_of(start)
        line_start = self._line_starts[line - 1]
        line_end = self.text.find("\n", line_start)
        source = self.text[line_start : line_end if line_end >= 0 else len(self.text)]
        shown = source[:SHOWN_MAX]
        return Problem(
            file=finding.file,
            line=line,
            column=start - line_start + 1,
            length=max(1, min(end, line_start + len(shown)) - start),
            severity=finding.severity,
            rule=finding.rule,
            message=finding.message,
            why=finding.why,
            help=finding.help,
            # A tab is as wide as the terminal likes and a control character moves its cursor: the caret would be off.
            source="".join(char if char.isprintable() else " " if char == "\t" else "\ufffd" for char in shown),
        )


def _find_in_scalar(raw: str, node: Scalar, offset: int) -> int | None:
    """Where a value's character stands in the text that spells it, or None where escapes make that unsure.

    Folded lines are followed: there a break and an indentation spell one space.
    """
    place = 0 if node.is_plain else 1
    verbatim = raw.find(node.text.rstrip(), place)
    if verbatim >= 0:
        return verbatim + offset
    if raw[0] in "|>" and not node.is_plain:
        place = _GAP.match(raw, raw.find("\n")).end()  # type: ignore[union-attr]  # a gap may be empty
    for char in node.text[:offset]:
        if place >= len(raw):
            return None
        if char.isspace() and raw[place].isspace():
            gap = _GAP.match(raw, place)
            place = gap.end() if gap is not None and "\n" in gap.group() else place + 1
        elif char == raw[place]:
            place += 1
        else:
            return None
    return place
