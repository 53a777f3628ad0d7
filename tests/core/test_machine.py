"""The machine of `transitions` takes the moves that the table takes, and refuses what nobody could walk through."""

from __future__ import annotations

import gzip
from dataclasses import replace
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.core.compiling import compile_program
from journeys.core.customer import Enrollment, Event, new_enrollment
from journeys.core.intake import new_customer, read_event
from journeys.core.machine import Reference, build
from journeys.core.program import MoveProgram, Program
from journeys.core.turn import advance
from journeys.definition.model import Clock, Entry, Journey, Move, SendEntry, Span, Stage, Step
from tests.streams import definitions, relaxed

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "tests" / "data" / "complete-journey" / "events.jsonl.gz"
SHIPPED = definitions("shipped")


def journey(*stages: Stage, anywhere: tuple[Move, ...] = (), to: str | None = None) -> Journey:
    first = stages[0]
    way_in = to or (f"{first.name}.{first.steps[0].name}" if first.steps else first.name)
    return Journey(
        name="cart",
        file="cart.yaml",
        title="A small one",
        owner="a@b.example",
        audience="b2c",
        enter=(Entry(to=way_in, path=("enter", 0), on=("cart_updated",)),),
        stages=stages,
        anywhere=anywhere,
    )


def compiled(source: Journey) -> Program:
    """A program of this journey alone, within the shipped brand."""
    brand = replace(SHIPPED.brand, segments={}, suppress=(), caps=())
    return compile_program(replace(SHIPPED, brand=brand, journeys={source.name: source}), salt="s")


def situations(program: Program) -> list[tuple[Enrollment, list[MoveProgram]]]:
    """Every state of every journey with every set of moves that is ever asked about there."""
    found = []
    for each in program.journeys:
        for state in each.states:
            enrollment = new_enrollment(each, 1, None, 0, 0)
            enrollment.state = state.index
            settling = [*state.whenever, *[item.move for item in state.items if item.move is not None]]
            settling.sort(key=lambda move: move.order)
            found += [(enrollment, moves) for moves in [*state.on.values(), settling]]
    return found


def assert_agreement(program: Program) -> int:
    """Asks about every outcome of the conditions, and returns how many there were."""
    reference, asked = Reference(program), 0
    for enrollment, moves in situations(program):
        for allowed in product([False, True], repeat=len(moves)):
            asked += 1
            chosen = reference.choose(enrollment, moves, allowed)
            assert chosen == (allowed.index(True) if True in allowed else -1)
    return asked


def test_in_every_shipped_journey_the_machine_takes_the_first_move_that_holds():
    assert assert_agreement(compile_program(SHIPPED, salt="s")) > 300


STEPS = ("one", "two")
STATES = ("need", "selection.one", "selection.two", "support")
EVENTS_HEARD = ("cart_updated", "order_placed", "touch.opened", "cart-reminder.opened")
AFTER = Clock(after=Span(unit="days", amount=1))


@st.composite
def moves(draw, path: str) -> tuple[Move, ...]:
    found = []
    for place in range(draw(st.integers(0, 3))):
        to = draw(st.sampled_from([*STATES, "end.a", "end.b-c", "stay", "again"]))
        on = draw(st.lists(st.sampled_from(EVENTS_HEARD), max_size=2).map(tuple))
        clock = None if on else draw(st.sampled_from([None, AFTER]))
        found.append(Move(to=to, path=(path, place), on=on, clock=clock))
    return tuple(found)


@st.composite
def journeys(draw) -> Journey:
    steps = tuple(Step(name=name, path=(name,), move=draw(moves(name))) for name in STEPS)
    reminder = SendEntry(touches=("cart-reminder",), otherwise="cart-questions", path=("send", 0))
    return journey(
        Stage(name="need", path=("need",), move=draw(moves("need")), send=(reminder,)),
        Stage(name="selection", path=("selection",), move=draw(moves("selection")), steps=steps),
        Stage(name="support", path=("support",), move=draw(moves("support"))),
        anywhere=draw(moves("anywhere")),
    )


@relaxed(120)
@given(source=journeys())
def test_in_any_journey_the_machine_takes_the_first_move_that_holds(source):
    assert_agreement(compiled(source))


def words(why: tuple) -> tuple:
    return tuple((each.at, each.event, each.properties) if isinstance(each, Event) else each for each in why)


def test_real_households_take_the_same_way_through_the_machine_as_through_the_table():
    program = compile_program(SHIPPED, salt="s", journeys=["grocery"])
    reference = Reference(program)
    households: dict[str, list[dict]] = {}
    with gzip.open(EVENTS) as lines:
        for line in lines:
            raw = msgspec.json.decode(line)
            if raw["customer"] in households or len(households) < 60:
                households.setdefault(raw["customer"], []).append(raw)

    moved = 0
    for name, raw in households.items():
        by_engine = []
        for chooser in (None, reference):
            events = [event for each in raw if (event := read_event(program, each)) is not None]
            begins_at, ends_at = min(event.at for event in events), max(event.at for event in events)
            customer = new_customer(
                program, name, {"email": "a@b.example"}, at=begins_at, consents=("offers", "personalization")
            )
            by_engine.append([words(why) for why in advance(program, customer, events, ends_at, chooser=chooser).whys])
        assert by_engine[0] == by_engine[1]
        moved += len(by_engine[0])
    assert moved > 1_000


def place_of(program: Program, state: str, event: str, allowed: list[bool]) -> tuple[list[str], int]:
    """The paths of the moves that an event tries in a state, and which the machine took."""
    found = program.journeys[0]
    enrollment = new_enrollment(found, 1, None, 0, 0)
    enrollment.state = found.state_names.index(state)
    tried = found.states[enrollment.state].on[program.names.events[event]]
    return [str(move.path[0]) for move in tried], Reference(program).choose(enrollment, tried, allowed)


def test_a_step_is_asked_before_its_stage_and_the_stage_before_anywhere():
    def leave(path: str) -> tuple[Move, ...]:
        return (Move(to="end.left", path=(path,), on=("order_placed",)),)

    step = Step(name="one", path=(), move=leave("step"))
    program = compiled(
        journey(Stage(name="selection", path=(), move=leave("stage"), steps=(step,)), anywhere=leave("anywhere"))
    )

    for allowed, taken in [([True] * 3, 0), ([False, True, True], 1), ([False, False, True], 2), ([False] * 3, -1)]:
        assert place_of(program, "selection.one", "order_placed", allowed) == (["step", "stage", "anywhere"], taken)


def test_arriving_again_by_a_stages_own_move_is_in_the_step_where_one_stands():
    again = Move(to="again", path=("again",), on=("order_placed",))
    steps = (Step(name="one", path=()), Step(name="two", path=()))
    program = compiled(journey(Stage(name="selection", path=(), move=(again,), steps=steps)))

    assert place_of(program, "selection.two", "order_placed", [True]) == (["again"], 0)


def test_again_arrives_where_one_stands_and_stay_does_not():
    moves = tuple(Move(to=to, path=(to,), on=(f"order_{to}",)) for to in ("again", "stay"))
    steps = (Step(name="one", path=()), Step(name="two", path=()))
    machine = build(journey(Stage(name="selection", path=(), move=moves, steps=steps)))
    token, arrivals = SimpleNamespace(state="selection.two", taken=None), []
    machine.on_enter("selection.two", lambda event_data: arrivals.append(event_data.model.state))

    for event, path in (("order_stay", "stay"), ("order_again", "again")):
        arrivals.append(event)
        assert machine.trigger_event(token, f"on {event}", allowed={(path,)})

    assert arrivals == ["order_stay", "order_again", "selection.two"]
    assert (token.state, token.taken) == ("selection.two", ("again",))


def test_a_table_that_leads_elsewhere_than_the_machine_is_noticed():
    leave = Move(to="support", path=("need", "move", 0), on=("order_placed",))
    program = compiled(
        journey(
            Stage(name="need", path=(), move=(leave,)), Stage(name="support", path=()), Stage(name="loyalty", path=())
        )
    )
    program.journeys[0].moves[0].to = program.journeys[0].state_names.index("loyalty")

    with pytest.raises(
        AssertionError, match=r"need\.move\.0 leads from 'need' to 'loyalty' by the table, and to 'supp"
    ):
        place_of(program, "need", "order_placed", [True])


def test_an_event_may_be_named_like_a_word_of_the_library():
    words_of_library = ("state", "trigger", "to", "need", "settle")
    leave = Move(to="end.left", path=(0,), on=words_of_library)

    machine = build(journey(Stage(name="need", path=(), move=(leave,))))

    assert sorted(machine.events) == sorted(f"on {event}" for event in words_of_library)


def test_no_condition_reaches_the_machine_as_text():
    for each in SHIPPED.journeys.values():
        transitions = build(each).get_transitions()
        assert transitions
        assert all(callable(condition.func) for way in transitions for condition in way.conditions)


@pytest.mark.parametrize("name", ["espresso", "cart", "trial", "nps", "grocery"])
def test_stages_hold_their_steps_and_the_end_its_reasons(name):
    source = SHIPPED.journeys[name]

    machine = build(source)

    states = [state for state in machine.get_nested_state_names() if not state.startswith("end")]
    assert states == [
        state
        for stage in source.stages
        for state in (stage.name, *[f"{stage.name}.{step.name}" for step in stage.steps])
    ]
    assert all(reason.final for reason in machine.states["end"].states.values())


def to(state: str, **given) -> Journey:
    return journey(
        Stage(name="need", path=(), move=(Move(to=state, path=("stages", "need", "move", 0), **given),)),
        Stage(name="selection", path=(), steps=(Step(name="one", path=()),)),
    )


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        pytest.param(to("evaluaton"), "stages.need.move.0 leads to 'evaluaton', which is not a", id="unknown state"),
        pytest.param(to("selection"), "leads to 'selection', which has steps", id="a stage that has steps"),
        pytest.param(to("selection.two"), "leads to 'selection.two', which is not", id="unknown step"),
        pytest.param(to("end."), "'' cannot be the name", id="an end without a reason"),
        pytest.param(to("end.a.b"), "'a.b' cannot be the name", id="a reason with a dot"),
        pytest.param(to("end.a", on=("x",), clock=AFTER), "both an event and a clock", id="an event and a clock"),
        pytest.param(journey(Stage(name="need", path=()), to="x"), "enter.0 leads to 'x'", id="unknown way in"),
        pytest.param(replace(to("stay"), stages=()), "it has no stage", id="no stage"),
        pytest.param(journey(Stage(name="end", path=())), "'end' is no stage", id="a stage named end"),
        pytest.param(journey(*[Stage(name="need", path=())] * 2), "'need' is there twice", id="a stage twice"),
        pytest.param(
            journey(Stage(name="need", path=(), steps=(Step(name="a", path=()),) * 2)),
            "'need.a' is there twice",
            id="a step twice",
        ),
        pytest.param(
            journey(Stage(name="need", path=(), steps=(Step(name="a.b", path=()),))),
            "'a.b' cannot be the name",
            id="a step with a dot",
        ),
    ],
)
def test_what_nobody_could_walk_through_is_refused_in_words(source, complaint):
    with pytest.raises(ValueError, match=r"^cart: ") as raised:
        build(source)

    assert complaint in str(raised.value)
