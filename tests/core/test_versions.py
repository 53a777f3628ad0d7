"""Versions: who is on their way goes on as they entered, and who comes takes the newest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from walk import Story, Walk, journey

from journeys.core.compiling import compile_program
from journeys.core.customer import Customer
from journeys.core.intake import make_event, new_customer
from journeys.core.keeping import ChangedJourney, carry_over, layout_of, pack, unpack
from journeys.core.layout import fingerprint_of
from journeys.core.machine import Reference
from journeys.core.program import Program
from journeys.core.trace import Row, Teller
from journeys.core.turn import Turn, accept_touch, advance
from journeys.core.why import Why
from journeys.definition.earlier import Version, read_earlier
from journeys.definition.load import read_folder
from journeys.definition.model import Definitions, Earlier, Stage
from tests.core.test_keeping import as_sent
from tests.streams import definitions, relaxed, to_events
from tests.telling import both, led


def carried(customer: Customer, old: Program, new: Program) -> Customer:
    return unpack(new, customer.id, carry_over(pack(customer), layout_of(old), layout_of(new)))


# ---------------------------------------------------------------- as without the publication


def _all_changed(found: Definitions) -> Definitions:
    """Every journey means something else, that nobody enters; what it meant goes on behind it."""
    rest = (Stage(name="need", path=(), rest=True),)
    journeys = {
        name: replace(
            each, enter=(), stages=rest, anywhere=(), goal=None, hold=None, key=None, kept={}, priority=-each.priority
        )
        for name, each in found.journeys.items()
    }
    earlier = [Earlier(version=1, fingerprint=fingerprint_of(each), journey=each) for each in found.journeys.values()]
    return replace(found, journeys=journeys, earlier=tuple(earlier))


@cache
def _editions(folder: str) -> tuple[Program, Program, Program]:
    """As published first; the same, closed; and published anew with other journeys."""
    found = definitions(folder)
    changed = _all_changed(found)
    numbers = dict.fromkeys(changed.journeys, 2)
    return (
        compile_program(found, salt="test"),
        compile_program(found, salt="test", journeys=()),
        compile_program(changed, salt="test", numbers=numbers),
    )


def _told(compiled: Program, whys: list[Why]) -> tuple[list[Row], set[int | None]]:
    """The trace without the versions it tells of, and these."""
    rows = list(Teller(compiled).rows("c", whys))
    return rows, {row.pop("version", None) for row in rows if "enrollment" in row}


@pytest.mark.parametrize(
    "at_once", [pytest.param(True, marks=pytest.mark.long), False], ids=["accepted at once", "accepted later"]
)
@both
@relaxed(15)
@given(data=st.data())
def test_who_is_on_their_way_when_all_changes_goes_on_as_if_nothing_had(
    folder: str, at_once: bool, data: st.DataObject
) -> None:
    first, closed, anew = _editions(folder)
    _, _, raw, until = led(data, folder)
    start = min([each.at for each in raw], default=until)
    cut = data.draw(st.integers(start, until))
    fields = {"first_name": "Ana", "email": "a@example.com", "device": "t", "phone": "+34600"}
    fields = {name: value for name, value in fields.items() if name in first.names.fields}
    consents = [each for each in ("offers", "surveys", "personalization", "watching") if each in first.names.purposes]
    customer = new_customer(first, "c7", fields, at=start, consents=consents, timezone="America/New_York")
    before, rest = [each for each in raw if each.at <= cut], [each for each in raw if each.at > cut]
    advance(first, customer, to_events(first, before), cut, is_accepted_at_once=at_once)

    told = []
    for compiled in (closed, anew):
        after = carried(customer, first, compiled)
        turns = [advance(compiled, after, to_events(compiled, rest), until, is_accepted_at_once=at_once)]
        turns += [accept_touch(compiled, after, as_sent(after, each), until) for each in after.sending]
        told.append(_told(compiled, [why for turn in turns for why in turn.whys]))

    (as_before, _), (now, versions) = told
    assert msgspec.json.encode(as_before) == msgspec.json.encode(now)
    assert versions <= {1}


# ---------------------------------------------------------------- a folder that is published again and again


class Shop:
    """A folder of one's own, a customer who lives on, and every version that was ever published."""

    def __init__(self, folder: Path, *journeys: str, brand: str = "") -> None:
        walk = Walk(folder, *journeys, brand=brand)
        self.folder, self.now = folder, walk.now
        self.program, self.customer = walk.program, walk.customer
        self.count = 0
        self.known: dict[str, dict[str, int]] = {}  # by journey and fingerprint
        self.texts: dict[tuple[str, int], tuple[str, str]] = {}
        self._number(walk.program.definitions)

    def publish(self, **journeys: str | None) -> None:
        """With other journeys, None without one; every version that was ever there goes on."""
        for name, text in journeys.items():
            path = self.folder / f"{name}.yaml"
            path.unlink(missing_ok=True)
            if text is not None:
                path.write_text(text, encoding="utf-8")
        reading = read_folder(self.folder)
        assert reading.definitions is not None
        numbers = self._number(reading.definitions)
        versions = []
        for (name, number), (text, meaning) in self.texts.items():
            if numbers.get(name) != number:
                path = self.folder / f"{name}@{number}"
                path.write_text(text, encoding="utf-8")
                versions.append(Version(name=name, number=number, fingerprint=meaning, path=path))
        found, again = read_earlier(reading, versions)
        assert [each.findings for each in again if each.findings] == []
        program = compile_program(found, salt="walk", numbers=numbers)
        program.arm = self.program.arm
        self.customer = carried(self.customer, self.program, program)
        self.program = program

    def _number(self, found: Definitions) -> dict[str, int]:
        numbers = {}
        for name, each in found.journeys.items():
            known = self.known.setdefault(name, {})
            numbers[name] = known.setdefault(fingerprint_of(each), len(known) + 1)
            text = (self.folder / f"{name}.yaml").read_text(encoding="utf-8")
            self.texts.setdefault((name, numbers[name]), (text, fingerprint_of(each)))
        return numbers

    def on(self, event: str, **properties: Any) -> Story:
        self.count += 1
        return self._taken([(event, properties)])

    def wait(self, **spans: int) -> Story:
        self.now += timedelta(**spans) // timedelta(microseconds=1)
        return self._taken([])

    def _taken(self, events: list[tuple[str, Mapping[str, Any]]]) -> Story:
        by_machine = carried(self.customer, self.program, self.program)
        made = [make_event(self.program, name, self.now, values, id=f"{self.count:03}") for name, values in events]
        turns: list[Turn] = []
        for customer, chooser in ((self.customer, None), (by_machine, Reference(self.program))):
            signals = [each for each in made if each is not None]
            turns.append(advance(self.program, customer, signals, self.now, chooser=chooser))
        told, other = [list(Teller(self.program).rows("ana", turn.whys)) for turn in turns]
        assert told == other
        return Story(told)

    @property
    def stands(self) -> list[tuple[str, int, str]]:
        """Journey, version and state of each enrollment that goes on."""
        return [
            (each.journey.name, each.journey.version, each.journey.state_names[each.state])
            for each in self.customer.enrollments
            if each.ended_at < 0
        ]


ONE = "need: {rest: true, send: [{touch: spark, after: 2 days}], move: [{on: left_us, to: end.left}]}"
TWO = "need: {rest: true, send: [{touch: paper, after: 1 day}], move: [{on: left_us, to: end.left}]}"
THREE = "research: {rest: true, send: [{touch: thanks, after: 1 day}], move: [{on: left_us, to: end.left}]}"
ANY = "reenter: always"
KEYED = f"key: event.cart\n{ANY}"
TO_RESEARCH = "[{on: began, to: research}]"


def test_an_enrollment_stays_on_its_version_and_the_next_one_takes_the_newest(tmp_path: Path) -> None:
    shop = Shop(tmp_path, journey(ONE, top=ANY))
    shop.on("began")

    shop.publish(j=journey(TWO, top=ANY))
    on_one = shop.wait(days=3)
    shop.on("left_us")
    shop.on("began")
    on_two = shop.wait(days=3)

    assert (on_one.sent, on_two.sent) == (["spark"], ["paper"])
    assert shop.stands == [("j", 2, "need")]


def test_the_trace_names_the_version_where_it_is_not_the_newest(tmp_path: Path) -> None:
    shop = Shop(tmp_path, journey(ONE, top=ANY))
    first = shop.on("began")

    shop.publish(j=journey(TWO, top=ANY))
    then = shop.wait(days=3)
    ended = shop.on("left_us")
    anew = shop.on("began")

    assert [each.of(kind)[0].get("version") for each, kind in (
        (first, "entered"), (then, "touch"), (ended, "ended"), (anew, "entered"),
    )] == [None, 1, 1, None]  # fmt: skip


def test_a_meaning_that_comes_back_is_its_own_version_again(tmp_path: Path) -> None:
    shop = Shop(tmp_path, journey(ONE, top=KEYED))
    shop.on("began", cart="a")
    shop.publish(j=journey(TWO, top=KEYED))
    shop.on("began", cart="b")
    shop.publish(j=journey(THREE, top=KEYED, enter=TO_RESEARCH))
    shop.on("began", cart="c")

    shop.publish(j=journey(f"# the first\n{ONE}", top=KEYED).replace("A journey", "Again"))
    shop.on("began", cart="d")
    told = shop.wait(days=3)

    assert shop.stands == [("j", 2, "need"), ("j", 3, "research"), ("j", 1, "need"), ("j", 1, "need")]
    assert sorted(told.sent) == ["paper", "spark", "spark", "thanks"]
    assert [each.journey.earlier is None for each in shop.customer.enrollments] == [False, False, True, True]


def test_a_journey_that_is_gone_goes_on_and_nobody_enters_it(tmp_path: Path) -> None:
    shop = Shop(
        tmp_path, journey(ONE, top=ANY), journey("need: {rest: true}", name="other", enter="[{on: looked, to: need}]")
    )
    shop.on("began")

    shop.publish(j=None)
    told = shop.wait(days=3)
    again = [shop.on("left_us"), shop.on("began")]

    assert told.sent == ["spark"]
    assert [each.of("ended") != [] for each in again] == [True, False]
    assert shop.stands == []
    shop.publish(j=journey(ONE, top=ANY))
    shop.on("began")
    assert shop.stands == [("j", 1, "need")]


@pytest.mark.parametrize(
    ("reenter", "entered"),
    [
        pytest.param("never", [], id="once, whichever version it was"),
        pytest.param("5 days after end", [], id="too soon"),
        pytest.param("1 day after end", ["j"], id="late enough"),
        pytest.param("4 days after entry", ["j"], id="counted from the entry"),
        pytest.param("6 days after entry", [], id="too soon after the entry"),
    ],
)
def test_an_entry_counts_for_all_versions_of_a_journey(tmp_path: Path, reenter: str, entered: list[str]) -> None:
    shop = Shop(tmp_path, journey(ONE))
    shop.on("began")
    shop.wait(days=2)

    shop.publish(j=journey(TWO, top=f"reenter: {reenter}"))
    shop.on("left_us")
    shop.wait(days=3)

    assert shop.on("began").entered == entered


def test_who_may_enter_once_has_entered_whatever_is_published_after_they_ended(tmp_path: Path) -> None:
    shop = Shop(tmp_path, journey(ONE))
    shop.on("began")
    shop.on("left_us")

    shop.publish(j=journey(TWO))
    again = shop.on("began").entered
    shop.publish(j=journey(THREE, enter=TO_RESEARCH))

    assert [again, shop.on("began").entered] == [[], []]


def test_nobody_stands_in_two_versions_of_a_journey_without_a_key(tmp_path: Path) -> None:
    entries = "[{on: began, to: need}, {if: 'customer.size > 4', to: need}]"
    shop = Shop(tmp_path, journey(ONE, top=ANY, enter=entries))
    shop.on("began")

    shop.publish(j=journey(TWO, top=ANY, enter=entries))
    entered = [shop.on("began").entered, shop.on("profile.updated", size=5).entered]

    assert entered == [[], []]
    assert shop.stands == [("j", 1, "need")]


def test_to_stand_in_a_state_is_to_stand_there_in_any_version(tmp_path: Path) -> None:
    asks = 'need: {{rest: true, move: [{{on: looked, if: \'in_state("j", "need"{})\', to: research}}]}}'
    where = f"{asks}\nresearch: {{{{rest: true}}}}"
    shop = Shop(
        tmp_path,
        journey(ONE, top=KEYED),
        journey(where.format(""), name="other"),
        journey(
            where.format(", journey.note"), name="keyed", enter="[{on: began, to: need, keep: {note: event.cart}}]"
        ),
        journey('need: {rest: true, move: [{if: \'not in_state("j", "need")\', to: end.alone}]}', name="reader"),
    )
    shop.on("began", cart="a")

    # The newest has its states in another order, and the old one's numbers mean others there.
    shop.publish(j=journey(f"research: {{rest: true}}\n{TWO}", top=KEYED, enter=TO_RESEARCH))
    shop.on("looked")

    assert {name: state for name, _, state in shop.stands} == {
        "j": "need", "other": "research", "keyed": "research", "reader": "need",
    }  # fmt: skip
    assert shop.on("left_us", cart="a").of("ended")[0]["reason"] == "left"
    assert shop.wait(days=1).of("ended")[0]["reason"] == "alone"


def test_a_version_may_ask_of_a_state_that_only_earlier_versions_have(tmp_path: Path) -> None:
    asks = 'need: {rest: true, move: [{on: looked, if: \'in_state("j", "need")\', to: end.there}]}'
    shop = Shop(tmp_path, journey(ONE), journey(asks, name="other"))
    shop.on("began")

    shop.publish(j=journey(THREE, enter=TO_RESEARCH), other=journey("need: {rest: true}", name="other"))

    assert [row["reason"] for row in shop.on("looked").of("ended")] == ["there"]


def test_a_version_keeps_its_place_among_the_journeys(tmp_path: Path) -> None:
    second = 'need: {rest: true, move: [{on: looked, if: \'in_state("other", "research")\', to: end.second}]}'
    first = "need: {rest: true, move: [{on: looked, to: research}]}\nresearch: {rest: true}"
    shop = Shop(tmp_path, journey(second, top="priority: 10"), journey(first, name="other", top="priority: 20"))
    shop.on("began")

    shop.publish(j=journey(ONE, top="priority: 30"))

    assert shop.on("looked").moves == [("need", "research"), ("need", "end.second")]


def test_one_who_hears_of_a_journey_hears_of_all_its_versions(tmp_path: Path) -> None:
    hears = "need: {rest: true, move: [{on: j.ended, if: 'event.reason == \"left\"', to: end.heard}]}"
    shop = Shop(tmp_path, journey(ONE), journey(hears, name="other"))
    shop.on("began")

    shop.publish(j=journey(THREE, enter=TO_RESEARCH))

    assert [row["reason"] for row in shop.on("left_us").of("ended")] == ["left", "heard"]


def test_the_goal_of_a_version_is_waited_for_as_it_was(tmp_path: Path) -> None:
    shop = Shop(tmp_path, journey(ONE, top="goal: {on: ordered, within: 30 days}"))
    shop.on("began")
    shop.on("left_us")

    shop.publish(j=journey(TWO, top="goal: {on: looked, within: 2 days}"))
    shop.wait(days=20)

    assert shop.on("looked").of("goal") == []
    assert [row["version"] for row in shop.on("ordered", total=3).of("goal")] == [1]


def test_what_an_enrollment_keeps_is_that_of_its_version(tmp_path: Path) -> None:
    keeps = "need: {rest: true, move: [{on: looked, if: 'journey.n == 3', to: end.three}]}"
    shop = Shop(tmp_path, journey(keeps, enter="[{on: began, to: need, keep: {note: event.note, n: event.n}}]"))
    shop.on("began", note="x", n=3)

    shop.publish(j=journey(keeps, enter="[{on: began, to: need, keep: {n: event.n}}]"))

    assert shop.on("looked").of("ended")[0]["reason"] == "three"


def test_a_version_goes_on_though_its_way_in_cannot_be_read_any_more(tmp_path: Path) -> None:
    shop = Shop(tmp_path, journey(ONE, enter="[{on: began, if: 'customer.mood == \"good\"', to: need}]"))
    shop.on("profile.updated", mood="good")
    shop.on("began")
    shop.texts = {
        place: (text.replace("customer.mood", "customer.gone"), mark) for place, (text, mark) in shop.texts.items()
    }
    (tmp_path / "j.yaml").write_text(journey(TWO), encoding="utf-8")

    version = Version(name="j", number=1, fingerprint=shop.texts["j", 1][1], path=tmp_path / "old")
    version.path.write_text(shop.texts["j", 1][0], encoding="utf-8")
    found, [again] = read_earlier(read_folder(tmp_path), [version])
    program = compile_program(found, salt="walk", numbers={"j": 2})
    customer = carried(shop.customer, shop.program, program)

    assert [finding.path[0] for finding in again.findings] == ["enter"]
    turn = advance(program, customer, [], shop.now + timedelta(days=3) // timedelta(microseconds=1))
    assert Story(list(Teller(program).rows("ana", turn.whys))).sent == ["spark"]


def test_who_stands_in_a_version_that_was_not_kept_is_not_carried(tmp_path: Path) -> None:
    shop = Shop(tmp_path, journey(ONE))
    shop.on("began")
    shop.texts.clear()

    with pytest.raises(ChangedJourney, match="'j'"):
        shop.publish(j=journey(TWO))
