"""What may be sent, to whom and when: language.md, "Touches" and "What we may know, hear and do"."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from walk import Walk, journey

from journeys.core.customer import HOLDOUT

NIGHT = 'quiet: {from: "21:00", to: "08:00"}\n'


def one(send: str, **more: Any) -> str:
    return journey(
        f"need: {{rest: true, send: [{send}], move: [{{on: looked, to: research}}, "
        f"{{on: left_us, to: end.gone}}]}}\nresearch: {{rest: true}}",
        **more,
    )


# ---------------------------------------------------------------- whose they are


@pytest.mark.parametrize("waits", [True, False], ids=["due and waiting", "not yet due"])
def test_what_is_due_when_the_customer_leaves_is_withheld_and_the_rest_never_comes(tmp_path: Path, waits: bool) -> None:
    walk = Walk(tmp_path, one("{touch: spark, after: 11 hours}"), brand=NIGHT)
    walk.on("began")
    walk.wait(hours=12 if waits else 10)

    walk.on("looked")
    walk.wait(days=3)

    assert walk.answers("spark") == (["deferred: quiet", "withheld: left"] if waits else [])


def test_what_outlives_is_still_sent_if_it_was_due(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        one("{touch: spark, after: 11 hours, outlives: true}, {touch: more, after: 20 hours, outlives: true}"),
        brand=NIGHT,
    )
    walk.on("began")
    walk.wait(hours=12)

    walk.on("looked")
    walk.wait(days=3)

    assert walk.sent == ["spark"]


@pytest.mark.parametrize(
    ("touch", "answers"),
    [("spark", ["deferred: rule", "withheld: left"]), ("thanks", ["deferred: rule", "sent"])],
    ids=["marketing", "service"],
)
def test_after_an_end_only_service_and_internal_ones_outlive(tmp_path: Path, touch: str, answers: list[str]) -> None:
    walk = Walk(
        tmp_path,
        one(f"{{touch: {touch}, outlives: true}}"),
        brand="suppress: [{if: 'customer.tickets > 0', wait: true, purposes: [offers, orders], because: a ticket}]",
    )
    walk.on("ticket_created", ticket_id="t")
    walk.on("began")

    walk.on("left_us")
    walk.on("ticket_closed", ticket_id="t")

    assert walk.answers(touch) == answers


def test_a_stages_touches_stay_while_the_customer_moves_among_its_steps(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("""
need:
  steps:
    one: {rest: true, send: [{touch: more, after: 11 hours}], move: [{on: looked, to: need.two}]}
    two: {rest: true}
  send: [{touch: spark, after: 11 hours, priority: 5}]
"""),
        brand=NIGHT,
    )
    walk.on("began")
    walk.wait(hours=11, minutes=5)

    walk.on("looked")
    walk.wait(days=1)

    assert walk.sent == ["spark"]


def test_a_new_visit_is_a_new_touch(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, send: [thanks], move: [{on: looked, to: research}]}\n"
            "research: {rest: true, move: [{on: looked, to: need}]}"
        ),
    )
    walk.on("began")
    walk.on("looked")

    walk.on("looked")

    assert [(row["visit"], row["answer"]) for row in walk.of("touch")] == [(1, "sent"), (2, "sent")]


def test_a_moves_own_touch_belongs_to_where_it_leads(tmp_path: Path) -> None:
    text = """
need: {rest: true, move: [{on: looked, to: research, send: [spark]}]}
research: {rest: true, move: [{on: ordered, to: need}]}
"""
    for leaves, answers in ((False, ["deferred: quiet", "sent"]), (True, ["deferred: quiet", "withheld: left"])):
        walk = Walk(tmp_path / str(leaves), journey(text), brand=NIGHT, start="2026-03-02T22:00:00+01:00")
        walk.on("began")
        walk.on("looked")
        if leaves:
            walk.on("ordered")

        walk.wait(days=1)

        assert walk.answers("spark") == answers


def test_a_stay_sends_each_time_it_is_taken(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey("need: {rest: true, move: [{on: looked, to: stay, send: [thanks]}]}"))
    walk.on("began")

    walk.on("looked")
    walk.wait(hours=1)
    walk.on("looked")

    assert [row["occurrence"] for row in walk.of("touch")] == [0, 1]
    assert walk.sent == ["thanks", "thanks"]


def test_service_and_internal_touches_go_on_the_way_to_an_end(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("need: {rest: true, move: [{on: ordered, to: end.bought, send: [thanks, {touch: note, to: lead}]}]}"),
    )
    walk.on("began")

    walk.on("ordered")

    assert walk.state == "end.bought"
    assert walk.sent == ["thanks", "note"]


def test_a_touch_may_go_to_someone_else(tmp_path: Path) -> None:
    walk = Walk(tmp_path, one("{touch: note, to: lead}, {touch: thanks, to: rep}"), customer={"email": None})

    walk.on("began")

    assert [(row["touch"], row["to"]) for row in walk.of("touch")] == [("note", "lead"), ("thanks", "rep")]


# ---------------------------------------------------------------- the gate: each question


def test_a_touch_whose_if_fails_is_withheld_and_else_goes_instead(tmp_path: Path) -> None:
    text = one("{touch: spark, if: 'customer.size > 3', else: more}, {touch: thanks, if: 'customer.size > 3'}")
    for size, sent in ((4, ["spark", "thanks"]), (3, ["more"])):
        walk = Walk(tmp_path / str(size), text, customer={"size": size})

        walk.on("began")

        assert walk.sent == sent
    assert walk.answers("thanks") == ["withheld: condition"]


def test_the_if_is_asked_again_after_a_deferral(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path, one("{touch: spark, after: 11 hours, if: 'customer.size > 3'}"), customer={"size": 4}, brand=NIGHT
    )
    walk.on("began")
    walk.wait(hours=12)
    walk.on("profile.updated", size=2)

    walk.wait(days=1)

    assert walk.answers("spark") == ["deferred: quiet", "withheld: condition"]


def test_a_suppress_rule_withholds_and_says_because(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        one("spark, {touch: paper, after: 1 hour}, thanks"),
        brand="suppress: [{if: 'customer.size > 3', purposes: [offers], because: too big}]",
        customer={"size": 4},
    )
    walk.on("began")
    walk.wait(days=1)

    assert walk.answers("spark") == ["withheld: rule"]
    assert walk.told("spark")["detail"] == "too big"
    assert walk.sent == ["thanks", "paper"]


def test_a_suppress_rule_without_purposes_speaks_of_marketing_alone(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        one("paper, thanks, alert"),
        brand="suppress: [{if: 'customer.size > 3', because: too big}]",
        customer={"size": 4},
    )

    walk.on("began")

    assert walk.why("paper") == "withheld: rule"
    assert walk.sent == ["thanks", "alert"]


def test_a_suppress_rule_with_a_channel_leaves_the_others(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        one("spark, {touch: more, after: 1 hour}"),
        brand="suppress: [{if: 'customer.size > 3', channels: [email], because: sunset}]",
        touches={"spark": "purpose: offers\nchannels: [email, sms]"},
        customer={"size": 4},
    )

    walk.on("began")
    walk.wait(hours=1)

    assert walk.told("spark")["channel"] == "sms"
    assert walk.answers("more") == ["withheld: rule"]
    assert walk.told("more")["detail"] == "sunset"


def test_a_suppress_rule_that_waits_lets_go_when_it_is_false(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        one("spark"),
        brand="suppress: [{if: 'customer.tickets > 0', wait: true, because: a ticket}]",
    )
    walk.on("ticket_created", ticket_id="t")
    walk.on("began")
    walk.wait(hours=30)
    assert walk.answers("spark") == ["deferred: rule"]

    walk.on("ticket_closed", ticket_id="t")

    assert walk.sent_at == [("spark", "03-03 16:00")]


def test_a_suppress_rule_that_waits_too_long_withholds(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        one("{touch: spark, valid_for: 1 day}"),
        brand="suppress: [{if: 'customer.tickets > 0', wait: true, because: a ticket}]",
    )
    walk.on("ticket_created", ticket_id="t")
    walk.on("began")

    walk.wait(days=1)
    assert walk.answers("spark") == ["deferred: rule"]

    walk.wait(microseconds=1)
    assert walk.answers("spark") == ["deferred: rule", "withheld: rule"]


def test_a_suppress_rule_that_waits_lets_go_by_time_alone(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        one("spark"),
        brand='suppress: [{if: \'count("ordered", "1 day") >= 1\', wait: true, because: just bought}]',
    )
    walk.on("ordered", total=3)
    walk.wait(hours=4)
    walk.on("began")

    walk.wait(days=2)

    assert walk.sent_at == [("spark", "03-03 10:00")]


def test_a_suppress_rule_that_waits_for_anothers_state_lets_go_when_that_changes(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        one("spark"),
        journey(
            "support: {move: [{after: 1 day, to: feedback}]}\nfeedback: {rest: true}",
            name="k",
            enter="[{on: ordered, to: support}]",
        ),
        brand='suppress: [{if: \'in_state("k", "support")\', wait: true, because: not yet put right}]',
    )
    walk.on("ordered", total=3)
    walk.wait(hours=4)
    walk.on("began")
    assert walk.why("spark") == "deferred: rule"

    walk.wait(days=2)

    assert walk.sent_at == [("spark", "03-03 10:00")]


def test_marketing_needs_consent_for_its_purpose(tmp_path: Path) -> None:
    walk = Walk(tmp_path, one("spark, {touch: paper, after: 1 hour}"), consent=("news",))

    walk.on("began")
    walk.wait(hours=1)

    assert walk.answers("spark") == ["withheld: consent"]
    assert walk.told("spark")["detail"] == "offers"
    assert walk.sent == ["paper"]


def test_a_withdrawal_stops_what_is_waiting(tmp_path: Path) -> None:
    walk = Walk(tmp_path, one("{touch: spark, after: 12 hours}"), brand=NIGHT)
    walk.on("began")
    walk.wait(hours=13)
    walk.on("consent.withdrawn", purpose="offers")

    walk.wait(days=1)

    assert walk.answers("spark") == ["deferred: quiet", "withheld: consent"]


def test_without_an_address_a_touch_falls_to_the_next_channel(tmp_path: Path) -> None:
    touches = {"spark": "purpose: offers\nchannels: [email, sms]"}
    for fields, why in (
        ({"email": None}, "sent"),
        ({"email": None, "phone": None}, "withheld: address"),
    ):
        walk = Walk(tmp_path / why[:4], one("spark"), touches=touches, customer=fields)

        walk.on("began")

        assert walk.why("spark") == why
        if why == "sent":
            assert walk.told("spark")["channel"] == "sms"


def test_a_bounce_suppresses_the_channel_until_there_is_a_new_address(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey("need: {rest: true, send: [{touch: thanks, every: 1 day}]}"))
    walk.on("began")
    walk.on("thanks.bounced")
    walk.wait(days=1)
    assert walk.why("thanks") == "withheld: suppressed"

    walk.on("profile.updated", email="ana@example.com")
    walk.wait(days=1)
    assert walk.why("thanks") == "withheld: suppressed"

    walk.on("profile.updated", email="new@example.com")
    walk.wait(days=1)
    assert walk.why("thanks") == "sent"


def test_a_complaint_suppresses_the_channel_for_good(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("need: {rest: true, send: [{touch: thanks, every: 1 day}, {touch: alert, every: 1 day}]}"),
        touches={"alert": "purpose: alerts\nchannels: [email, sms]"},
    )
    walk.on("began")
    walk.on("thanks.complained")
    walk.on("profile.updated", email="new@example.com")

    walk.wait(days=1)

    assert walk.why("thanks") == "withheld: suppressed"
    assert walk.told("alert")["channel"] == "sms"


def test_the_preferred_channel_comes_first_where_the_best_is_chosen(tmp_path: Path) -> None:
    touches = {
        "spark": "purpose: offers\nchannels: [email, sms]\nchoose: best",
        "thanks": "purpose: orders\nchannels: [email, sms]",
    }
    for preferred, spark in (("sms", "sms"), ("email", "email"), ("fax", "email"), (None, "email")):
        walk = Walk(
            tmp_path / str(preferred), one("spark, thanks"), touches=touches, customer={"preferred_channel": preferred}
        )

        walk.on("began")

        assert walk.told("spark")["channel"] == spark
        assert walk.told("thanks")["channel"] == "email"


def test_valid_for_is_three_days_unless_said(tmp_path: Path) -> None:
    brand = "suppress: [{if: 'customer.tickets > 0', wait: true, because: a ticket}]"
    for hours, why in ((72, "sent"), (73, "withheld: rule")):
        walk = Walk(tmp_path / str(hours), one("spark"), brand=brand)
        walk.on("ticket_created", ticket_id="t")
        walk.on("began")
        walk.wait(hours=hours)

        walk.on("ticket_closed", ticket_id="t")

        assert walk.why("spark") == why


MOST = journey(
    "need: {rest: true, send: [spark, {touch: thanks, after: 1 minute}], move: [{on: left_us, to: end.gone}]}",
    top="reenter: always",
)


@pytest.mark.parametrize(
    ("most", "sent"),
    [("1 ever", [1, 1, 1, 1]), ("1 per 10 days", [1, 1, 2, 2]), ("2 per 10 days", [1, 2, 3, 4])],
)
def test_most_counts_across_enrollments(tmp_path: Path, most: str, sent: list[int]) -> None:
    walk = Walk(tmp_path, MOST, touches={"spark": f"purpose: offers\nmost: {most}"})
    seen = []

    for _ in range(4):
        walk.on("began")
        seen.append(walk.sent.count("spark"))
        walk.on("left_us")
        walk.wait(days=5)

    assert seen == sent
    if most == "1 ever":
        assert walk.answers("spark")[1:] == ["withheld: most"] * 3


def test_most_counts_across_journeys_and_for_each_recipient(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        one("thanks, {touch: thanks, to: lead, after: 1 hour}"),
        one("{touch: thanks, after: 2 hours}", name="k"),
        touches={"thanks": "purpose: orders\nmost: 1 ever"},
    )
    walk.on("began")

    walk.wait(hours=3)

    assert walk.answers("thanks") == ["sent", "sent", "withheld: most"]


def test_the_gate_asks_in_its_order(tmp_path: Path) -> None:
    """Everything speaks against the touch; then the first objection is taken away, and the next is heard."""
    order = ["condition", "hold", "rule", "consent", "address", "most", "cap", "quiet", "holdout"]
    for place, reason in enumerate(order):
        objects = order[place:]
        brand = "suppress: [{if: 'customer.size > 3', because: too big}]\n"
        brand += NIGHT if "quiet" in objects else ""
        brand += "caps: [{most: 1, per: 30 days, class: marketing}]\n" if "cap" in objects else ""
        walk = Walk(
            tmp_path / reason,
            one(
                "{touch: spark, valid_for: 1 hour, if: 'customer.mood == \"right\"'}",
                top="hold: {while: 'customer.is_member'}",
            ),
            one("spark", name="k", enter="[{on: looked, to: need}]"),
            touches={"spark": "purpose: offers" + ("\nmost: 1 ever" if "most" in objects else "")},
            brand=brand,
        )
        walk.on("looked")
        assert walk.sent == ["spark"]
        walk.program.arm = HOLDOUT
        walk.on("profile.updated", mood="wrong" if "condition" in objects else "right", is_member="hold" in objects)
        walk.on("profile.updated", size=9 * ("rule" in objects))
        if "consent" in objects:
            walk.on("consent.withdrawn", purpose="offers")
        if "address" in objects:
            walk.on("profile.updated", email=None)
        walk.until("2026-03-02T21:00:00Z")

        walk.on("began")
        walk.wait(days=1)

        assert walk.why("spark") == f"withheld: {reason}"


# ---------------------------------------------------------------- one voice


def test_of_touches_due_at_one_instant_the_most_important_goes(tmp_path: Path) -> None:
    walk = Walk(tmp_path, one("spark, {touch: more, priority: 5}, extra, thanks"))

    walk.on("began")

    assert walk.sent == ["more", "thanks"]
    assert walk.answers("spark") == walk.answers("extra") == ["withheld: outranked"]


def test_of_equal_ones_the_first_in_the_file_goes(tmp_path: Path) -> None:
    walk = Walk(tmp_path, one("spark, more"))

    walk.on("began")

    assert walk.sent == ["spark"]


def test_what_is_withheld_for_itself_outranks_nobody(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        one("{touch: spark, if: 'customer.size > 0'}, {touch: extra, priority: 9}, more"),
        touches={"extra": "purpose: news"},
        consent=("offers",),
    )

    walk.on("began")

    assert walk.sent == ["more"]


def test_what_a_cap_withholds_outranks_nobody(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, send: [paper, {touch: spark, "
            "after: 1 hour, valid_for: 1 hour, priority: 9}, {touch: more, after: 1 hour}]}"
        ),
        brand="caps: [{most: 1, per: 1 day, each: channel}]",
        touches={"more": "purpose: offers\nchannels: [sms]"},
    )
    walk.on("began")

    walk.wait(hours=1)

    assert walk.answers("spark") == ["withheld: cap"]
    assert walk.answers("more") == ["sent"]


def test_what_a_cap_defers_outranks_the_others(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, send: [paper, {touch: spark, after: 1 hour, "
            "priority: 9}, {touch: more, after: 1 hour}]}"
        ),
        brand="caps: [{most: 1, per: 1 day, each: channel}]",
        touches={"more": "purpose: offers\nchannels: [sms]"},
    )
    walk.on("began")

    walk.wait(hours=1)

    assert walk.answers("spark") == ["deferred: cap"]
    assert walk.answers("more") == ["withheld: outranked"]


def test_of_touches_that_a_hold_lets_go_together_one_goes(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path, one("spark, {touch: more, after: 1 hour}", top="hold: {while: 'customer.size > 0'}"), brand=NIGHT
    )
    walk.on("began")
    walk.on("profile.updated", size=1)
    assert walk.sent == ["spark"]

    walk = Walk(
        tmp_path / "2",
        journey(
            "need: {rest: true, send: [{touch: spark, due: 'customer.ends_at'}, "
            "{touch: more, due: 'customer.ends_at + hours(1)', priority: 3}]}",
            top="hold: {while: 'customer.size > 0'}",
        ),
        customer={"size": 1, "ends_at": "2026-03-02T10:00:00Z"},
    )
    walk.on("began")
    walk.wait(hours=5)
    assert walk.sent == []

    walk.on("profile.updated", size=0)

    assert walk.sent == ["more"]
    assert walk.why("spark") == "withheld: outranked"


def test_of_touches_that_quiet_hours_let_go_together_one_goes(tmp_path: Path) -> None:
    walk = Walk(tmp_path, one("{touch: spark, after: 12 hours}, {touch: more, after: 13 hours}"), brand=NIGHT)
    walk.on("began")

    walk.wait(days=1)

    assert walk.sent_at == [("spark", "03-03 08:00")]
    assert walk.answers("more") == ["deferred: quiet", "withheld: outranked"]


def test_two_enrollments_both_speak_and_the_caps_decide(tmp_path: Path) -> None:
    two = (one("spark"), one("more", name="k", top="priority: 5"))
    walk = Walk(tmp_path, *two)
    walk.on("began")
    assert walk.sent == ["more", "spark"]

    walk = Walk(tmp_path / "2", *two, brand="caps: [{most: 1, per: 2 days, class: marketing}]")
    walk.on("began")
    assert walk.sent == ["more"]
    assert walk.why("spark") == "deferred: cap"


# ---------------------------------------------------------------- caps


def test_over_a_cap_a_touch_waits_for_the_first_free_slot(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("need: {rest: true, send: [{touch: [spark, more, extra], every: 5 hours}]}"),
        brand="caps: [{most: 2, per: 1 day, class: marketing}]",
    )
    walk.on("began")

    walk.wait(days=2)

    assert walk.sent_at == [("spark", "03-02 10:00"), ("more", "03-02 15:00"), ("extra", "03-03 10:00")]
    assert walk.told("extra")["answer"] == "sent"
    assert [row["detail"] for row in walk.of("touch") if "detail" in row] == ["at most 2 per 1 day of marketing"]


def test_over_a_cap_beyond_its_validity_a_touch_is_withheld(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        one("spark, {touch: more, after: 1 hour, valid_for: 22 hours}"),
        brand="caps: [{most: 1, per: 1 day, class: marketing}]",
    )
    walk.on("began")

    walk.wait(hours=1)

    assert walk.answers("more") == ["withheld: cap"]


@pytest.mark.parametrize(
    ("cap", "second"),
    [
        ("{most: 1, per: 1 day, each: channel}", "sent"),
        ("{most: 1, per: 1 day, each: touch}", "sent"),
        ("{most: 1, per: 1 day, each: topic}", "sent"),
        ("{most: 1, per: 1 day, class: marketing}", "deferred: cap"),
        ("{most: 1, per: 1 day, purposes: [offers]}", "deferred: cap"),
        ("{most: 1, per: 1 day, purposes: [news]}", "sent"),
        ("{most: 1, per: 1 day, channels: [email]}", "sent"),
    ],
)
def test_a_cap_counts_what_its_scope_says(tmp_path: Path, cap: str, second: str) -> None:
    walk = Walk(
        tmp_path,
        one("spark, {touch: more, after: 1 hour}"),
        brand=f"caps: [{cap}]",
        touches={"spark": "purpose: offers\ntopic: a", "more": "purpose: offers\nchannels: [sms]\ntopic: b"},
    )
    walk.on("began")

    walk.wait(hours=1)

    assert walk.why("more") == second


@pytest.mark.parametrize(("each", "same"), [("channel", "more"), ("touch", "spark"), ("topic", "more")])
def test_a_cap_for_each_holds_for_the_same_one(tmp_path: Path, each: str, same: str) -> None:
    walk = Walk(
        tmp_path,
        one(f"spark, {{touch: {same}, after: 1 hour}}"),
        brand=f"caps: [{{most: 1, per: 1 day, each: {each}}}]",
        touches={"spark": "purpose: offers\ntopic: a", "more": "purpose: offers\ntopic: a"},
    )
    walk.on("began")

    walk.wait(hours=1)

    assert walk.why(same) == "deferred: cap"


@pytest.mark.parametrize(("size", "count"), [(0, 2), (5, 3)])
def test_a_cap_with_an_if_replaces_the_line_of_its_scope_where_it_holds(tmp_path: Path, size: int, count: int) -> None:
    walk = Walk(
        tmp_path,
        journey("need: {rest: true, send: [{touch: spark, every: 1 hour, valid_for: 1 hour}]}"),
        brand="caps: [{most: 2, per: 2 days, class: marketing}, {most: 3, "
        "per: 2 days, class: marketing, if: 'customer.size > 3'}]",
        customer={"size": size},
    )
    walk.on("began")

    walk.wait(hours=10)

    assert len(walk.sent) == count


def test_caps_roll_and_never_count_by_the_calendar(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("need: {rest: true, send: [{touch: spark, every: 1 hour, valid_for: 30 minutes}]}"),
        brand="caps: [{most: 1, per: 1 day, class: marketing}]",
        start="2026-03-28T20:00:00+01:00",
    )
    walk.on("began")

    walk.wait(days=1, hours=6)

    # 24 hours later it is 21:00: the clocks went forward.
    assert walk.sent_at == [("spark", "03-28 20:00"), ("spark", "03-29 21:00")]


def test_service_and_requested_touches_ignore_caps_and_use_none_up(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        one(
            "thanks, alert, {touch: spark, after: 1 hour}, {touch: more, after: 2 hours}, "
            "{touch: alert, after: 3 hours}, {touch: thanks, after: 3 hours}"
        ),
        brand="caps: [{most: 1, per: 1 day, each: channel}]",
    )
    walk.on("began")

    walk.wait(hours=3)

    assert walk.sent == ["thanks", "alert", "spark", "alert", "thanks"]


# ---------------------------------------------------------------- quiet hours


def test_quiet_hours_defer_to_the_customers_own_minute(tmp_path: Path) -> None:
    minutes = set()
    for name in ("ana", "ben", "cem"):
        walk = Walk(
            tmp_path / name,
            one("{touch: spark, after: 11 hours}"),
            brand='quiet: {from: "21:00", to: "08:00", spread: 30 minutes}',
            name=name,
        )
        walk.on("began")
        walk.wait(days=1)
        at = walk.sent_at[0][1]
        assert "03-03 08:00" <= at < "03-03 08:30"
        minutes.add(at)
    assert len(minutes) > 1


@pytest.mark.parametrize(
    ("start", "at"),
    [
        ("2026-03-28T22:00:00+01:00", "2026-03-29T06:00:00Z"),
        ("2026-10-24T22:00:00+02:00", "2026-10-25T07:00:00Z"),
        ("2026-03-02T20:59:59+01:00", "2026-03-02T19:59:59Z"),
        ("2026-03-02T21:00:00+01:00", "2026-03-03T07:00:00Z"),
        ("2026-03-02T07:59:59+01:00", "2026-03-02T07:00:00Z"),
        ("2026-03-02T08:00:00+01:00", "2026-03-02T07:00:00Z"),
    ],
)
def test_quiet_hours_go_by_the_customers_wall_clock(tmp_path: Path, start: str, at: str) -> None:
    walk = Walk(tmp_path, one("spark"), brand=NIGHT, start=start)
    walk.on("began")

    walk.wait(days=1)

    assert walk.told("spark")["at"] == at


def test_marketing_and_requested_touches_keep_quiet_and_service_and_internal_ones_do_not(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path, one("spark, thanks, alert, {touch: note, to: lead}"), brand=NIGHT, start="2026-03-02T22:00:00+01:00"
    )

    walk.on("began")
    assert walk.sent == ["thanks", "note"]

    walk.wait(days=1)
    assert walk.sent == ["thanks", "note", "spark", "alert"]


def test_quiet_hours_beyond_its_validity_withhold_a_touch(tmp_path: Path) -> None:
    walk = Walk(tmp_path, one("{touch: spark, valid_for: 9 hours}"), brand=NIGHT, start="2026-03-02T22:00:00+01:00")

    walk.on("began")

    assert walk.answers("spark") == ["withheld: quiet"]


# ---------------------------------------------------------------- holdout and arms


def test_a_held_out_customer_gets_no_marketing_and_is_counted_when_a_touch_would_have_gone(tmp_path: Path) -> None:
    walk = Walk(tmp_path, one("spark, thanks, alert, {touch: note, to: lead}"), arm="holdout")

    walk.on("began")

    assert walk.answers("spark") == ["withheld: holdout"]
    assert walk.sent == ["thanks", "alert", "note"]


def test_who_is_held_out_would_have_got_exactly_what_the_others_get(tmp_path: Path) -> None:
    text = """
need:
  rest: true
  send: [spark, more, {touch: paper, every: 9 hours, times: 8, valid_for: 5 hours}, {touch: extra, every: 1 day}]
  move: [{on: left_us, to: end.gone}]
"""
    stories = {}
    for arm, went in (("personalized", "sent"), ("holdout", "withheld: holdout")):
        walk = Walk(
            tmp_path / arm,
            journey(text, top="reenter: always"),
            brand=NIGHT + "caps: [{most: 2, per: 2 days, class: marketing}]",
            touches={"extra": "purpose: offers\nmost: 2 per 30 days", "spark": "purpose: offers\nmost: 1 ever"},
            arm=arm,
        )
        for _ in range(2):
            walk.on("began")
            walk.wait(days=6)
            walk.on("left_us")
        stories[arm] = [
            (walk.local(row["at"]), row["touch"])
            for row in walk.of("touch")
            if f"{row['answer']}: {row.get('because')}".removesuffix(": None") == went
        ]

    assert stories["holdout"] == stories["personalized"]
    assert {touch for _, touch in stories["holdout"]} == {"spark", "more", "paper", "extra"}


def test_a_held_out_customer_uses_up_no_cap_of_another_journey(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        one("spark", top="arms: {holdout: 100%}\npriority: 5"),
        one("more", name="k"),
        brand="caps: [{most: 1, per: 2 days, class: marketing}]",
        arm=None,
    )

    walk.on("began")

    assert walk.answers("spark") == ["withheld: holdout"]
    assert walk.sent == ["more"]


def test_a_held_out_customer_uses_up_no_most_of_another_journey(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        one("spark", top="arms: {holdout: 100%}\npriority: 5"),
        one("spark", name="k"),
        touches={"spark": "purpose: offers\nmost: 1 ever"},
        arm=None,
    )

    walk.on("began")

    assert walk.answers("spark") == ["withheld: holdout", "sent"]


def test_the_brands_holdout_holds_for_every_journey(tmp_path: Path) -> None:
    seen = set()
    for name in ("a", "b", "c", "d", "e", "f"):
        walk = Walk(tmp_path / name, one("spark"), one("more", name="k"), brand="holdout: 50%", arm=None, name=name)

        walk.on("began")

        assert walk.why("spark") == walk.why("more")
        seen.add(walk.why("spark"))
    assert seen == {"sent", "withheld: holdout"}


def test_the_arm_stays_through_every_entry(tmp_path: Path) -> None:
    text = journey(
        "need: {rest: true, move: [{on: left_us, to: end.gone}]}",
        top="reenter: always\narms: {holdout: 30%, generic: 30%}",
    )
    arms = set()
    for name in ("a", "b", "c", "d", "e", "f", "g", "h"):
        walk = Walk(tmp_path / name, text, arm=None, name=name)
        for _ in range(3):
            walk.on("began")
            walk.on("left_us")
        assert len({row["arm"] for row in walk.of("entered")}) == 1
        arms.add(walk.of("entered")[0]["arm"])
    assert arms == {"holdout", "generic", "personalized"}


@pytest.mark.parametrize(
    ("arm", "consent", "words"),
    [
        ("personalized", ("offers", "personalization"), "personalized"),
        ("personalized", ("offers",), "generic"),
        ("generic", ("offers", "personalization"), "generic"),
    ],
)
def test_the_arm_and_the_consent_choose_the_words(
    tmp_path: Path, arm: str, consent: tuple[str, ...], words: str
) -> None:
    walk = Walk(
        tmp_path,
        one("spark"),
        arm=arm,
        consent=consent,
        words={"spark": "Hi {{ customer.first_name | default: 'you' }}.\n\n--- generic ---\nHello.\n"},
    )

    walk.on("began")

    assert walk.told("spark")["words"] == words


@pytest.mark.parametrize("arm", ["personalized", "generic"])
def test_a_touch_to_us_without_generic_words_has_the_others_whatever_arm_and_consent(tmp_path: Path, arm: str) -> None:
    note = "{touch: note, to: lead}"
    walk = Walk(tmp_path, one(note), arm=arm, consent=(), words={"note": "{{ customer.budget | default: 'No' }}.\n"})

    walk.on("began")

    assert walk.told("note")["words"] == "personalized"


def test_a_variant_is_sticky_for_an_enrollment(tmp_path: Path) -> None:
    front = "purpose: offers\nvariants: {b: {subject: Other}}"
    seen = set()
    for name in ("a", "b", "c", "d", "e", "f"):
        walk = Walk(
            tmp_path / name,
            journey("need: {rest: true, send: [{touch: spark, every: 1 day, times: 4}]}"),
            touches={"spark": front},
            name=name,
        )
        walk.on("began")
        walk.wait(days=4)
        variants = {row["variant"] for row in walk.of("touch")}
        assert len(variants) == 1
        seen |= variants
    assert seen == {"a", "b"}


# ---------------------------------------------------------------- a slow queue


def test_what_is_in_a_slow_queue_is_withheld_when_the_customer_leaves(tmp_path: Path) -> None:
    walk = Walk(tmp_path, one("spark"))
    walk.pause()
    walk.on("began")
    assert walk.why("spark") == "admitted"
    walk.wait(hours=1)

    walk.on("looked")
    walk.resume()

    assert walk.answers("spark") == ["admitted", "withheld: left"]


def test_what_waited_in_a_slow_queue_is_asked_again(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path, one("spark, {touch: more, after: 1 hour}"), brand="caps: [{most: 2, per: 1 day, class: marketing}]"
    )
    walk.pause()
    walk.on("began")
    walk.wait(hours=2)

    walk.resume()
    assert walk.sent == ["spark", "more"]

    walk = Walk(tmp_path, one("{touch: spark, valid_for: 1 hour}"))
    walk.pause()
    walk.on("began")
    walk.wait(hours=2)
    walk.resume()
    assert walk.answers("spark") == ["admitted", "withheld: expired"]


def test_a_withdrawal_stops_what_is_in_a_slow_queue(tmp_path: Path) -> None:
    walk = Walk(tmp_path, one("spark, thanks"))
    walk.pause()
    walk.on("began")

    walk.on("consent.withdrawn", purpose="offers")
    walk.resume()

    assert walk.answers("spark") == ["admitted", "withheld: consent"]
    assert walk.sent == ["thanks"]


def test_a_touch_taken_back_gives_its_cap_slot_back(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, send: [spark], move: [{on: looked, "
            "to: research}]}\nresearch: {rest: true, send: [spark]}"
        ),
        brand="caps: [{most: 1, per: 1 day, class: marketing}]",
        touches={"spark": "purpose: offers\nmost: 1 ever"},
    )
    walk.pause()
    walk.on("began")
    walk.wait(hours=1)

    walk.on("looked")
    walk.resume()

    assert walk.answers("spark") == ["admitted", "withheld: left", "admitted", "sent"]


# ---------------------------------------------------------------- erasure


def test_an_erasure_ends_everything_and_nothing_goes_after_it(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        one("{touch: spark, after: 12 hours}, {touch: thanks, after: 1 day, outlives: true}", top="reenter: always"),
        brand=NIGHT,
    )
    walk.on("began")
    walk.wait(hours=13)

    walk.on("customer.erased")
    walk.on("began")
    walk.wait(days=3)

    assert walk.answers("spark") == ["deferred: quiet", "withheld: left"]
    assert walk.sent == []
    assert walk.entered == ["j"]
    assert walk.customer.fields == [None] * len(walk.program.field_names)


def test_every_deferral_says_until_when(tmp_path: Path) -> None:
    walk = Walk(tmp_path, one("spark"), brand=NIGHT, start="2026-03-02T22:00:00+01:00")

    walk.on("began")

    assert walk.told("spark")["until"] == "2026-03-03T07:00:00Z"
