"""`journeys check`: the problems of the files, or one line that says what was checked."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from journeys.check.folder import Checked, check_folder
from journeys.check.problems import json_of, text_of
from journeys.cli.main import FINE, PROBLEMS
from journeys.cli.page import Page, Style, count_of, print_json
from journeys.cli.places import Asked, folders_of
from journeys.errors import DefinitionError, Problem


def check_paths(paths: list[Path], *, is_json: bool) -> int:
    """Prints to standard output.  Warnings alone are no failure."""
    checked = [(asked, check(asked)) for asked in folders_of(paths)]
    if is_json:
        print_json(_as_json(checked))
    else:
        page = Page()
        for asked, one in checked:
            print_checked(page, asked, one)
    has_errors = any(problem.severity == "error" for asked, one in checked for problem in _shown(asked, one))
    return PROBLEMS if has_errors else FINE


def check(asked: Asked) -> Checked:
    """Raises InputError for a folder that is not there, and for a file that was named and nobody reads."""
    checked = check_folder(asked.folder)
    asked.see_all_read(_looked_at(checked))
    return checked


def _looked_at(checked: Checked) -> set[str]:
    """The files that could be read, and those that should have been."""
    told = {problem.file for problem in checked.problems if problem.rule not in ("unknown-file", "missing-brand")}
    return {*checked.reading.files, *told}


def print_refusal(error: DefinitionError) -> None:
    """What a command that needs whole definitions says when they are not."""
    page = Page(sys.stderr)
    _print_problems(page, error.problems)
    page.line(f"journeys: {_say_counts(error.problems)} to mend first")


def _shown(asked: Asked, checked: Checked) -> list[Problem]:
    return [problem for problem in checked.problems if asked.has(problem.file)]


def print_checked(page: Page, asked: Asked, checked: Checked) -> None:
    shown = _shown(asked, checked)
    _print_problems(page, shown)
    what = ", ".join(sorted(asked.files)) if asked.files else _say_contents(checked)
    has_errors = any(problem.severity == "error" for problem in shown)
    style: Style = "red" if has_errors else "yellow" if shown else "green"
    page.line(f"checked {what}: ", (_say_counts(shown), style))
    if others := len(checked.problems) - len(shown):
        page.line((f"{count_of(others, 'problem')} in other files of {asked.folder} not shown", "dim"))


def _print_problems(page: Page, problems: Sequence[Problem]) -> None:
    for problem in problems:
        colour: Style = "red" if problem.severity == "error" else "yellow"
        first, margin, source, caret, *notes = text_of(problem).split("\n")
        mark = f"{problem.severity}[{problem.rule}]"
        before, _, after = first.partition(mark)
        page.line_to_copy(before, (mark, colour), (after, "bold"))
        page.line_to_copy(margin)
        page.line_to_copy(source)
        page.line_to_copy((caret, colour))
        for note in notes:
            page.line(note)
        page.line()


def _say_contents(checked: Checked) -> str:
    definitions = checked.reading.definitions
    if definitions is None:
        # A file that is no text at all was looked at too.
        return count_of(len(_looked_at(checked)), "file")
    contents = [
        count_of(len(definitions.journeys), "journey"),
        f"{len(definitions.touches):,} touch{'' if len(definitions.touches) == 1 else 'es'}",
        count_of(len(checked.reading.scenarios), "scenario"),
    ]
    if populations := len(checked.reading.populations):
        contents.append(count_of(populations, "population"))
    return ", ".join(contents)


def _say_counts(problems: Sequence[Problem]) -> str:
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    said = [count_of(count, thing) for count, thing in ((errors, "error"), (warnings, "warning")) if count]
    return " and ".join(said) or "no problems"


def _as_json(checked: Sequence[tuple[Asked, Checked]]) -> dict[str, object]:
    shown = [problem for asked, one in checked for problem in _shown(asked, one)]
    whole = [one.reading.definitions for _, one in checked if one.reading.definitions is not None]
    return {
        "journeys": sum(len(definitions.journeys) for definitions in whole),
        "touches": sum(len(definitions.touches) for definitions in whole),
        "scenarios": sum(len(one.reading.scenarios) for _, one in checked),
        "populations": sum(len(one.reading.populations) for _, one in checked),
        "errors": sum(problem.severity == "error" for problem in shown),
        "warnings": sum(problem.severity == "warning" for problem in shown),
        "problems": json_of(shown),
    }
