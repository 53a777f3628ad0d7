"""Earlier versions, checked once more: what breaks for those who stand in one, by what is published now.

The rules are those of every folder, with the version in the place of its journey.  Only errors
count, and none of its entries: nobody enters it any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from journeys.check.folder import RULES, left_out
from journeys.check.places import conditions_of, sends, touches_of
from journeys.check.rules import Folder
from journeys.check.touches import faults_of_words, words_fault
from journeys.definition.earlier import ReadAgain
from journeys.definition.load import Reading
from journeys.definition.model import Definitions, Finding, Journey, Path
from journeys.errors import Problem

# It is told of whatever took the name, in whichever file.
_CLASH: Final = "name-clash"


def broken(reading: Reading, definitions: Definitions, again: ReadAgain) -> tuple[Problem, ...]:
    """What is wrong with a version that was right when it was published: in its own lines, then in its words.

    `definitions` are the folder's with all versions that go on; `reading` knows the lines of the folder's files.
    """
    errors = [finding for finding in again.findings if finding.severity == "error"]
    words: list[Finding] = []
    if again.earlier is not None:
        errors += _by_rules(definitions, again, errors)
        words += _in_words(definitions, again.earlier.journey)
    found = {again.problem(finding): None for finding in errors if finding.path[:1] != ("enter",)}
    told = sorted(found, key=lambda problem: (problem.line, problem.column))
    return (*told, *[reading.problem(finding) for finding in words])


def otherwise_read(before: Journey, again: ReadAgain) -> Problem:
    """That a version without a mistake would mean something else from now on, at the first place where it does."""
    assert again.earlier is not None
    return again.problem(
        Finding(
            file=again.version.file,
            path=_first_change(before, again.earlier.journey),
            rule="another-meaning",
            message="by what brand.yaml says now this means something else than when it was published",
            why="they would be led another way than the one they entered",
            help="leave the types of what it reads as they were, and give what is new a name of its own",
        )
    )


def _by_rules(definitions: Definitions, again: ReadAgain, errors: list[Finding]) -> Iterator[Finding]:
    assert again.earlier is not None
    file = again.version.file
    journeys = {**definitions.journeys, again.version.name: again.earlier.journey}
    folder = Folder(
        definitions=replace(definitions, journeys=journeys, earlier=()),
        left_out=left_out(errors),
        texts={file: again.document.text},
    )
    for rule in RULES:
        if rule.severity == "error":
            for finding in rule.findings(folder):
                if finding.file == file:
                    yield finding
                elif finding.rule == _CLASH:
                    yield replace(finding, file=file, path=("journey",))


def _in_words(definitions: Definitions, journey: Journey) -> Iterator[Finding]:
    """Of touches that nobody sends but earlier versions: in the folder itself nobody could say what these keep."""
    folder = Folder(definitions=definitions)
    for name in _touches_sent(journey):
        touch = definitions.touches.get(name)
        if touch is not None and name not in folder.senders:
            senders = [each.journey for each in definitions.earlier if name in _touches_sent(each.journey)]
            for file, fault in faults_of_words(folder, touch, senders):
                yield words_fault.finding(file, fault)


def _touches_sent(journey: Journey) -> dict[str, None]:
    return dict.fromkeys(touch for entry in sends(journey) for touch, _ in touches_of(entry))


def _first_change(before: Journey, now: Journey) -> Path:
    """The first condition that differs, what its entries keep coming last; the whole file where none does."""
    changed = [
        new.path for old, new in zip(conditions_of(before), conditions_of(now)) if old.condition != new.condition
    ]
    return min(changed, key=lambda path: path[0] == "enter", default=())
