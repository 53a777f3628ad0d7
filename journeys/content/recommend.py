"""Which things of the catalog a touch recommends.

Nothing learns here: the order is a column of the catalog, and of equals the one that
stands first in the file comes first, so that the same facts always give the same list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from journeys.definition.model import Catalog, Recommend

Row = Mapping[str, object]

# How an author says a column that the shop calls otherwise.
_COLUMNS = {"popular": "popularity"}


def column_of(recommend: Recommend) -> str:
    """The catalog's column that orders the rows."""
    return _COLUMNS.get(recommend.by, recommend.by)


def recommended(catalog: Catalog, recommend: Recommend, condition: Callable[[Row], bool]) -> tuple[Row, ...]:
    """The best rows that the condition allows, highest first; none at all if they are fewer than `least`."""
    column = column_of(recommend)
    allowed = [row for row in catalog.rows if condition(row)]
    allowed.sort(key=lambda row: _weight(row.get(column)), reverse=True)  # a stable sort keeps file order
    chosen = tuple(allowed[: recommend.items])
    return chosen if len(chosen) >= recommend.least else ()


def _weight(value: object) -> float:
    # A row that says nothing about its popularity comes last.
    return float(value) if isinstance(value, (int, float, Decimal)) else float("-inf")
