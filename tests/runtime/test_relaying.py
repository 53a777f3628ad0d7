"""What is relayed: whose touch may go, how often it is tried, and what is kept and logged of a failure."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest
from structlog.testing import capture_logs

from journeys.delivery.parcel import Accepted, Parcel
from journeys.delivery.retrying import Retrying
from journeys.errors import Permanent, Transient
from journeys.runtime.attempting import UNDER_WAY, UNSURE_MAX, Lane, Ways
from journeys.runtime.engine import Engine
from journeys.runtime.publishing import publish
from journeys.runtime.relaying import LEASE_FOR, Relay
from journeys.runtime.retracing import retrace
from journeys.runtime.ways import ways_by
from journeys.store.customers import park, turns_of, unpark
from journeys.store.database import Database, Unavailable
from tests.core.walk import journey
from tests.crashing import crashing, gone

from .house import MINUTE, House, Recorder

WELCOME = journey("""
need:
  rest: true
  send: [spark]
  move: [{on: ordered, to: end.bought}]
""")
SECOND = 1_000_000
PATIENCE = 60  # seconds: only a failure takes that long


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return House(database, tmp_path / "definitions", WELCOME)


def begin(house: House, *customers: str) -> None:
    for id in customers or ("ana",):
        house.knows(id)
        house.on("began", customer=id)
    house.work()


def outbox(house: House, *columns: str) -> list[tuple[Any, ...]]:
    with house.database.reading() as connection:
        rows = connection.exec_driver_sql(f"SELECT {', '.join(columns)} FROM outbox ORDER BY customer, entry").all()
    return [tuple(row) for row in rows]


def failing(house: House, *failures: Exception | None) -> list[str]:
    """The provider fails in these ways in turn, and then in the last for ever; the keys of what it was offered."""
    offered: list[str] = []

    def fail(parcel: Parcel) -> Exception | None:
        offered.append(parcel.key)
        return failures[min(len(offered), len(failures)) - 1]

    house.recorder.failure = fail
    return offered


def send_for(house: House, *, hours: int) -> None:
    for _ in range(6 * hours):
        house.send()
        house.wait(minutes=10)


NOBODY_KNOWS = Transient("the connection broke while the mail was handed over", is_unsure=True)
REFUSED = Transient("the mail server answered 451", said="not now, ana@example.com")


# ---------------------------------------------------------------- who is on hold


def test_to_a_customer_who_is_parked_nothing_goes_until_they_are_let_go(house: House) -> None:
    begin(house, "ana", "ben")
    with house.database.writing() as connection:
        park(connection, "ana", "she does not fit", house.clock())

    send_for(house, hours=6)
    meanwhile = [parcel.customer for parcel in house.recorder.parcels]
    with house.database.writing() as connection:
        unpark(connection, "ana")
    send_for(house, hours=1)

    assert meanwhile == ["ben"]
    assert [parcel.customer for parcel in house.recorder.parcels] == ["ben", "ana"]


def test_a_consent_taken_back_while_they_were_parked_counts_before_anything_goes(house: House) -> None:
    begin(house)
    with house.database.writing() as connection:
        park(connection, "ana", "she does not fit", house.clock())
    house.on("consent.withdrawn", purpose="offers")

    house.run()
    with house.database.writing() as connection:
        unpark(connection, "ana")
    house.wait(minutes=LEASE_FOR / MINUTE)
    house.run()

    assert house.recorder.sent == []
    assert house.answers("spark")[-1] == "withheld: consent"


def test_a_consent_taken_back_while_no_worker_ran_counts_before_anything_goes(house: House) -> None:
    begin(house, "ana", "ben")
    house.wait(hours=12)
    house.on("consent.withdrawn", customer="ana", purpose="offers")
    house.wait(hours=12)

    house.send()
    meanwhile = [parcel.customer for parcel in house.recorder.parcels]
    house.work()
    house.wait(minutes=1)
    house.run()

    assert meanwhile == ["ben"]
    assert [parcel.customer for parcel in house.recorder.parcels] == ["ben"]
    assert house.answers("spark")[-1] == "withheld: consent"


def test_waiting_for_something_else_counts_for_no_try(house: House) -> None:
    """A customer who is parked, a provider that is left alone: neither is a reason to give up sooner."""
    begin(house)
    with house.database.writing() as connection:
        park(connection, "ana", "she does not fit", house.clock())

    send_for(house, hours=8)

    [(attempt, tries)] = outbox(house, "attempt", "tries")
    assert attempt > Retrying().attempts_max
    assert tries == 0


# ---------------------------------------------------------------- how often it is tried


@pytest.mark.parametrize(
    ("failures", "expected"),
    [
        pytest.param([NOBODY_KNOWS], UNSURE_MAX, id="nobody ever knows"),
        pytest.param([REFUSED, REFUSED, REFUSED, NOBODY_KNOWS], 3 + UNSURE_MAX, id="it was surely refused before"),
        pytest.param([NOBODY_KNOWS, REFUSED, NOBODY_KNOWS], 1 + UNSURE_MAX, id="it was surely refused meanwhile"),
    ],
)
def test_what_a_provider_without_keys_may_have_taken_is_offered_a_few_times_only(
    house: House, failures: list[Exception | None], expected: int
) -> None:
    house.recorder.knows_keys = False
    begin(house)
    offered = failing(house, *failures)

    send_for(house, hours=12)

    assert len(offered) == expected
    assert len(set(offered)) == 1
    assert outbox(house, "status", "problem") == [
        ("failed", "the connection broke while the mail was handed over; nobody knows whether it was accepted")
    ]


def test_a_provider_that_knows_keys_is_asked_as_long_as_it_takes(house: House) -> None:
    begin(house)
    offered = failing(house, *[NOBODY_KNOWS] * 10, None)

    send_for(house, hours=12)

    assert len(offered) == 11
    assert house.recorder.sent == ["spark"]


def test_what_waited_too_long_for_its_turn_does_not_begin_on_a_lease_that_runs_out(house: House) -> None:
    """More is leased than may be under way at once, and the provider is slow: another relay may lease it by then."""
    begin(house, *[f"c{number}" for number in range(UNDER_WAY + 2)])

    def pass_() -> None:
        house.clock.now += LEASE_FOR // 2 + SECOND

    together = Barrier(UNDER_WAY, action=pass_)
    offered: list[str] = []

    def slow(parcel: Parcel) -> None:
        offered.append(parcel.key)
        if len(offered) <= UNDER_WAY:
            together.wait(60)

    house.recorder.failure = slow
    house.send()

    assert len(offered) == len(set(offered)) == UNDER_WAY + 2
    assert sorted(outbox(house, "attempt", "tries", "status")) == [(1, 1, "sent")] * UNDER_WAY + [(2, 1, "sent")] * 2


def test_tried_again_by_hand_it_is_offered_as_often_as_at_first(house: House) -> None:
    from journeys.store.outbox import failed, retry

    house.recorder.knows_keys = False
    begin(house)
    offered = failing(house, NOBODY_KNOWS)
    send_for(house, hours=6)
    with house.database.writing() as connection:
        retry(connection, failed(connection), house.clock())

    send_for(house, hours=6)

    assert len(offered) == 2 * UNSURE_MAX


def test_what_the_relay_itself_took_back_is_not_lost_on_a_careful_channel(database: Database, tmp_path: Path) -> None:
    """Asked about anew it has to wait for the morning: nothing was under way, and in the morning it goes."""
    quiet = 'quiet: {from: "21:00", to: "08:00", spread: 30 minutes}\n'
    house = House(database, tmp_path / "definitions", WELCOME, brand=quiet, careful=True)
    begin(house)
    house.wait(hours=12)
    house.run()

    assert outbox(house, "status", "leased_until") == [("withdrawn", None)]
    house.wait(hours=12)
    house.run()
    assert house.recorder.sent == ["spark"]


# ---------------------------------------------------------------- a wrong key, and who mends it


@pytest.mark.parametrize("careful", [pytest.param(False, id="any channel"), pytest.param(True, id="at most once")])
def test_whenever_the_database_goes_away_a_touch_goes_once_as_soon_as_it_is_back(house: House, careful: bool) -> None:
    house.limit_to(1_000)
    house.begin_anew(careful=careful)
    for place in count():
        begin(house, f"c{place}")
        try:
            with crashing(house.database, before=place, by=gone):
                house.send()
        except Unavailable:
            house.send()
        else:
            break

    assert place > 10
    assert [parcel.customer for parcel in house.recorder.parcels] == [f"c{number}" for number in range(place + 1)]
    assert {status for (status,) in outbox(house, "status")} == {"sent"}


def test_a_fault_of_our_own_setup_gives_up_nothing_while_it_is_mended(house: House) -> None:
    customers = [f"c{number}" for number in range(10)]
    begin(house, *customers)
    failing(house, Transient("the provider answered 401, which is about our access to it", said="bad key"))
    with capture_logs() as lines:
        send_for(house, hours=8)
        house.recorder.failure = lambda parcel: None
        send_for(house, hours=3)

    assert sorted(parcel.customer for parcel in house.recorder.parcels) == customers
    left_alone = [line for line in lines if line["event"] == "provider_left_alone"]
    assert left_alone[0] == {
        "event": "provider_left_alone",
        "log_level": "warning",
        "channel": "email",
        "person": None,
        "seconds": 5,
        "because": "the provider answered 401, which is about our access to it",
    }
    assert [line["event"] for line in lines if line["event"].startswith("provider_")][-1] == "provider_answers_again"
    # Not with every touch: it is tried now and then.
    assert len(left_alone) < 8 * 12


# ---------------------------------------------------------------- an offer that not everybody can have


def offering(database: Database, folder: Path, *, limit: int) -> House:
    """A house whose spark has an offer; who gets none goes on."""
    house = House(database, folder, OFFERING)
    house.limit_to(limit)
    return house


OFFERING = journey("""
need:
  rest: true
  send: [spark]
  move: [{on: spark.withheld, to: research}]
research: {rest: true, send: [thanks]}
""")


def sparks(house: House) -> list[str]:
    return sorted(parcel.customer for parcel in house.recorder.parcels if parcel.touch == "spark")


def test_an_offer_goes_to_as_many_as_its_limit_says_and_who_comes_later_goes_on(
    database: Database, tmp_path: Path
) -> None:
    house = offering(database, tmp_path / "definitions", limit=2)
    begin(house, "ana", "ben")
    house.run()
    begin(house, "cleo")

    house.run()

    assert sparks(house) == ["ana", "ben"]
    assert (house.state("ben"), house.state("cleo")) == ("need", "research")
    assert house.answers("spark", "cleo") == ["admitted", "withheld: offer"]
    assert house.recorder.sent[-1] == "thanks"
    assert ("spark", "withdrawn", None) in outbox(house, "touch", "status", "problem")
    with database.reading() as connection:
        turns = list(turns_of(connection, "cleo"))
    assert "spent" in [turn.kind for turn in turns]
    assert list(retrace(turns, lambda number: house.live.engine)) == [turn.whys for turn in turns]


def test_an_offer_that_is_tried_again_is_given_once(database: Database, tmp_path: Path) -> None:
    house = offering(database, tmp_path / "definitions", limit=1)
    offered = failing(house, REFUSED, REFUSED, None)
    begin(house, "ana")
    send_for(house, hours=2)
    begin(house, "ben")
    send_for(house, hours=1)

    assert len(set(offered[:3])) == 1
    assert sparks(house) == ["ana"]
    assert house.answers("spark", "ben")[-1] == "withheld: offer"


def test_what_has_waited_is_asked_about_anew_and_then_finds_that_all_is_given(
    database: Database, tmp_path: Path
) -> None:
    house = offering(database, tmp_path / "definitions", limit=1)
    begin(house, "ana", "ben")
    house.wait(hours=1)

    house.run()

    assert sparks(house) == ["ana"]
    assert house.answers("spark", "ben") == ["admitted", "admitted", "withheld: offer"]
    with database.reading() as connection:
        turns = list(turns_of(connection, "ben"))
    assert [turn.kind for turn in turns][:3] == ["turn", "asked", "spent"]
    assert list(retrace(turns, lambda number: house.live.engine)) == [turn.whys for turn in turns]


@pytest.mark.parametrize("hours", [0, 1], ids=["at once", "after a while"])
@pytest.mark.parametrize("sends", ["spark, thanks", "thanks, spark"])
def test_who_gets_no_offer_and_goes_on_is_not_sent_what_was_ready_where_they_stood(
    database: Database, tmp_path: Path, sends: str, hours: int
) -> None:
    journey = OFFERING.replace("[spark]", f"[{sends}]").replace("send: [thanks]", "send: []")
    house = House(database, tmp_path / "definitions", journey)
    house.limit_to(1)
    begin(house, "ana", "ben")
    house.wait(hours=hours)

    house.run()

    assert {parcel.customer for parcel in house.recorder.parcels} == {"ana"}
    assert house.answers("spark", "ben")[-1] == "withheld: offer"
    assert house.answers("thanks", "ben")[-1] == "withheld: left"
    assert outbox(house, "customer", "status") == [("ana", "sent")] * 2 + [("ben", "withdrawn")] * 2
    see_retraced(house, "ben")


def test_no_offer_is_given_to_a_touch_that_has_nowhere_to_go(database: Database, tmp_path: Path) -> None:
    house = offering(database, tmp_path / "definitions", limit=1)
    begin(house, "ana", "ben")
    house.on("profile.updated", email=None)
    house.work()

    house.run()

    assert outbox(house, "customer", "status", "problem") == [
        ("ana", "failed", "the customer has no email any more"),
        ("ben", "sent", None),
    ]


def test_a_limit_that_is_raised_lets_more_be_given(database: Database, tmp_path: Path) -> None:
    house = offering(database, tmp_path / "definitions", limit=1)
    begin(house, "ana", "ben")
    house.run()
    house.limit_to(2)
    begin(house, "cleo", "dora")

    house.run()

    assert sparks(house) == ["ana", "cleo"]


# ---------------------------------------------------------------- a publication


def test_what_went_by_the_ways_of_an_earlier_publication_comes_back_and_then_they_are_closed(house: House) -> None:
    class Slow(Recorder):
        is_closed = False

        def send(self, parcel: Parcel) -> Accepted:
            is_sending.set()
            assert may_answer.wait(PATIENCE)
            return super().send(parcel)

        def close(self) -> None:
            self.is_closed = True

    is_sending, may_answer = Event(), Event()
    providers: list[Slow] = []

    def ways(engine: Engine) -> Ways:
        providers.append(Slow())
        return Ways({name: Lane(provider=providers[-1]) for name in ("", "email", "sms")}, {})

    house.relay = Relay(house.live, ways, "https://kaffa.example", seed=1)
    begin(house)
    house.relay.relay()
    assert is_sending.wait(PATIENCE)
    story = house.folder / "j.yaml"
    story.write_text(story.read_text().replace("end.bought", "end.paid"))
    publish(house.database, house.folder, house.clock())
    house.live.refresh()

    house.relay.relay()
    meanwhile = [provider.is_closed for provider in providers]
    may_answer.set()
    house.send()

    assert meanwhile == [False, False]
    assert [provider.is_closed for provider in providers] == [True, False]
    assert [provider.sent for provider in providers] == [["spark"], []]
    assert outbox(house, "status") == [("sent",)]


@pytest.mark.parametrize(
    ("environment", "may_be_files", "problem"),
    [
        pytest.param(
            {"SMS_KEY": "k"},
            True,
            "not configured, SMS_URL is not set: brand.yaml names it, as in ${SMS_URL}",
            id="half configured",
        ),
        pytest.param({}, False, "not configured, set SMS_URL and SMS_KEY", id="not at all, where files are not meant"),
    ],
)
def test_a_channel_that_is_published_and_not_configured_stops_no_other(
    database: Database, tmp_path: Path, environment: dict[str, str], may_be_files: bool, problem: str
) -> None:
    house = House(database, tmp_path / "definitions", WELCOME.replace("[spark]", "[spark, thanks]"))
    environment = {"JOURNEYS_SMTP_URL": "", **environment}
    make = ways_by(environment, tmp_path / "outbox", clock=house.clock, may_be_files=may_be_files)

    def ways(engine: Engine) -> Ways:
        made = make(engine)
        made.lanes["email"].provider = house.recorder
        return made

    house.relay = Relay(house.live, ways, "https://kaffa.example", seed=1)
    for file, old, new in [
        ("brand.yaml", '{url: "${SMS_URL}"', '{url: "${SMS_URL}", headers: {authorization: "${SMS_KEY}"}'),
        ("touches/thanks.md", "channels: [email]", "channels: [sms]"),
    ]:
        path = house.folder / file
        path.write_text(path.read_text().replace(old, new))
    publish(database, house.folder, house.clock())
    house.live.refresh()
    begin(house)

    with capture_logs() as lines:
        house.send()

    assert house.recorder.sent == ["spark"]
    assert not (tmp_path / "outbox").exists()
    assert outbox(house, "touch", "status", "problem") == [("spark", "sent", None), ("thanks", "waiting", problem)]
    [said] = [line for line in lines if line["event"] == "provider_not_configured" and line["to"] == "sms"]
    assert f"not configured, {said['because']}" == problem


# ---------------------------------------------------------------- what a touch that went is told past


PATIENT = journey("""
need:
  rest: true
  send: [spark]
  move:
    - {on: ordered, to: end.bought}
    - {after: 2 days, to: end.lapsed}
""")


@pytest.fixture
def patient(database: Database, tmp_path: Path) -> House:
    return House(database, tmp_path / "definitions", PATIENT)


def ends(house: House) -> list[str]:
    return [row["reason"] for row in house.trace() if row["kind"] == "ended"]


def while_under_way(house: House, happens: Callable[[], None]) -> None:
    """It happens while the touch is with its provider, who takes it."""

    def happen(parcel: Parcel) -> None:
        happens()

    house.recorder.failure = happen
    house.send()


def test_an_event_is_heard_before_a_later_clock_though_a_touch_was_taken_after_both(patient: House) -> None:
    begin(patient)

    def order_and_wait() -> None:
        patient.wait(days=1)
        patient.on("ordered")
        patient.wait(days=2)

    while_under_way(patient, order_and_wait)
    meanwhile = ends(patient)
    patient.run()

    assert patient.recorder.sent == ["spark"]
    assert patient.customer().sending == []
    assert (meanwhile, ends(patient)) == ([], ["bought"])
    see_retraced(patient)


def test_a_clock_rings_before_a_later_event_and_before_a_touch_that_was_taken_last(patient: House) -> None:
    begin(patient)

    def wait_and_order() -> None:
        patient.wait(days=3)
        patient.on("ordered")
        patient.wait(days=1)

    while_under_way(patient, wait_and_order)
    meanwhile = ends(patient)
    patient.run()

    assert (meanwhile, ends(patient)) == ([], ["lapsed"])
    see_retraced(patient)


def test_of_who_is_parked_no_clock_rings_though_a_touch_was_taken(patient: House) -> None:
    begin(patient)

    def park_order_and_wait() -> None:
        with patient.database.writing() as connection:
            park(connection, "ana", "she does not fit", patient.clock())
        patient.wait(days=1)
        patient.on("ordered")
        patient.work()
        patient.wait(days=2)

    while_under_way(patient, park_order_and_wait)
    meanwhile = ends(patient)
    with patient.database.writing() as connection:
        unpark(connection, "ana")
    patient.run()

    assert (meanwhile, ends(patient)) == ([], ["bought"])


@pytest.mark.parametrize("is_parked", [False, True], ids=["at work", "parked"])
def test_two_touches_of_one_customer_that_were_taken_together_are_both_told(
    database: Database, tmp_path: Path, is_parked: bool
) -> None:
    two = PATIENT.replace("send: [spark]", "send: [spark, {touch: note, to: lead}]")
    house = House(database, tmp_path / "definitions", two)
    begin(house)
    house.relay.relay()
    house.relay.drain()
    if is_parked:
        with database.writing() as connection:
            park(connection, "ana", "she does not fit", house.clock())
    house.wait(days=3)

    house.relay.relay()
    meanwhile = ends(house)
    with database.writing() as connection:
        unpark(connection, "ana")
    house.work()

    assert sorted(house.recorder.sent) == ["note", "spark"]
    assert house.customer().sending == []
    assert (meanwhile, ends(house)) == ([] if is_parked else ["lapsed"], ["lapsed"])
    see_retraced(house)


def see_retraced(house: House, customer: str = "ana") -> None:
    """What was kept of their turns gives the same again."""
    with house.database.reading() as connection:
        turns = list(turns_of(connection, customer))
    assert list(retrace(turns, lambda number: house.live.engine)) == [turn.whys for turn in turns]


# ---------------------------------------------------------------- a machine of ours


@pytest.fixture
def noting(database: Database, tmp_path: Path) -> House:
    to_lead = journey(
        "need: {rest: true, send: [spark, {touch: note, to: lead}], move: [{on: ordered, to: end.bought}]}"
    )
    return House(database, tmp_path / "definitions", to_lead)


def with_crm(house: House, *, careful: bool = False) -> Recorder:
    """A second touch goes to a machine of ours, whose word for it this is; its channel is `email` like the first's."""
    for file, old, new in [
        ("brand.yaml", "people:\n", 'people:\n  crm: {webhook: "${CRM_URL}"}\n'),
        ("j.yaml", "to: lead", "to: crm"),
    ]:
        path = house.folder / file
        path.write_text(path.read_text().replace(old, new))
    publish(house.database, house.folder, house.clock())
    house.start()
    crm = Recorder()

    def ways(engine: Engine) -> Ways:
        lanes = {name: Lane(provider=house.recorder, at_most_once=careful) for name in ("", "email", "sms")}
        return Ways(lanes, {"crm": Lane(provider=crm)})

    house.relay = Relay(house.live, ways, "https://kaffa.example", seed=1)
    return crm


def is_down(parcel: Parcel) -> Exception:
    return Transient("the provider answered 503")


def test_a_machine_of_ours_that_is_down_holds_up_no_channel(noting: House) -> None:
    house, crm = noting, with_crm(noting)
    crm.failure = is_down
    begin(house, *[f"c{number:02}" for number in range(30)])

    house.send()

    assert house.recorder.sent == ["spark"] * 30
    assert crm.parcels == []
    stands = {way.channel or way.person: way.is_left_alone for way in house.relay.standing}
    assert (stands["email"], stands["crm"]) == (False, True)


@pytest.mark.parametrize("careful", [False, True], ids=["at least once", "at most once"])
def test_a_channel_that_is_down_holds_up_no_machine_of_ours(noting: House, careful: bool) -> None:
    house, crm = noting, with_crm(noting, careful=careful)
    house.recorder.failure = is_down
    begin(house, *[f"c{number:02}" for number in range(60)])

    house.send()

    assert crm.sent == ["note"] * 60
    assert house.recorder.parcels == []
    stands = {way.channel or way.person: way.is_left_alone for way in house.relay.standing}
    assert (stands["email"], stands["crm"]) == (True, False)


def test_what_goes_to_a_person_by_a_channel_that_is_down_waits_with_it(noting: House) -> None:
    house = noting
    offered = failing(house, *[Transient("the provider answered 503")] * 5, None)
    begin(house, *[f"c{number:02}" for number in range(60)])

    house.send()

    assert len(offered) < 2 * UNDER_WAY


# ---------------------------------------------------------------- what is kept and logged


def under_way(house: House) -> Callable[[Exception | None], None]:
    """A touch is with its provider; what it is to say then ends that."""
    began, may_end = Event(), Event()
    ends: list[Exception | None] = []

    def hold(parcel: Parcel) -> Exception | None:
        began.set()
        assert may_end.wait(30)
        return ends[0]

    house.recorder.failure = hold
    house.relay.relay()
    assert began.wait(30)

    def end(answer: Exception | None) -> None:
        ends.append(answer)
        may_end.set()
        house.relay.rest()
        house.send()

    return end


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Permanent("the mail server answered 550", said="no such user ana@example.com"), id="refused"),
        pytest.param(REFUSED, id="to be tried again"),
        pytest.param(Transient("it broke", said="ana@example.com", is_unsure=True), id="nobody knows"),
        pytest.param(None, id="accepted"),
    ],
)
def test_a_provider_that_answers_after_its_customer_was_erased_brings_nothing_back(
    house: House, answer: Exception | None
) -> None:
    begin(house)
    ends_with = under_way(house)
    house.on("customer.erased")
    house.work()

    ends_with(answer)

    assert outbox(house, "status", "problem", "receipt") == [("withdrawn" if answer else "sent", None, None)]


def test_no_log_repeats_what_a_failure_says(house: House) -> None:
    begin(house)
    failing(house, ValueError("Ana, ana@example.com"))

    with capture_logs() as lines:
        house.send()

    [line] = [line for line in lines if line["event"] == "attempt_failed"]
    assert line["error"] == "ValueError"
    assert "in send" in line["trace"]
    assert "ana@" not in str(lines).lower()
    assert outbox(house, "status", "problem") == [("waiting", "our own failure: see the log")]


def test_a_dead_letter_is_logged_without_the_provider_s_words(house: House) -> None:
    begin(house)
    failing(house, Permanent("the mail server answered 550", said="no such user ana@example.com"))

    with capture_logs() as lines:
        house.send()

    [line] = [line for line in lines if line["event"] == "touch_failed"]
    assert (line["touch"], line["channel"]) == ("spark", "email")
    assert line["because"] == "the mail server answered 550"
    assert "ana@" not in str(lines)


def test_a_touch_that_was_tried_for_the_last_time_is_logged_without_the_provider_s_words(house: House) -> None:
    begin(house)
    house.relay = Relay(house.live, lambda engine: house._ways(False), "", retrying=Retrying(attempts_max=2), seed=1)
    failing(house, REFUSED)

    with capture_logs() as lines:
        send_for(house, hours=1)

    [line] = [line for line in lines if line["event"] == "touch_failed"]
    assert (line["touch"], line["because"]) == ("spark", "the mail server answered 451")
    assert "ana@" not in str(lines)
    assert outbox(house, "status") == [("failed",)]


def test_a_touch_whose_words_are_gone_is_logged_and_says_which(database: Database, tmp_path: Path) -> None:
    house = House(database, tmp_path / "definitions", WELCOME)
    house.knows(consent=("offers",))
    house.on("began")
    house.work()
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE outbox SET words = 'b'")

    with capture_logs() as lines:
        house.send()

    [line] = [line for line in lines if line["event"] == "touch_failed"]
    assert (line["touch"], line["channel"], line["because"]) == ("spark", "email", "spark has no words 'b'")
    assert outbox(house, "status", "problem") == [("failed", "spark has no words 'b'")]


@pytest.mark.parametrize(
    ("chosen", "answer"),
    [({"without_channels": ["email"]}, "withheld: preference"), ({"quiet_hours": "00:00-23:00"}, "deferred: quiet")],
)
def test_what_was_decided_just_now_is_asked_about_by_what_was_chosen_since(
    house: House, chosen: dict[str, Any], answer: str
) -> None:
    house.knows()
    house.on("began")
    house.work()
    house.wait(minutes=0.1)
    house.on("preferences.set", **chosen)
    house.run()

    assert house.recorder.sent == []
    assert house.answers("spark") == ["admitted", answer]
