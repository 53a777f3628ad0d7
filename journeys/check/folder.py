"""A whole folder, checked: what the reading found and what the rules find, in file order.

`check_folder` tells; `open_definitions` is what every other command begins with, and nothing
runs on files with an error.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path as FilePath

from journeys.check import (
    brand,
    channels,
    circles,
    happenings,
    kept,
    languages,
    moves,
    names,
    personal,
    populations,
    reach,
    references,
    scenarios,
    secrets,
    sends,
    sources,
    times,
    touches,
)
from journeys.check.rules import Folder, Rule
from journeys.definition.load import Reading, read_folder
from journeys.definition.model import Finding, Path
from journeys.errors import DefinitionError, Problem

RULES: tuple[Rule, ...] = (
    *references.RULES,
    *names.RULES,
    *reach.RULES,
    *circles.RULES,
    *moves.RULES,
    *sends.RULES,
    *times.RULES,
    *kept.RULES,
    *touches.RULES,
    *languages.RULES,
    *personal.RULES,
    *brand.RULES,
    *channels.RULES,
    *secrets.RULES,
    *sources.RULES,
    *scenarios.RULES,
    *populations.RULES,
    *happenings.RULES,
)
# Files that others do not speak of.
_NAMES_NOTHING = (".scenarios.yaml", ".population.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was read, and every problem of it: by file, then by line."""

    reading: Reading
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "warning")


def check_folder(folder: FilePath) -> Checked:
    """Every problem of every file.  Raises `InputError` if there is no such folder."""
    reading = read_folder(folder)
    order = {file: place for place, file in enumerate(reading.files)}
    found: dict[tuple[object, ...], Problem] = {}
    for finding in (*reading.findings, *_findings(reading)):
        problem = _hide_secret(reading.problem(finding))
        place = order.get(problem.file, len(order))
        found.setdefault((place, problem.file, problem.line, problem.column, problem.rule, problem.message), problem)
    problems = sorted(found.items(), key=lambda item: (item[0][:4], item[1].severity))
    return Checked(reading=reading, problems=tuple(problem for _, problem in problems))


def open_definitions(folder: FilePath) -> Reading:
    """The definitions of a folder without errors.  Raises `DefinitionError` with all of them, or `InputError`."""
    checked = check_folder(folder)
    if checked.errors:
        raise DefinitionError(checked.errors)
    return checked.reading


def _findings(reading: Reading) -> Iterator[Finding]:
    if reading.definitions is None:
        return
    definitions = reading.definitions
    read = {definitions.brand.file, *(file for file in reading.files if FilePath(file).name == "sources.yaml")}
    read.update(journey.file for journey in definitions.journeys.values())
    for touch in definitions.touches.values():
        read.update(each.file for each in (touch, *touch.translations.values()))
    errors = [finding for finding in reading.findings if finding.severity == "error"]
    folder = Folder(
        definitions=definitions,
        scenarios=reading.scenarios,
        populations=reading.populations,
        unread=frozenset(
            FilePath(finding.file).stem
            for finding in errors
            if finding.file not in read and not finding.file.endswith(_NAMES_NOTHING)
        ),
        left_out=left_out(errors),
        texts={file: document.text for file, document in reading.documents.items()},
    )
    for rule in RULES:
        yield from rule.findings(folder)


def left_out(errors: Iterable[Finding]) -> dict[str, tuple[Path, ...]]:
    """What these mistakes kept out of the definitions, by file."""
    missing: dict[str, list[Path]] = defaultdict(list)
    for finding in errors:
        # A faulty condition leaves its move where it is; anything else with a path may have taken it away.
        if (finding.path and finding.offset is None) or finding.rule == "too-many-problems":
            missing[finding.file].append(finding.path if finding.rule != "too-many-problems" else ())
    return {file: tuple(paths) for file, paths in missing.items()}


def _hide_secret(problem: Problem) -> Problem:
    """The line without the secret itself: what is printed ends in logs."""
    if problem.rule != "secret-in-file":
        return problem
    start = problem.column - 1
    hidden = "*" * problem.length
    return replace(problem, source=problem.source[:start] + hidden + problem.source[start + problem.length :])
