"""The page of a comparison says what changed, for whom, and how sure that is."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from journeys.measure.comparison import Comparison
from journeys.measure.html.charts import paired
from journeys.measure.html.comparison import make_comparison_page
from journeys.measure.html.parts import with_sign
from journeys.measure.report import JourneyReport, Report
from tests.measure.pages import Reader, drawings
from tests.measure.reports import BEFORE, COMPARISON, JOURNEY, JOURNEY_BEFORE, REPORT, change, touched, with_journeys

STORIES = (
    "journeys explain c0000012 --trace trace.before.jsonl.gz",
    "journeys explain c0000012 --trace trace.jsonl.gz",
)


def make(before: Report = BEFORE, after: Report = REPORT, comparison: Comparison = COMPARISON, **more: Any) -> str:
    told = {"against": "main", "title": "Simulation, before and after"}
    return make_comparison_page(before, after, comparison, **told | more)


def read(before: Report = BEFORE, after: Report = REPORT, comparison: Comparison = COMPARISON, **more: Any) -> str:
    return Reader(make(before, after, comparison, **more)).text


def of(before: JourneyReport, after: JourneyReport, **more: Any) -> str:
    return read(with_journeys(before), with_journeys(after), **more)


# ---------------------------------------------------------------- the file


def test_everything_that_opens_is_closed_and_every_drawing_is_a_tree() -> None:
    page = make(stories=STORIES)

    assert page.startswith("<!doctype html>\n")
    Reader(page)
    assert len(drawings(page)) > 15
    # Each stands beside its numbers.
    for drawing in drawings(page):
        assert drawing.get("aria-hidden") == "true"
        assert drawing.find(".//text") is None


def test_nothing_is_fetched_and_nothing_runs() -> None:
    page = make(stories=STORIES)

    assert "://" not in page and "@import" not in page
    told = Reader(page)
    assert not {"script", "link", "img", "iframe", "object", "base"} & {tag for tag, _, _ in told.attributes}
    for _, name, value in told.attributes:
        assert not name.startswith("on") and name != "src"
        assert name != "href" or value.startswith("#")


def test_the_same_comparison_is_the_same_page() -> None:
    assert make() == make(replace(BEFORE), replace(REPORT), replace(COMPARISON))


def test_words_of_files_and_of_the_command_line_stay_words() -> None:
    hostile = "</style><script>alert(\"1\")</script> & <b>'bold'</b>"
    journey = replace(JOURNEY, title=hostile, journey=hostile, touches={hostile: touched(3, 2)}, ends={hostile: 4})
    first = change(hostile, hostile, 5, hostile, where=hostile)

    page = make(
        with_journeys(replace(JOURNEY_BEFORE, journey=hostile)),
        with_journeys(journey),
        replace(COMPARISON, changes=(first,)),
        against=hostile,
        title=hostile,
        facts=[(hostile, hostile)],
        stories=[hostile, hostile],
    )

    assert "<script" not in page and "<b>" not in page
    assert page.count("</style>") == 1
    # Title and heading, a fact and its name, the version; before, after, where, an example; two stories; a journey's
    # name and heading; a touch and an end.
    assert Reader(page).text.count(hostile) == 15


def test_every_table_says_what_its_rows_and_columns_are() -> None:
    told = Reader(make())

    scopes = {value for tag, name, value in told.attributes if tag == "th" and name == "scope"}
    assert scopes == {"row", "col", "rowgroup"}


def test_several_journeys_have_a_table_of_contents() -> None:
    other = "another"
    before = with_journeys(JOURNEY_BEFORE, replace(JOURNEY_BEFORE, journey=other))
    page = make(before, with_journeys(JOURNEY, replace(JOURNEY, journey=other)))

    links = [value for _, name, value in Reader(page).attributes if name == "href"]
    assert links == ["#j0", "#j1"]
    assert all(f'id="{link[1:]}"' in page for link in links)
    assert "<nav" not in make()


# ---------------------------------------------------------------- what changes for customers


def test_who_is_treated_differently_and_how_is_told_first() -> None:
    text = read()

    assert "4,005 of 9,998 customers are treated differently That is 40.1 %. Before is “main”" in text
    assert (
        "spark sent by email, personalized words → nothing espresso need; for example c0000012, c0000045 3,002 30.0 %"
        in text
    )
    assert "nothing → ended as lapsed espresso selection.paid; for example c0000777 1,003 10.0 %" in text
    assert text.index("treated differently") < text.index("From a first cup")


def test_the_story_of_an_example_is_told_by_command_lines_to_copy() -> None:
    page = make(stories=STORIES)

    assert f"<pre><code>{STORIES[0]}\n{STORIES[1]}</code></pre>" in page
    assert "<pre" not in make() and "story" not in read()


def test_rare_changes_are_folded_away() -> None:
    changes = tuple(change("nothing", f"touch-{place} sent", 50 - place, f"c{place}") for place in range(14))

    page = make(comparison=replace(COMPARISON, changes=changes))

    shown, rest = page.split("<summary>2 other changes, of 75 customers</summary>")
    assert "touch-11 sent" in shown and "touch-12 sent" not in shown
    assert "touch-12 sent" in rest and "touch-13 sent" in rest


def test_where_nobody_is_treated_differently_it_says_so() -> None:
    text = read(REPORT, REPORT, Comparison(customers=9_998, changed=0, changes=(), won={}, lost={}))

    assert "None of 9,998 customers is treated differently Before is “main”" in text
    assert "What changes first" not in text
    assert "Whoever reached the goal before reaches it after, and nobody else." in text
    assert "enrollments 8,228 as before" in text
    assert "Touches sent 9,134 before, 9,134 after. Nothing changed touch as before spark 6,033" in text


# ---------------------------------------------------------------- a journey before and after


def test_key_figures_stand_with_what_they_were() -> None:
    text = read()

    assert "customers who entered 8,085 +1 from 8,084, 0.0 %" in text
    assert "enrollments 8,228 +9 from 8,219, +0.1 %" in text
    assert "goal reached 2,421 +55 from 2,366, +2.3 %" in text
    assert "value, EUR 123,950 +4,010 from 119,940, +3.3 %" in text
    assert "touches sent 9,134 −86 from 9,220, −0.9 %" in text
    assert "cost of channels, EUR 7.14 −0.17 from 7.31, −2.3 %" in text
    assert "cost of offers, EUR 318.00 as before" in text


def test_amounts_in_two_currencies_are_not_subtracted() -> None:
    text = read(replace(BEFORE, currency="JPY", decimals=0))

    assert "value, EUR 123,950 11,994,010 JPY before" in text
    assert "cost of offers, EUR 318.00 31,800 JPY before" in text
    assert "goal reached 2,421 +55 from 2,366" in text


def test_a_figure_that_was_nothing_has_no_percentage() -> None:
    assert "cost of offers, EUR 318.00 +318.00 from 0.00 D" in of(replace(JOURNEY_BEFORE, offer_cost=0), JOURNEY)


@pytest.mark.parametrize(
    ("won", "lost", "said"),
    [
        # By hand: (183 - 125) / 10000 = 0.0058, and 1.96 √((0.0308 - 0.0058²) / 10000) = 0.00344 on either side.
        pytest.param(
            182, 124, "More customers reach the goal: +0.58 points of all of them (95 %: +0.24 to +0.92).", id="more"
        ),
        pytest.param(
            124, 182, "Fewer customers reach the goal: −0.58 points of all of them (95 %: −0.92 to −0.24).", id="fewer"
        ),
        pytest.param(
            150,
            144,
            "No difference can be told yet: +0.06 points of all customers, and anything from −0.28 to +0.40 would fit",
            id="either",
        ),
        pytest.param(0, 0, "Whoever reached the goal before reaches it after, and nobody else.", id="the same"),
    ],
)
def test_the_goal_is_compared_customer_by_customer(won: int, lost: int, said: str) -> None:
    text = read(comparison=replace(COMPARISON, won={"espresso": won}, lost={"espresso": lost}))

    assert f"{won} customers reached the goal only after the change, {lost} only before it." in text
    assert said in text


def test_of_recorded_customers_no_difference_is_claimed() -> None:
    text = read(is_recorded=True)

    assert "182 customers reached the goal only after the change, 124 only before it." in text
    assert "What these customers did was recorded before and is the same in both" in text
    assert "make a difference" not in text and "points of all" not in text


def test_the_rate_of_each_arm_stands_before_and_after_with_its_interval() -> None:
    text = read()

    assert "personalized before: 1,849 of 6,112 30.3 % 29.1 to 31.4 %" in text
    assert "personalized after: 1,907 of 6,113 31.2 % 30.0 to 32.4 %" in text
    assert "holdout before: 187 of 721 25.9 % 22.9 to 29.3 %" in text
    classes = [drawing.get("class") for drawing in drawings(make()) if "whisker" in drawing.get("class", "")]
    assert classes == ["whisker before", "whisker after"] * 3


def test_an_arm_that_only_one_version_has_stands_alone() -> None:
    text = of(replace(JOURNEY_BEFORE, arms=JOURNEY_BEFORE.arms[:1]), JOURNEY)

    assert "holdout after: 187 of 721" in text and "holdout before" not in text


@pytest.mark.parametrize("which", ["before", "after"])
def test_without_a_goal_in_both_nothing_is_compared(which: str) -> None:
    arms = tuple(replace(arm, goal=None, rate=None) for arm in JOURNEY.arms)
    without = replace(JOURNEY, goal=None, arms=arms)

    text = of(without, JOURNEY) if which == "before" else of(JOURNEY_BEFORE, without)

    assert "Without a goal in both versions there is nothing to compare." in text
    assert "goal reached" not in text and "only after the change" not in text


def test_the_funnel_stands_in_pairs_by_phase_and_step() -> None:
    text = read()

    assert "awareness: 7,402 before, 7,417 after need 7,401 7,416 +15" in text
    assert "decision: 2,511 before, 2,602 after selection 2,509 2,601 +92" in text
    # Only after the change there is a retention, and other steps.
    assert "retention: 0 before, 1,704 after support 0 0 0 loyalty 0 1,703 +1,703" in text
    assert "selection 2,509 2,601 +92 paid 2,508 2,599 +91 settling 0 2,288 +2,288 trying 1,122 0 −1,122" in text


def test_of_touches_and_ends_what_changed_is_unfolded() -> None:
    text = read()

    assert (
        "Touches sent 9,313 before, 9,134 after. before after touch before after change"
        " spark 6,121 6,033 −88 old-offer 91 0 −91 What did not change touch as before first-order-offer 3,101" in text
    )
    assert (
        "Where they end 4,950 before, 4,830 after. before after end before after change"
        " lapsed 4,700 4,611 −89 bored 31 0 −31 What did not change end as before closed 219" in text
    )


def test_what_is_not_there_is_not_compared() -> None:
    quiet = {"touches": {}, "ends": {}, "touched": touched(0, 0)}

    text = of(replace(JOURNEY_BEFORE, **quiet), replace(JOURNEY, **quiet))

    assert "Touches sent" not in text and "Where they end" not in text


def test_a_journey_that_nobody_entered_says_so_and_no_more() -> None:
    nobody = replace(JOURNEY, entered=0, customers=0)

    text = of(nobody, nobody)

    assert "Nobody entered, neither before nor after." in text
    assert "How far they come" not in text
    assert "8,219 enrollments before, 0 after." in of(JOURNEY_BEFORE, nobody)


def test_a_journey_of_one_version_alone_is_not_compared() -> None:
    text = read(with_journeys(), REPORT)

    assert "treated differently" in text and "From a first cup" not in text


# ---------------------------------------------------------------- what it is made of


def test_a_pair_of_bars_is_on_one_scale() -> None:
    drawing = paired(50, 75, 200)

    before, after = drawing.iter("rect")
    assert (before.get("class"), before.get("width")) == ("before", "25%")
    assert (after.get("class"), after.get("width"), after.get("y")) == ("after", "37.5%", "56%")


def test_what_is_said_gets_its_sign() -> None:
    said = [with_sign(each) for each in ("3.2", "-3.2", "−17", "0", "0.00", "0.0 %", "1,000", "0.5")]

    assert said == ["+3.2", "−3.2", "−17", "0", "0.00", "0.0 %", "+1,000", "+0.5"]


def test_before_is_another_colour_than_after() -> None:
    rules = dict(re.findall(r"\.(before|after) { fill: var\(--(\w+)\) }", make()))

    assert rules == {"before": "unfit", "after": "sent"}
