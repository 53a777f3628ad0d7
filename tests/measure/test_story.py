"""Rows of a trace as a customer's story, and what is said of a file that is no trace."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.errors import InputError
from journeys.measure.amounts import say_amount, say_days, say_share
from journeys.measure.story import say_row, tell
from journeys.measure.traced import LINE_MAX, read_traced

HEADER = {"trace": 1, "timezone": "Europe/Madrid", "currency": "EUR", "until": "2026-06-01T00:00:00Z"}
AT = "2026-03-02T16:00:00Z"


def row(kind: str, at: str = AT, **parts: Any) -> dict[str, Any]:
    return {"customer": "ana", "at": at, "kind": kind, **parts}


def touch(answer: str, at: str = AT, **parts: Any) -> dict[str, Any]:
    key = {"enrollment": "tea#1", "touch": "spark", "entry": "stages.need.send[0]", "visit": 1, "occurrence": 0}
    return row("touch", at, **key, answer=answer, **parts)


def entered(number: int = 1, at: str = AT, **parts: Any) -> dict[str, Any]:
    told = {"enrollment": f"tea#{number}", "state": "need", "arm": "personalized", "why": "on tea_tasted"}
    return row("entered", at, arrived_at=at, **{**told, **parts})


SENTENCES = {
    "a sent touch": (
        touch("sent", channel="email", words="personalized", variant="b"),
        "Sent spark by email, personalized words, variant b.",
    ),
    "a touch to somebody else": (
        touch("sent", to="care_lead", channel="email", words="personalized"),
        "Sent spark to care_lead by email, personalized words.",
    ),
    "quiet hours": (
        touch("deferred", because="quiet", until="2026-03-02T20:12:00Z"),
        "Deferred spark until 20:12: quiet hours.",
    ),
    "a deferral over days": (
        touch("deferred", because="cap", detail="at most 1 per 1 day", until="2026-03-03T16:00:00Z"),
        "Deferred spark until 2026-03-03 16:00: at most 1 per 1 day.",
    ),
    "no consent": (touch("withheld", because="consent", detail="offers"), "Withheld spark: no consent to offers."),
    "a dead letter": (
        touch("failed", channel="email", detail="the mail server answered 550"),
        "Gave up spark by email: the mail server answered 550.",
    ),
    "a rule": (touch("withheld", because="rule", detail="sunset"), "Withheld spark: sunset."),
    "held out": (
        touch("withheld", because="holdout", channel="email"),
        "Withheld spark: it would have gone by email, but this customer is held out to measure against.",
    ),
    "an entry for a key": (entered(key="c1"), "Entered need for c1, in the personalized arm: on tea_tasted."),
    "a move": (
        row("moved", **{"from": "need", "to": "research", "why": "after 30 days"}),
        "Moved from need to research: after 30 days.",
    ),
    "staying": (row("moved", **{"from": "need", "to": "stay", "why": "on x"}), "Noted in need: on x."),
    "arriving again": (row("moved", **{"from": "need", "to": "need", "why": "on x"}), "Arrived again in need: on x."),
    "an end": (
        row("ended", reason="lapsed", why="after 1 day", **{"from": "need"}),
        "Ended lapsed, out of need: after 1 day.",
    ),
    "an erasure": (
        row("ended", reason="erased", cause="erasure", **{"from": "need"}),
        "Ended erased, out of need: the customer was erased.",
    ),
    "a late event": (
        row("event", event="tea_tasted", heard="too late", happened_at="2026-02-01T09:00:00Z"),
        "tea_tasted, which happened at 2026-02-01 09:00: too late to act on: it only informs.",
    ),
    "a hold": (row("held"), "Put on hold: clocks stand still, and marketing waits."),
    "a release": (row("released", because="at_most"), "Let go: held for as long as it may be."),
    "what is kept no longer": (
        row("forgotten", fields=["interests"], events=["tea_tasted"]),
        "Forgot interests, what tea_tasted said: kept no longer.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SENTENCES)
def test_each_row_is_one_sentence(case: str) -> None:
    told, words = SENTENCES[case]

    assert say_row(told) == words


def test_generic_words_are_explained_by_the_arm_or_the_consent() -> None:
    sent = touch("sent", channel="email", words="generic")

    def words(arm: str) -> str:
        return tell(HEADER, [entered(arm=arm), sent]).chapters[0].lines[1].words

    assert words("generic") == "Sent spark by email, generic words: the customer is in the generic arm."
    assert words("personalized") == "Sent spark by email, generic words: no consent to personalise."


def test_times_are_the_customers_own_where_the_trace_knows_them() -> None:
    def time(**parts: Any) -> tuple[str, str]:
        line = tell(HEADER, [entered(at="2026-03-02T23:30:15Z", **parts)]).chapters[0].lines[0]
        return line.date, line.time

    assert time() == ("2026-03-03", "00:30:15")
    assert time(zone="America/New_York") == ("2026-03-02", "18:30:15")
    assert time(zone="Mars/Olympus") == ("2026-03-02", "23:30:15")


def test_a_change_of_zone_is_told_and_holds_from_there_on() -> None:
    rows = [
        row("event", event="tea_tasted", id="e1", heard="heard"),
        entered(zone="America/New_York", event="tea_tasted", event_id="e1"),
        row("event", event="profile.updated", id="e2", heard="heard", zone="Asia/Tokyo"),
        touch("sent", words="personalized"),
    ]

    story = tell(HEADER, rows)

    assert [line.time for line in story.chapters[0].lines] == ["11:00", "11:00", "01:00", "01:00"]
    assert story.summary.endswith("Times are America/New_York's, then Asia/Tokyo's.")


def test_an_event_stands_with_the_enrollment_it_moved_or_the_only_one_going_on() -> None:
    later, last = "2026-03-03T10:00:00Z", "2026-03-04T10:00:00Z"
    rows = [
        row("event", at="2026-03-01T10:00:00Z", event="seen", id="e0", heard="heard"),
        row("event", event="tea_tasted", id="e1", heard="heard"),
        entered(1, event="tea_tasted", event_id="e1"),
        row("event", at="2026-03-02T18:00:00Z", event="seen", id="e2", heard="heard"),
        row("event", at=later, event="tea_tasted", id="e3", heard="heard"),
        entered(2, at=later, event="tea_tasted", event_id="e3"),
        row("event", at=last, event="seen", id="e4", heard="heard"),
        row("forgotten", at=last, fields=["interests"]),
    ]

    chapters = tell(HEADER, rows).chapters

    ids = [[line.row["id"] for line in chapter.lines if line.kind == "event"] for chapter in chapters]
    assert [chapter.enrollment for chapter in chapters] == ["tea#1", "tea#2", ""]
    assert ids == [["e1", "e2"], ["e3"], ["e0", "e4"]]
    assert [line.kind for line in chapters[2].lines] == ["event", "event", "forgotten"]


def test_the_outcome_says_where_one_stands_and_which_touch_still_waits() -> None:
    waits = touch("deferred", because="cap", until="2026-06-02T08:00:00Z")

    def outcome(*rows: dict[str, Any]) -> str:
        return tell(HEADER, [entered(), *rows]).chapters[0].outcome

    assert outcome(waits) == "Stands in need since 2026-03-02 17:00. spark still waits, until 2026-06-02 10:00."
    assert outcome(waits, touch("sent", words="generic")) == "Stands in need since 2026-03-02 17:00."
    assert outcome(row("ended", enrollment="tea#1", reason="lapsed")) == "Over: ended lapsed."


def test_a_goal_is_told_with_its_worth() -> None:
    assert tell(HEADER, [entered(), row("goal", enrollment="tea#1", value=123450)]).chapters[0].lines[1].words == (
        "Reached the goal, worth 1,234.50 EUR."
    )


# ---------------------------------------------------------------- reading


def write(path: Path, *lines: object) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_only_the_rows_of_the_customer_are_kept(tmp_path: Path) -> None:
    other = {**entered(), "customer": "ben"}
    path = write(tmp_path / "t.jsonl", HEADER, entered(), touch("sent"), other)

    traced = read_traced(path, "ana")

    assert (traced.header, traced.rows) == (HEADER, (entered(), touch("sent")))


def test_what_is_packed_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    plain = write(tmp_path / "t.jsonl", HEADER, entered())
    packed = tmp_path / "renamed"
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    assert read_traced(packed, "ana") == read_traced(plain, "ana")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(b"\xff\xfe\n", ":1: this is not a trace", id="binary"),
        pytest.param(b'{"id":"e1"}\n', ":1: this is not a trace", id="events"),
        pytest.param(b"[" * 100_000, ":1: this is not a trace", id="nested"),
        pytest.param(b'{"trace":2}\n', ":1: a trace of another version, 2", id="of another version"),
        pytest.param(b'{"trace":1}\nnonsense\n', ":2: this line is not a row", id="nonsense after the header"),
        pytest.param(b'{"trace":1}\n{"customer":3}\n', ":2: this line is not a row", id="a number for a name"),
        pytest.param(b'{"trace":1}\n{"customer":"ana"}\n', ":2: this line is not a row", id="a row without a kind"),
        pytest.param(b'{"trace":1}\n{"customer":"ana","at":"x', ":2: this line is not a row", id="cut in a line"),
        pytest.param(b'{"trace":1}\n' + b" " * (LINE_MAX + 1), ":2: longer than", id="an endless line"),
    ],
)
def test_what_is_no_trace_is_told_with_its_line(lines: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(lines)

    with pytest.raises(InputError) as refused:
        read_traced(path, "ana")

    assert str(path) in str(refused.value)
    assert words in str(refused.value)


@pytest.mark.parametrize("asked", ["household-1O7", "Household-107", "household107", "household-10 7"])
def test_a_misspelt_customer_is_guessed_among_many(asked: str, tmp_path: Path) -> None:
    rows = [{**entered(), "customer": f"household-{number}"} for number in (107, *range(20_000, 23_000))]
    path = write(tmp_path / "t.jsonl", HEADER, *rows)

    with pytest.raises(InputError, match="did you mean 'household-107'"):
        read_traced(path, asked)


# ---------------------------------------------------------------- amounts


@given(st.integers(-(10**12), 10**12), st.sampled_from([0, 2, 3]))
def test_an_amount_says_every_minor_unit(minor: int, decimals: int) -> None:
    said = say_amount(minor, decimals)

    assert int(said.replace(",", "").replace(".", "")) == minor
    assert len(said.partition(".")[2]) == decimals


def test_shares_and_days_are_rounded_from_integers() -> None:
    assert [say_share(1, 3), say_share(2, 3), say_share(0, 5), say_share(5, 5), say_share(0, 0)] == [
        "33.3 %", "66.7 %", "0.0 %", "100.0 %", "",
    ]  # fmt: skip
    assert [say_days(minutes) for minutes in (None, 0, 59, 60, 1439, 1440, 43_200, 2_160)] == [
        "", "0 min", "59 min", "1 h", "23 h", "1.0", "30.0", "1.5",
    ]  # fmt: skip
