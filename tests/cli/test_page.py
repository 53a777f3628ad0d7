"""What a page does with words that need more room than there is."""

from __future__ import annotations

import io

from journeys.cli.page import TOGETHER, Column, Page
from journeys.cli.reporting import print_report
from journeys.measure.report import EventReport, JourneyReport, Report, Touched


def printed(columns: list[Column], *rows: list[str]) -> str:
    stream = io.StringIO()
    Page(stream).table(columns, rows)
    return stream.getvalue()


def test_words_wrap_before_a_name_or_a_number_is_broken() -> None:
    name, number = "evaluation.comparing", "1,234,567"
    wordy = [Column(title=title) for title in ("when", "if", "why")]
    columns = [Column(title="in", is_name=True), Column(title="n", is_number=True), *wordy]

    text = printed(columns, [name, number, *["condition" * 3] * 3], ["need", "1", "", "", ""])

    assert all(len(line) <= 80 for line in text.splitlines())
    assert name in text
    assert number in text


def test_a_name_and_its_count_stay_on_one_line() -> None:
    listed = ", ".join(f"touch-{number}{TOGETHER}{number}" for number in range(40))

    text = printed([Column(title="which")], [listed])

    assert all(f"touch-{number} {number}" in text for number in range(40))


def test_reasons_name_the_most_concerned_touch_first() -> None:
    def withheld(count: int) -> Touched:
        return Touched(
            due=count, sent=0, deferred=0, waiting=0, withheld={"cap": count}, deferred_by={}, channels={}, words={}
        )

    journey = JourneyReport(
        journey="tea", title="Tea", customers=1, entered=1, reentered=0, now=1, ended=0, ends={}, regressions=0,
        holds=0, goal=None, phases=(), arms=(), differences=(), channel_cost=0, offer_cost=0,
        touches_by_customer={1: 1}, offers={},
        touched=withheld(9), touches={"alpha": withheld(2), "beta": withheld(7)},
    )  # fmt: skip
    events = EventReport(heard=1, unheard={}, own=0)
    stream = io.StringIO()

    print_report(
        Page(stream), Report(until=0, customers=1, currency="EUR", decimals=2, events=events, journeys=(journey,))
    )

    assert "withheld: cap        9  beta 7, alpha 2" in stream.getvalue()
