"""Preferences: what customers chose for themselves stands above the brand, and above what others say of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.core.customer import PERSONALIZED, Customer
from journeys.core.forgetting import Forgetting
from journeys.core.intake import make_event, new_customer
from journeys.core.keeping import carry_over, layout_of, pack, unpack
from journeys.core.preferences import OWN, heard_at
from journeys.core.program import MARKETING, Program
from journeys.core.telling import tell_preferences
from journeys.core.trace import Teller
from journeys.core.turn import advance
from journeys.core.why import EVENT, SEND, TOUCH
from journeys.errors import InputError
from tests.core.test_merging import Two
from tests.core.walk import DAY, HOUR, Walk, journey, program
from tests.localtime import is_quiet
from tests.streams import STARTS, Raw, customers, deliveries, relaxed, streams, to_events
from tests.streams import program as shipped
from tests.telling import both, picture

TOPICS = {"spark": "purpose: offers\ntopic: brewing", "more": "purpose: offers", "alert": "purpose: alerts"}
ASKED = journey("""
need:
  rest: true
  move:
    - {on: looked, to: stay, send: [spark]}
    - {on: ordered, to: stay, send: [more]}
    - {on: moved_on, to: stay, send: [alert, thanks]}
""")
BOTH = {"channels": "[email, sms]"}
QUIET = 'quiet: {from: "21:00", to: "08:00"}\n'


def known(walk: Walk, field: str) -> Any:
    return walk.customer.fields[walk.program.names.fields[field]]


def asked(tmp_path: Path, **said: Any) -> Walk:
    walk = Walk(tmp_path, ASKED, touches=said.pop("touches", TOPICS), **said)
    walk.on("began")
    return walk


# ---------------------------------------------------------------- what comes, and where


def test_nothing_comes_about_a_topic_that_is_not_wanted(tmp_path: Path) -> None:
    walk = asked(tmp_path)
    walk.on("preferences.set", without_topics=["brewing"])

    walk.on("looked")
    walk.on("ordered")

    assert walk.why("spark") == "withheld: preference"
    assert walk.told("spark")["detail"] == "the customer wants nothing about brewing"
    assert walk.sent == ["more"]


def test_what_is_wanted_again_comes_again(tmp_path: Path) -> None:
    walk = asked(tmp_path)
    walk.on("preferences.set", without_topics=["brewing"], without_channels=["email"])

    walk.on("preferences.set", without_topics=None, without_channels=[])
    walk.on("looked")

    assert walk.sent == ["spark"]
    assert tell_preferences(walk.customer) == {}


def test_a_channel_that_is_not_wanted_is_passed_over_for_the_next(tmp_path: Path) -> None:
    walk = asked(tmp_path, touches={"spark": "purpose: offers\nchannels: [email, sms]"})
    walk.on("preferences.set", without_channels=["email"])

    walk.on("looked")

    assert walk.told("spark")["channel"] == "sms"


def test_with_no_channel_left_nothing_comes_and_it_is_said_why(tmp_path: Path) -> None:
    walk = asked(tmp_path)
    walk.on("preferences.set", without_channels=["sms", "email"])

    walk.on("looked")

    assert walk.why("spark") == "withheld: preference"
    assert walk.told("spark")["detail"] == "the customer wants it on none of its channels"


def test_what_is_no_marketing_comes_whatever_was_chosen(tmp_path: Path) -> None:
    walk = asked(tmp_path, touches={**TOPICS, "thanks": "purpose: orders\ntopic: brewing"})
    walk.on(
        "preferences.set",
        without_channels=["email"],
        without_topics=["brewing"],
        at_most="1 per 300 days",
        quiet_hours="00:00-23:59",
    )

    walk.on("moved_on")

    assert walk.why("thanks") == "sent"
    # What was asked for comes as well, after the hours that were chosen.
    assert walk.why("alert") == "deferred: quiet"


# ---------------------------------------------------------------- how often, and when


def test_it_comes_no_more_often_than_is_wanted(tmp_path: Path) -> None:
    walk = asked(tmp_path)
    walk.on("preferences.set", at_most="1 per 2 days")

    walk.on("looked")
    walk.on("ordered")
    walk.wait(days=1.9)
    before = walk.sent
    walk.wait(days=0.2)

    assert before == ["spark"]
    assert walk.answers("more") == ["deferred: preference", "sent"]
    assert walk.told("more")["at"] == "2026-03-04T09:00:00Z"


def test_what_came_before_the_choice_counts_as_far_as_caps_remember(tmp_path: Path) -> None:
    walk = asked(tmp_path, brand="caps: [{most: 9, per: 7 days}]\n")
    walk.on("looked")
    walk.wait(hours=12)

    walk.on("preferences.set", at_most="1 per 1 day")
    walk.on("ordered")
    walk.wait(hours=13)

    assert walk.told("more")["at"] == "2026-03-03T09:00:00Z"


def test_sends_of_one_instant_are_as_many_whatever_else_is_chosen_later(tmp_path: Path) -> None:
    walk = asked(tmp_path, brand="caps: [{most: 9, per: 7 days, each: channel}, {most: 9, per: 7 days}]\n")
    walk.on("preferences.set", at_most="2 per 2 days")
    walk.on("looked")
    walk.on("ordered")

    walk.on("preferences.set", quiet_hours="03:00-04:00")
    walk.on("preferences.set", at_most="2 per 3 days")

    assert walk.customer.caps[OWN] == [walk.now, walk.now]


def test_what_waits_for_its_turn_goes_when_the_limit_is_lifted(tmp_path: Path) -> None:
    walk = asked(tmp_path)
    walk.on("preferences.set", at_most="1 per 2 days")
    walk.on("looked")
    walk.on("ordered")
    walk.wait(hours=1)

    walk.on("preferences.set", at_most=None)

    assert walk.told("more")["at"] == "2026-03-02T10:00:00Z"
    assert OWN not in walk.customer.caps


def test_what_was_taken_back_uses_up_nothing(tmp_path: Path) -> None:
    walk = asked(tmp_path)
    walk.on("preferences.set", at_most="1 per 2 days")
    walk.pause()
    walk.on("looked")
    walk.on("preferences.set", without_topics=["brewing"])
    walk.resume()

    walk.on("ordered")

    assert walk.sent == ["more"]


@pytest.mark.parametrize("brand", [QUIET, ""], ids=["above the brand's", "where the brand has none"])
def test_hours_that_were_chosen_are_quiet(tmp_path: Path, brand: str) -> None:
    walk = asked(tmp_path, brand=brand)
    walk.on("preferences.set", quiet_hours="09:00-17:30")

    walk.on("looked")
    walk.wait(days=0.6)

    assert walk.answers("spark") == ["deferred: quiet", "sent"]
    assert walk.told("spark")["at"] == "2026-03-02T16:30:00Z"


def test_hours_of_their_own_are_followed_by_no_minute_of_the_brands(tmp_path: Path) -> None:
    walk = asked(tmp_path, brand='quiet: {from: "21:00", to: "08:00", spread: 2 hours}\n')
    walk.on("preferences.set", quiet_hours="09:00-08:30")

    walk.on("looked")
    walk.wait(days=1)

    assert walk.answers("spark") == ["deferred: quiet", "sent"]
    assert walk.told("spark")["at"] == "2026-03-03T07:30:00Z"


def test_the_brands_quiet_hours_are_not_asked_where_there_are_own(tmp_path: Path) -> None:
    walk = asked(tmp_path, brand=QUIET)
    walk.on("preferences.set", quiet_hours="03:00-04:00")
    walk.until("2026-03-02T21:30:00Z")

    walk.on("looked")

    assert walk.sent == ["spark"]


def test_what_waits_for_the_morning_goes_when_the_hours_are_no_longer_quiet(tmp_path: Path) -> None:
    walk = asked(tmp_path, brand=QUIET)
    walk.until("2026-03-02T21:30:00Z")
    walk.on("looked")
    walk.wait(minutes=5)

    walk.on("preferences.set", quiet_hours="03:00-04:00")

    assert walk.told("spark")["at"] == "2026-03-02T21:35:00Z"


def test_what_was_let_go_and_not_sent_is_asked_about_by_what_was_chosen_since(tmp_path: Path) -> None:
    walk = asked(tmp_path, touches={**TOPICS, "more": "purpose: offers\nchannels: [email, sms]"})
    walk.pause()
    walk.on("looked")
    walk.on("ordered")
    walk.on("preferences.set", without_topics=["brewing"], without_channels=["email"])

    assert heard_at(walk.customer) == walk.now
    walk.ask_again("spark")
    walk.ask_again("more")

    assert walk.why("spark") == "withheld: preference"
    assert walk.told("more")["channel"] == "sms"
    assert walk.under_way == ["more"]


@pytest.mark.parametrize(
    ("chosen", "answer"),
    [({"at_most": "1 per 100 days"}, "withheld: preference"), ({"quiet_hours": "00:00-23:00"}, "deferred: quiet")],
)
def test_so_it_is_by_a_limit_and_by_hours(tmp_path: Path, chosen: dict[str, str], answer: str) -> None:
    walk = asked(tmp_path, brand="caps: [{most: 9, per: 7 days}]\n")
    walk.on("ordered")
    walk.wait(minutes=1)
    walk.pause()
    walk.on("looked")

    walk.on("preferences.set", **chosen)
    walk.ask_again("spark")

    assert walk.why("spark") == answer


def test_what_is_no_marketing_uses_up_and_gives_back_nothing_of_the_limit(tmp_path: Path) -> None:
    walk = asked(tmp_path)
    walk.on("preferences.set", at_most="1 per 2 days")
    walk.pause()
    walk.all_on([("looked", 0, {}), ("moved_on", 0, {})])
    walk.accept("spark")

    walk.ask_again("thanks")
    walk.wait(hours=1)
    walk.on("ordered")

    assert walk.why("more") == "deferred: preference"


def test_who_is_held_out_is_counted_by_what_they_chose(tmp_path: Path) -> None:
    walk = asked(tmp_path, arm="holdout")
    walk.on("preferences.set", at_most="1 per 2 days")

    walk.on("looked")
    walk.on("ordered")

    assert (walk.why("spark"), walk.why("more")) == ("withheld: holdout", "deferred: preference")


# ---------------------------------------------------------------- what others say


def test_what_a_customer_said_of_themselves_is_not_changed_by_what_others_say(tmp_path: Path) -> None:
    walk = asked(tmp_path)
    walk.on("preferences.set", language="de", timezone="Asia/Kolkata")
    walk.wait(days=30)

    walk.on("profile.updated", language="fr", first_name="Ana", timezone="Europe/Madrid")

    assert (known(walk, "language"), known(walk, "first_name")) == ("de", "Ana")
    assert walk.customer.zone.name == "Asia/Kolkata"


def test_what_was_taken_back_is_not_brought_back_by_an_older_word(tmp_path: Path) -> None:
    walk = asked(tmp_path)
    walk.wait(days=1)
    walk.on("preferences.set", language=None)

    walk.on("preferences.set", language="de", happened=HOUR)

    assert known(walk, "language") is None


def test_what_they_say_of_themselves_goes_before_what_others_said_later(tmp_path: Path) -> None:
    walk = asked(tmp_path)
    walk.on("profile.updated", language="fr")

    walk.on("preferences.set", language="de", happened=HOUR)

    assert known(walk, "language") == "de"


def test_what_they_say_later_goes_before_what_they_said(tmp_path: Path) -> None:
    walk = asked(tmp_path)
    walk.on("preferences.set", language="de")
    walk.wait(hours=1)

    walk.on("preferences.set", language="fr")
    walk.on("preferences.set", language="it", happened=HOUR // 2)

    assert known(walk, "language") == "fr"


def test_of_what_they_take_back_others_may_speak_again(tmp_path: Path) -> None:
    walk = asked(tmp_path)
    walk.on("preferences.set", language="de")

    walk.on("preferences.set", language=None)
    nothing = known(walk, "language")
    walk.on("profile.updated", language="fr")

    assert (nothing, known(walk, "language")) == (None, "fr")


def test_a_part_that_is_not_named_stays_and_an_older_word_on_it_is_passed_over(tmp_path: Path) -> None:
    walk = asked(tmp_path)
    walk.on("preferences.set", without_topics=["brewing"], at_most="2 per 7 days")
    walk.wait(hours=1)

    walk.on("preferences.set", quiet_hours="20:00-10:00")
    walk.on("preferences.set", without_topics=[], quiet_hours="01:00-02:00", happened=30 * 60 * 1_000_000)

    assert tell_preferences(walk.customer) == {"at_most": "2 per 7 days", "quiet_hours": "20:00-10:00"}


def test_conditions_are_asked_when_a_field_was_chosen(tmp_path: Path) -> None:
    stages = "need: {rest: true, move: [{if: 'customer.language == \"de\"', to: research}]}\nresearch: {rest: true}"
    walk = Walk(tmp_path, journey(stages))
    walk.on("began")

    walk.on("preferences.set", language="de")

    assert walk.states == {"j": "research"}


def test_journeys_hear_what_was_chosen(tmp_path: Path) -> None:
    stages = (
        "need: {rest: true, move: [{on: preferences.set, if: 'event.at_most == \"1 per 7 days\"', to: research}]}\n"
        "research: {rest: true}"
    )
    walk = Walk(tmp_path, journey(stages))
    walk.on("began")

    walk.on("preferences.set", at_most="1 per 7 days")

    assert walk.states == {"j": "research"}


# ---------------------------------------------------------------- kept, forgotten, merged


def test_what_was_chosen_is_kept_and_taken_along_by_a_publication(tmp_path: Path) -> None:
    walk = asked(tmp_path)
    said = {"without_topics": ["brewing"], "without_channels": ["sms"], "at_most": "1 per 7 days"}
    walk.on("preferences.set", **said, quiet_hours="20:00-10:00")
    walk.on("looked")
    walk.on("ordered")
    more = {"brand": 'caps: [{most: 2, per: 3 days}]\nquiet: {from: "22:00", to: "06:00"}\n', "touches": TOPICS}
    other = program(tmp_path / "more", ASKED, **more)  # type: ignore[arg-type]

    value = pack(walk.customer)
    same = unpack(walk.program, "ana", value)
    carried = unpack(other, "ana", carry_over(value, layout_of(walk.program), layout_of(other)))

    assert picture(same) == picture(walk.customer)
    assert same.preferences == carried.preferences == walk.customer.preferences
    assert carried.caps[OWN] == walk.customer.caps[OWN] == [walk.now]


def test_what_was_kept_before_there_were_preferences_is_read(tmp_path: Path) -> None:
    walk = asked(tmp_path)
    before = msgspec.msgpack.encode(msgspec.msgpack.decode(pack(walk.customer))[:-1])

    assert unpack(walk.program, "ana", before).preferences == {}


def test_a_topic_that_is_gone_stops_nothing_and_does_again_when_it_comes_back(tmp_path: Path) -> None:
    walk = asked(tmp_path)
    walk.on("preferences.set", without_topics=["brewing"])
    other = program(tmp_path / "without", ASKED, touches={**TOPICS, "spark": "purpose: offers"})

    there = carry_over(pack(walk.customer), layout_of(walk.program), layout_of(other))
    back = carry_over(there, layout_of(other), layout_of(walk.program))

    assert tell_preferences(unpack(walk.program, "ana", back)) == {"without_topics": ["brewing"]}


def test_what_was_chosen_is_forgotten_in_its_time_and_others_may_say_it_again(tmp_path: Path) -> None:
    walk = asked(tmp_path)
    walk.on("preferences.set", interests=["tea"], phone="+34611111111")
    walk.wait(days=101)
    forgetting = Forgetting(walk.program)

    walk._note([forgetting.forget(each, walk.now) for each in walk._customers])
    gone = known(walk, "interests")
    walk.on("profile.updated", interests=["coffee"])

    assert (gone, known(walk, "interests"), known(walk, "phone")) == (None, ("coffee",), "+34611111111")


def test_of_who_asked_to_be_forgotten_no_choice_is_kept(tmp_path: Path) -> None:
    walk = asked(tmp_path)
    walk.on("preferences.set", without_topics=["brewing"], language="de")

    walk.on("customer.erased")

    assert (walk.customer.preferences, walk.customer.told_at) == ({}, {})


@pytest.mark.parametrize(
    ("ana", "device", "stricter"),
    [
        ({"without_topics": ["brewing"]}, {}, {"without_topics": ["brewing"]}),
        ({}, {"at_most": "1 per 7 days"}, {"at_most": "1 per 7 days"}),
        (
            {"without_channels": ["sms"], "at_most": "1 per 1 day", "quiet_hours": "20:00-09:00"},
            {"without_channels": ["email"], "at_most": "5 per 7 days"},
            {"without_channels": ["email", "sms"], "at_most": "1 per 7 days", "quiet_hours": "20:00-09:00"},
        ),
    ],
)
def test_of_two_who_are_one_the_stricter_counts(
    tmp_path: Path, ana: dict[str, Any], device: dict[str, Any], stricter: dict[str, Any]
) -> None:
    two = Two(tmp_path, ASKED, touches=TOPICS)
    two.on("ana", "preferences.set", **ana)
    two.on("device", "preferences.set", **device)

    two.merge()

    assert tell_preferences(two.ana) == stricter


@pytest.mark.parametrize(("first", "then"), [("ana", "device"), ("device", "ana")])
def test_of_two_who_are_one_the_newest_quiet_hours_stand(tmp_path: Path, first: str, then: str) -> None:
    two = Two(tmp_path, ASKED, touches=TOPICS)
    two.on(first, "preferences.set", quiet_hours="20:00-09:00")
    two.wait(hours=1)
    two.on(then, "preferences.set", quiet_hours=None)

    two.merge()

    assert tell_preferences(two.ana) == {}


def test_of_two_who_are_one_what_either_was_sent_counts_for_the_limit(tmp_path: Path) -> None:
    two = Two(tmp_path, ASKED, touches=TOPICS)
    two.on("device", "preferences.set", at_most="2 per 7 days")
    two.on("device", "began")
    two.on("device", "looked")
    two.wait(hours=1)
    two.on("device", "looked")

    two.merge()
    two.on("ana", "ordered")

    assert len(two.sent("spark")) == 2
    assert two.sent("more") == []


def test_of_two_who_are_one_what_one_chose_goes_before_what_is_known_of_the_other(tmp_path: Path) -> None:
    two = Two(tmp_path, ASKED, touches=TOPICS)
    two.on("ana", "profile.updated", language="fr", timezone="Europe/Madrid", first_name="Ana")
    two.on("device", "preferences.set", language="de", timezone="Asia/Kolkata")
    two.on("device", "profile.updated", first_name="Anna")

    two.merge()

    assert (two.field("language"), two.field("first_name"), two.ana.zone.name) == ("de", "Ana", "Asia/Kolkata")


# ---------------------------------------------------------------- what cannot be meant


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"without_topics": [f"t{place}" for place in range(201)]}, "these are at most 200 names"),
        ({"without_topics": ["t" * 201]}, "of at most 200 characters each"),
        ({"without_topics": "brewing"}, "must be a list"),
        ({"without_channels": [["email"]]}, "must be text"),
        ({"at_most": "often"}, "`at_most`: 'often' does not say how often at most"),
        ({"at_most": "1 ever"}, "has no end"),
        ({"at_most": "0 per 7 days"}, "is from 1 to 100 per a year at most"),
        ({"at_most": "101 per 7 days"}, "is from 1 to 100 per a year at most"),
        ({"at_most": "1 per 400 days"}, "is from 1 to 100 per a year at most"),
        ({"at_most": 1}, "must be text"),
        ({"quiet_hours": "at night"}, "`quiet_hours`: 'at night' does not say from when until when"),
        ({"quiet_hours": "21:00-25:00"}, "'25:00' is not a time of day"),
        ({"quiet_hours": ["21:00", "08:00"]}, "must be text"),
        ({"language": 7}, "`customer.language` must be text"),
        ({"timezone": "Mars"}, "`timezone`"),
    ],
)
def test_a_choice_that_cannot_be_meant_is_refused_with_its_place(
    tmp_path: Path, said: dict[str, Any], problem: str
) -> None:
    compiled = program(tmp_path, ASKED, touches=TOPICS)

    with pytest.raises(InputError, match=r".*") as refused:
        make_event(compiled, "preferences.set", 0, said)

    assert problem in str(refused.value)
    assert refused.value.path == ("properties", *said)


@pytest.fixture(scope="module", name="compiled")
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return program(tmp_path_factory.mktemp("once"), ASKED, touches=TOPICS)


def after(compiled: Program, said: dict[str, Any]) -> Customer:
    customer = new_customer(compiled, "ana", {}, at=0)
    event = make_event(compiled, "preferences.set", 0, said)
    assert event is not None
    advance(compiled, customer, [event], 0)
    return customer


@relaxed(60)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "without_channels": st.lists(st.sampled_from(["email", "sms", "gone"]), max_size=3),
            "without_topics": st.just(["brewing"]),
            "at_most": st.from_regex(r"[0-9]{1,3} per [0-9]{1,3} (hours|days|weeks)", fullmatch=True),
            "quiet_hours": st.from_regex(r"[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]", fullmatch=True),
        },
    )
)
def test_what_is_told_of_a_choice_says_the_same_again(compiled: Program, said: dict[str, Any]) -> None:
    try:
        customer = after(compiled, said)
    except InputError:
        return

    told = tell_preferences(customer)

    again = after(compiled, told)
    assert {part: choice for part, choice in customer.preferences.items() if choice[1]} == {
        part: choice for part, choice in again.preferences.items() if choice[1]
    }


def test_a_day_is_a_day(tmp_path: Path) -> None:
    """What the limit is told in: exact days."""
    walk = asked(tmp_path)

    walk.on("preferences.set", at_most="1 per 1 week")

    assert walk.customer.preferences["at_most"][1] == (1, 7 * DAY)


# ---------------------------------------------------------------- any customer who chooses


@both
@relaxed(60)
@given(st.data())
def test_nothing_goes_against_what_was_chosen_last(folder: str, data: st.DataObject) -> None:
    """Neither by topic and channel nor too often; and who is kept and read in between is told the same."""
    compiled, start = shipped(folder, arm=PERSONALIZED), data.draw(st.sampled_from(STARTS))
    customer = data.draw(customers(compiled, start))
    raw = [each for each in data.draw(streams(folder, start)) if each.name != "customer.erased"]
    topics, channels = compiled.definitions.topics, compiled.channel_names
    chosen = st.fixed_dictionaries(
        {},
        optional={
            "without_topics": st.sampled_from([topics, topics[:2], []]),
            "without_channels": st.lists(st.sampled_from(channels), max_size=2),
            "at_most": st.sampled_from(["1 per 1 day", "1 per 7 days", "2 per 7 days", "1 per 30 days", None]),
            "quiet_hours": st.sampled_from(["20:00-10:00", "00:00-12:00", "11:00-11:00", None]),
        },
    )
    days = data.draw(st.lists(st.integers(0, 60), min_size=1, max_size=4))
    raw += [
        Raw("preferences.set", start + day * DAY, data.draw(chosen), f"p{place}", 0) for place, day in enumerate(days)
    ]
    other, teller = customer.copy(), Teller(compiled)
    limit: tuple[int, int] | None = None
    since, sent = start, list[int]()
    wanted = {"without_topics": (), "without_channels": (), "quiet_hours": None}

    for at, batch in deliveries(raw):
        events = to_events(compiled, batch)
        zone = customer.zone
        told = advance(compiled, customer, events, at)
        other = unpack(compiled, other.id, pack(other))

        again = advance(compiled, other, events, at)
        assert list(teller.rows("c", again.whys)) == list(teller.rows("c", told.whys))
        for why in told.whys:
            # What was let go before word of another zone came, went by the one before.
            if why[0] == EVENT and why[2].event == compiled.profile_updated:
                zone = customer.zone
            if why[0] == EVENT and why[2].event == compiled.preferences_set:
                wanted |= {part: value for part, value in why[2].chosen.items() if part != "at_most"}
                if "at_most" in why[2].chosen:
                    limit, since, sent = why[2].chosen["at_most"], why[1], []
            if why[0] == TOUCH and why[9] == SEND and compiled.touches[why[5]].class_ == MARKETING:
                touch = compiled.touches[why[5]]
                assert compiled.definitions.touches[touch.name].topic not in (wanted["without_topics"] or ())
                assert channels[why[13]] not in (wanted["without_channels"] or ())
                quiet = wanted["quiet_hours"]
                assert quiet is None or not is_quiet(zone.name, why[1], *quiet)
                if limit is not None:
                    sent.append(why[1])
                    assert len([each for each in sent if each > why[1] - limit[1]]) <= limit[0], since
    assert picture(other) == picture(customer)
