"""A simulated life: what happens as often as the population says, where it says, and as touches change it."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.check.folder import open_definitions
from journeys.core.calendar import DAY, HOUR, MINUTE, to_local
from journeys.core.customer import HOLDOUT
from journeys.core.trace import Teller
from journeys.core.turn import advance
from journeys.core.why import ENDED, ENTERED
from journeys.errors import InputError
from journeys.simulate.simulation import simulate

from .stall import SHIPPED, STALL, START, World, make_plan, with_population

WORLDS = {
    "stall": lambda: World(make_plan(STALL, days=120)),
    "two together": lambda: World(make_plan(STALL, "stall", "baskets", days=90)),
    "espresso": lambda: World(make_plan(SHIPPED, "espresso", days=180)),
    "cart and nps": lambda: World(make_plan(SHIPPED, "cart", "nps", days=90)),
    "trial": lambda: World(make_plan(SHIPPED, "trial", days=120)),
}
_made: dict[str, World] = {}


def _world(name: str) -> World:
    if name not in _made:
        _made[name] = WORLDS[name]()
    return _made[name]


# ---------------------------------------------------------------- a simulation is a replay


@given(name=st.sampled_from([*WORLDS]), number=st.integers(0, 1_000_000))
def test_what_simulated_customers_did_replayed_gives_the_same_trace(name: str, number: int) -> None:
    world = _world(name)
    life = world.life

    lived = life.live(number)
    events, whys, signals = life.recorded, life.whys, life.signals
    # The same person, with what they did all at once before them.
    life.hand.begin(number, life.seed + number, world.program.brand_zone)
    people = life.compiled.people
    again = people.make(lived.id, people.kind(life.hand), life.hand)
    replayed = advance(world.program, again, events, world.plan.until)

    rows = Teller(world.program)
    assert [*rows.rows(lived.id, whys)] == [*rows.rows(lived.id, replayed.whys)]
    assert signals == replayed.signals
    assert lived.as_of == replayed.customer.as_of == world.plan.until


@given(name=st.sampled_from([*WORLDS]), numbers=st.lists(st.integers(0, 500), min_size=2, max_size=6, unique=True))
def test_a_life_is_the_same_whoever_lived_before(name: str, numbers: list[int]) -> None:
    life = _world(name).life

    def lived(number: int) -> list[tuple[object, ...]]:
        life.live(number)
        return [(event.at, event.event, *event.properties) for event in life.recorded]

    first = {number: lived(number) for number in numbers}

    assert {number: lived(number) for number in reversed(numbers)} == first


def test_another_seed_is_another_life() -> None:
    one, other = World(make_plan(seed=1)), World(make_plan(seed=2))

    assert [len(events) for _, events in one.lives(20)] != [len(events) for _, events in other.lives(20)]


# ---------------------------------------------------------------- how often, and when


def _count(world: World, event: str, customers: int) -> int:
    return sum(world.name(each) == event for _, events in world.lives(customers) for each in events)


def _is_poisson(count: int, expected: float) -> bool:
    return abs(count - expected) <= 4 * expected**0.5


@pytest.mark.parametrize("awake", ["", 'awake: "08:00-22:00"\n'], ids=["all day", "in waking hours"])
def test_things_happen_as_often_as_they_should(tmp_path: Path, awake: str) -> None:
    folder = with_population(tmp_path, awake + "rates: {before: {passed: 2 per 7 days, basket_begun: 1 per 10 days}}\n")
    world = World(make_plan(folder, days=70))

    assert _is_poisson(_count(world, "passed", 300), 300 * 20)
    assert _is_poisson(_count(world, "basket_begun", 300), 300 * 7)


def test_a_pace_is_how_much_more_often_everything_happens(tmp_path: Path) -> None:
    folder = with_population(
        tmp_path, "personas: {hasty: {share: 100%, pace: 2.5}}\nrates: {before: {passed: 1 per 7 days}}\n"
    )

    assert _is_poisson(_count(World(make_plan(folder, days=70)), "passed", 200), 200 * 10 * 2.5)


def test_people_sleep_by_their_own_clock_also_when_clocks_change(tmp_path: Path) -> None:
    folder = with_population(
        tmp_path,
        'awake: "07:30-23:00"\nzones: {Europe/Madrid: 40%, America/New_York: 30%, Australia/Lord_Howe: 30%}\n'
        "events: {bought: {then: [{event: fetched, after: {median: 5 hours, times: 4}}]}}\n"
        "rates: {before: {passed: 3 per 1 day, bought: 1 per 1 day}}\n",
    )
    world = World(make_plan(folder, days=60))

    minutes = [
        to_local(customer.zone, event.at) % DAY / MINUTE for customer, events in world.lives(60) for event in events
    ]

    assert 7.5 * 60 <= min(minutes) < 7.6 * 60
    assert 22.9 * 60 < max(minutes) <= 23 * 60


def test_what_happens_depends_on_where_one_stands() -> None:
    world = World(make_plan(days=90))
    early: Counter[str] = Counter()
    late: Counter[str] = Counter()

    for _, events in world.lives(300):
        entered_at = next((why[1] for why in world.life.whys if why[0] == ENTERED), world.plan.until)
        for event in events:
            (early if event.at < entered_at else late)[world.name(event)] += 1

    assert set(early) == {"passed"}
    assert {"passed", "looked", "bought", "fetched", "left"} <= set(late)


def test_of_several_carts_the_newest_counts(tmp_path: Path) -> None:
    folder = with_population(
        tmp_path,
        "events: {basket_begun: {with: {basket_id: {id: b}}}, bought: {with: {basket_id: {same: basket_id}}}}\n"
        "rates: {before: {basket_begun: 1 per 1 day}, "
        "evaluation: {basket_begun: 1 per 5 days, bought: 1 per 5 days}}\n",
        "baskets",
    )
    world = World(make_plan(folder, "baskets", days=30))

    # While an older basket lies about, nobody who let the newest one go begins again: the population
    # says nothing of ends.
    for _, events in world.lives(100):
        names = [world.name(event) for event in events]
        assert names[:1] in ([], ["basket_begun"])
    assert _count(world, "basket_begun", 300) > 300


def test_populations_together_add_up(tmp_path: Path) -> None:
    folder = with_population(tmp_path, "rates: {before: {passed: 1 per 7 days}}\n")
    baskets = f"population: baskets\n{START}rates: {{before: {{passed: 2 per 7 days, left: 1 per 7 days}}}}\n"
    (folder / "baskets.population.yaml").write_text(baskets, "utf-8")
    world = World(make_plan(folder, "stall", "baskets", days=70))

    assert _is_poisson(_count(world, "passed", 200), 200 * 30)
    assert _is_poisson(_count(world, "left", 200), 200 * 10)


def test_of_populations_together_a_touch_lifts_the_event_it_names_and_no_other(tmp_path: Path) -> None:
    # Of the first population nothing is lifted; what the second one says stands behind it.
    alone = _ALONE.replace("passed: 1 per 1 day", "profile.updated: {rate: 1 per 1000 days, with: {age: 40}}")
    folder = with_population(tmp_path, alone + "touches: {hello: {lift: {passed: 4}}}\n")
    baskets = f"population: baskets\n{START}rates: {{before: {{passed: 1 per 1 day}}}}\n"
    (folder / "baskets.population.yaml").write_text(baskets, "utf-8")

    by_arm = _by_arm(World(make_plan(folder, "stall", "baskets", days=20)), 600, days=10)

    extra = 4 * 3 / 0.6931 * (1 - 2 ** -(10 / 3))
    assert abs(fmean(by_arm[0]) - (10 + extra)) < 1.2
    assert abs(fmean(by_arm[2]) - 10) < 1.2


# ---------------------------------------------------------------- what comes of an event


def test_a_follow_up_comes_for_its_share_and_carries_over(tmp_path: Path) -> None:
    folder = with_population(
        tmp_path,
        "events:\n  bought:\n    with: {basket_id: {id: b}, total: {from: 5, to: 50}}\n"
        "    then: [{event: fetched, after: {from: 2 hours, to: 4 hours}, share: 60%}]\n"
        "rates: {before: {bought: 1 per 5 days}}\n",
    )
    world = World(make_plan(folder, days=100))
    bought = fetched = 0

    for _, events in world.lives(200):
        baskets = {}
        for event in events:
            basket = world.value(event, "basket_id")
            if world.name(event) == "bought":
                bought += 1
                baskets[basket] = event
            else:
                fetched += 1
                cause = baskets.pop(basket)
                assert 2 * HOUR <= event.at - cause.at <= 4 * HOUR + 2
                assert world.value(event, "total") == world.value(cause, "total")

    assert abs(fetched / bought - 0.6) < 0.03


def test_events_may_follow_each_other_in_a_circle(tmp_path: Path) -> None:
    folder = with_population(
        tmp_path,
        "events:\n  passed: {then: [{event: left, after: 1 hour, share: 50%}]}\n"
        "  left: {then: [{event: passed, after: 1 hour, share: 50%}]}\n"
        "rates: {before: {passed: 1 per 10 days}}\n",
    )
    world = World(make_plan(folder, days=100))

    # 1 + 1/4 + 1/16 + ... of the one, half as many of the other.
    passed, left = _count(world, "passed", 400), _count(world, "left", 400)
    assert abs(passed / 4_000 - 4 / 3) < 0.08 and abs(left / 4_000 - 2 / 3) < 0.06


def test_no_two_events_of_a_customer_share_an_instant() -> None:
    for name in WORLDS:
        for _, events in _world(name).lives(40):
            instants = [event.at for event in events]
            assert instants == sorted(set(instants))


# ---------------------------------------------------------------- what touches do

_ALONE = (
    "consents: {offers: 100%, personal: 100%}\nfields: {email: {id: m}}\n"
    "rates: {before: {looked: 1000 per 1 day}, need: {passed: 1 per 1 day}}\n"
)


def _by_arm(world: World, customers: int, days: float) -> dict[int, list[int]]:
    """How often each customer passed by within so many days of the touch (due a day after the entry), by arm."""
    found: dict[int, list[int]] = {0: [], 1: [], 2: []}
    for customer, events in world.lives(customers):
        enrollment = customer.enrollments[0]
        touched_at = enrollment.entered_at + DAY
        near = [e for e in events if world.name(e) == "passed" and touched_at < e.at <= touched_at + int(days * DAY)]
        found[enrollment.arm].append(len(near))
    return found


def test_a_touch_lifts_what_it_is_about_and_the_lift_fades(tmp_path: Path) -> None:
    folder = with_population(tmp_path, _ALONE + "touches: {hello: {lift: {passed: 4}}}\nfades: 2 days\ngeneric: 50%\n")
    world = World(make_plan(folder, days=20))

    by_arm = _by_arm(world, 1_500, days=10)

    # The integral of a lift with half-life h over t days is lift * h / ln 2 * (1 - 2^(-t/h)).
    extra = 4 * 2 / 0.6931 * (1 - 2**-5)
    personalized, generic, holdout = (fmean(by_arm[arm]) for arm in range(3))
    assert abs(personalized - (10 + extra)) < 0.7
    assert abs(generic - (10 + extra / 2)) < 0.6
    assert abs(holdout - 10) < 0.6


def test_a_lift_that_has_faded_is_forgotten(tmp_path: Path) -> None:
    # A day after the touch a thousandth of it is left: nobody's rates are weighed with it any more.
    folder = with_population(tmp_path, _ALONE + "touches: {hello: {lift: {passed: 4}}}\nfades: 2 hours\n")
    world = World(make_plan(folder, days=20))
    lifted = 0

    for customer, _ in world.lives(100):
        enrollment = customer.enrollments[0]
        lifted += world.life.lifted_at > enrollment.entered_at
        assert world.life.lifts == {}

    assert lifted > 50


def test_who_heeds_touches_more_is_moved_more(tmp_path: Path) -> None:
    folder = with_population(
        tmp_path,
        "personas: {keen: {share: 100%, heeds: 50%}}\n"
        + _ALONE
        + "touches: {hello: {lift: {passed: 4}}}\nfades: 2 days\n",
    )

    by_arm = _by_arm(World(make_plan(folder, days=20)), 1_500, days=10)

    assert abs(fmean(by_arm[0]) - (10 + 2 * 2 / 0.6931)) < 0.7


def _with_touches(folder: Path, *days: int) -> Path:
    """The stall sends on these days after the entry."""
    journey = (folder / "stall.yaml").read_text("utf-8")
    line = "      - {touch: hello, after: 1 day}\n"
    lines = [line.replace("1 day", f"{day} days") for day in days]
    (folder / "stall.yaml").write_text(journey.replace(line, "".join(lines)), "utf-8")
    return folder


def test_too_many_touches_drive_away(tmp_path: Path) -> None:
    folder = with_population(
        tmp_path,
        _ALONE + "touches: {hello: {lift: {passed: 4}}}\nfades: 2 days\nfatigue: {beyond: 1 per 7 days, each: 100%}\n",
    )
    world = World(make_plan(_with_touches(folder, 1, 3, 5), days=20))

    by_arm = _by_arm(world, 1_500, days=12)

    # The second touch does nothing; the third turns what is left of the first into the opposite, and nothing happens
    # less often than never.
    up = 4 * 2 / 0.6931 * (1 - 2**-2)
    down = -1 * 2 / 0.6931 * (1 - 2**-4)
    assert abs(fmean(by_arm[0]) - (12 + up + down)) < 0.7


def test_who_has_enough_withdraws_the_consent(tmp_path: Path) -> None:
    folder = with_population(
        tmp_path,
        "consents: {offers: 100%}\nfields: {email: {id: m}}\nrates: {before: {looked: 1000 per 1 day}}\n"
        "fatigue: {beyond: 1 per 7 days, each: 0%, stops: 30%}\n",
    )
    world = World(make_plan(_with_touches(folder, 1, 3), days=20))
    sent = withdrawn = 0

    for customer, events in world.lives(1_000):
        gone = [event for event in events if world.name(event) == "consent.withdrawn"]
        sent += customer.enrollments[0].arm != HOLDOUT
        withdrawn += len(gone)
        assert bool(gone) != bool(customer.consents)
        assert all(world.value(event, "purpose") == "offers" for event in gone)

    assert abs(withdrawn / sent - 0.3) < 0.05


def test_replies_come_for_their_share_and_clicks_of_those_who_opened(tmp_path: Path) -> None:
    folder = with_population(
        tmp_path,
        _ALONE + "touches: {hello: {opened: {share: 60%, after: 1 hour}, clicked: {share: 50%, after: 2 hours}, "
        "redeemed: 20%, complained: 10%}}\ngeneric: 50%\n",
    )
    world = World(make_plan(folder, days=40))
    counts: dict[int, Counter[str]] = {0: Counter(), 1: Counter(), 2: Counter()}

    for customer, events in world.lives(2_500):
        arm = customer.enrollments[0].arm
        names = {world.name(event) for event in events if world.name(event).startswith("hello.")}
        counts[arm].update(names)
        counts[arm]["customers"] += 1
        assert "hello.clicked" not in names or "hello.opened" in names
        channels = {world.value(event, "channel") for event in events if world.name(event) in names}
        assert channels <= {"email"}

    def share(arm: int, part: str) -> float:
        return counts[arm][f"hello.{part}"] / counts[arm]["customers"]

    assert abs(share(0, "opened") - 0.6) < 0.05 and abs(share(0, "clicked") - 0.3) < 0.05
    assert abs(share(0, "redeemed") - 0.2) < 0.04 and abs(share(0, "complained") - 0.1) < 0.03
    # Generic words get half of it all, save of the complaints.
    assert abs(share(1, "opened") - 0.3) < 0.05 and abs(share(1, "clicked") - 0.15) < 0.03
    assert abs(share(1, "redeemed") - 0.1) < 0.03 and abs(share(1, "complained") - 0.1) < 0.03
    assert not any(part.startswith("hello") for part in counts[2])


def test_a_profile_that_changes_is_changed(tmp_path: Path) -> None:
    folder = with_population(
        tmp_path,
        "fields: {age: 30}\n"
        "rates: {before: {profile.updated: {rate: 1 per 2 days, with: {age: {from: 40, to: 49}}}}}\n",
    )
    world = World(make_plan(folder, days=60))
    age = world.program.names.fields["age"]

    assert {customer.fields[age] for customer, _ in world.lives(200)} == set(range(40, 50))


def test_after_an_end_happens_what_is_said_of_it(tmp_path: Path) -> None:
    folder = with_population(
        tmp_path,
        "rates:\n  before: {looked: 1000 per 1 day}\n  need: {left: 1 per 10 days, bought: 1 per 10 days}\n"
        "  selection.waiting: {fetched: 1 per 1 day}\n  end: {passed: 1 per 1 day}\n"
        "  end.left: {basket_begun: 1 per 1 day}\n",
    )
    world = World(make_plan(folder, days=60))
    after: dict[str, Counter[str]] = {"left": Counter(), "done": Counter()}

    for _, events in world.lives(300):
        ended = next((why for why in world.life.whys if why[0] == ENDED), None)
        if ended is not None:
            reason = world.program.journeys[ended[3]].reasons[ended[5]]
            after[reason].update(world.name(event) for event in events if event.at > ended[1])

    assert set(after["left"]) == {"basket_begun"} and after["left"].total() > 1_000
    assert set(after["done"]) == {"passed"} and after["done"].total() > 100


def test_what_is_lifted_lives_the_same_in_a_version_that_does_not_know_it(tmp_path: Path) -> None:
    own = with_population(tmp_path, _ALONE + "touches: {hello: {lift: {passed: 4}}}\n")
    older = tmp_path / "older"
    shutil.copytree(own, older)
    brand = older / "brand.yaml"
    brand.write_text(brand.read_text("utf-8").replace("  passed: {kind: behavioural, properties: {}}\n", ""), "utf-8")
    (older / "stall.population.yaml").unlink()
    (older / "baskets.population.yaml").unlink()

    simulated = simulate(make_plan(own, customers=200, days=20, before=open_definitions(older).definitions))

    assert simulated.comparison is not None and simulated.comparison.changed == 0


def test_however_many_touches_nothing_happens_more_often_for_being_too_much(tmp_path: Path) -> None:
    folder = with_population(
        tmp_path,
        _ALONE
        + "touches: {hello: {lift: {passed: -0.5}}}\nfades: 2 days\nfatigue: {beyond: 1 per 30 days, each: 100%}\n",
    )
    world = World(make_plan(_with_touches(folder, *range(1, 16)), days=20))

    by_arm = _by_arm(world, 300, days=12)

    assert fmean(by_arm[0]) < 8 < fmean(by_arm[2])


def test_a_click_comes_after_its_opening(tmp_path: Path) -> None:
    folder = with_population(tmp_path, _ALONE + "touches: {hello: {opened: 60%, clicked: 50%}}\n")
    world = World(make_plan(folder, days=40))
    clicks = 0

    for _, events in world.lives(800):
        at = {world.name(event): event.at for event in events if world.name(event).startswith("hello.")}
        if "hello.clicked" in at:
            clicks += 1
            assert at["hello.opened"] < at["hello.clicked"]

    assert clicks > 50


def test_what_has_nothing_to_redeem_is_not_redeemed(tmp_path: Path) -> None:
    folder = with_population(tmp_path, _ALONE + "any_touch: {redeemed: 90%}\n")
    touch = folder / "touches" / "hello.md"
    lines = [line for line in touch.read_text("utf-8").splitlines() if not line.startswith("offer:")]
    touch.write_text("\n".join(lines) + "\n", "utf-8")
    world = World(make_plan(folder, days=20))

    assert _count(world, "hello.redeemed", 200) == 0


def test_who_would_never_come_to_an_end_is_refused(tmp_path: Path) -> None:
    folder = with_population(
        tmp_path, "personas: {all: {share: 100%, pace: 100}}\nrates: {before: {passed: 9000 per 1 day}}\n"
    )
    world = World(make_plan(folder, days=5))

    with pytest.raises(
        InputError, match="customer c0000000 does more than 100,000 things: look at the population's rates"
    ):
        world.life.live(0)


def test_what_follows_a_withdrawal_follows_the_one_that_fatigue_brings(tmp_path: Path) -> None:
    folder = with_population(
        tmp_path,
        "consents: {offers: 100%}\nfields: {email: {id: m}}\nrates: {before: {looked: 1000 per 1 day}}\n"
        "events: {consent.withdrawn: {then: left}}\nfatigue: {beyond: 1 per 7 days, each: 0%, stops: 100%}\n",
    )
    world = World(make_plan(_with_touches(folder, 1, 3), days=20))

    for _, events in world.lives(100):
        names = [world.name(event) for event in events]
        assert ("consent.withdrawn" in names) == ("left" in names)


def test_no_number_is_beyond_its_bounds(tmp_path: Path) -> None:
    folder = with_population(tmp_path, "fields: {age: {around: 5, spread: 3, to: 5.5}}\nrates: {}\n")
    world = World(make_plan(folder, days=1))
    age = world.program.names.fields["age"]

    assert max(customer.fields[age] for customer, _ in world.lives(300)) == 5
