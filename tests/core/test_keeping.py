"""Keeping: who is packed and unpacked between any two turns decides as one who never was."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
import walk as walking
from hypothesis import given
from hypothesis import strategies as st
from walk import DAY, HOUR, Story, Walk, journey

from journeys.core.calendar import MINUTE, parse_moment
from journeys.core.compiling import compile_program
from journeys.core.customer import Customer, Event, Sending
from journeys.core.effects import SendTouch
from journeys.core.intake import make_event, new_customer, read_event
from journeys.core.keeping import ChangedJourney, Layout, UnreadableCustomer, carry_over, layout_of, pack, unpack
from journeys.core.packed import PackedCustomer, PackedEnrollment
from journeys.core.program import Program
from journeys.core.trace import Teller
from journeys.core.turn import Turn, accept_touch, advance, ask_again
from journeys.core.why import Why
from journeys.definition.load import read_folder
from journeys.definition.model import (
    Cap,
    Channel,
    Condition,
    Definitions,
    Entry,
    Field,
    Journey,
    Literal_,
    Person,
    Purpose,
    Stage,
)
from journeys.definition.model import Event as ModelEvent
from tests.simulate.stall import SHIPPED, World, make_plan
from tests.streams import definitions, program, reading, relaxed, to_events
from tests.telling import both, led, picture, slots_of, trace

HOUSEHOLDS = Path(__file__).parents[1] / "data" / "complete-journey" / "events.jsonl.gz"
BRAND = """\
segments:
  lookers: 'count("looked", "7 days") >= 2'
scores:
  warmth: {half_life: 2 days, add: {looked: 3}}
"""
LISTENER = """\
need:
  rest: true
  send:
    - {touch: spark, after: 1 day}
    - {touch: more, after: 2 days, if: 'score("warmth") > 1 and count("looked", "30 days") > 0'}
  move:
    - {on: looked, to: stay, keep: {skus: event.skus, sku: event.sku}}
    - {on: moved_on, to: again}
    - {if: 'sum("looked.n", "9 days") > 100 or customer.tickets > 5', to: end.busy}
    - {after: 60 days, to: end.over}
"""
POPULATED = sorted(reading("shipped").populations)


def kept(compiled: Program, customer: Customer) -> Customer:
    """The customer as whoever keeps them would have them back."""
    return unpack(compiled, customer.id, pack(customer))


def _again(folder: Path, files: Mapping[str, str]) -> Program:
    """The folder compiled once more, with other files."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    found = read_folder(folder).definitions
    assert found is not None
    return compile_program(found, salt="walk")


# ---------------------------------------------------------------- decisions


def _slices(events: Sequence[Event], seed: int) -> Iterator[tuple[list[Event], int]]:
    """Events as they come in: alone, several at once, some a while after they happened; and wakes in between."""
    r = Random(seed)
    rest = sorted(events, key=lambda each: each.at)
    now = rest[0].at if rest else 0
    while rest:
        count = r.choice([1, 1, 1, 2, 5])
        taken, rest = rest[:count], rest[count:]
        now = max(now, taken[-1].at + r.choice([0, 0, 0, MINUTE, 3 * HOUR]))
        yield taken, now
        if rest and rest[0].at > now and r.random() < 0.4:
            now += r.randrange(rest[0].at - now)
            yield [], now


def _walked(
    compiled: Program,
    customer: Customer,
    events: Sequence[Event],
    until: int,
    *,
    is_kept: bool,
    at_once: bool,
    seed: int,
) -> tuple[bytes, list[Any], Any]:
    """What was decided, what was asked of the world, and the customer at the end.

    Not at once: some of what was let go is accepted two slices later, some is asked about again.
    """
    whys: list[Why] = []
    asked: list[Any] = []
    on_their_way: list[list[SendTouch]] = []
    count = 0
    for taken, now in [*_slices(events, seed), ([], until)]:
        turns = [advance(compiled, customer, taken, now, is_accepted_at_once=at_once)]
        on_their_way.append([each for each in turns[0].effects if isinstance(each, SendTouch)])
        if not at_once and len(on_their_way) > 2:
            for sent in on_their_way[-3]:
                count += 1
                if count % 4 == 0:
                    turns.append(
                        ask_again(compiled, customer, now, keys=frozenset([sent.key]), is_accepted_at_once=False)
                    )
                else:
                    turns.append(accept_touch(compiled, customer, sent, now))
        for each in turns:
            whys += each.whys
            asked += [(type(effect).__name__, effect.key) for effect in each.effects]
        if is_kept:
            customer = kept(compiled, customer)
    return trace(compiled, whys), asked, picture(customer)


def _assert_keeping_changes_nothing(
    compiled: Program, customer: Customer, events: Sequence[Event], until: int, *, at_once: bool, seed: int
) -> bytes:
    never, packed = (
        _walked(compiled, customer.copy(), events, until, is_kept=is_kept, at_once=at_once, seed=seed)
        for is_kept in (False, True)
    )

    assert never == packed
    return never[0]


@cache
def _world(*journeys: str) -> World:
    return World(make_plan(SHIPPED, *journeys, days=120))


@pytest.mark.parametrize("at_once", [True, False], ids=["accepted at once", "accepted later"])
@pytest.mark.parametrize(
    "journeys",
    [*[pytest.param((name,), marks=pytest.mark.long) for name in POPULATED], tuple(POPULATED)],
    ids=" ".join,
)
@relaxed(12)
@given(number=st.integers(0, 1_000_000), seed=st.integers(0, 1 << 30))
def test_simulated_customers_who_are_kept_between_turns_decide_as_ever(
    journeys: tuple[str, ...], at_once: bool, number: int, seed: int
) -> None:
    world = _world(*journeys)
    life = world.life
    life.live(number)
    events = list(life.recorded)
    life.hand.begin(number, life.seed + number, world.program.brand_zone)
    people = life.compiled.people
    customer = people.make(f"c{number:07}", people.kind(life.hand), life.hand)

    _assert_keeping_changes_nothing(
        world.program, customer, events, max(world.plan.until, customer.as_of), at_once=at_once, seed=seed
    )


@pytest.mark.parametrize("at_once", [True, False], ids=["accepted at once", "accepted later"])
@both
@relaxed(20)
@given(data=st.data(), seed=st.integers(0, 1 << 30))
def test_busy_customers_who_are_kept_between_turns_decide_as_ever(
    folder: str, at_once: bool, data: st.DataObject, seed: int
) -> None:
    compiled, customer, raw, until = led(data, folder, arm=data.draw(st.sampled_from([None, 0, 1, 2])))

    _assert_keeping_changes_nothing(compiled, customer, to_events(compiled, raw), until, at_once=at_once, seed=seed)


@pytest.mark.parametrize(
    "at_once", [pytest.param(True, marks=pytest.mark.long), False], ids=["accepted at once", "accepted later"]
)
def test_real_households_who_are_kept_between_turns_decide_as_ever(at_once: bool) -> None:
    compiled = program()
    found: dict[str, list[Event]] = {}
    names: dict[str, int] = {}
    with gzip.open(HOUSEHOLDS) as file:
        for line in file:
            raw = msgspec.json.decode(line)
            if names.setdefault(raw["customer"], len(names)) % 150 == 0:
                event = read_event(compiled, raw)
                if event is not None:
                    found.setdefault(raw["customer"], []).append(event)

    told = b""
    for number, (name, events) in enumerate(found.items()):
        start, until = min(each.at for each in events), max(each.at for each in events) + 30 * DAY
        fields = {"email": "a@example.com", "device": "token"}
        customer = new_customer(compiled, name, fields, at=start, consents=["offers", "surveys", "personalization"])
        told += _assert_keeping_changes_nothing(compiled, customer, events, until, at_once=at_once, seed=number)

    assert told.count(b'"answer":"sent"') + told.count(b'"answer":"admitted"') > 50


# ---------------------------------------------------------------- values


def _exactly(value: Any) -> Any:
    """Everything in a customer, with the type of each value: a tuple is no list, and 1 is neither 1.0 nor true."""
    if isinstance(value, list | tuple):
        return (type(value).__name__, [_exactly(each) for each in value])
    if isinstance(value, dict):
        return [(_exactly(key), _exactly(each)) for key, each in value.items()]
    if type(value).__name__ in ("Customer", "Enrollment", "Waiting", "Sending"):
        return {name: _exactly(getattr(value, name)) for name in slots_of(type(value))}
    return (type(value).__name__, value)


@both
@relaxed(60)
@given(data=st.data())
def test_what_is_unpacked_is_what_was_packed_to_the_type_of_each_value(folder: str, data: st.DataObject) -> None:
    compiled, customer, raw, until = led(data, folder)
    cut = data.draw(st.integers(0, until))

    advance(compiled, customer, to_events(compiled, raw), cut, is_accepted_at_once=False)

    assert _exactly(kept(compiled, customer)) == _exactly(customer)


def test_a_list_can_be_the_key_that_is_remembered(tmp_path: Path) -> None:
    once = journey(
        "need: {rest: true, move: [{on: left_us, to: end.left}]}",
        top="key: event.skus",
        enter="[{on: looked, to: need}]",
    )
    walk = Walk(tmp_path, once)
    walk.on("looked", skus=["a", "b"])
    walk.on("left_us")
    walk.on("looked", skus=["c"])

    customer = kept(walk.program, walk.customer)

    assert _exactly(customer) == _exactly(walk.customer)
    assert list(customer.past) == [(0, ("a", "b"))]


def test_numbers_that_outgrew_64_bits_come_back(tmp_path: Path) -> None:
    cubed = journey("need: {rest: true}", enter="[{on: began, to: need, keep: {n: 'event.n * event.n * event.n'}}]")
    purposes = "".join([f"  p{number}: {{class: requested}}\n" for number in range(70)])
    brand = walking.BRAND.replace("purposes:\n", f"purposes:\n{purposes}")
    walk = Walk(tmp_path, cubed)
    compiled = _again(tmp_path, {"brand.yaml": brand})
    customer = new_customer(compiled, "ana", {}, at=walk.now, consents=["p69", "offers"])
    begin = make_event(compiled, "began", walk.now, {"n": -(10**14)})
    assert begin is not None

    advance(compiled, customer, [begin], walk.now)

    assert customer.enrollments[0].kept == [-(10**42)]
    assert customer.consents > 1 << 64
    assert _exactly(kept(compiled, customer)) == _exactly(customer)


# ---------------------------------------------------------------- what cannot be read


def _spoilt(packed: Any, *places: str | int, by: Any) -> Any:
    """With another value at a place in it, which is told by the names of fields."""
    if not places:
        return by
    first, *further = places
    if isinstance(first, str):
        first = next(
            each.__struct_fields__.index(first)
            for each in (PackedCustomer, PackedEnrollment)
            if first in each.__struct_fields__
        )
    spoilt = packed.copy()
    spoilt[first] = _spoilt(packed[first], *further, by=by)
    return spoilt


@pytest.mark.parametrize(
    ("places", "by", "because"),
    [
        pytest.param((), {}, "Expected `array`, got `object`", id="no list"),
        pytest.param((), [], "Expected `array` of at least length 26", id="nothing"),
        pytest.param((), [1], "Expected `array` of at least length 26, got 1", id="cut off"),
        pytest.param(("format",), 99, "its format is 99, not 1", id="of another format"),
        pytest.param(("as_of",), "soon", "Expected `int`, got `str`", id="a text for an instant"),
        pytest.param(("as_of",), 1.5, "Expected `int`, got `float`", id="half an instant"),
        pytest.param(("zone",), "Atlantis/Main", "not a time zone", id="no zone"),
        pytest.param(("consents",), {"number": "many"}, "invalid literal", id="no mask"),
        pytest.param(("consents",), {}, "'number'", id="a mask of nothing"),
        pytest.param(("fields",), [None], "it should have 15 fields", id="fields of another brand"),
        pytest.param(("facts",), [None, None], "it should have 4 facts", id="facts of another brand"),
        pytest.param(("facts", 0), 7, "", id="a number for moments"),
        pytest.param(("triggers",), [3], "it should have 0 answers", id="answers of other entries"),
        pytest.param(("enrollments", 0), [1], "array", id="an enrollment cut off"),
        pytest.param(("enrollments", 0, "journey"), 7, "index", id="no such journey"),
        pytest.param(("enrollments", 0, "journey"), -1, "nobody can stand", id="a journey below none"),
        pytest.param(("enrollments", 0, "state"), 5, "index", id="no such state"),
        pytest.param(("enrollments", 0, "stage"), 1, "nobody can stand in state 0", id="a state of another stage"),
        pytest.param(
            ("enrollments", 0, "visits"), [1, 2, 3], "it should have 1 visits", id="visits of another journey"
        ),
        pytest.param(("enrollments", 0, "fired"), [[1, 2]], "Expected `object`", id="no dict of what fired"),
        pytest.param(("enrollments", 0, "plan"), [7], "Expected `array`", id="no plan"),
        pytest.param(("waiting",), [[9, 0, 0, 1, 0, 5, 5, 0]], "9", id="a touch of nobody's"),
        pytest.param(("waiting",), [[1, 99, 0, 1, 0, 5, 5, 0]], "index", id="a touch of no entry"),
        pytest.param(("waiting",), [[1, 0, 0, 1, 0, 5, 5, 0]], "nothing is sent", id="a touch of a move"),
        pytest.param(("caps",), [1], "Expected `object`", id="no dict of caps"),
        pytest.param(("told_at",), 3, "Expected `array`", id="no list of words"),
    ],
)
def test_what_is_no_customer_of_these_definitions_is_refused_and_named(
    tmp_path: Path, places: tuple[str | int, ...], by: Any, because: str
) -> None:
    walk = Walk(tmp_path, journey(LISTENER), brand=BRAND)
    walk.on("began", n=3)
    walk.on("looked", sku="a", skus=["x", "y"])
    packed = msgspec.msgpack.decode(pack(walk.customer), strict=False)

    with pytest.raises(UnreadableCustomer, match=r"customer 'ana' cannot be read: ") as caught:
        unpack(walk.program, "ana", msgspec.msgpack.encode(_spoilt(packed, *places, by=by)))

    assert because in str(caught.value)


@pytest.mark.parametrize("value", [b"", b"\xc1", b"{}", bytes(64), b"\x91" * 100_000], ids=len)
def test_bytes_that_are_no_customer_at_all_are_refused_too(tmp_path: Path, value: bytes) -> None:
    walk = Walk(tmp_path, journey(LISTENER), brand=BRAND)

    with pytest.raises(UnreadableCustomer, match="customer 'ana' cannot be read: "):
        unpack(walk.program, "ana", value)


# ---------------------------------------------------------------- another publication


def _rearranged(found: Definitions) -> Definitions:
    """The same journeys among definitions where every list of names stands the other way round, with more in it."""
    brand = found.brand
    sometime = Condition(text="false", node=Literal_(value=False, type="boolean"), type="boolean")
    events = {
        name: replace(event, properties=_turned({**event.properties, "more": "text"}))
        for name, event in _turned({**brand.events, **_named("renamed_since")}).items()
    }
    added = Journey(
        name="added",
        file="added.yaml",
        title="",
        owner="",
        audience="b2c",
        priority=1_000,
        enter=(Entry(to="need", path=(), on=("renamed_since",)), Entry(to="need", path=(), condition=sometime)),
        stages=(Stage(name="need", path=(), rest=True),),
    )
    engine = {name: event for name, event in found.heard.items() if name not in brand.events}
    engine |= _named("added.entered", "added.ended", "added.reached", "rare.entered", "rare.left")
    touch = next(iter(found.touches))
    for name in [name for name in engine if name.startswith(f"{touch}.")]:
        engine[name.replace(touch, "extra", 1)] = engine[name]
    journeys = {name: replace(each, kept=_turned(each.kept)) for name, each in found.journeys.items()}
    extra = replace(found.touches[touch], name="extra", topic="a topic before the others")
    cap = Cap(most=100_000, per=1, path=(), each="topic", class_="marketing")
    return replace(
        found,
        heard={**events, **_turned(engine)},
        journeys={"added": added, **_turned(journeys)},
        touches={"extra": extra, **_turned(found.touches)},
        brand=replace(
            brand,
            events=events,
            fields=_turned({**brand.fields, "shoe_size": Field(name="shoe_size", type="number")}),
            purposes=_turned({**brand.purposes, "later": Purpose(name="later", class_="requested")}),
            channels=_turned({**brand.channels, "pigeon": Channel(name="pigeon", via="http", address=None)}),
            people=_turned({**brand.people, "nobody": Person(name="nobody", email="n@example.com")}),
            segments=_turned({**brand.segments, "rare": sometime}),
            scores=_turned(brand.scores),
            caps=(cap, *brand.caps),
        ),
    )


def _turned(names: Mapping[str, Any]) -> dict[str, Any]:
    return dict([*names.items()][::-1])


def _named(*events: str) -> dict[str, ModelEvent]:
    return {name: ModelEvent(name=name, properties={}) for name in events}


@cache
def _editions(folder: str) -> tuple[Program, Program]:
    found = definitions(folder)
    return compile_program(found, salt="test"), compile_program(_rearranged(found), salt="test")


@pytest.mark.parametrize(
    "at_once", [pytest.param(True, marks=pytest.mark.long), False], ids=["accepted at once", "accepted later"]
)
@pytest.mark.parametrize("is_back", [False, True], ids=["names added", "names removed"])
@both
@relaxed(15)
@given(data=st.data())
def test_who_is_carried_over_goes_on_through_the_same_journeys_as_before(
    folder: str, is_back: bool, at_once: bool, data: st.DataObject
) -> None:
    editions = _editions(folder)
    old, new = editions[::-1] if is_back else editions
    _, _, raw, until = led(data, folder)
    start = min([each.at for each in raw], default=until)
    cut = data.draw(st.integers(start, until))
    fields = {"first_name": "Ana", "email": "a@example.com", "device": "t", "phone": "+34600"}
    fields = {name: value for name, value in fields.items() if name in old.names.fields}
    consents = [each for each in ("offers", "surveys", "personalization", "watching") if each in old.names.purposes]
    before = new_customer(old, "c7", fields, at=start, consents=consents, timezone="America/New_York")
    first, rest = [each for each in raw if each.at <= cut], [each for each in raw if each.at > cut]
    advance(old, before, to_events(old, first), cut, is_accepted_at_once=at_once)

    after = _carried(before, old, new)

    told: list[list[bytes]] = []
    for compiled, customer in ((old, before), (new, after)):
        turns = [advance(compiled, customer, to_events(compiled, rest), until, is_accepted_at_once=at_once)]
        turns += [accept_touch(compiled, customer, as_sent(customer, each), until) for each in customer.sending]
        told.append([trace(compiled, each.whys) for each in turns])
    assert told[0] == told[1]


def as_sent(customer: Customer, sending: Sending) -> SendTouch:
    """What was asked of the world when it was let go."""
    enrollment, send = sending.waiting.enrollment, sending.waiting.send
    journey = next(each.journey.index for each in customer.enrollments if each.number == enrollment)
    _, item, visit, occurrence = sending.waiting.key
    return SendTouch(
        customer.id, journey, enrollment, item, visit, occurrence, sending.touch.index, sending.channel, send.person,
        sending.words, sending.waiting.due_at, sending.at,
    )  # fmt: skip


def _carried(customer: Customer, old: Program, new: Program) -> Customer:
    """By way of the bytes that a store keeps, of customers and of layouts."""
    layouts = [msgspec.json.decode(msgspec.json.encode(layout_of(each)), type=Layout) for each in (old, new)]
    return unpack(new, customer.id, carry_over(pack(customer), *layouts))


class Republished:
    """A walk, and the same folder published anew with other files: where the customer is carried to."""

    def __init__(self, walk: Walk, folder: Path, files: Mapping[str, str | None]) -> None:
        for name, text in files.items():
            if text is None:
                (folder / name).unlink()
        self.now = walk.now
        self.program = _again(folder, {name: text for name, text in files.items() if text is not None})
        self.program.arm = walk.program.arm
        self.customer = _carried(walk.customer, walk.program, self.program)

    def on(self, event: str, **properties: Any) -> Story:
        made = make_event(self.program, event, self.now, properties, id=f"{self.now}")
        assert made is not None
        return self._told(advance(self.program, self.customer, [made], self.now))

    def wait(self, **spans: int) -> Story:
        self.now += timedelta(**spans) // timedelta(microseconds=1)
        return self._told(advance(self.program, self.customer, [], self.now))

    def _told(self, turn: Turn) -> Story:
        return Story(list(Teller(self.program).rows("ana", turn.whys)))


ON_THE_WAY = "need: {rest: true, send: [{touch: spark, after: 5 days}], move: [{on: left_us, to: end.left}]}"
MOVED = ON_THE_WAY.replace("need", "research")
GOAL = "goal: {on: ordered, within: 90 days}"


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(journey(ON_THE_WAY.replace("5 days", "6 days"), top=GOAL), id="changed"),
        pytest.param(journey(ON_THE_WAY, top=GOAL.replace("90", "30")), id="its goal changed"),
        pytest.param(None, id="gone"),
    ],
)
def test_a_journey_that_changed_is_not_carried_while_somebody_is_on_their_way_through_it(
    tmp_path: Path, changed: str | None
) -> None:
    walk = Walk(tmp_path, journey(ON_THE_WAY, top=GOAL), journey(ON_THE_WAY, name="other"))
    walk.on("began")

    with pytest.raises(ChangedJourney, match="on their way through 'j', which has changed or is gone") as caught:
        Republished(walk, tmp_path, {"j.yaml": changed})

    assert caught.value.name == "j"


def test_who_ended_waits_on_for_the_same_goal_in_a_journey_that_changed(tmp_path: Path) -> None:
    two = "need: {rest: true}\nresearch: {rest: true, move: [{on: left_us, to: end.left}]}"
    walk = Walk(tmp_path, journey(two, top=GOAL, enter="[{on: began, to: research, keep: {note: event.note}}]"))
    walk.on("began", note="x")
    walk.on("left_us")

    keeps = "[{on: began, to: research, keep: {a: event.n, note: event.note}}]"
    changed = journey("research: {rest: true, move: [{on: left_us, to: end.gone}]}", top=GOAL, enter=keeps)
    after = Republished(walk, tmp_path, {"j.yaml": changed})

    (lingering,) = after.customer.enrollments
    assert (lingering.state, lingering.kept, lingering.end) == (0, [None, "x"], -1)
    assert [row["enrollment"] for row in after.on("ordered", total=3).of("goal")] == ["j#1"]


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(journey(ON_THE_WAY, top=GOAL.replace("90", "30")), id="its goal changed"),
        pytest.param(journey(ON_THE_WAY), id="its goal is gone"),
        pytest.param(journey(MOVED, enter="[{on: began, to: research}]", top=GOAL), id="its state is gone"),
        pytest.param(None, id="gone"),
    ],
)
def test_who_ended_is_let_go_where_nobody_looks_for_their_goal(tmp_path: Path, changed: str | None) -> None:
    walk = Walk(
        tmp_path, journey(ON_THE_WAY, top=GOAL), journey(ON_THE_WAY, name="other", enter="[{on: watched, to: need}]")
    )
    walk.on("began")
    walk.on("left_us")

    after = Republished(walk, tmp_path, {"j.yaml": changed})

    assert after.customer.enrollments == []
    assert after.on("ordered", total=3).of("goal") == []
    # Who may enter once has entered, whatever the journey means now.
    assert after.on("began").entered == []


def test_a_touch_that_outlives_an_end_holds_its_journey_as_it_is(tmp_path: Path) -> None:
    outlives = "need: {rest: true, send: [{touch: thanks, outlives: true}], move: [{on: left_us, to: end.left}]}"
    walk = Walk(tmp_path, journey(outlives))
    walk.pause()
    walk.on("began")
    walk.on("left_us")

    with pytest.raises(ChangedJourney, match="'j'"):
        Republished(walk, tmp_path, {"j.yaml": journey(ON_THE_WAY)})


# A segment is read as now published, by journeys that stay as they are.
READS = """\
need:
  rest: true
  move:
    - {on: moved_on, if: 'in_segment("lookers")', to: research}
    - {on: moved_on, if: 'score("warmth") > 1', to: evaluation}
research: {rest: true}
evaluation: {rest: true}
"""


def test_a_window_that_grew_goes_on_with_what_it_held(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey(READS), brand=BRAND)
    walk.on("began")
    walk.on("looked")
    walk.on("looked")
    walk.wait(days=6)

    after = Republished(walk, tmp_path, {"brand.yaml": walking.BRAND + BRAND.replace("7 days", "30 days")})
    after.wait(days=8)

    assert after.on("moved_on").moves == [("need", "research")]


@pytest.mark.parametrize(
    ("half_life", "moves"), [("2 days", [("need", "evaluation")]), ("3 days", [])], ids=["the same", "another"]
)
def test_a_score_that_counts_otherwise_begins_anew(tmp_path: Path, half_life: str, moves: list[Any]) -> None:
    walk = Walk(tmp_path, journey(READS), brand=BRAND)
    walk.on("began")
    walk.on("looked")

    brand = walking.BRAND + BRAND.replace("2 days", half_life) + "holdout: 1%\n"
    after = Republished(walk, tmp_path, {"brand.yaml": brand})

    assert after.on("moved_on").moves == moves


def test_what_a_new_entry_or_segment_finds_true_already_is_no_news(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey(READS), brand=BRAND)
    walk.on("began")
    walk.on("looked")
    walk.on("looked")
    news = {
        "k.yaml": journey("need: {rest: true}", name="k", enter="[{if: 'in_segment(\"lookers\")', to: need}]"),
        "l.yaml": journey("need: {rest: true}", name="l", enter="[{on: lookers.entered, to: need}]"),
        "m.yaml": journey("need: {rest: true}", name="m", enter="[{if: 'customer.size > 4', to: need}]"),
    }

    after = Republished(walk, tmp_path, news)
    first = after.wait(days=1)
    then = after.on("profile.updated", size=5)
    after.wait(days=9)
    once_more = [after.on("looked").entered, after.on("looked", n=2).entered]

    assert first.entered == []
    assert then.entered == ["m"]
    assert sorted([*once_more[0], *once_more[1]]) == ["k", "l"]


def test_what_time_alone_makes_true_of_a_new_entry_or_segment_is_news_at_its_moment(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey(READS), brand=BRAND, customer={"ends_at": "2026-03-04T09:00:00Z"})
    news = {
        "brand.yaml": walking.BRAND + BRAND.replace("segments:\n", "segments:\n  over: 'now >= customer.ends_at'\n"),
        "k.yaml": journey("need: {rest: true}", name="k", enter="[{if: 'now > customer.ends_at', to: need}]"),
        "l.yaml": journey("need: {rest: true}", name="l", enter="[{on: over.entered, to: need}]"),
    }

    after = Republished(walk, tmp_path, news)
    entered = after.wait(days=3).of("entered")

    assert sorted([(row["enrollment"][0], row["at"][:19]) for row in entered]) == [
        ("k", "2026-03-04T09:00:00"),
        ("l", "2026-03-04T09:00:00"),
    ]


def test_who_never_said_where_they_live_follows_the_brand_and_so_do_their_clocks(tmp_path: Path) -> None:
    evening = journey("need: {rest: true, send: [{touch: spark, at: '18:00'}]}")
    here, there = Walk(tmp_path / "a", evening), Walk(tmp_path / "b", evening)
    for walk in (here, there):
        walk.on("began")
    there.on("profile.updated", timezone="Asia/Kolkata")
    brand = {"brand.yaml": walking.BRAND.replace("Europe/Madrid", "America/New_York")}

    after = Republished(here, tmp_path / "a", brand)
    assert after.customer.wake_at == parse_moment("2026-03-02T23:00:00Z")
    moved = after.wait(hours=24)
    stayed = Republished(there, tmp_path / "b", brand).wait(hours=24)

    assert [row["at"] for row in moved.of("touch")] == ["2026-03-02T23:00:00Z"]
    assert [row["at"] for row in stayed.of("touch")] == ["2026-03-02T12:30:00Z"]


def test_a_touch_that_a_rule_makes_wait_is_asked_about_again_when_the_rules_change(tmp_path: Path) -> None:
    rule = "suppress:\n  - {if: 'customer.size > 2', wait: true, because: too big}\n"
    walk = Walk(tmp_path, journey("need: {rest: true, send: [spark]}"), brand=rule, customer={"size": 5})
    waits = walk.on("began").answers("spark")

    after = Republished(walk, tmp_path, {"brand.yaml": walking.BRAND + rule.replace("2", "7")})

    assert waits == ["deferred: rule"]
    assert after.wait(microseconds=1).sent == ["spark"]


def test_a_touch_on_its_way_is_withdrawn_though_its_channel_was_taken_from_it(tmp_path: Path) -> None:
    both_ways = {"spark": "purpose: offers\nchannels: [sms, email]"}
    caps = "caps:\n  - {most: 1, per: 1 day, each: channel}\n"
    leaving = "need: {rest: true, send: [spark], move: [{on: left_us, to: end.left}]}"
    walk = Walk(tmp_path, journey(leaving), brand=caps, touches=both_ways)
    walk.pause()
    walk.on("began")
    words = (tmp_path / "touches" / "spark.md").read_text(encoding="utf-8")
    front = words.replace("[sms, email]", "[email]").replace("sms: Hello\n", "")

    after = Republished(walk, tmp_path, {"touches/spark.md": front.replace(", sms: Hello", "")})

    assert [after.program.channel_names[each.channel] for each in after.customer.sending] == ["sms"]
    assert after.on("left_us").answers("spark") == ["withheld: left"]


def test_a_field_that_now_holds_something_else_is_forgotten_alone(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey(ON_THE_WAY), customer={"size": 5, "mood": "fine", "plain": 3})
    walk.on("profile.updated", size=6, mood="better", plain=3)
    brand = walking.BRAND.replace("size: {type: number}", "size: {type: text}").replace("  mood: {type: text}\n", "")

    after = Republished(walk, tmp_path, {"brand.yaml": brand})

    fields = dict(zip(after.program.field_names, after.customer.fields, strict=True))
    assert (fields["size"], fields["plain"], fields["email"]) == (None, 3, "ana@example.com")
    assert after.customer.told_at == {after.program.names.fields["plain"]: walk.now}
    assert "mood" not in fields


def test_who_is_carried_over_twice_before_they_are_read_is_not_asked_for_news_either(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey(READS), brand=BRAND)
    for _ in range(2):
        walk.on("looked")
    entered = journey("need: {rest: true}", name="k", enter="[{if: 'in_segment(\"lookers\")', to: need}]")
    second = _again(tmp_path, {"k.yaml": entered})
    first = journey("need: {rest: true}", name="a", enter="[{if: 'customer.size > 4', to: need}]")
    third = _again(tmp_path, {"a.yaml": first})

    packed = carry_over(pack(walk.customer), layout_of(walk.program), layout_of(second))
    customer = unpack(third, "ana", carry_over(packed, layout_of(second), layout_of(third)))

    assert advance(third, customer, [], walk.now + DAY).whys == []


def test_between_equal_layouts_nothing_is_touched(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey(READS), brand=BRAND)
    walk.on("looked")
    packed = pack(walk.customer)

    assert carry_over(packed, layout_of(walk.program), layout_of(_again(tmp_path, {}))) is packed


# ---------------------------------------------------------------- fingerprints

MEANT = """\
journey: j
title: A journey
owner: a@kaffa.example
audience: b2c
enter:
  - {on: began, to: need, keep: {note: event.note, n: event.n}}
reenter: 90 days after end
goal: {on: ordered, within: 45 days, value: event.total}
arms: {holdout: 5%}
hold: {while: 'customer.tickets > 0', at_most: 30 days}
stages:
  need:
    send:
      - {touch: spark, after: 2 days, if: 'customer.budget >= 500', else: more}
    move:
      - {on: [looked, moved_on], to: research, keep: {note: event.name}}
      - {if: 'count("looked", "7 days", n=3) >= 2', for: 1 day, to: end.busy}
      - {after: 30 days, to: end.over}
  research:
    rest: true
"""


def _fingerprint(folder: Path, text: str) -> str:
    return layout_of(walking.program(folder, text)).journeys[0].fingerprint


@pytest.mark.parametrize(
    ("said", "otherwise"),
    [
        pytest.param("stages:", "# Why it is so.\nstages:", id="a comment"),
        pytest.param("title: A journey", "title: Another", id="another title"),
        pytest.param("a@kaffa", "b@kaffa", id="another owner"),
        pytest.param("audience: b2c", "audience: b2b", id="another audience"),
        pytest.param("{note: event.note, n: event.n}", "{n: event.n, note: event.note}", id="keys of keep"),
        pytest.param("on: ordered, within: 45 days", "within: 45 days, on: ordered", id="keys"),
        pytest.param("'customer.budget >= 500'", "'(customer.budget  >=  500)'", id="the same condition"),
        pytest.param("90 days after end", '"90 days after end"', id="quotes"),
        pytest.param("after: 2 days", "after: 2 days, valid_for: 3 days", id="a default said"),
    ],
)
def test_the_same_meaning_has_the_same_fingerprint(tmp_path: Path, said: str, otherwise: str) -> None:
    changed = MEANT.replace(said, otherwise)

    assert changed != MEANT
    assert _fingerprint(tmp_path, MEANT) == _fingerprint(tmp_path, changed)


@pytest.mark.parametrize(
    ("said", "otherwise"),
    [
        ("enter:\n", "enter:\n  - {on: left_us, to: need}\n"),
        ("n: event.n}", "n: event.at}"),
        ("90 days after end", "90 days after entry"),
        ("45 days", "44 days"),
        ("holdout: 5%", "holdout: 6%"),
        ("at_most: 30 days", "at_most: 31 days"),
        ("touch: spark", "touch: more"),
        ("after: 2 days", "after: 3 days"),
        (">= 500", "> 500"),
        (">= 500", ">= 501"),
        ("[looked, moved_on]", "[looked]"),
        ('"7 days"', '"8 days"'),
        ("n=3", "n=4"),
        ("for: 1 day", "for: 2 days"),
        ("end.busy", "end.tired"),
        ("stages:", "priority: 5\nstages:"),
        ("stages:", "anywhere: [{on: left_us, to: end.left}]\nstages:"),
    ],
    ids=lambda text: text.replace("\n", " "),
)
def test_another_meaning_has_another_fingerprint(tmp_path: Path, said: str, otherwise: str) -> None:
    changed = MEANT.replace(said, otherwise)

    assert changed != MEANT
    assert _fingerprint(tmp_path, MEANT) != _fingerprint(tmp_path, changed)


# Every enrollment that somewhere is under way was kept beside such a number: where this one changes, a new
# release would take each journey for a changed one.
PINNED = "142a5c708bc51586caa163c06228c00228392abc63443f830c62c3cc0bf064ad"
_ANOTHER = """
import sys
from pathlib import Path
from journeys.core.layout import layout_of
from journeys.core.compiling import compile_program
from journeys.definition.load import read_folder
layout = layout_of(compile_program(read_folder(Path(sys.argv[1])).definitions, salt="other"))
print(layout.fingerprint, layout.journeys[0].fingerprint)
"""


@pytest.mark.parametrize("seed", ["1", "77"])
def test_a_fingerprint_is_the_same_in_another_process_that_hashes_otherwise(tmp_path: Path, seed: str) -> None:
    here = layout_of(walking.program(tmp_path, MEANT))
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}

    command = [sys.executable, "-c", _ANOTHER, str(tmp_path)]
    there = subprocess.run(command, cwd=root, env=environment, capture_output=True, check=True, text=True)

    assert there.stdout.split() == [here.fingerprint, here.journeys[0].fingerprint]
    assert here.journeys[0].fingerprint == PINNED


VARIANT = "subject: Hello\nvariants: {b: {subject: Good day}}\n"


@pytest.mark.parametrize(
    ("file", "said", "otherwise", "is_same"),
    [
        pytest.param("brand.yaml", "brand: Kaffa\n", "# We.\nbrand: Kaffa\n", True, id="a comment"),
        pytest.param("touches/spark.md", "Hello.", "Good day.", True, id="a touch's words"),
        pytest.param("touches/spark.md", "subject: Hello\n", VARIANT, False, id="a touch's variant"),
        pytest.param("touches/spark.md", "offers", "news", False, id="a touch's purpose"),
        pytest.param("brand.yaml", "  size: {type: number}\n", "", False, id="a field less"),
        pytest.param("brand.yaml", "  mood: {type: text}", "  moods: {type: text}", False, id="a field's name"),
        pytest.param("j.yaml", "2 days", "3 days", False, id="a journey"),
    ],
)
def test_of_equal_fingerprint_what_was_packed_can_be_read_as_it_is(
    tmp_path: Path, file: str, said: str, otherwise: str, is_same: bool
) -> None:
    before = layout_of(walking.program(tmp_path, MEANT))
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert said in text

    after = layout_of(_again(tmp_path, {file: text.replace(said, otherwise, 1)}))

    assert (after.fingerprint == before.fingerprint) is is_same
