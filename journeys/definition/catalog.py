"""The brand's catalog: a CSV file of what can be recommended, its columns typed by what they hold."""

from __future__ import annotations

import csv
import io

from journeys.definition.model import Catalog, Finding, Type
from journeys.definition.scalars import read_identifier
from journeys.definition.values import read_cell
from journeys.definition.written import Notes, shorten

# This column is an amount of the brand's money; any other that holds only numbers is of numbers.
_PRICE = "price"
_COLUMNS_MAX = 200
_WHY = "customers would be recommended something that is not what the file means"


def read_catalog(text: str, *, decimals: int, notes: Notes) -> Catalog:
    """The rows that fit, each cell by its column's type; an empty cell is missing."""
    lines = _Lines(text, notes)
    try:
        rows = csv.reader(io.StringIO(text), strict=True)
        header = next(rows, [])
        columns = _columns(header, lines)
        kept: list[tuple[int, list[str]]] = []
        before = rows.line_num
        for row in rows:
            start, before = before + 1, rows.line_num
            if not row:
                continue
            if len(row) != len(header):
                message = f"this row has {len(row)} cells, and the first line names {len(header)} columns"
                lines.say(start, "catalog-row", message, "give each column a cell; put a text with a comma in quotes")
            else:
                kept.append((start, row))
    except csv.Error as error:
        lines.say(rows.line_num, "catalog-row", f"this is no line of CSV: {error}", "close each quote with a quote")
        return Catalog(columns={}, rows=())
    if not columns:
        return Catalog(columns={}, rows=())
    types = {column: _type(column, [row[place] for _, row in kept], decimals) for column, place in columns.items()}
    items = []
    for line, row in kept:
        item: dict[str, object] = {}
        for column, place in columns.items():
            try:
                item[column] = read_cell(row[place], types[column], decimals) if row[place] else None
            except ValueError as error:
                lines.say(line, "catalog-price", f"'{column}': {error}", "write an amount such as 12.50")
        items.append(item)
    return Catalog(columns=types, rows=tuple(items))


def _columns(header: list[str], lines: _Lines) -> dict[str, int]:
    columns: dict[str, int] = {}
    if not header or len(header) > _COLUMNS_MAX:
        message = "the first line names no columns" if not header else f"there are more than {_COLUMNS_MAX} columns"
        lines.say(1, "catalog-column", message, "name them: id,title,url,price")
        return {}
    for place, column in enumerate(header):
        try:
            name = read_identifier(column.strip())
        except ValueError as error:
            lines.say(1, "catalog-column", f"column {place + 1}: {error}", "write a name such as title")
            continue
        if name in columns:
            lines.say(1, "catalog-column", f"'{name}' names two columns", "give one of them another name")
        columns.setdefault(name, place)
    return columns


def _type(column: str, cells: list[str], decimals: int) -> Type:
    if column == _PRICE:
        return "money"
    filled = [cell for cell in cells if cell]
    try:
        for cell in filled:
            read_cell(cell, "number", decimals)
    except ValueError:
        return "text"
    return "number" if filled else "text"


class _Lines:
    """Says what is wrong with a line: a CSV file has no paths."""

    def __init__(self, text: str, notes: Notes) -> None:
        self._lines = text.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._notes = notes

    def say(self, line: int, rule: str, message: str, help: str) -> None:
        place = min(max(line, 1), len(self._lines)) - 1
        self._notes.add(
            Finding(
                file=self._notes.file,
                path=(),
                rule=rule,
                message=shorten(message, 160),
                why=_WHY,
                help=help,
                offset=self._starts[place],
                length=max(1, len(self._lines[place])),
            )
        )
