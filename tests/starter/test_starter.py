"""What `journeys new` promises: whichever stages are chosen, check, test and simulate have nothing to say."""

from __future__ import annotations

import random
import shutil
from itertools import combinations
from pathlib import Path

import pytest

from journeys.check.folder import check_folder
from journeys.definition.model import STAGES
from journeys.simulate.scenario import run_scenarios
from journeys.simulate.simulation import Plan, simulate
from journeys.starter.laying import lay
from journeys.starter.making import Audience, choose_stages, make

ROOT = Path(__file__).parents[2]
SUBSETS = [stages for count in range(1, 9) for stages in combinations(STAGES, count)]
# Every pair of neighbours once, the whole, and each stage alone; the long test tries the rest.
TELLING = [
    *[(stage,) for stage in STAGES],
    STAGES,
    ("need", "evaluation", "support", "loyalty"),
    ("need", "selection", "feedback", "advocacy"),
    ("research", "selection", "advocacy"),
    ("evaluation", "feedback", "loyalty", "advocacy"),
    ("need", "research", "support", "advocacy"),
    ("selection", "loyalty", "advocacy"),
]
BRANDS = {"the shipped brand": ROOT / "definitions", "a small brand": ROOT / "tests" / "cli" / "definitions"}

both = pytest.mark.parametrize("audience", ["b2c", "b2b"])


def see_it_holds(
    audience: Audience, stages: tuple[str, ...], folder: Path, *, name: str = "begin", customers: int = 150
) -> None:
    """Lays a starter, and sees that all three commands are content with it, and that it is what was asked for."""
    known = {problem.message for problem in check_folder(folder).problems} if folder.exists() else set()
    given = random.Random(repr(stages)).sample(stages, len(stages))

    lay(make(audience, choose_stages(", ".join(given), audience)), name, folder)

    checked = check_folder(folder)
    assert [f"{one.file}:{one.line}: {one.message}" for one in checked.problems if one.message not in known] == []
    definitions = checked.reading.definitions
    assert definitions is not None
    journey = definitions.journeys[name]
    assert (journey.audience, tuple(stage.name for stage in journey.stages)) == (audience, stages)
    assert (journey.goal is not None) >= ("selection" in stages)
    scenarios = [one for one in checked.reading.scenarios if one.journey == name]
    assert len(scenarios) >= 3
    for by_machine in (False, True):
        outcomes = list(run_scenarios(definitions, scenarios, reference=by_machine))
        assert [(one.scenario.name, one.failure) for one in outcomes if one.failure is not None] == []
    plan = Plan(
        definitions=definitions,
        populations=(checked.reading.populations[name],),
        journeys=(name,),
        customers=customers,
        days=365,
        seed=1,
    )
    (report,) = simulate(plan).report.journeys
    reached = {place.name: place.reached for phase in report.phases for place in phase.within}
    assert [stage for stage in stages if not reached.get(stage)] == []
    assert sum(touched.sent for touched in report.touches.values()) > 0


@pytest.mark.parametrize(
    ("audience", "stages"),
    [
        # Every day all stages for both, and of a few the one audience or the other.
        pytest.param(
            audience,
            stages,
            id=f"{audience}-{'-'.join(stages)}",
            marks=[] if stages == STAGES or number % 2 == (audience == "b2b") else pytest.mark.long,
        )
        for number, stages in enumerate(TELLING)
        for audience in ("b2c", "b2b")
    ],
)
def test_whichever_stages_are_chosen_it_holds(audience: Audience, stages: tuple[str, ...], tmp_path: Path) -> None:
    see_it_holds(audience, stages, tmp_path / "definitions")


@pytest.mark.long
@both
@pytest.mark.parametrize("stages", SUBSETS, ids="-".join)
def test_of_all_stages_any_few_hold(audience: Audience, stages: tuple[str, ...], tmp_path: Path) -> None:
    # Of fewer customers, none may come through all of a long way.
    see_it_holds(audience, stages, tmp_path / "definitions", customers=500)


@pytest.mark.parametrize("audience", ["b2c", pytest.param("b2b", marks=pytest.mark.long)])
@pytest.mark.parametrize("brand", ["a small brand", pytest.param("the shipped brand", marks=pytest.mark.long)])
def test_beside_somebody_elses_journeys_it_holds(audience: Audience, brand: str, tmp_path: Path) -> None:
    folder = tmp_path / "definitions"
    shutil.copytree(BRANDS[brand], folder)

    see_it_holds(audience, STAGES, folder)


@pytest.mark.long
@both
@pytest.mark.parametrize("stages", SUBSETS[::7], ids="-".join)
def test_beside_the_shipped_journeys_any_few_hold(audience: Audience, stages: tuple[str, ...], tmp_path: Path) -> None:
    folder = tmp_path / "definitions"
    shutil.copytree(BRANDS["the shipped brand"], folder)

    see_it_holds(audience, stages, folder, customers=500)


def test_several_starters_live_in_one_folder(tmp_path: Path) -> None:
    folder = tmp_path / "definitions"

    see_it_holds("b2c", ("need", "research"), folder, name="first")
    see_it_holds("b2b", ("need", "research", "evaluation"), folder, name="second")
    see_it_holds("b2c", STAGES, folder, name="third")
    see_it_holds("b2b", STAGES, folder, name="end")  # a word of the language, and a fine name
