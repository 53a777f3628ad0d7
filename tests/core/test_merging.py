"""Merging: two customers turn out to be one person.  What is joined, what the stricter of two says, who goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.core.customer import PERSONALIZED, Customer, Event
from journeys.core.intake import make_event, new_customer
from journeys.core.keeping import carry_over, layout_of, pack, unpack
from journeys.core.merging import number_of, origin_of
from journeys.core.program import Program
from journeys.core.trace import Row, Teller
from journeys.core.turn import Turn, advance, turn
from tests.core.walk import ANA, START, journey, parse_moment, program
from tests.ledger import DAY
from tests.streams import STARTS, customers, relaxed, streams, to_events
from tests.streams import program as shipped
from tests.telling import both, picture, trace

HOUR = DAY // 24
PLAIN = journey("""
need:
  rest: true
  send: [spark, {touch: more, after: 2 days}]
  move: [{on: moved_on, to: research}, {on: ordered, to: end.bought}]
research:
  rest: true
  send: [{touch: extra, after: 1 day}]
  move: [{on: ordered, to: end.bought}]
""")


class Two:
    """Ana, who is known, and a device that nobody knows yet; time is one."""

    def __init__(
        self, folder: Path, *journeys: str, brand: str = "", touches: dict[str, str] | None = None, **known: Any
    ) -> None:
        self.program = program(folder, *journeys, brand=brand, touches=touches)
        self.program.arm = PERSONALIZED
        self.now = parse_moment(START)
        self.count = 0
        self.customers = {
            id: new_customer(
                self.program, id, known.get(id, ANA), at=self.now, consents=["offers", "news", "personalization"]
            )
            for id in ("ana", "device", "tablet")
        }
        self.rows: list[Row] = []
        self.wait()

    def wait(self, *, hours: float = 0) -> None:
        self.now += round(hours * HOUR)
        for id in self.customers:
            self._take(id, [])

    def event(self, name: str, *, at: Any = None, imported: Any = False, **properties: Any) -> Event:
        self.count += 1
        event = make_event(
            self.program, name, self.now if at is None else at, properties, id=f"{self.count:06}", imported=imported
        )
        assert event is not None
        return event

    def on(self, id: str, name: str, **properties: Any) -> None:
        self._take(id, [self.event(name, **properties)])

    def merge(self, other: str = "device", into: str = "ana", **said: Any) -> list[Row]:
        event = self.event("customer.merged", **said, **{"from": other})
        if other != into:
            event.absorbed = self.customers.pop(other, None)
        return self._take(into, [event])

    def _take(self, id: str, events: list[Event]) -> list[Row]:
        taken = advance(self.program, self.customers[id], events, self.now)
        told = list(Teller(self.program).rows(id, taken.whys))
        self.rows += told
        return told

    @property
    def ana(self) -> Customer:
        return self.customers["ana"]

    def field(self, name: str) -> Any:
        return self.ana.fields[self.program.names.fields[name]]

    def allows(self, purpose: str) -> bool:
        return bool(self.ana.consents >> self.program.names.purposes[purpose] & 1)

    def states(self) -> dict[str, str]:
        return {
            f"{each.journey.name}#{each.number}" + ("" if each.key is None else f" {each.key}"): (
                each.journey.state_names[each.state] if each.ended_at < 0 else each.journey.say_end(each.end)
            )
            for each in self.ana.enrollments
        }

    def sent(self, touch: str) -> list[tuple[str, str]]:
        return [
            (row["customer"], row["at"]) for row in self.rows if row.get("touch") == touch and row["answer"] == "sent"
        ]


# ---------------------------------------------------------------- what is known


def test_what_one_said_stands_and_what_only_the_other_said_is_taken(tmp_path: Path) -> None:
    two = Two(tmp_path, PLAIN)
    two.on("ana", "profile.updated", mood="calm")
    two.on("device", "profile.updated", mood="wild", size=7, timezone="Asia/Tokyo")

    two.merge()

    assert (two.field("mood"), two.field("size"), two.ana.zone.name) == ("calm", 7, "Asia/Tokyo")


def test_what_was_taken_away_after_the_other_said_it_stays_away(tmp_path: Path) -> None:
    two = Two(tmp_path, PLAIN)
    two.on("device", "profile.updated", mood="wild", size=7)
    two.wait(hours=1)
    two.on("ana", "profile.updated", mood=None)

    two.merge()

    assert (two.field("mood"), two.field("size")) == (None, 7)


@pytest.mark.parametrize(
    ("said", "allows"),
    [
        pytest.param([("ana", "given"), ("device", "withdrawn")], False, id="taken back by the other"),
        pytest.param([("device", "withdrawn"), ("ana", "given")], False, id="taken back before it was given"),
        pytest.param([("ana", "withdrawn"), ("device", "given")], False, id="given by the other"),
        pytest.param([("device", "given")], True, id="given by the other and never asked"),
        pytest.param([("ana", "given")], True, id="given and the other never asked"),
        pytest.param([], False, id="never asked"),
    ],
)
def test_a_withdrawal_goes_before_a_consent_and_that_before_nothing(
    tmp_path: Path, said: list[tuple[str, str]], allows: bool
) -> None:
    two = Two(tmp_path, PLAIN)
    for each in two.customers.values():
        each.consents = 0
    for id, what in said:
        two.on(id, f"consent.{what}", purpose="offers")
        two.wait(hours=1)

    two.merge()

    assert two.allows("offers") is allows


def test_a_merge_says_which_consents_it_changed(tmp_path: Path) -> None:
    two = Two(tmp_path, PLAIN)
    two.ana.consents = 0
    two.on("ana", "consent.given", purpose="offers")
    two.on("device", "consent.withdrawn", purpose="offers")
    two.on("device", "consent.given", purpose="news")

    told = [row for row in two.merge() if row["kind"] == "merged"]

    assert told == [
        {
            "customer": "ana",
            "at": "2026-03-02T09:00:00Z",
            "kind": "merged",
            "from": "device",
            "numbered_from": 1,
            "consents_given": ["news", "personalization"],
            "consents_withdrawn": ["offers"],
        }
    ]


def test_an_older_word_on_a_consent_does_not_bring_it_back(tmp_path: Path) -> None:
    two = Two(tmp_path, PLAIN)
    two.wait(hours=3)
    two.on("device", "consent.withdrawn", purpose="offers")
    two.merge()

    two.on("ana", "consent.given", purpose="offers", at=two.now - HOUR)
    assert not two.allows("offers")
    two.on("ana", "consent.given", purpose="offers")
    assert two.allows("offers")


def test_what_either_did_counts(tmp_path: Path) -> None:
    counting = journey("""
need:
  rest: true
  move: [{if: 'count("looked", "7 days") >= 3 and sum("ordered.total", "7 days") >= 50', to: research}]
research: {rest: true}
""")
    two = Two(tmp_path, counting)
    two.on("ana", "began")
    for id in ("ana", "device", "device"):
        two.on(id, "looked")
    two.on("device", "ordered", total=60)

    two.merge()

    assert two.states() == {"j#1": "research"}


@pytest.mark.parametrize(
    ("ids", "open"),
    [
        pytest.param([("ana", "created", "a"), ("device", "created", "b")], 2, id="two of two"),
        pytest.param([("ana", "created", "a"), ("device", "created", "a")], 1, id="the same"),
        pytest.param([("ana", "created", "a"), ("device", "closed", "a")], 0, id="closed by the other"),
        pytest.param([("device", "created", "a"), ("ana", "closed", "a")], 0, id="closed by the one who stays"),
    ],
)
def test_what_is_open_with_either_is_open_until_either_closes_it(
    tmp_path: Path, ids: list[tuple[str, str, str]], open: int
) -> None:
    two = Two(
        tmp_path,
        journey("need: {rest: true, move: [{if: 'customer.tickets > 1', to: research}]}\nresearch: {rest: true}"),
    )
    for id, what, ticket in ids:
        two.on(id, f"ticket_{what}", ticket_id=ticket)

    two.merge()

    place = next(iter(two.program.names.slot_of.values())).index
    assert len(two.ana.facts[place][0]) == open


def test_an_address_that_bounced_stays_stopped_and_another_one_goes_on(tmp_path: Path) -> None:
    for own, is_stopped in (({}, True), (ANA, True), ({"email": "other@example.com"}, False)):
        two = Two(tmp_path, PLAIN, ana=own)
        two.on("device", "began")
        two.on("device", "spark.bounced")

        two.merge()

        assert bool(two.ana.bounced) is is_stopped


def test_a_complaint_of_either_is_the_persons(tmp_path: Path) -> None:
    two = Two(tmp_path, PLAIN, ana={"email": "other@example.com"})
    two.on("device", "began")
    two.on("device", "spark.complained")

    two.merge()

    assert two.ana.complained


def test_a_condition_that_only_both_together_meet_lets_in(tmp_path: Path) -> None:
    two = Two(
        tmp_path,
        journey("need: {rest: true}", enter='[{if: \'count("looked", "7 days") >= 2\', to: need}]'),
    )
    two.on("ana", "looked")
    two.on("device", "looked")

    two.merge()

    assert two.states() == {"j#1": "need"}


LOOKERS = 'segments: {lookers: \'count("looked", "7 days") >= 1\'}\n'


def test_what_was_true_of_either_is_no_news(tmp_path: Path) -> None:
    following = journey(
        "need: {rest: true, move: [{on: ordered, to: end.bought}]}",
        enter="[{on: lookers.entered, to: need}]",
        top="reenter: always",
    )
    asking = journey(
        "need: {rest: true, move: [{on: ordered, to: end.bought}]}",
        name="k",
        enter='[{if: \'count("looked", "7 days") >= 1\', to: need}]',
        top="reenter: always",
    )
    two = Two(tmp_path, following, asking, brand=LOOKERS)
    two.on("device", "looked")
    two.on("device", "ordered")
    assert two.customers["device"].segments

    told = two.merge()

    assert [row for row in told if row["kind"] == "entered"] == []
    two.wait(hours=24 * 8)
    two.on("ana", "looked")
    assert [row["enrollment"] for row in two.rows if row["kind"] == "entered"] == ["k#1", "j#2", "k#3", "j#4"]


# ---------------------------------------------------------------- who goes on


def test_journeys_of_both_go_on_under_numbers_of_their_own(tmp_path: Path) -> None:
    other = journey("need: {rest: true}", name="k", enter="[{on: visited, to: need}]")
    two = Two(tmp_path, PLAIN, other)
    two.on("ana", "began")
    two.on("device", "visited")

    two.merge()
    two.on("ana", "moved_on")

    assert two.states() == {"j#1": "research", "k#2": "need"}


def test_of_two_in_one_journey_the_further_one_goes_on(tmp_path: Path) -> None:
    two = Two(tmp_path, PLAIN)
    two.on("ana", "began")
    two.on("device", "began")
    two.on("device", "moved_on")

    told = two.merge()

    assert two.states() == {"j#2": "research"}
    [ended] = [row for row in told if row["kind"] == "ended"]
    assert (ended["enrollment"], ended["reason"], ended["cause"]) == ("j#1", "merged", "merge")


def test_of_two_equally_far_the_one_that_entered_first_goes_on(tmp_path: Path) -> None:
    two = Two(tmp_path, PLAIN)
    two.on("device", "began")
    two.wait(hours=1)
    two.on("ana", "began")

    two.merge()

    assert two.states() == {"j#1": "need"} or two.states() == {"j#2": "need"}
    [left] = two.ana.enrollments
    assert origin_of(two.ana, left.number) == ("device", 1)


def test_of_a_keyed_journey_those_with_other_keys_go_on(tmp_path: Path) -> None:
    keyed = journey("need: {rest: true, move: [{on: ordered, to: end.bought}]}", top="key: event.cart\nreenter: always")
    two = Two(tmp_path, keyed)
    for id, cart in (("ana", "a"), ("ana", "b"), ("device", "b"), ("device", "c")):
        two.on(id, "began", cart=cart)

    two.merge()
    two.on("ana", "ordered", cart="c")

    assert two.states() == {"j#1 a": "need", "j#2 b": "need"}


def test_who_had_been_in_a_journey_is_not_in_it_again_by_a_device(tmp_path: Path) -> None:
    two = Two(tmp_path, PLAIN)
    two.on("ana", "began")
    two.on("ana", "ordered")
    two.wait(hours=1)
    two.on("device", "began")

    two.merge()
    two.on("ana", "began")

    assert two.states() == {}


def test_what_the_other_went_through_counts_for_re_entry(tmp_path: Path) -> None:
    two = Two(tmp_path, PLAIN)
    two.on("device", "began")
    two.on("device", "ordered")

    two.merge()
    two.on("ana", "began")

    assert two.states() == {}


def test_a_goal_counts_once_for_one_passage(tmp_path: Path) -> None:
    two = Two(
        tmp_path,
        journey("need: {rest: true}", top="goal: {on: ordered, within: 30 days, value: event.total}"),
    )
    two.on("ana", "began")
    two.on("device", "began")
    two.merge()

    two.on("ana", "ordered", total=10)

    assert [row["enrollment"] for row in two.rows if row["kind"] == "goal"] == ["j#1"]


def test_journeys_hear_of_the_merge(tmp_path: Path) -> None:
    two = Two(
        tmp_path, journey("need: {rest: true, move: [{on: customer.merged, to: research}]}\nresearch: {rest: true}")
    )
    two.on("device", "began")

    two.merge()

    assert two.states() == {"j#1": "research"}


# ---------------------------------------------------------------- one queue of touches


def test_caps_count_what_either_was_sent(tmp_path: Path) -> None:
    two = Two(tmp_path, PLAIN, brand="caps: [{most: 1, per: 7 days, each: channel}]\n")
    two.on("ana", "began")
    two.wait(hours=1)
    other = two.now
    two.on("device", "began")
    two.merge()

    two.wait(hours=24 * 9)

    assert [id for id, _ in two.sent("spark")] == ["ana", "device"]
    assert other == parse_moment(two.sent("spark")[1][1])
    # Three days is how long it is valid, and the cap's week is longer.
    assert two.sent("more") == []


def test_of_a_cap_of_two_each_used_one(tmp_path: Path) -> None:
    other = journey("need: {rest: true, send: [extra]}", name="k", enter="[{on: visited, to: need}]")
    two = Two(tmp_path, PLAIN, other, brand="caps: [{most: 2, per: 7 days}]\n")
    for id in ("ana", "device"):
        two.on(id, "began")
    two.merge()

    two.on("ana", "visited")

    assert two.sent("extra") == []
    assert [row["because"] for row in two.rows if row.get("touch") == "extra"] == ["cap"]


def test_how_often_a_touch_may_go_counts_both(tmp_path: Path) -> None:
    other = journey("need: {rest: true, send: [extra]}", name="k", enter="[{on: visited, to: need}]")
    third = journey("need: {rest: true, send: [extra]}", name="l", enter="[{on: looked, to: need}]")
    (tmp_path / "touches").mkdir()
    two = Two(tmp_path, other, third, touches={"extra": "purpose: offers\nmost: 2 per 7 days"})
    two.on("ana", "visited")
    two.on("device", "visited")
    two.merge()

    two.on("ana", "looked")

    assert [row.get("because") for row in two.rows if row.get("touch") == "extra"] == [None, None, "most"]


def test_what_waits_of_either_waits_once_more_together(tmp_path: Path) -> None:
    other = journey("need: {rest: true, send: [extra]}", name="k", enter="[{on: visited, to: need}]")
    two = Two(tmp_path, PLAIN, other, brand='quiet: {from: "09:00", to: "12:00"}\ncaps: [{most: 1, per: 1 day}]\n')
    two.on("ana", "began")
    two.on("device", "visited")
    two.merge()

    two.wait(hours=3)
    assert len(two.sent("spark") + two.sent("extra")) == 1
    two.wait(hours=24)
    assert len(two.sent("spark") + two.sent("extra")) == 2


def test_what_was_let_go_with_a_consent_that_is_gone_is_taken_back(tmp_path: Path) -> None:
    two = Two(tmp_path, PLAIN)
    advance(two.program, two.ana, [two.event("began")], two.now, is_accepted_at_once=False)
    assert two.ana.sending
    two.on("device", "consent.withdrawn", purpose="offers")

    told = two.merge()

    assert two.ana.sending == []
    assert [row["because"] for row in told if row.get("touch") == "spark"] == ["consent"]


def test_a_touch_is_known_for_ever_by_who_it_was_decided_for(tmp_path: Path) -> None:
    two = Two(
        tmp_path,
        *(
            journey("need: {rest: true}", name=name, enter=f"[{{on: {on}, to: need}}]")
            for name, on in (("a", "began"), ("b", "visited"), ("c", "looked"), ("d", "watched"))
        ),
    )
    two.on("tablet", "began")
    two.on("device", "visited")
    two.merge("tablet", into="device")
    two.on("device", "looked")
    two.on("ana", "watched")
    two.merge()

    names = {each.journey.name: each.number for each in two.ana.enrollments}
    assert {name: origin_of(two.ana, number) for name, number in names.items()} == {
        "a": ("tablet", 1), "b": ("device", 1), "c": ("device", 3), "d": ("ana", 1),
    }  # fmt: skip
    for number in names.values():
        assert number_of(two.ana, *origin_of(two.ana, number)) == number


def test_other_ids_are_taken_along_by_a_publication(tmp_path: Path) -> None:
    two = Two(tmp_path, PLAIN)
    two.on("device", "began")
    two.merge()
    later = program(tmp_path, journey("need: {rest: true}", name="k", enter="[{on: visited, to: need}]"))

    carried = unpack(later, "ana", carry_over(pack(two.ana), layout_of(two.program), layout_of(later)))

    assert carried.others == two.ana.others == (("device", 0, 1, two.now),)
    assert origin_of(carried, 1) == ("device", 1)


def test_what_was_kept_before_there_were_other_ids_is_read(tmp_path: Path) -> None:
    two = Two(tmp_path, PLAIN)
    two.on("ana", "began")
    before = msgspec.msgpack.encode(msgspec.msgpack.decode(pack(two.ana), strict=False)[:-1])

    assert picture(unpack(two.program, "ana", before)) == picture(two.ana)


# ---------------------------------------------------------------- what merges nothing


def test_merging_twice_is_merging_once(tmp_path: Path) -> None:
    two = Two(tmp_path, PLAIN)
    two.on("device", "began")
    two.merge()
    before = picture(two.ana)

    told = two.merge() + two.merge("ana")

    assert [row["heard"] for row in told] == ["one already", "one already"]
    assert picture(two.ana) == before


def test_of_an_id_that_nobody_knows_only_the_id_is_taken(tmp_path: Path) -> None:
    two = Two(tmp_path, PLAIN)
    two.on("ana", "began")

    two.merge("nobody")

    assert two.ana.others == (("nobody", 1, 0, two.now),)
    assert two.states() == {"j#1": "need"}


def test_who_was_erased_stays_so(tmp_path: Path) -> None:
    two = Two(tmp_path, PLAIN)
    two.on("device", "customer.erased")
    before = picture(two.ana)

    told = two.merge()

    assert [row["heard"] for row in told] == ["erased before"]
    assert picture(two.ana) == before


def test_nothing_is_merged_into_who_was_erased(tmp_path: Path) -> None:
    two = Two(tmp_path, PLAIN)
    two.on("device", "profile.updated", size=7)
    two.on("ana", "customer.erased")

    told = two.merge()

    assert [row["heard"] for row in told] == ["erased"]
    assert two.ana.others == () and two.field("size") is None


def test_a_merge_in_history_being_loaded_joins_and_starts_nothing(tmp_path: Path) -> None:
    two = Two(tmp_path, journey("need: {rest: true}", enter="[{on: customer.merged, to: need}]"))
    two.on("device", "profile.updated", size=7)

    two.merge(imported=True)

    assert two.field("size") == 7
    assert two.states() == {}


def test_time_is_not_turned_back_for_who_is_further(tmp_path: Path) -> None:
    two = Two(tmp_path, PLAIN)
    two.on("device", "began")
    two.now += HOUR
    two._take("device", [])
    merged, looked = two.event("customer.merged", at=two.now - HOUR // 2, **{"from": "device"}), two.event("ordered")
    looked.at = two.now - HOUR // 3
    merged.absorbed = two.customers.pop("device")

    told = two._take("ana", [looked, merged])

    assert [row["at"] for row in told if row["kind"] == "merged"] == ["2026-03-02T10:00:00Z"]
    assert two.states() == {}


# ---------------------------------------------------------------- any two customers


def led_two(data: st.DataObject, folder: str) -> tuple[Program, Customer, Customer, int]:
    """Two customers with histories of their own, at one instant."""
    compiled, start = shipped(folder, arm=PERSONALIZED), data.draw(st.sampled_from(STARTS))
    until = start + data.draw(st.sampled_from([2, 20, 60])) * DAY
    found = []
    for id in ("one", "other"):
        customer = data.draw(customers(compiled, start))
        customer.id = id
        raw = [each for each in data.draw(streams(folder, start)) if each.name != "customer.erased"]
        advance(compiled, customer, to_events(compiled, raw), until, is_accepted_at_once=data.draw(st.booleans()))
        found.append(customer)
    return compiled, found[0], found[1], until


def merged(compiled: Program, one: Customer, other: Customer, at: int, id: str = "m") -> Turn:
    event = make_event(compiled, "customer.merged", at, {"from": other.id}, id=id)
    assert event is not None
    event.absorbed = other
    return turn(compiled, one, [event], at)


@both
@relaxed(40)
@given(st.data())
def test_two_who_are_merged_are_left_as_they_were_and_the_one_they_become_can_be_kept(
    folder: str, data: st.DataObject
) -> None:
    compiled, one, other, until = led_two(data, folder)
    before = (picture(one), picture(other))

    joint = merged(compiled, one, other, until).customer

    assert (picture(one), picture(other)) == before
    kept = unpack(compiled, joint.id, pack(joint))
    assert picture(kept) == picture(joint)
    assert pack(kept) == pack(joint)
    again = merged(compiled, joint, other, until, "again")
    assert [row["kind"] for row in Teller(compiled).rows("one", again.whys)] == ["event"]
    assert picture(again.customer) == picture(joint)


@both
@relaxed(40)
@given(st.data())
def test_nothing_is_looser_after_a_merge(folder: str, data: st.DataObject) -> None:
    compiled, one, other, until = led_two(data, folder)

    joint = merged(compiled, one, other, until).customer

    for purpose in range(len(compiled.purpose_names)):
        allow = [each.consents >> purpose & 1 for each in (one, other)]
        told = [-1 - purpose in each.told_at for each in (one, other)]
        is_withdrawn = any(was_told and not is_given for was_told, is_given in zip(told, allow, strict=True))
        assert joint.consents >> purpose & 1 == (any(allow) and not is_withdrawn)
    assert joint.complained == one.complained | other.complained
    live = [(each.journey.family, each.key) for each in joint.enrollments if each.ended_at < 0]
    assert len(live) == len(set(live))
    for sending in joint.sending:
        assert sending.waiting.enrollment in {each.number for each in joint.enrollments}


@both
@relaxed(40)
@given(st.data())
def test_after_a_merge_no_cap_is_passed_by_what_both_were_sent(folder: str, data: st.DataObject) -> None:
    compiled, one, other, until = led_two(data, folder)
    one.sending = other.sending = []
    before = {
        bucket: sorted(one.caps.get(bucket, []) + other.caps.get(bucket, [])) for bucket in {*one.caps, *other.caps}
    }
    joint = merged(compiled, one, other, until).customer
    raw = data.draw(streams(folder, until))

    later = turn(compiled, joint, to_events(compiled, raw), until + 40 * DAY)

    for scope, bucket, times in _sends(compiled, before, later):
        highest = max(most for _, most, _ in scope.lines)
        for place, at in enumerate(times):
            if at > until:
                within = [each for each in times[: place + 1] if each > at - scope.per]
                assert len(within) <= highest, (bucket, at)


def _sends(compiled: Program, before: dict[int, list[int]], later: Turn) -> Iterator[tuple[Any, int, list[int]]]:
    """By bucket the sends of both up to the merge, and of the one after it."""
    scopes = {bucket: scope for touch in compiled.touches for under in touch.scopes.values() for scope, bucket in under}
    after: dict[int, list[int]] = {}
    for effect in later.effects:
        touch = compiled.touches[effect.touch]  # type: ignore[union-attr]
        for _, bucket in touch.scopes.get(effect.channel, ()) if touch.class_ == 0 else ():  # type: ignore[union-attr]
            after.setdefault(bucket, []).append(effect.at)  # type: ignore[union-attr]
    for bucket, times in after.items():
        yield scopes[bucket], bucket, [*before.get(bucket, []), *times]


@both
@relaxed(40)
@given(st.data())
def test_who_is_merged_first_makes_no_difference_to_what_is_known_and_allowed(folder: str, data: st.DataObject) -> None:
    compiled, one, other, until = led_two(data, folder)
    third = data.draw(customers(compiled, until))
    third.id = "third"
    raw = [each for each in data.draw(streams(folder, until - 20 * DAY)) if each.name != "customer.erased"]
    advance(compiled, third, to_events(compiled, raw), until)
    for each in (one, other, third):
        each.sending, each.waiting = [], []

    other_first, third_first = merged(compiled, one, other, until), merged(compiled, one, third, until)
    third_then = merged(compiled, other_first.customer, third, until, "n")
    other_then = merged(compiled, third_first.customer, other, until, "n")
    first, second = third_then.customer, other_then.customer

    assert first.consents == second.consents
    assert first.complained == second.complained
    assert first.past.keys() == second.past.keys()
    assert {id for id, *_ in first.others} == {id for id, *_ in second.others}
    if not any([each.effects for each in (other_first, third_first, third_then, other_then)]):
        # A merge may lead into a segment, and what is sent for that is sent by whoever they are by then.
        assert first.caps == second.caps


def test_the_doors_agree_on_a_merge(tmp_path: Path) -> None:
    two = Two(tmp_path, PLAIN)
    two.on("device", "began")
    event = two.event("customer.merged", **{"from": "device"})
    event.absorbed = two.customers["device"]

    pure = turn(two.program, two.ana, [event], two.now)
    in_place = advance(two.program, two.ana.copy(), [event], two.now)

    assert trace(two.program, pure.whys) == trace(two.program, in_place.whys)
    assert picture(pure.customer) == picture(in_place.customer)
