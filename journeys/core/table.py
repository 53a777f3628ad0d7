"""A journey as rows, for whoever prints a table: where one stands, what leads on, what is sent.

Rows hold words, in file order, and say nothing that the file does not.  They need no
machine and no terminal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from journeys.definition.model import Journey, Move, Path, SendEntry
from journeys.definition.words import say_clock, say_condition, say_entry, say_exact, say_touches, say_trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRow:
    """A way in (`state` is "enter"), or a move.  A stage's own moves carry its name, those of all states "anywhere"."""

    state: str
    trigger: str
    condition: str
    to: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRow:
    """A touch: of a state at its clock, or of a move (`when` says which, `state` is where it leads)."""

    state: str
    touch: str
    when: str
    condition: str
    path: Path


def table(journey: Journey) -> list[MoveRow]:
    """The entries, then every move in the order in which it is tried."""
    rows = [
        MoveRow(state="enter", trigger=say_entry(entry), condition="", to=entry.to, path=entry.path)
        for entry in journey.enter
    ]
    for owner, moves, _ in _owners(journey):
        rows += [_move_row(owner, move) for move in moves]
    return rows


def sends(journey: Journey) -> list[SendRow]:
    """Every send entry in file order, those of moves after those of their owner."""
    rows = []
    for owner, moves, entries in _owners(journey):
        rows += [_send_row(owner, entry, say_clock(entry.clock)) for entry in entries]
        for move in moves:
            state = owner if move.to in ("stay", "again") else move.to
            rows += [_send_row(state, entry, f"with {say_trigger(move)}") for entry in move.send]
    return rows


def say_when(row: MoveRow | SendRow) -> str:
    """Trigger and condition in one: `after 30 days, if event.total >= 5`."""
    trigger = row.trigger if isinstance(row, MoveRow) else row.when
    if not row.condition:
        return trigger
    return f"{trigger} {row.condition}" if trigger == "whenever" else f"{trigger}, if {row.condition}"


def moves_of(journey: Journey) -> Iterator[Move]:
    """Every move, in the order in which they are tried."""
    for _, moves, _ in _owners(journey):
        yield from moves


def _owners(journey: Journey) -> Iterator[tuple[str, tuple[Move, ...], tuple[SendEntry, ...]]]:
    for stage in journey.stages:
        for step in stage.steps:
            yield f"{stage.name}.{step.name}", step.move, step.send
        yield stage.name, stage.move, stage.send
    yield "anywhere", journey.anywhere, ()


def _move_row(owner: str, move: Move) -> MoveRow:
    condition = "" if move.condition is None else say_condition(move.condition)
    if move.for_ is not None:
        condition += f" for {say_exact(move.for_)}"
    return MoveRow(state=owner, trigger=say_trigger(move), condition=condition, to=move.to, path=move.path)


def _send_row(state: str, entry: SendEntry, when: str) -> SendRow:
    condition = "" if entry.condition is None else say_condition(entry.condition)
    return SendRow(state=state, touch=say_touches(entry), when=when, condition=condition, path=entry.path)
