"""A recommendation is the catalog's own order, the same every time."""

from __future__ import annotations

from shop import CATALOG

from journeys.content.recommend import recommended
from journeys.definition.model import Catalog, Recommend


def by(name: str, *, items: int = 3, least: int = 1) -> Recommend:
    return Recommend(items=items, by=name, condition=None, least=least)


def titles(recommend: Recommend, **more: object) -> list[object]:
    return [row["title"] for row in recommended(CATALOG, recommend, lambda row: True)]


def test_the_most_popular_come_first_and_equals_in_the_order_of_the_file():
    assert titles(by("popular")) == ["A kettle", "A grinder", "Scales"]
    assert titles(by("popular", items=2)) == ["A kettle", "A grinder"]
    assert titles(by("price")) == ["A grinder", "A kettle", "Scales"]


def test_only_what_the_condition_allows_is_recommended():
    in_stock = recommended(CATALOG, by("popular"), lambda row: row["stock"] != 0)

    assert [row["title"] for row in in_stock] == ["A grinder", "Scales"]


def test_fewer_than_the_least_are_none():
    assert recommended(CATALOG, by("popular", least=2), lambda row: row["title"] == "Scales") == ()


def test_a_row_without_a_number_comes_last():
    catalog = Catalog(
        columns={"title": "text", "popularity": "number"},
        rows=({"title": "new", "popularity": None}, {"title": "old", "popularity": 0}),
    )

    assert [row["title"] for row in recommended(catalog, by("popular"), lambda row: True)] == ["old", "new"]
