"""`journeys privacy`: which data the definitions read, what for, for how long, and who reads it.

What is declared and read by nothing could be left out; what is read and has no limit is kept for as long
as the customer is.  Both are told: they are the two questions that anybody asks who looks after data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from journeys.check.folder import open_definitions
from journeys.cli.main import FINE
from journeys.cli.page import Column, Page, count_of, print_json
from journeys.cli.readers import Datum, Kind, Readers, readers_of
from journeys.definition.model import DAY, Brand, Definitions, Event, Field, Purpose
from journeys.definition.words import say_exact

_NAMED: Final = 3  # touches that a table names; of more it gives the number
_SAID: Final[Mapping[Kind, tuple[str, str]]] = {
    "channels": ("channel", "channels"),
    "fields": ("field", "fields"),
    "journeys": ("journey", "journeys"),
    "people": ("person", "people"),
    "rules": ("rule", "rules"),
    "scores": ("score", "scores"),
    "segments": ("segment", "segments"),
    "touches": ("choice of", "choices of"),
}
_YEAR: Final = 365 * DAY
_NOTHING: Final = "nothing"
_NO_LIMIT: Final = "no limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """All there is to tell."""

    definitions: Definitions
    readers: Mapping[Datum, Readers]

    @property
    def never_read(self) -> list[Datum]:
        """An event that is read by nothing stands for its properties as well."""
        unread = [datum for datum, readers in self.readers.items() if readers.are_none]
        return [datum for datum in unread if len(datum) == 2 or datum[:2] not in unread]

    @property
    def without_limit(self) -> list[Datum]:
        """Read, and kept for as long as the customer is.  An address is needed as long as that."""
        return [
            datum
            for datum, readers in self.readers.items()
            if len(datum) == 2 and not readers.are_none and self._has_no_limit(datum)
        ]

    def _has_no_limit(self, datum: Datum) -> bool:
        brand = self.definitions.brand
        if datum[0] == "events":
            return brand.events[datum[1]].keep is None
        declared = brand.fields[datum[1]]
        return declared.keep is None and not declared.address and declared.counts is None


def tell_privacy(folder: Path, *, format: str) -> int:
    definitions = open_definitions(folder).definitions
    assert definitions is not None
    account = Account(definitions=definitions, readers=readers_of(definitions))
    match format:
        case "json":
            print_json(_as_json(account))
        case "markdown":
            print("\n".join(_markdown(account)))
        case _:
            _print_tables(Page(), account)
    return FINE


# ---------------------------------------------------------------- tables


def _print_tables(page: Page, account: Account) -> None:
    brand = account.definitions.brand
    counted = f"{count_of(len(brand.fields), 'field')} and {count_of(len(brand.events), 'event')}"
    page.line((brand.name, "bold"), f": {counted}, for {count_of(len(brand.purposes), 'purpose')}")
    page.heading("What for")
    columns = [Column(title="purpose", is_name=True, style="bold"), Column(title="class"), Column(title="consent")]
    page.table(columns, [[each.name, each.class_, _say_consent(each)] for each in brand.purposes.values()])
    for title, section in (("Fields", "fields"), ("Events", "events")):
        rows = [row for row in _rows(account) if row.datum[0] == section]
        if rows:
            page.heading(title)
            columns = [Column(title="name", is_name=True, style="bold"), Column(title="kept"), Column(title="read by")]
            page.table(columns, [[row.datum[1], row.kept, row.readers] for row in rows])
    for title, said in _say_findings(account):
        page.heading(title)
        page.paragraph(said, indent=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A field or an event in words."""

    datum: Datum
    kept: str
    readers: str


def _rows(account: Account, *, named: int = _NAMED) -> Iterator[_Row]:
    for datum, readers in account.readers.items():
        if len(datum) == 2:
            kept = _say_kept(account.definitions.brand, datum)
            yield _Row(datum=datum, kept=kept, readers=_say_readers(readers, named))


def _say_kept(brand: Brand, datum: Datum) -> str:
    """`demographic for personalization, 2 years, sensitive`."""
    declared: Field | Event = brand.fields[datum[1]] if datum[0] == "fields" else brand.events[datum[1]]
    is_address = isinstance(declared, Field) and declared.address
    what = "address" if is_address else declared.kind or "no kind"
    said = what if declared.purpose is None else f"{what} for {declared.purpose}"
    if isinstance(declared, Field) and declared.sensitive:
        said += ", sensitive"
    return said if is_address and declared.keep is None else f"{said}, {_say_keep(declared.keep)}"


def _say_keep(keep: int | None) -> str:
    if keep is None:
        return _NO_LIMIT
    years, rest = divmod(keep, _YEAR)
    return say_exact(keep) if rest else count_of(years, "year")


def _say_readers(readers: Readers, named: int) -> str:
    parts = [f"{_SAID[kind][len(names) > 1]} {', '.join(names)}" for kind, names in sorted(readers.names.items())]
    for words, touches in _by_words(readers.words).items():
        said = ", ".join(touches) if len(touches) <= named else f"{len(touches):,} touches"
        parts.append(f"{words} words of {said}")
    return "; ".join(parts) or _NOTHING


def _by_words(words: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    touches: dict[str, list[str]] = {}
    for touch, said in words.items():
        touches.setdefault("all" if len(said) > 1 else said[0], []).append(touch)
    return touches


def _say_consent(purpose: Purpose) -> str:
    if purpose.words is None:
        return "no words" if purpose.class_ in ("marketing", "data") else "none needed"
    return f"“{purpose.words}” (version {purpose.version})"


def _say_findings(account: Account) -> Iterator[tuple[str, str]]:
    if account.never_read:
        yield "Declared and never read: could be left out", ", ".join(map(_say_datum, account.never_read))
    if account.without_limit:
        yield "Read, and kept without a limit", ", ".join(map(_say_datum, account.without_limit))


def _say_datum(datum: Datum) -> str:
    """`customer.budget`, `order_placed`, `order_placed.store`."""
    return f"customer.{datum[1]}" if datum[0] == "fields" else ".".join(datum[1:])


# ---------------------------------------------------------------- for a record, for programs


def _markdown(account: Account) -> Iterator[str]:
    brand = account.definitions.brand
    yield f"# Data of {brand.name}"
    yield from ("", "| purpose | class | consent |", "| --- | --- | --- |")
    for purpose in brand.purposes.values():
        yield _line(purpose.name, purpose.class_, _say_consent(purpose))
    for title, section in (("Fields", "fields"), ("Events", "events")):
        yield from ("", f"## {title}", "", "| name | kept | read by |", "| --- | --- | --- |")
        for row in _rows(account, named=len(account.definitions.touches)):
            if row.datum[0] == section:
                yield _line(row.datum[1], row.kept, row.readers)
    for title, said in _say_findings(account):
        yield from ("", f"## {title}", "", said)


def _line(*cells: str) -> str:
    return f"| {' | '.join(' '.join(cell.replace('|', chr(92) + '|').split()) for cell in cells)} |"


def _as_json(account: Account) -> dict[str, object]:
    brand = account.definitions.brand
    return {
        "brand": brand.name,
        "purposes": [
            {"name": each.name, "class": each.class_, "words": each.words, "version": each.version}
            for each in brand.purposes.values()
        ],
        "fields": [
            {
                "name": each.name,
                "type": each.type,
                "kind": each.kind,
                "purpose": each.purpose,
                "keep_seconds": _seconds(each.keep),
                "sensitive": each.sensitive,
                "address": each.address,
                "read_by": _readers_json(account.readers["fields", each.name]),
            }
            for each in brand.fields.values()
        ],
        "events": [
            {
                "name": each.name,
                "kind": each.kind,
                "purpose": each.purpose,
                "keep_seconds": _seconds(each.keep),
                "read_by": _readers_json(account.readers["events", each.name]),
                "properties": [
                    {
                        "name": name,
                        "type": type_,
                        "read_by": _readers_json(account.readers["events", each.name, name]),
                    }
                    for name, type_ in each.properties.items()
                ],
            }
            for each in brand.events.values()
        ],
        "never_read": list(map(_say_datum, account.never_read)),
        "without_limit": list(map(_say_datum, account.without_limit)),
    }


def _readers_json(readers: Readers) -> dict[str, object]:
    told: dict[str, object] = dict(readers.names.items())
    return {**told, "words": readers.words} if readers.words else told


def _seconds(keep: int | None) -> int | None:
    return None if keep is None else keep // 1_000_000
