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
    """The caller mends what was handed in: an event file, a trace, a customer's name.

    `path` leads to the part that is to blame, from what was handed in; empty where it is not known, or all of it.
    """

    def __init__(self, message: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.path = path


class UnknownName(InputError):
    """A name that is not among those there are now; it may be one day, when it is published."""


class ConfigurationError(JourneysError):
    """The operator mends the setup; each message names the variable or the option."""

    def __init__(self, *messages: str) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages


class Gathered:
    """What is wrong with a setup, block by block, so that all of it is told at once."""

    def __init__(self) -> None:
        self._messages: dict[str, None] = {}

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, ConfigurationError):
            return False
        self._messages |= dict.fromkeys(error.messages)
        return True

    def see_none(self) -> None:
        """Raises ConfigurationError with everything that was found."""
        if self._messages:
            raise ConfigurationError(*self._messages)


class Conflict(JourneysError):
    """The caller asks again or stops: what was asked for is stale, unknown or withdrawn."""


class DeliveryError(JourneysError):
    """The provider failed.  The message may be logged: it names neither customer, words nor secrets.

    `said` is what the provider answered, shortened, without what we had sent.  It is for the outbox
    and never for a log, since it may still tell of the customer.
    """

    def __init__(self, message: str, *, said: str | None = None) -> None:
        super().__init__(message)
        self.said = said


class Transient(DeliveryError):
    """Another attempt may succeed.

    `retry_after` is how long the provider asks to be left alone, in microseconds.  With
    `is_unsure` nobody knows whether it was accepted all the same: where rather none than twice
    should go, that is the end of it.
    """

    def __init__(
        self, message: str, *, said: str | None = None, retry_after: int | None = None, is_unsure: bool = False
    ) -> None:
        super().__init__(message, said=said)
        self.retry_after = retry_after
        self.is_unsure = is_unsure


class Permanent(DeliveryError):
    """Every attempt would fail in the same way."""
