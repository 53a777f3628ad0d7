"""`journeys test`: scenarios, and for each that fails what happened instead and why, at which line."""

from __future__ import annotations

from pathlib import Path

from journeys.check.folder import open_definitions
from journeys.cli.main import FINE, PROBLEMS
from journeys.cli.page import Page, count_of, print_json
from journeys.cli.places import Asked, folders_of
from journeys.definition.load import Reading
from journeys.definition.model import Definitions, Scenario
from journeys.errors import InputError
from journeys.measure.story import say_moment, say_row
from journeys.simulate.scenario import Failure, Outcome, run_scenarios


def test_paths(paths: list[Path], *, is_json: bool, use_reference: bool) -> int:
    """Prints each failure as it is found, and a closing line."""
    chosen = [_chosen(asked) for asked in folders_of(paths)]
    page = Page()
    passed, failed = 0, []
    for definitions, scenarios in chosen:
        for outcome in run_scenarios(definitions, scenarios, reference=use_reference):
            if outcome.failure is None:
                passed += 1
                continue
            failed.append(outcome)
            if not is_json:
                print_failure(page, definitions, outcome)
    if is_json:
        print_json({"passed": passed, "failed": len(failed), "failures": list(map(_as_json, failed))})
    else:
        _print_total(page, passed, len(failed))
    return PROBLEMS if failed else FINE


def _chosen(asked: Asked) -> tuple[Definitions, list[Scenario]]:
    reading = open_definitions(asked.folder)
    assert reading.definitions is not None
    asked.see_all_read(set(reading.files))
    for file in sorted(asked.files):
        if not any(_is_of(file, scenario, reading.definitions) for scenario in reading.scenarios):
            raise InputError(f"'{file}' has no scenarios")
    return reading.definitions, scenarios_of(asked, reading)


def scenarios_of(asked: Asked, reading: Reading) -> list[Scenario]:
    """Those of a folder, or of the files that were named: their own, or their journey's."""
    definitions = reading.definitions
    assert definitions is not None
    return [
        scenario
        for scenario in reading.scenarios
        if not asked.files or any(_is_of(file, scenario, definitions) for file in asked.files)
    ]


def _is_of(file: str, scenario: Scenario, definitions: Definitions) -> bool:
    return file in (scenario.file, definitions.journeys[scenario.journey].file)


def print_failure(page: Page, definitions: Definitions, outcome: Outcome) -> None:
    scenario, failure = outcome.scenario, outcome.failure
    assert failure is not None
    page.line(f"{scenario.file}:{failure.line}: ", ("failed", "red"), ": ", (scenario.name, "bold"))
    page.paragraph(f"expected  {failure.expected}", indent=2, hang=10)
    page.paragraph(f"happened  {failure.happened}", indent=2, hang=10)
    for place, (time, words) in enumerate(_why(definitions, failure)):
        page.paragraph(f"{'' if place else 'why':<8}  {time}  {words}", indent=2, hang=28)
    page.line()


def _why(definitions: Definitions, failure: Failure) -> list[tuple[str, str]]:
    timezone = definitions.brand.timezone
    return [(say_moment(row["at"], timezone=timezone), say_row(row, timezone=timezone)) for row in failure.rows]


def _print_total(page: Page, passed: int, failed: int) -> None:
    if not passed and not failed:
        page.line(("there are no scenarios", "yellow"))
    elif failed:
        page.line((f"{failed:,} of {count_of(passed + failed, 'scenario')} failed", "red"))
    else:
        page.line((f"{count_of(passed, 'scenario')} passed", "green"))


def _as_json(outcome: Outcome) -> dict[str, object]:
    scenario, failure = outcome.scenario, outcome.failure
    assert failure is not None
    return {
        "scenario": scenario.name,
        "file": scenario.file,
        "line": failure.line,
        "expected": failure.expected,
        "happened": failure.happened,
        "rows": [{**row, "words": say_row(row)} for row in failure.rows],
    }
