"""A journey in which customers stand, and what tests of its versions share: other meanings of it, and what is said."""

from __future__ import annotations

import re
from pathlib import Path

from journeys.runtime.publishing import publish
from journeys.runtime.versions import count_staying
from journeys.store.database import Database
from tests.core.walk import journey

from .house import House

STAGES = """\
need:
  rest: true
  send: [{touch: spark, after: 2 days}]
  move:
    - {on: ordered, to: end.bought}
    - {on: looked, if: 'customer.size > 3', to: end.looked}
"""
STAY = journey(STAGES, top="reenter: always\ngoal: {on: visited, within: 30 days}")
OTHER = journey("need: {rest: true}", name="other", enter="[{on: watched, to: need}]")


def open_house(database: Database, folder: Path) -> House:
    return House(database, folder / "definitions", STAY, OTHER)


def enter(house: House, *customers: str) -> None:
    for name in customers:
        house.knows(name)
        house.on("began", customer=name)
    house.work()


def edit(house: House, file: str, old: str, new: str) -> None:
    path = house.folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def anew(house: House, after: str = "3 days") -> None:
    """The journey with another clock."""
    path = house.folder / "j.yaml"
    path.write_text(re.sub(r"after: \d days", f"after: {after}", path.read_text()))


def go(house: House) -> None:
    publish(house.database, house.folder, house.clock())
    house.live.refresh()


def told(house: House, *, is_dry_run: bool = False) -> list[tuple[str, int, str, int, int]]:
    """What is said of each version of the journey."""
    found = publish(house.database, house.folder, house.clock(), is_dry_run=is_dry_run)
    return [
        (each.journey, each.version, each.said, each.staying.on_their_way, each.staying.over)
        for each in found.versions
        if each.journey == "j"
    ]


def stands(house: House) -> dict[tuple[str, int], tuple[int, int]]:
    with house.database.reading() as connection:
        counts = count_staying(connection)
    return {place: (count.on_their_way, count.over) for place, count in counts.items()}


def take_away(house: House, what: str) -> None:
    """From the folder, whose own journey does without."""
    match what:
        case "a touch":
            edit(house, "j.yaml", "touch: spark", "touch: thanks")
            (house.folder / "touches" / "spark.md").unlink()
        case "an event":
            edit(house, "j.yaml", "on: ordered", "on: moved_on")
            edit(house, "brand.yaml", "  ordered: {", "  bought: {")
        case "its name":
            (house.folder / "j.yaml").unlink()
            edit(house, "brand.yaml", "events:\n", "events:\n  j: {properties: {}}\n")
        case _:
            edit(house, "j.yaml", "customer.size > 3", "customer.plain > 3")
            becomes = {"a field": "", "the type of a field": "  size: {type: text}\n"}
            edit(house, "brand.yaml", "  size: {type: number}\n", becomes.get(what, "  size: {type: money}\n"))
