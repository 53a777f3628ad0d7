"""`journeys show --format markdown`: a journey as a page for whoever reads a repository, with its diagram.

It says what the definition says, so it is the same whoever makes it, and a test can hold it to that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from journeys.core.machine import mermaid
from journeys.core.table import MoveRow, SendRow, say_when, sends, table
from journeys.definition.model import Goal, Journey, Reenter
from journeys.definition.words import say_condition, say_events, say_exact, say_share

_TICKS: Final = re.compile("`+")
_ACTIVE: Final = re.compile(r"([\\`*_\[\]<>&#|~])")


def write_journey(journey: Journey) -> Iterator[str]:
    """Line after line."""
    yield from (f"# {_plain(journey.title)}", "")
    yield from ("| journey | audience | owner | priority |", "| --- | --- | --- | --- |")
    yield _row(_code(journey.name), journey.audience, _plain(journey.owner), str(journey.priority))
    yield ""
    for name, said in _facts(journey):
        yield f"- {name} {said}"
    yield from ("", "```mermaid", mermaid(journey).rstrip("\n"), "```", "")
    yield from ("## Moves, in the order in which they are tried", "", *_table(("in", "to", "when"), table(journey)))
    if touches := sends(journey):
        yield from ("", "## Touches", "", *_table(("in", "touch", "when"), touches))


def _facts(journey: Journey) -> Iterator[tuple[str, str]]:
    if journey.key is not None:
        yield "One enrollment for each", _code(journey.key)
    yield "Comes back:", _say_reenter(journey.reenter)
    if journey.goal is not None:
        yield "Goal:", _say_goal(journey.goal)
    arms = journey.arms
    kept = [(arms.holdout, "holdout"), (arms.generic, "generic")]
    named = [f"{name} {say_share(share)}" for share, name in kept if share]
    if named:
        yield "Arms:", f"{', '.join(named)}, the rest personalized"
    if journey.hold is not None:
        at_most = "" if journey.hold.at_most is None else f", for {say_exact(journey.hold.at_most)} at most"
        yield "On hold while", f"{_code(say_condition(journey.hold.condition))}{at_most}"


def _say_reenter(reenter: Reenter) -> str:
    if not reenter.after:
        return reenter.kind
    return f"{say_exact(reenter.after)} {reenter.kind}"


def _say_goal(goal: Goal) -> str:
    said = _code(say_events(goal.on))
    if goal.condition is not None:
        said += f", if {_code(say_condition(goal.condition))}"
    if goal.within is not None:
        said += f", within {say_exact(goal.within)}"
    return said if goal.value is None else f"{said}; its value is {_code(say_condition(goal.value))}"


# ---------------------------------------------------------------- Markdown itself


def _table(titles: Sequence[str], rows: Sequence[MoveRow | SendRow]) -> Iterator[str]:
    yield _row(*titles)
    yield _row(*["---"] * len(titles))
    before = ""
    for each in rows:
        to = each.to if isinstance(each, MoveRow) else each.touch
        yield _row("" if each.state == before else _code(each.state), _code(to), _code(say_when(each)))
        before = each.state


def _row(*cells: str) -> str:
    # In a table a bar ends the cell even inside code.
    barred = [cell.replace("|", r"\|") for cell in cells]
    return f"| {' | '.join(barred)} |"


def _code(text: str) -> str:
    """Text as code, in which nothing is read as Markdown; in a longer fence than any within it."""
    fence = "`" * (1 + max([len(ticks) for ticks in _TICKS.findall(text)], default=0))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _plain(text: str) -> str:
    """Text as text."""
    return _ACTIVE.sub(r"\\\1", " ".join(text.split()))
