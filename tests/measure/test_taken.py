"""What was taken is told by where it stands in the file, and what came to a state has left it or is there."""

from __future__ import annotations

from dataclasses import replace

from journeys.core.program import Program
from journeys.core.why import Why
from journeys.definition.model import Move
from journeys.measure.taken import Taken, taken_of
from journeys.measure.tally import Tally
from tests.measure.test_report import UNTIL, program, walk

__all__ = ["program"]

ORDER = {"order_id": "A1", "total": 12}
TASTED = (0, "tea_tasted", {"tea": "sencha"})


def taken(program: Program, *customers: list[Why]) -> Taken:
    tally = Tally(program)
    for whys in customers:
        tally.add(whys, UNTIL)
    return taken_of(tally, "first-cup")


def test_each_way_and_each_touch_is_told_by_its_path(program: Program) -> None:
    told = taken(
        program,
        walk(program, "ana", [TASTED, (1, "order_placed", ORDER), (6, "order_placed", ORDER | {"order_id": "A2"})]),
        walk(program, "ben", [TASTED]),
    )

    assert told.entered == {("enter", 0): 2}
    assert told.moved == {
        ("stages", "need", "move", 0): {"need": 1},
        ("stages", "need", "move", 1): {"need": 1},
        ("stages", "selection", "steps", "paid", "move", 0): {"selection.paid": 1},
        ("stages", "selection", "steps", "brewing", "move", 0): {"selection.brewing": 1},
    }
    assert told.sent[("stages", "need", "send", 0)] == 2
    assert told.sent[("stages", "selection", "send", 0)] >= 1
    assert told.now == {"loyalty": 1}
    assert told.erased == {}


def test_a_move_of_all_states_is_told_by_the_state_in_which_it_was_taken(program: Program) -> None:
    told = taken(
        program,
        walk(program, "ana", [TASTED, (1, "account_closed")]),
        walk(program, "ben", [TASTED, (1, "order_placed", ORDER), (2, "account_closed")]),
    )

    assert told.moved[("anywhere", 0)] == {"need": 1, "selection.paid": 1}


def test_erasure_leaves_a_state_by_no_move(program: Program) -> None:
    told = taken(program, walk(program, "ana", [TASTED, (1, "customer.erased")]))
    journey = program.journeys[0].definition

    assert (told.moved, told.erased, told.now) == ({}, {"need": 1}, {})
    assert (told.came(journey, "need"), told.left(journey, "need")) == (1, 1)


def test_who_comes_again_to_where_they_stand_neither_comes_nor_leaves(program: Program) -> None:
    definition = program.journeys[0].definition
    complained = Move(to="need", path=("anywhere", 1), on=("complaint_raised",))
    journey = replace(definition, anywhere=(*definition.anywhere, complained))
    told = Taken(entered={}, moved={complained.path: {"need": 3, "loyalty": 2}}, sent={}, erased={}, now={"need": 2})

    assert (told.times(complained), told.came(journey, "need"), told.left(journey, "need")) == (5, 2, 0)
    assert told.left(journey, "loyalty") == 2
