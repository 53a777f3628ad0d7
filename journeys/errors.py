"""What can go wrong, by who can mend it.

An error belongs to one reader and its class says which.  Whatever escapes and is not a
`JourneysError` is our own bug, and crashes with its traceback.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake in a definition file, where it stands and what it would mean.

    `line` and `column` count from 1.  `length` is how many characters the caret
    underlines; `source` is the offending line without its line break.
    """

    file: str
    line: int
    column: int
    length: int
    severity: Severity
    rule: str
    message: str
    why: str
    help: str
    source: str


class JourneysError(Exception):
    """The root of every error we raise on purpose."""


class DefinitionError(JourneysError):
    """The author mends the files.  Carries every problem at once, in file order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"{len(problems)} problem{'' if len(problems) == 1 else 's'} in the definitions")
        self.problems = problems


class InputError(JourneysError):
    """The caller mends what was handed in: an event file, a trace, a customer's name."""


class ConfigurationError(JourneysError):
    """The operator mends the setup; the message names the variable or the option."""
