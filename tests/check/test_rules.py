"""Each rule, broken in one place of a folder that is otherwise fine."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from base import FILES, Case, read_cases, write

from journeys.check.folder import RULES, check_folder
from journeys.errors import Problem

CASES = read_cases(Path(__file__).with_name("cases.txt"))
MISTAKES = [case for case in CASES if case.rule != "nothing"]
FINE = [case for case in CASES if case.rule == "nothing"]

# Of these another mistake follows, and it is right to tell both.
_TWO = (
    "two stages that only lead to each other",
    "a move that can never be taken",
    "a stage whose end is behind a condition that never holds",
    "a journey that nobody can enter",
    "a segment someone hears of, with such an instant",
)
# A rule that hands on what `content` finds tells it under `content`'s names.
_HANDED_ON = {"words-fault": {"words-syntax", "unknown-name", "unfilled-value"}}


def _check(folder: Path, files: dict[str, str]) -> tuple[Problem, ...]:
    return check_folder(write(folder, files)).problems


def test_the_folder_that_the_cases_break_has_no_problem(tmp_path: Path) -> None:
    assert _check(tmp_path, FILES) == ()


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case.what)
def test_a_mistake_is_told_once_where_it_stands(case: Case, tmp_path: Path) -> None:
    problems = _check(tmp_path, case.files)

    if case.what not in _TWO:
        assert len(problems) == 1, [(problem.line, problem.rule, problem.message) for problem in problems]
    told = [problem for problem in problems if problem.rule == case.rule]
    assert told, [(problem.rule, problem.message) for problem in problems]
    if "«" in case.marked:
        before, underlined = case.marked.split("«")[0], case.marked.split("«")[1].split("»")[0]
        place = (before.count("\n") + 1, len(before) - before.rfind("\n"), len(underlined))
        assert place in [(p.line, p.column, p.length) for p in told if p.file == str(tmp_path / case.file)]
    assert all(problem.why and problem.help and problem.message for problem in told)


@pytest.mark.parametrize("case", FINE, ids=lambda case: case.what)
def test_what_is_fine_is_not_told(case: Case, tmp_path: Path) -> None:
    assert [(problem.line, problem.rule) for problem in _check(tmp_path, case.files)] == []


def test_every_rule_has_a_mistake_in_each_kind_of_file_that_it_looks_at() -> None:
    rules = Counter(rule.name for rule in RULES)
    told = {case.rule for case in MISTAKES}
    kinds = {name: {_kind(case.file) for case in MISTAKES if case.rule == name} for name in rules}

    assert [
        name for name, count in rules.items() if len(kinds[name]) < count and not _HANDED_ON.get(name, set()) & told
    ] == []


def _kind(file: str) -> str:
    """touches, brand.yaml, sources.yaml, scenarios.yaml, or yaml for a journey."""
    return file.split("/")[0] if "/" in file or file in ("brand.yaml", "sources.yaml") else file.partition(".")[2]


def test_every_rule_shows_a_text_that_passes_and_one_that_fails() -> None:
    assert [rule.name for rule in RULES if "PASS" not in rule.proof or "FAIL" not in rule.proof] == []
