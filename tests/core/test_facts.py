"""What is remembered: bounded for any history, and equal to what the whole history would say."""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.core.calendar import DAY, HOUR, MINUTE
from journeys.core.customer import Event
from journeys.core.facts import (
    LAST,
    MOMENTS,
    MOMENTS_MAX,
    OPEN,
    ROWS,
    SCORE,
    Slot,
    count_edge,
    count_rows,
    count_since,
    day_edge,
    decayed,
    list_rows,
    next_edge,
    rows_since,
    score_edge,
    sum_rows,
    usual_gap,
    whole_days,
)
from journeys.core.turn import advance
from tests.streams import STARTS, Raw, program, relaxed, to_events

T = STARTS[0]

# Events of few kinds at few instants, in the order in which they reach us: late ones among them.
histories = st.lists(
    st.tuples(st.integers(0, 60).map(lambda hours: T + hours * HOUR), st.integers(0, 2), st.sampled_from("ab")),
    max_size=30,
)


def fill(slot: Slot, history: list[tuple[int, int, str]]) -> Any:
    facts: list[Any] = [None]
    for at, kind, what in history:
        before = facts[0]
        pictured = repr(before)
        slot.record(facts, Event(at, kind, [what, kind]))
        assert repr(before) == pictured, "a value is never changed in place: a copied customer shares it"
    return facts[0]


@given(histories, st.integers(1, 70))
def test_a_count_over_a_window_is_that_of_the_whole_history(history: list[tuple[int, int, str]], hours: int) -> None:
    slot = Slot(MOMENTS, 0, (), ())
    slot.horizon = hours * HOUR

    kept = fill(slot, history)

    last = max([at for at, _, _ in history], default=T)
    for now in (last, last + HOUR, last + hours * HOUR):
        expected = sum(now - slot.horizon < at for at, _, _ in history)
        assert count_since(kept, now - slot.horizon) == expected


@given(histories)
def test_a_filter_counts_only_what_equals_it(history: list[tuple[int, int, str]]) -> None:
    slot = Slot(MOMENTS, 0, ((0, "a"),), ())
    slot.horizon = 100 * DAY

    kept = fill(slot, history)

    assert count_since(kept, T - DAY) == sum(what == "a" for _, _, what in history)


@given(histories, st.integers(1, 70))
def test_rows_in_a_window_are_those_of_the_whole_history(history: list[tuple[int, int, str]], hours: int) -> None:
    slot = Slot(ROWS, 0, (), (0, 1))
    slot.horizon = hours * HOUR

    kept = fill(slot, history)

    last = max([at for at, _, _ in history], default=T)
    inside = sorted([each for each in history if each[0] > last - slot.horizon], key=lambda each: each[0])
    rows = rows_since(kept, last - slot.horizon, ())
    assert count_rows(rows) == len(inside)
    assert sum_rows(rows) == sum(kind for _, kind, _ in inside)
    assert list_rows(rows) == tuple(kind for _, kind, _ in inside)
    assert sum_rows(rows_since(kept, last - slot.horizon, ("a",))) == sum(k for _, k, what in inside if what == "a")


@given(histories)
def test_the_last_is_the_newest_and_of_equals_the_one_heard_last(history: list[tuple[int, int, str]]) -> None:
    kept = fill(Slot(LAST, 0, (), (0, 1)), history)

    newest = None
    for at, kind, what in history:
        if newest is None or at >= newest[0]:
            newest = (at, (what, kind))
    assert kept == newest


@given(histories)
def test_what_is_open_was_opened_and_not_closed_since_in_whichever_order_it_is_heard(
    history: list[tuple[int, int, str]],
) -> None:
    slot = Slot(OPEN, 0, (), ())
    slot.up = {0: (True, 0), 1: (True, 0), 2: (False, 0)}

    kept = fill(slot, history)

    open_now: set[str] = set()
    closed_at: dict[str, int] = {}  # of what was not open then: its opening may be on its way
    for at, kind, what in history:
        if kind == 2 and what not in open_now:
            closed_at[what] = max(at, closed_at.get(what, at))
        elif kind == 2:
            open_now.remove(what)
        elif at > closed_at.get(what, -1):
            open_now.add(what)
    assert sorted((kept or ((), ()))[0]) == sorted(open_now)


@given(histories, st.integers(1, 40))
def test_a_score_is_the_sum_of_what_was_added_each_halved_in_its_half_lives(
    history: list[tuple[int, int, str]], hours: int
) -> None:
    slot = Slot(SCORE, 0, (), ())
    slot.half_life = hours * HOUR
    slot.amounts = {0: (True, 5.0), 1: (True, 15.0), 2: (True, 1.0)}

    kept = fill(slot, history)

    now = T + 80 * HOUR
    expected = sum([slot.amounts[kind][1] * 0.5 ** ((now - at) / slot.half_life) for at, kind, _ in history])
    assert decayed(kept, now, slot.half_life) == pytest.approx(expected)


def test_a_score_becomes_what_an_event_says_unless_a_newer_one_was_heard() -> None:
    slot = Slot(SCORE, 0, (), ())
    slot.half_life = DAY
    slot.amounts = {0: (True, 8.0), 1: (False, 2.0)}

    def after(*history: tuple[int, int, str]) -> float:
        return decayed(fill(slot, list(history)), T + DAY, slot.half_life)

    assert after((T, 0, "a"), (T + DAY, 1, "a")) == 2
    assert after((T + DAY, 0, "a"), (T, 1, "a")) == 8
    assert after((T, 1, "a"), (T + DAY, 0, "a")) == 1 + 8
    # What was added before it was set is not added when it arrives after that.
    assert after((T + DAY, 1, "a"), (T, 0, "a")) == 2


# ---------------------------------------------------------------- bounds


@pytest.mark.parametrize("kind", [MOMENTS, ROWS, LAST, SCORE, OPEN], ids=["moments", "rows", "last", "score", "open"])
@pytest.mark.parametrize(
    "step", [1, MINUTE, -MINUTE, 0], ids=["a burst", "every minute", "backwards", "at one instant"]
)
def test_a_slot_stays_small_however_long_the_history(kind: int, step: int) -> None:
    slot = Slot(kind, 0, (), (0, 1))
    slot.horizon = 10_000 * DAY
    slot.amounts = {0: (True, 1.0)}
    slot.up = {0: (True, 0)}
    facts: list[Any] = [None]

    for number in range(3 * MOMENTS_MAX):
        slot.record(facts, Event(T + number * step, 0, [f"t{number}", 1]))

    assert size(facts[0]) <= 3 * MOMENTS_MAX
    if kind in (MOMENTS, ROWS, OPEN):
        kept = facts[0][0] if kind in (ROWS, OPEN) else facts[0]
        assert len(kept) == MOMENTS_MAX
    if kind == MOMENTS:
        # The newest are kept: a count saturates, and means at least.
        assert facts[0] == sorted(T + number * step for number in range(3 * MOMENTS_MAX))[-MOMENTS_MAX:]


def size(value: Any) -> int:
    return sum(size(each) for each in value) if isinstance(value, list | tuple) else 1


@pytest.mark.parametrize("folder", ["shipped", "workshop"])
def test_facts_of_a_customer_stay_small_however_long_the_history(folder: str) -> None:
    compiled = program(folder)
    customer = compiled.new_customer("c1", T)
    customer.consents = 255
    name = "product_viewed" if folder == "shipped" else "looked"
    bought = "order_placed" if folder == "shipped" else "bought"
    raw = []
    for index in range(2_500):
        raw.append(
            Raw(name, T + index * MINUTE, {"category": "x"} if folder == "shipped" else {"thing": "x"}, f"{index}", 0)
        )
        raw.append(Raw(bought, T + index * MINUTE, {"total": 3}, f"{index}b", 0))

    advance(compiled, customer, to_events(compiled, raw), T + 75 * DAY)

    assert max(size(slot) for slot in customer.facts) <= 3 * MOMENTS_MAX
    assert len(customer.enrollments) + len(customer.waiting) + len(customer.past) < 20
    assert max([len(each) for each in [*customer.caps.values(), *customer.most.values()]], default=0) <= 10


# ---------------------------------------------------------------- edges: when time alone changes an answer


@relaxed(200)
@given(histories, st.integers(1, 70), st.integers(-1, 6), st.booleans(), st.integers(0, 100))
def test_no_answer_about_a_window_changes_before_its_edge(
    history: list[tuple[int, int, str]], hours: int, bound: int, is_above: bool, later: int
) -> None:
    times = sorted(at for at, _, _ in history)
    window = hours * HOUR
    now = max(times, default=T) + later * HOUR

    def holds(at: int) -> bool:
        count = sum(at - window < each for each in times)
        return count > bound if is_above else count >= bound

    edge = count_edge(times, now, window, bound, is_above)
    soonest = next_edge(times, now, window)
    instants = sorted({at + window + d for at in times for d in (-1, 0, 1)} | {now})
    changes = [at for at in instants if at > now and holds(at) != holds(now)]
    counts = [
        at
        for at in instants
        if at > now and sum(at - window < e for e in times) != sum(now - window < e for e in times)
    ]
    assert not changes or changes[0] == edge
    assert (counts[0] if counts else None) == (soonest if counts else None)


@given(st.integers(0, 50), st.integers(0, 40), st.booleans())
def test_whole_days_reach_a_bound_at_its_edge(bound: int, ago: int, is_above: bool) -> None:
    edge = day_edge(T, bound, is_above)

    def holds(at: int) -> bool:
        days = whole_days(T, at)
        assert days is not None
        return days > bound if is_above else days >= bound

    assert holds(edge)
    assert not holds(edge - 1)


@given(st.floats(1, 1000), st.floats(0.5, 999), st.integers(1, 100))
def test_a_score_falls_below_a_bound_at_its_edge(value: float, bound: float, hours: int) -> None:
    slot = Slot(SCORE, 0, (), ())
    slot.half_life = hours * HOUR
    slot.amounts = {0: (True, value)}
    score = fill(slot, [(T, 0, "a")])

    edge = score_edge(score, hours * HOUR, bound, T)

    if value / bound > 1.001:
        assert decayed(score, edge - 2000, hours * HOUR) > bound * 0.999_999
        assert decayed(score, edge + 2, hours * HOUR) <= bound * 1.000_001
    else:
        assert decayed(score, T + 10 * DAY, hours * HOUR) < bound


@given(st.lists(st.integers(0, 10_000), max_size=8))
def test_the_usual_gap_is_a_median_of_days(minutes: list[int]) -> None:
    times = sorted(T + each * MINUTE for each in minutes)

    gap = usual_gap(times)

    if len(times) < 3:
        assert gap is None
    else:
        assert gap == pytest.approx(median(b - a for a, b in pairwise(times)) / DAY)
