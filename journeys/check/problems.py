"""A problem in words: for a person, as the compiler of a careful language would say it, or for a program."""

from __future__ import annotations

from collections.abc import Iterable

from journeys.errors import Problem

_MARGIN = "   "
_SHOWN_MAX = 160  # a longer line is shown around the caret only: a terminal would fold it and lose the caret


def text_of(problem: Problem) -> str:
    """Plain text of several lines, without a line break at its end."""
    source, column, length = _window(problem)
    number = str(problem.line)
    margin = " " * max(len(number), len(_MARGIN) - 1) + " "
    caret = " " * (column - 1) + "^" * length
    return "\n".join(
        (
            f"{problem.file}:{problem.line}:{problem.column}: {problem.severity}[{problem.rule}]: {problem.message}",
            f"{margin}|",
            f"{number:<{len(margin) - 1}} | {source}".rstrip(),
            f"{margin}| {caret}",
            f"{margin}= why: {problem.why}",
            f"{margin}= help: {problem.help}",
        )
    )


def _window(problem: Problem) -> tuple[str, int, int]:
    source, column = problem.source, problem.column
    length = max(1, min(problem.length, len(source) - column + 1))
    if len(source) <= _SHOWN_MAX:
        return source, column, length
    begin = max(0, min(column - 1 - _SHOWN_MAX // 4, len(source) - _SHOWN_MAX))
    end = begin + _SHOWN_MAX
    shown = ("…" if begin else "") + source[begin:end] + ("…" if end < len(source) else "")
    column += (1 if begin else 0) - begin
    return shown, column, max(1, min(length, _SHOWN_MAX - column + 1))


def json_of(problems: Iterable[Problem]) -> list[dict[str, object]]:
    """The same for programs.  The keys and their order are a promise."""
    return [
        {
            "file": problem.file,
            "line": problem.line,
            "column": problem.column,
            "length": problem.length,
            "severity": problem.severity,
            "rule": problem.rule,
            "message": problem.message,
            "why": problem.why,
            "help": problem.help,
            "source": problem.source,
        }
        for problem in problems
    ]
