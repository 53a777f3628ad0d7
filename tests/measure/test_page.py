"""The page says what the report says, to anybody, and asks for nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from journeys.core.why import REASON_WORDS
from journeys.measure.html.arms import axis, signed
from journeys.measure.html.charts import draw_columns, draw_survival, half_gone, time_ticks, whisker
from journeys.measure.html.flow import Stop, draw_flow
from journeys.measure.html.markup import tag, write_document
from journeys.measure.html.page import make_page
from journeys.measure.html.style import DARK, LIGHT
from journeys.measure.html.touching import GROUPS
from journeys.measure.intervals import Share
from journeys.measure.report import Difference, Report
from tests.measure.pages import Reader, drawings
from tests.measure.reports import ARMS, CURVE, DAY, HOUR, JOURNEY, NEED, REPORT, touched, with_journeys


def read(report: Report, **more: Any) -> str:
    return Reader(make_page(report, title="Simulation", **more)).text


# ---------------------------------------------------------------- the file


def test_everything_that_opens_is_closed_and_every_drawing_is_a_tree() -> None:
    page = make_page(REPORT, title="Simulation")

    assert page.startswith("<!doctype html>\n")
    Reader(page)
    assert len(drawings(page)) > 20


def test_nothing_is_fetched_and_nothing_runs() -> None:
    page = make_page(REPORT, title="Simulation")

    assert "://" not in page
    assert "@import" not in page
    assert set(re.findall(r"url\((.*?)\)", page)) == {"#held"}
    told = Reader(page)
    assert not {"script", "link", "img", "iframe", "object", "base"} & {tag for tag, _, _ in told.attributes}
    for _, name, value in told.attributes:
        assert not name.startswith("on") and name != "src"
        assert name != "href" or value.startswith("#")


def test_the_same_report_is_the_same_page() -> None:
    assert make_page(REPORT, title="Simulation") == make_page(replace(REPORT), title="Simulation")


def test_words_of_files_stay_words() -> None:
    hostile = "</style><script>alert(\"1\")</script> & <b>'bold'</b>"
    journey = replace(JOURNEY, title=hostile, journey=hostile, touches={hostile: touched(3, 2)})

    page = make_page(with_journeys(journey, JOURNEY), title=hostile, facts=[(hostile, hostile)])

    assert "<script" not in page and "<b>" not in page
    assert page.count("</style>") == 1
    # Title and heading, a fact and its name, the contents, a journey's name and heading, two rows, a drawing's title.
    assert Reader(page).text.count(hostile) == 10


def test_what_a_drawing_shows_is_said_or_stands_beside_it() -> None:
    for drawing in drawings(make_page(REPORT, title="Simulation")):
        if drawing.get("role") == "img":
            assert [child.tag for child in drawing][:2] == ["title", "desc"]
            assert all(child.text for child in list(drawing)[:2])
        else:
            assert drawing.get("aria-hidden") == "true"
            assert drawing.find(".//text") is None


# ---------------------------------------------------------------- what it says


def counts_of(told: Any, path: str = "") -> Iterator[tuple[str, int]]:
    """Every count of a report with where it stands; what is shown in other units is left to other tests."""
    if isinstance(told, Mapping):
        for key, value in told.items():
            if key not in ("survival", "rate", "by", "value", "cost", "channel_cost", "offer_cost", "events", "until"):
                yield from counts_of(value, f"{path}.{key}")
    elif isinstance(told, list | tuple):
        for place, value in enumerate(told):
            yield from counts_of(value, f"{path}[{place}]")
    elif isinstance(told, int) and not isinstance(told, bool) and not path.endswith("_minutes"):
        yield path, told


# Of a phase only how many came; of an arm and of a touch what became of them in all.
UNSAID = r"phases\[\d\]\.now|arms\[\d\]\.touched\.(words|deferred|waiting|withheld|deferred_by)\b"
UNSAID += r"|touches\..*\.(channels|words)\b|within\[\d\]\.within\[\d\]\.(left|back)"


def test_every_count_of_the_report_is_on_the_page() -> None:
    text = read(REPORT)

    said = set(re.findall(r"\d[\d,]*\d|\d", text))
    for path, count in counts_of(asdict(REPORT)):
        if not re.search(UNSAID, path):
            assert f"{count:,}" in said, path


def test_rates_are_told_with_their_intervals_and_money_with_its_unit() -> None:
    text = read(REPORT)

    assert "personalized 1,907 of 6,113 31.2 % 30.0 to 32.4 %" in text
    assert "holdout 187 of 721 25.9 % 22.9 to 29.3 %" in text
    assert "value, EUR 98,765 16,172 9,012" in text
    assert "cost of sending, EUR 2.38 2.38 2.38" in text
    assert "cost of offers, EUR 159.00 159.00 0.00" in text
    assert "return a customer, EUR 16.13 12.80 12.50" in text
    assert "cost, EUR 325.14 7.14 sending, 318.00 offers" in text


def test_a_difference_that_is_sure_is_said_and_one_that_is_not_is_not() -> None:
    text = read(REPORT)

    assert "Personalized reached the goal more often than holdout, by 5.3 points (95 %: +1.7 to +8.5)." in text
    assert "Between generic and holdout nothing can be told yet: −0.5 points, and anything from −4.6 to +3.4" in text
    worse = Difference(arm="generic", against="holdout", by=Share(parts=-52_000, low=-90_000, high=-11_000))
    assert "Generic reached the goal less often than holdout, by 5.2 points (95 %: −9.0 to −1.1)." in read(
        with_journeys(replace(JOURNEY, differences=(worse,)))
    )


def test_of_recorded_customers_no_difference_is_claimed() -> None:
    text = read(REPORT, is_recorded=True)

    assert "what lies between the arms is chance" in text
    assert "more often than" not in text
    assert "make a difference" not in text


def test_curves_and_stays_are_told_in_words_and_numbers() -> None:
    text = read(REPORT)

    assert "need Half had left by day 30." in text
    assert "selection 64.0 % still there on day 7." in text
    assert "stage day 1 day 7 day 30 need 87.1 % 64.0 % 45.2 % selection 87.1 % 64.0 %" in text
    assert "need 5.3 days 3 h to 12.0 days" in text


@pytest.mark.parametrize(
    ("survival", "said"),
    [
        pytest.param(((0, 1_000_000), (5 * HOUR, 400_000)), "need Half had left within 5 h.", id="in hours"),
        pytest.param(((0, 1_000_000), (5 * HOUR, 600_000)), "need 60.0 % still there after 5 h.", id="not in hours"),
        pytest.param(((0, 499_000), (5 * HOUR, 400_000)), "need Half left at once.", id="at once"),
    ],
)
def test_short_stays_are_told_in_hours(survival: Any, said: str) -> None:
    need = replace(NEED, survival=survival)

    assert said in read(with_journeys(replace(JOURNEY, phases=(replace(JOURNEY.phases[0], within=(need,)),))))


def test_where_they_leave_is_told_by_stage_and_reason_most_first() -> None:
    text = read(REPORT)

    assert "lapsed from need 4,611 56.0 % closed from selection 219 2.7 %" in text
    assert "selection → need 337 14.9 %" in text
    assert "Nobody came to support." in text


def test_an_offer_that_is_asked_for_beyond_its_limit_is_said_to_be() -> None:
    text = read(REPORT)

    assert "first-order-offer 152 beyond the limit of 2,950 3,102 265 8.5 % 318.00" in text
    assert "free-sample without a limit 1,013 77 7.6 % 0.00" in text


def test_facts_stand_at_the_head() -> None:
    text = read(REPORT, facts=[("seed", "4711"), ("simulated", "180 days")])

    assert "customers 9,998 seed 4711 simulated 180 days" in text


def test_several_journeys_have_a_table_of_contents() -> None:
    page = make_page(with_journeys(JOURNEY, replace(JOURNEY, title="Another")), title="Simulation")

    links = [value for _, name, value in Reader(page).attributes if name == "href"]
    assert links == ["#j0", "#j1"]
    assert all(f'id="{link[1:]}"' in page for link in links)
    assert "<nav" not in make_page(REPORT, title="Simulation")


# ---------------------------------------------------------------- journeys of other kinds


def test_a_journey_that_nobody_entered_says_so_and_no_more() -> None:
    text = read(with_journeys(replace(JOURNEY, entered=0, customers=0)))

    assert "From a first cup to a second machine Nobody entered." in text
    assert "reached" not in text.partition("How to read this")[0]


def test_a_report_without_journeys_is_a_page() -> None:
    assert "customers 9,998" in read(with_journeys())


def test_one_arm_has_nothing_to_be_compared_with() -> None:
    text = read(with_journeys(replace(JOURNEY, arms=ARMS[:1], differences=())))

    assert "There is one arm, so there is nothing to compare it with." in text
    assert "31.2 %" in text
    assert "make a difference" not in text


def test_a_journey_without_a_goal_compares_nothing() -> None:
    arms = tuple(replace(arm, goal=None, rate=None, converted=0) for arm in ARMS)

    text = read(with_journeys(replace(JOURNEY, goal=None, arms=arms, differences=())))

    assert "This journey has no goal" in text
    assert "reached the goal" not in text.partition("How to read this")[0]
    assert "value" not in text.partition("How to read this")[0]
    assert "cost of offers, EUR 159.00 159.00 0.00" in text


def test_a_goal_that_is_no_money_has_neither_a_currency_nor_a_return() -> None:
    def other(goal: Any) -> Any:
        return replace(goal, is_money=False)

    arms = tuple(replace(arm, goal=other(arm.goal)) for arm in ARMS)
    text = read(with_journeys(replace(JOURNEY, goal=other(JOURNEY.goal), arms=arms)))

    assert "value 9,876,543 1,617,210 901,230" in text
    assert "return a customer" not in text


def test_a_journey_without_touches_says_nothing_of_them() -> None:
    quiet = replace(JOURNEY, touched=touched(0, 0), touches={}, touches_by_customer={0: 8_085}, offers={})

    text = read(with_journeys(quiet))

    assert "became of the touches" not in text
    assert "Touches a customer" not in text
    assert "Offers" not in text


def test_all_reasons_of_the_gate_have_a_colour() -> None:
    grouped = [reason for _, reasons in GROUPS.values() for reason in reasons]

    assert sorted(grouped) == sorted(reason for reason in REASON_WORDS if reason)


# ---------------------------------------------------------------- charts

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@st.composite
def flows(draw: st.DrawFn) -> list[Stop]:
    several = draw(st.integers(1, 8))
    counts = st.integers(0, 3) | st.integers(0, 2_000_000)
    stops = []
    for place in range(several):
        others = [other for other in range(several) if other != place]
        left = {other: draw(counts) for other in others if draw(st.booleans())}
        now = draw(counts) if sum(left.values()) else draw(counts) + 1
        stops.append(Stop(name="consideration", now=now, left=left, ended=draw(counts)))
    return stops


EVERYWHERE = [
    Stop(name="feedback", now=1, left={other: 5 for other in range(8) if other != place}, ended=3) for place in range(8)
]


@example(EVERYWHERE)
@given(flows())
def test_a_flow_stays_in_its_picture(stops: list[Stop]) -> None:
    drawing = draw_flow(stops, title="flow", description="from here to there")

    _, _, width, height = map(float, NUMBER.findall(drawing.get("viewBox", "")))
    for rect in drawing.iter("rect"):
        x, y, wide, high = [float(rect.get(name, "")) for name in ("x", "y", "width", "height")]
        assert x >= 0 and x + wide <= width + 0.2
        assert y >= 0 and y + high <= height
    for path in drawing.iter("path"):
        across = [float(each) for each in re.findall(r"[MCH ,](-?[\d.]+)", path.get("d", ""))]
        assert across and min(across) >= 0
    for text in drawing.iter("text"):
        assert float(text.get("y", "")) <= height - 2


def test_widths_in_a_flow_are_on_one_scale() -> None:
    stops = [
        Stop(name="need", now=0, left={1: 400, 2: 100}, ended=100),
        Stop(name="research", now=200, left={0: 200}, ended=0),
        Stop(name="loyalty", now=100, left={}, ended=0),
    ]

    drawing = draw_flow(stops, title="flow", description="from here to there")

    # Need is arrived at by 600: 400 entered and 200 came back, in the widest arc there is.
    bars = [float(rect.get("width", "")) for rect in drawing.iter("rect") if rect.get("class") == "bar"]
    assert bars == [90, 60, 15]
    [back] = [path for path in drawing.iter("path") if path.get("stroke-width")]
    assert float(back.get("stroke-width", "")) == 30
    words = [text.text for text in drawing.iter("text")]
    assert words == [
        "100 ended", "need", "600 arrived", "400 entered here",
        "research", "400 arrived", "200 there now", "200 went back", "loyalty", "100 arrived", "100 there now",
    ]  # fmt: skip


def test_a_curve_goes_in_steps_from_all_to_who_is_left() -> None:
    drawing = draw_survival(CURVE, longest=110 * DAY, title="need", description="by time")

    [line] = [path.get("d") for path in drawing.iter("path") if path.get("class") == "curve"]
    # From x 28 to 158 for 110 days, from y 92 up to 8 for all.
    assert line == "M28,8H29.2V18.8H36.3V38.2H63.5V54H93V74.1"
    assert half_gone(CURVE) == 30 * DAY
    assert half_gone(CURVE[:3]) is None


@pytest.mark.parametrize(
    ("longest", "labels"),
    [
        pytest.param(30 * HOUR, ["0", "12", "24 hours"], id="hours"),
        pytest.param(14 * DAY, ["0", "5", "10 days"], id="two weeks"),
        pytest.param(364 * DAY, ["0", "180", "360 days"], id="a year"),
        pytest.param(1 * HOUR, ["0", "30", "60 min"], id="an hour"),
        pytest.param(1, ["0", "1 min"], id="a minute"),
    ],
)
def test_ticks_of_time_are_round_and_few(longest: int, labels: list[str]) -> None:
    assert [label for _, label in time_ticks(longest)] == labels


def test_a_whisker_lies_where_its_numbers_are() -> None:
    drawing = whisker(30_000, -10_000, 70_000, begin=-100_000, end=100_000)

    zero, interval = drawing.findall("line")[1:3]
    assert zero.get("x1") == "50%"
    assert (interval.get("x1"), interval.get("x2")) == ("45%", "85%")
    [dot] = drawing.iter("circle")
    assert dot.get("cx") == "65%"


def test_an_axis_reaches_from_round_to_round_around_all() -> None:
    assert axis([311_000, 255_000, 293_000], within=(0, 1_000_000)) == (250_000, 320_000)
    assert axis([9_900, 10_100], within=(0, 1_000_000)) == (0, 20_000)
    assert axis([990_000, 1_000_000], within=(0, 1_000_000)) == (990_000, 1_000_000)
    assert axis([0, 0], within=(0, 1_000_000)) == (0, 10_000)
    assert axis([1_000_000], within=(0, 1_000_000)) == (990_000, 1_000_000)


def test_points_have_their_sign() -> None:
    assert [signed(parts) for parts in (32_000, -32_000, 0, 300, -300)] == ["+3.2", "−3.2", "0.0", "0.0", "0.0"]


def test_columns_are_as_high_as_their_counts() -> None:
    drawing = draw_columns({0: 50, 2: 100, 3: 25}, last=3, title="touches", description="by customer")

    assert [float(rect.get("height", "")) for rect in drawing.iter("rect")] == [55, 110, 27.5]


def test_an_element_holds_text_before_between_and_after_others() -> None:
    made = tag("p", "a < ", tag("b", "b"), " & c", None, [tag("br"), ["d"]], class_="x", aria_label='"', id=None)

    assert write_document(made) == (
        '<!doctype html>\n<p class="x" aria-label="&quot;">a &lt; <b>b</b> &amp; c<br>d</p>\n'
    )


# ---------------------------------------------------------------- colours

WORDS = ("ink", "soft", "link", "back")
SHAPES = ("sent", "waiting", "limits", "wish", "unfit")
# How the colour-blind see: G. M. Machado and others, "A physiologically-based model for simulation of color
# vision deficiency", IEEE Transactions on Visualization and Computer Graphics 15 (2009), at full strength.
SEEN = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}


def light_of(colour: str) -> list[float]:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def contrast(one: str, other: str) -> float:
    low, high = sorted(
        [0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in map(light_of, (one, other))]
    )
    return (high + 0.05) / (low + 0.05)


def lab_of(light: list[float]) -> tuple[float, float, float]:
    red, green, blue = [min(1.0, max(0.0, each)) for each in light]
    parts = (
        (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047,
        0.2126 * red + 0.7152 * green + 0.0722 * blue,
        (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883,
    )
    x, y, z = [part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in parts]
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_words_and_shapes_stand_out_from_the_paper(scheme: Mapping[str, str]) -> None:
    for name in WORDS:
        assert contrast(scheme[name], scheme["paper"]) >= 4.5, name
    for name in SHAPES:
        assert contrast(scheme[name], scheme["paper"]) >= 3, name


@pytest.mark.parametrize("eyes", SEEN)
@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_stay_apart_for_all_eyes(scheme: Mapping[str, str], eyes: str) -> None:
    for one, other in combinations(SHAPES, 2):
        seen = []
        for name in (one, other):
            light = light_of(scheme[name])
            seen.append(lab_of([sum(weight * part for weight, part in zip(row, light)) for row in SEEN[eyes]]))
        # Two are told apart by a glance from about ten on (CIE 1976).
        assert sum((here - there) ** 2 for here, there in zip(*seen)) ** 0.5 >= 12, (one, other)


def test_the_demand_for_an_offer_runs_on_beyond_its_limit() -> None:
    [over] = [drawing for drawing in drawings(make_page(REPORT, title="Simulation"))
              if drawing.find("rect[@class='room']") is not None]  # fmt: skip

    lengths = {rect.get("class"): (rect.get("x", "0"), rect.get("width")) for rect in over.iter("rect")}
    assert lengths == {"room": ("0", "95.1%"), "sent": ("0", "95.1%"), "limits": ("95.1%", "4.9%")}
    assert "A bar is the demand for one offer" in read(REPORT)
