"""What the gate promises: every answer of any customer's life, set against the definitions by the ledger."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.core.calendar import DAY
from journeys.core.customer import GENERIC, HOLDOUT, PERSONALIZED
from journeys.core.effects import SendTouch, WithdrawTouch
from journeys.core.intake import new_customer
from journeys.core.program import MARKETING
from journeys.core.turn import advance
from journeys.core.why import (
    ADDRESS,
    CAP,
    CONSENT,
    DEFER,
    EXPIRED,
    HELD_OUT,
    HOLD,
    LEFT,
    MOST,
    OUTRANKED,
    PAST,
    QUIET,
    RULE,
    SEND,
    SUPPRESSED,
    TOUCH,
    WITHHOLD,
)
from tests.ledger import Answer, Ledger, channel_of
from tests.localtime import MINUTE, first_allowed, is_quiet
from tests.streams import MIXED, SPAN, STARTS, Raw, customers, deliveries, program, relaxed, streams, to_events

both = pytest.mark.parametrize("folder", ["shipped", "workshop"])
ARMS = st.sampled_from([PERSONALIZED, PERSONALIZED, GENERIC, HOLDOUT, MIXED, MIXED])
NIGHT, NOON, BRIEF = (21 * 60, 8 * 60, 30), (11 * 60, 17 * 60 + 20, 15), (23 * 60, 30, 0)


def lived(data: st.DataObject, folder: str, *, quiet: tuple[int, int, int] | None = None) -> Ledger:
    """A whole life through a folder, in any arm, with late events; told to a ledger."""
    compiled = program(folder, arm=data.draw(ARMS), quiet=quiet)
    start = data.draw(st.sampled_from(STARTS))
    customer = data.draw(customers(compiled, start))
    raw = data.draw(streams(folder, start, is_punctual=data.draw(st.booleans())))
    before = customer.copy()
    whys, effects = [], []
    for at, batch in [*deliveries(raw), (start + 2 * SPAN, [])]:
        taken = advance(compiled, customer, to_events(compiled, batch), at)
        whys += taken.whys
        effects += taken.effects
    ledger = Ledger(compiled, before, whys)
    keys = [effect.key for effect in effects if isinstance(effect, SendTouch)]
    assert keys == [each.key for each in ledger.sends]
    final = [each.key for each in ledger.answers if each.answer in (SEND, WITHHOLD)]
    waiting = [each.key for each in customer.waiting]
    assert len(final) == len(set(final)), "one touch a key, and one final answer"
    assert not set(final) & set(waiting)
    deferred = {each.key for each in ledger.answers if each.answer == DEFER}
    assert deferred <= set(final) | set(waiting), "what is deferred is answered for good later"
    return ledger


@both
@relaxed(100)
@given(st.data())
def test_marketing_goes_only_where_consent_and_customer_still_are(folder: str, data: st.DataObject) -> None:
    ledger = lived(data, folder)

    for each in ledger.answers:
        if each.answer == SEND and each.class_ == "marketing":
            assert each.purpose in each.consents
            assert not each.has_ended
            assert not each.is_erased
            assert not each.is_held
            assert each.arm != HOLDOUT
            assert not ledger.must_wait(each)
        if each.answer == SEND and each.has_ended:
            assert each.class_ in ("service", "internal")
        if each.reason == CONSENT:
            assert each.class_ == "marketing"
            assert each.purpose not in each.consents
        if each.reason == HOLD:
            assert each.class_ == "marketing"
            assert each.is_held
        if each.reason == RULE and each.answer == DEFER:
            assert ledger.must_wait(each)
        if each.reason == RULE and each.answer == WITHHOLD:
            assert ledger.must_not_go(each) or (ledger.must_wait(each) and each.at > each.expires_at)
        if each.reason == HELD_OUT:
            assert each.class_ == "marketing"
            assert each.arm == HOLDOUT
            assert each.purpose in each.consents


@both
@relaxed(60)
@given(st.data())
def test_a_touch_goes_by_the_first_channel_that_is_open_and_has_an_address(folder: str, data: st.DataObject) -> None:
    ledger = lived(data, folder)

    for each in ledger.answers:
        if each.class_ == "internal":
            continue
        if each.would_go:
            assert not ledger.must_not_go(each)
            assert channel_of(each, ledger.program) == ledger.usable_channels(each)[0]
            assert each.at <= each.expires_at
        if each.reason in (ADDRESS, SUPPRESSED):
            assert each.answer == WITHHOLD
            assert not ledger.usable_channels(each)


@both
@relaxed(60)
@given(st.data())
def test_nothing_goes_after_it_expired_or_where_the_customer_left(folder: str, data: st.DataObject) -> None:
    ledger = lived(data, folder)

    for each in ledger.answers:
        if each.answer == DEFER:
            assert each.until > each.at
            assert each.until <= each.expires_at + 1 or each.reason in (HOLD, RULE)
        if each.answer == SEND and each.class_ != "internal":
            assert each.at <= each.expires_at
        if each.reason == EXPIRED:
            assert each.at > each.expires_at
        if each.answer == SEND and not ledger.is_of_a_move(each) and not ledger.entry(each).outlives:
            # The visit it was planned for goes on: as many arrivals as its key says.
            owner = _owner(ledger, each)
            assert each.stands_in[1] == owner or each.stands_in[1].partition(".")[0] == owner
            assert each.visits[each.enrollment, owner] == each.visit
        # A moment that was put off is left, too: it is not due any more.
        if each.reason == LEFT and not ledger.is_of_a_move(each) and ledger.entry(each).clock.due is None:
            owner = _owner(ledger, each)
            stands = owner in (each.stands_in[1], each.stands_in[1].partition(".")[0])
            assert not stands or each.visits[each.enrollment, owner] > each.visit
            assert not ledger.entry(each).outlives or each.has_ended


def _owner(ledger: Ledger, answer: Answer) -> str:
    """The state or stage whose `send` list holds the entry."""
    path = ledger.entry(answer).path
    assert path[0] == "stages"
    return f"{path[1]}.{path[3]}" if path[2] == "steps" else str(path[1])


@both
@relaxed(80)
@given(st.data())
def test_caps_hold_in_every_window_and_defer_to_the_first_free_slot(folder: str, data: st.DataObject) -> None:
    ledger = lived(data, folder)

    for each in ledger.marketing():
        if each.would_go:
            assert ledger.room_at(each, channel_of(each, ledger.program), each.at)
        elif each.reason == CAP:
            channel = ledger.usable_channels(each)[0]
            assert not ledger.room_at(each, channel, each.at)
            ends = {sent.at + cap.per for sent in ledger.counted(each) for cap in ledger.lines_in_force(each)}
            free = min([at for at in ends if at > each.at and ledger.room_at(each, channel, at)])
            assert (each.answer, each.until) == (DEFER, free) if free <= each.expires_at else each.answer == WITHHOLD


@both
@relaxed(60)
@given(st.data())
def test_most_holds_for_a_recipient_across_enrollments(folder: str, data: st.DataObject) -> None:
    ledger = lived(data, folder)

    gone: list[Answer] = []
    for each in ledger.answers:
        most = ledger.definitions.touches[each.touch].most
        same = [
            other
            for other in gone
            if other.touch == each.touch and (each.class_ != "marketing" or other.answer == SEND or each.arm == HOLDOUT)
        ]
        if most is not None and (each.would_go or each.reason == MOST):
            used = sum(most.per is None or each.at - most.per < other.at for other in same)
            assert (used < most.count) == each.would_go
        if each.would_go:
            gone.append(each)


@both
@relaxed(100)
@given(st.data())
def test_an_enrollment_has_one_voice_an_instant(folder: str, data: st.DataObject) -> None:
    ledger = lived(data, folder)

    voices: dict[tuple[int, int], list[Answer]] = {}
    for each in ledger.marketing():
        heard = voices.setdefault((each.enrollment, each.at), [])
        together = [other for other in heard if _wait_together(other, each)]
        if each.would_go or (each.reason in (CAP, QUIET) and each.answer == DEFER):
            assert not together
            heard.append(each)
        if each.reason == OUTRANKED:
            assert _rank(ledger, together[0]) <= _rank(ledger, each)


def _wait_together(one: Answer, other: Answer) -> bool:
    """Asked at once, and due at one instant or let go together by a hold or by quiet hours."""
    is_let_go = {one.waited_for, other.waited_for} <= {HOLD, QUIET, RULE}
    return one.asking == other.asking and (one.due_at == other.due_at or is_let_go)


def _rank(ledger: Ledger, answer: Answer) -> tuple[int, int]:
    priority = ledger.entry(answer).priority
    if priority is None:
        priority = ledger.definitions.journeys[answer.journey].priority
    return -priority, answer.due_at


@both
@relaxed(80)
@given(st.data())
def test_the_more_important_is_asked_first(folder: str, data: st.DataObject) -> None:
    """In one asking of the gate: by priority, then the earliest due, then the journey."""
    ledger = lived(data, folder)

    order = {name: place for place, name in enumerate(each.name for each in ledger.program.journeys)}
    for one, other in pairwise(ledger.answers):
        if one.asking == other.asking and one.at == other.at and not {one.reason, other.reason} & {PAST, LEFT}:
            assert (*_rank(ledger, one), order[one.journey]) <= (*_rank(ledger, other), order[other.journey])


def test_of_two_touches_due_at_once_the_more_important_goes_and_the_other_is_outranked() -> None:
    compiled = program("workshop", arm=PERSONALIZED)
    customer = new_customer(compiled, "c1", {"email": "a@example.com"}, at=STARTS[0], consents=["offers", "watching"])
    at = STARTS[0]
    # Two steps in two days, for twelve hours: then they stand in the second step.
    raw = [_raw("begun", at), _raw("looked", at + 1), _raw("stepped", at + 2), Raw("stepped", at + 3, {}, "again", 0)]

    whys = advance(compiled, customer, to_events(compiled, raw), at + 2 * DAY).whys

    told = [(compiled.touches[why[5]].name, why[9], why[10]) for why in whys if why[0] == TOUCH]
    assert ("outlasting", WITHHOLD, OUTRANKED) in told
    assert told.index(("outlasting", WITHHOLD, OUTRANKED)) > [name for name, _, _ in told].index("urgent")


@both
@pytest.mark.parametrize("quiet", [NIGHT, NOON, BRIEF], ids=["overnight", "by day", "over midnight"])
@relaxed(30)
@given(st.data())
def test_nothing_goes_in_quiet_hours_on_any_day(folder: str, quiet: tuple[int, int, int], data: st.DataObject) -> None:
    ledger = lived(data, folder, quiet=quiet)
    from_, to, spread = quiet

    spreads = set()
    for each in ledger.answers:
        if each.would_go and each.class_ in ("marketing", "requested"):
            assert not is_quiet(each.zone, each.at, from_, to)
        if each.reason == QUIET:
            assert each.class_ in ("marketing", "requested")
            assert is_quiet(each.zone, each.at, from_, to)
            allowed_at = first_allowed(each.zone, each.at, from_, to)
            if each.answer == DEFER:
                spreads.add(each.until - allowed_at)
            else:
                assert allowed_at + (spread - 1) * MINUTE > each.expires_at or allowed_at > each.expires_at
    # Each customer has an own minute after the quiet hours.
    assert len(spreads) <= 1
    assert all(0 <= each < max(spread, 1) * MINUTE and each % MINUTE == 0 for each in spreads)


@both
@relaxed(60)
@given(st.data())
def test_what_nobody_has_accepted_yet_is_taken_back_with_its_consent_and_its_place(
    folder: str, data: st.DataObject
) -> None:
    """With a provider that never answers: what was let go stands in `sending` until it is withdrawn."""
    compiled = program(folder, arm=PERSONALIZED)
    start = data.draw(st.sampled_from(STARTS))
    customer = data.draw(customers(compiled, start))
    let_go: set[tuple[int, int, int, int]] = set()
    withdrawn: set[tuple[int, int, int, int]] = set()

    for at, batch in deliveries(data.draw(streams(folder, start))):
        effects = advance(compiled, customer, to_events(compiled, batch), at, is_accepted_at_once=False).effects
        for effect in effects:
            if isinstance(effect, SendTouch):
                assert effect.key not in let_go
                let_go.add(effect.key)
            elif isinstance(effect, WithdrawTouch):
                assert effect.key in let_go - withdrawn
                withdrawn.add(effect.key)
        live = {each.number for each in customer.enrollments if each.ended_at < 0}
        for sending in customer.sending:
            touch = sending.touch
            if touch.class_ == MARKETING:
                assert customer.consents >> touch.purpose & 1
                assert sending.waiting.enrollment in live
        # One slot for each that goes or may yet go, and none for what was taken back.
        slots = [at for times in customer.caps.values() for at in times]
        gone = [sending.at for sending in customer.sending if sending.touch.class_ == MARKETING]
        assert set(slots) <= set(gone)
    assert len(let_go) == len(withdrawn) + len(customer.sending)


def test_customers_have_different_minutes_after_the_quiet_hours() -> None:
    compiled = program("workshop", arm=PERSONALIZED)
    start = STARTS[2]
    untils = set()

    for number in range(40):
        customer = compiled.new_customer(f"c{number}", start)
        customer.fields[compiled.names.fields["email"]] = "a@example.com"
        event = to_events(compiled, [_raw("begun", start), _raw("asked", start + 12 * 60 * MINUTE)])
        taken = advance(compiled, customer, event, start + DAY)
        untils |= {why[12] for why in taken.whys if why[0] == TOUCH and why[10] == QUIET}

    assert len(untils) > 15


def _raw(name: str, at: int) -> Raw:
    return Raw(name, at, {}, name, 0)


@both
@relaxed(60)
@given(st.data())
def test_arm_and_consent_choose_the_words(folder: str, data: st.DataObject) -> None:
    ledger = lived(data, folder)

    for each in ledger.sends:
        assert (each.words == "generic") == ledger.must_be_generic(each)
        if each.words != "generic":
            assert each.words in ledger.definitions.touches[each.touch].words or each.words == "personalized"


@pytest.mark.parametrize(
    "journeys", [("espresso", "cart", "trial", "grocery"), ("bench",)], ids=["shipped", "workshop"]
)
@relaxed(100)
@given(st.data())
def test_a_held_out_customer_would_be_sent_exactly_what_a_twin_is_sent(
    journeys: tuple[str, ...], data: st.DataObject
) -> None:
    """Where nothing listens to what was sent."""
    folder = "workshop" if journeys == ("bench",) else "shipped"
    treated, untouched = (program(folder, arm=arm, journeys=journeys) for arm in (PERSONALIZED, HOLDOUT))
    start = data.draw(st.sampled_from(STARTS))
    customer = data.draw(customers(treated, start))
    raw = data.draw(streams(folder, start, hears_back=False))

    sent, would = [
        Ledger(
            compiled, customer.copy(), advance(compiled, customer.copy(), to_events(compiled, raw), start + SPAN).whys
        )
        for compiled in (treated, untouched)
    ]

    def going(ledger: Ledger) -> list[tuple[object, ...]]:
        return [
            (
                each.at,
                each.key,
                each.touch,
                channel_of(each, ledger.program) if each.would_go else each.reason,
                each.until,
            )
            for each in ledger.answers
        ]

    assert going(would) == going(sent)
    assert not [each for each in would.sends if each.class_ == "marketing"]
