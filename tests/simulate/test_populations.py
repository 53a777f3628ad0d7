"""The shipped populations: their customers reach all of their journey, and are as busy as the files tell."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from journeys.check.folder import open_definitions
from journeys.core.trace import say_path
from journeys.core.why import ENDED, ENTERED, MOVED
from journeys.definition.population_model import Population
from journeys.simulate.simulation import simulate
from tests.streams import reading

from .stall import SHIPPED, STALL, World, make_plan, with_population

POPULATIONS = sorted(reading("shipped").populations)
# As many as show what is rare, and no more.
CUSTOMERS = {"espresso": 5_000, "workspace-suite": 2_500}
DAYS = {"cart": 60, "workspace-suite": 720}
# What hardly anybody does, and why.
RARE = {
    # An hour without a change never comes in a whole day only for those whose clock is held by a ticket.
    ("cart", "stages.evaluation.steps.filling.move[1]"),
    # A trial would have to be prolonged for a year.
    ("trial", "stages.evaluation.move[2]"),
    # What lets go of those for whom no day is known: all of them name one.
    ("workspace-suite", "stages.evaluation.steps.pilot.move[3]"),
    ("workspace-suite", "stages.evaluation.steps.waiting.move[3]"),
    ("workspace-suite", "stages.selection.steps.contract.move[4]"),
    ("workspace-suite", "stages.feedback.steps.leaving.move[2]"),
    ("workspace-suite", "stages.loyalty.steps.renewing.move[3]"),
    # A low answer, a month late, while they have not fallen out with us yet.
    ("workspace-suite", "stages.loyalty.move[1]"),
}

each_population = pytest.mark.parametrize(
    "journey", [pytest.param(name, marks=[] if name == "cart" else [pytest.mark.long]) for name in POPULATIONS]
)


class _Walked:
    """What the customers of one population did, counted."""

    def __init__(self, journey: str) -> None:
        world = World(make_plan(SHIPPED, journey, customers=CUSTOMERS.get(journey, 1_500), days=DAYS.get(journey, 180)))
        self.program = next(each for each in world.program.journeys if each.name == journey)
        self.customers = world.plan.customers
        self.population: Population = world.plan.populations[0]
        self.heard: Counter[str] = Counter()
        self.entries: Counter[int] = Counter()
        self.states: Counter[str] = Counter()
        self.moves: Counter[int] = Counter()
        self.ends: Counter[str] = Counter()
        self.events = self.clocks = 0
        for _, events in world.lives():
            self.heard.update(map(world.name, events))
            self.events += len(world.life.recorded)
            self.clocks += world.life.signals - len(world.life.recorded)
            self._count(world)

    def _count(self, world: World) -> None:
        """A state counts once for each enrollment that ever stood there."""
        stood = set()
        for why in world.life.whys:
            if why[0] == ENTERED and why[3] == self.program.index:
                self.entries[why[6]] += 1
                stood.add((why[2], why[4]))
            elif why[0] == MOVED and why[3] == self.program.index:
                self.moves[why[7]] += 1
                stood.add((why[2], why[5]))
            elif why[0] == ENDED and why[3] == self.program.index:
                self.moves[why[7]] += 1
                self.ends[self.program.reasons[why[5]]] += 1
        self.states.update(self.program.state_names[state] for _, state in stood if state >= 0)

    @property
    def entered(self) -> int:
        return sum(self.entries.values())

    def share(self, state: str) -> float:
        return self.states[state] / self.entered


@cache
def _walked(journey: str) -> _Walked:
    return _Walked(journey)


def _happening(population: Population) -> Iterator[str]:
    """Every event that a population says may happen."""
    for rates in population.rates.values():
        yield from (rate.event for rate in rates)
    for happening in population.events.values():
        yield from (follow.event for follow in happening.then)
    for touch, response in population.touches.items():
        yield from (f"{touch}.{reply.part}" for reply in response.replies)


@each_population
def test_customers_reach_every_state_by_every_way_in_and_move(journey: str) -> None:
    walked = _walked(journey)
    moves = [say_path(move.path) for move in walked.program.moves]

    assert set(walked.program.state_names) - set(walked.states) == set()
    assert [entry.path for entry in walked.program.entries if not walked.entries[entry.index]] == []
    assert {
        path for index, path in enumerate(moves) if not walked.moves[index] and (journey, path) not in RARE
    } == set()


@each_population
def test_whatever_a_population_says_may_happen_does(journey: str) -> None:
    walked = _walked(journey)

    assert sorted(set(_happening(walked.population)) - set(walked.heard)) == []


@pytest.mark.parametrize("has_link", [True, False])
def test_what_is_said_of_any_touch_makes_nobody_click_where_there_is_no_link(tmp_path: Path, has_link: bool) -> None:
    folder = tmp_path / "stall"
    shutil.copytree(STALL, folder)
    touch = folder / "touches" / "hello.md"
    text = touch.read_text("utf-8")
    assert "[your cherries](https://stall.example/cherries)" in text
    if not has_link:
        touch.write_text(text.replace("[your cherries](https://stall.example/cherries)", "your cherries"), "utf-8")
    world = World(make_plan(folder, customers=200))

    names = {world.name(event) for _, events in world.lives() for event in events}

    assert "hello.opened" in names and ("hello.clicked" in names) is has_link


def test_a_link_that_nobody_reacts_to_treats_nobody_otherwise(tmp_path: Path) -> None:
    population = (
        "zones: {Europe/Madrid: 60%, America/New_York: 40%}\nfields: {email: {id: m}}\nconsents: {offers: 100%}\n"
        "rates: {before: {passed: 1 per 7 days, looked: 1 per 20 days}, need: {bought: 1 per 30 days}}\n"
        "any_touch: {opened: 80%, clicked: 60%, redeemed: 20%, lift: {bought: 2, looked: 1}}\n"
    )
    own, older = with_population(tmp_path / "own", population), with_population(tmp_path / "older", population)
    touch = older / "touches" / "hello.md"
    link = "[your cherries](https://stall.example/cherries)"
    touch.write_text(touch.read_text("utf-8").replace(link, "your cherries"), "utf-8")

    simulated = simulate(make_plan(own, customers=400, days=90, before=open_definitions(older).definitions))

    assert simulated.comparison is not None and simulated.before is not None
    assert simulated.report.events != simulated.before.events
    assert simulated.comparison.changed == 0


# ---------------------------------------------------------------- the story that each file begins with


@pytest.mark.long
def test_who_wants_espresso_is_busy() -> None:
    walked = _walked("espresso")

    assert walked.events / walked.customers >= 12
    assert walked.clocks / walked.customers >= 6


@pytest.mark.long
def test_who_wants_espresso_mostly_dreams() -> None:
    walked = _walked("espresso")

    assert 0.7 < walked.share("research") < 0.9
    assert 0.2 < walked.share("evaluation") < 0.3
    assert 0.09 < walked.share("selection.paid") < 0.15
    assert 0.01 < walked.share("advocacy") < 0.04


def test_seven_of_ten_carts_are_left_behind() -> None:
    walked = _walked("cart")

    assert 0.66 < 1 - walked.ends["ordered"] / sum(walked.ends.values()) < 0.74


def test_of_those_who_are_asked_whether_they_would_send_a_friend_a_quarter_answers() -> None:
    walked = _walked("nps")
    answered = walked.states["feedback.answered"]

    assert 0.2 < answered / walked.states["feedback.asked"] < 0.3
    assert 0.36 < walked.states["advocacy"] / answered < 0.48
    assert 0.2 < walked.states["support"] / answered < 0.32


def test_a_fifth_of_the_offices_keep_the_machine() -> None:
    walked = _walked("trial")

    assert 0.15 < walked.ends["converted"] / walked.entered < 0.27
    assert 0.65 < walked.share("evaluation.brewing") < 0.8
