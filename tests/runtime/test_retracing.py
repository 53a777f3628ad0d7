"""Live equals replay: what was recorded, taken again in virtual time, gives the same trace, byte by byte."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from journeys.errors import Permanent, Transient
from journeys.runtime.nightly import Nightly
from journeys.runtime.publishing import publish
from journeys.runtime.retaining import JOB, Retaining
from journeys.runtime.retracing import retrace
from journeys.store.customers import park, turns_of, unpark
from journeys.store.database import Database, open_database
from journeys.store.values import KeptTurn
from tests.core.walk import journey
from tests.streams import relaxed

from .house import House

CART = journey(
    """
need:
  rest: true
  send:
    - spark
    - {touch: more, after: 2 days, valid_for: 6 hours}
    - {touch: paper, every: 3 days, times: 4, at: "18:00"}
  move:
    - {on: spark.sent, to: research}
    - {on: ordered, to: end.bought}
    - {after: 20 days, to: end.lapsed}
research:
  send: [extra, {touch: thanks, after: 1 hour}]
  move:
    - {on: moved_on, to: need}
    - {on: ordered, to: end.bought}
    - {if: 'count("looked", "7 days") >= 2', to: evaluation}
    - {if: 'count("visited") >= 1 and not has(customer.interests)', to: evaluation}
    - {after: 9 days, to: need}
evaluation:
  send: [{touch: alert, after: 2 hours}]
  move:
    - {on: ordered, to: end.bought}
    - {after: 5 days, to: end.lapsed}
""",
    top="reenter: always",
)
BRAND = """\
caps: [{most: 1, per: 1 day, each: channel}]
quiet: {from: "21:00", to: "08:00", spread: 30 minutes}
"""

OFFER = "{percent: 10, code: unique, expires: 7 days, limit: 1}"
STEPS = st.one_of(
    st.tuples(st.just("event"), st.sampled_from(["began", "looked", "moved_on", "ordered", "visited"])),
    st.tuples(st.just("likes"), st.sampled_from(["tea", "coffee"])),
    st.tuples(st.just("late"), st.sampled_from(["began", "looked", "ordered"])),
    st.tuples(st.just("consent"), st.sampled_from(["offers", "news"])),
    st.tuples(st.just("stop"), st.sampled_from(["offers", "news"])),
    st.tuples(st.just("wait"), st.sampled_from([0.001, 0.02, 1, 7, 26, 90, 1_300])),
    st.tuples(st.just("night"), st.just(0)),
    st.tuples(st.just("park"), st.just(0)),
    st.tuples(st.just("unpark"), st.just(0)),
    st.tuples(st.just("work"), st.just(0)),
    st.tuples(st.just("send"), st.just(0)),
    st.tuples(st.just("provider"), st.sampled_from(["up", "down", "refuses"])),
)


class Given:
    """What each turn was given, before anything of it was forgotten."""

    def __init__(self) -> None:
        self.signals: dict[int, bytes] = {}

    def turns(self, house: House) -> list[KeptTurn]:
        with house.database.reading() as connection:
            turns = list(turns_of(connection, "ana"))
        for turn in turns:
            self.signals.setdefault(turn.number, turn.signals)
        return [replace(turn, signals=self.signals[turn.number]) for turn in turns]


def walked(database: Database, folder: Path, steps: list[tuple[str, object]], given: Given) -> House:
    house = House(database, folder, CART, brand=BRAND)
    for name in ("spark", "extra"):
        path = folder / "touches" / f"{name}.md"
        path.write_text(path.read_text().replace("---\n", f"---\noffer: {OFFER}\n", 1))
    publish(database, folder, house.clock())
    house.live.refresh()
    house.knows(consent=("offers", "news", "personalization"))
    for kind, what in steps:
        match kind:
            case "event":
                house.on(str(what))
            case "late":
                house.on(str(what), at=house.clock() - 3 * 60 * 60 * 1_000_000)
            case "likes":
                house.on("profile.updated", interests=[what])
            case "night":
                given.turns(house)
                Nightly(house.live, JOB, Retaining(house.live).run).look()
            case "park":
                with database.writing() as connection:
                    park(connection, "ana", "she does not fit", house.clock())
            case "unpark":
                with database.writing() as connection:
                    unpark(connection, "ana")
            case "consent":
                house.on("consent.given", purpose=what)
            case "stop":
                house.on("consent.withdrawn", purpose=what)
            case "wait":
                assert isinstance(what, int | float)
                house.wait(hours=what)
            case "work":
                house.work()
            case "send":
                house.relay.relay()
                if house.relay.is_busy:
                    house.relay.rest()
            case "provider":
                failures = {"up": None, "down": Transient("down"), "refuses": Permanent("no")}
                failure = failures[str(what)]
                house.recorder.failure = lambda parcel, failure=failure: failure  # type: ignore[misc]
    with database.writing() as connection:
        unpark(connection, "ana")
    house.work()
    return house


@relaxed(25)
@given(st.lists(STEPS, min_size=1, max_size=40))
def test_recorded_signals_taken_again_give_the_same_trace(steps: list[tuple[str, object]]) -> None:
    with TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/journeys.db")
        database.migrate()
        recorded = Given()
        house = walked(database, Path(folder) / "definitions", steps, recorded)
        turns = recorded.turns(house)

        again = list(retrace(turns, lambda number: house.live.engine))

        assert again == [turn.whys for turn in turns]
        house.relay.close()
        database.close()


def test_a_story_with_everything_in_it_is_retraced_on_any_database(database: Database, tmp_path: Path) -> None:
    steps: list[tuple[str, object]] = [
        ("event", "began"), ("work", 0), ("wait", 7), ("provider", "down"), ("send", 0), ("wait", 1),
        ("provider", "up"), ("send", 0), ("send", 0), ("work", 0), ("event", "looked"), ("event", "looked"),
        ("work", 0), ("wait", 26), ("work", 0), ("send", 0), ("send", 0), ("stop", "offers"), ("late", "ordered"),
        ("work", 0), ("likes", "tea"), ("event", "visited"), ("work", 0), ("wait", 1_300), ("wait", 1_300),
        ("night", 0), ("work", 0),
    ]  # fmt: skip
    recorded = Given()
    house = walked(database, tmp_path / "definitions", steps, recorded)

    turns = recorded.turns(house)

    assert {turn.kind for turn in turns} == {"turn", "asked", "accepted", "forgotten"}
    assert list(retrace(turns, lambda number: house.live.engine)) == [turn.whys for turn in turns]
    house.relay.close()
