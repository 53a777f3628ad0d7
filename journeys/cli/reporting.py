"""The report of a replay or a simulation, as tables.

Who came, where they stand, how long they stayed and where they fell out; what was sent and why
not more; and what each arm brought and cost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from journeys.cli.page import TOGETHER, Column, Page, count_of
from journeys.measure.amounts import minor_of, return_each, say_amount, say_days, say_points, say_share
from journeys.measure.intervals import MILLION
from journeys.measure.report import ArmReport, Difference, JourneyReport, Place, Report, Share, Touched
from journeys.measure.survival import still_there
from journeys.measure.tally import TOUCHES_MAX

_BAR_WIDTH = 16
_BAR_FROM = 96  # columns a terminal must have for bars to leave the words their room
_STAYS_AFTER = (7, 30, 90)  # days: marks of a survival
_DAY = 24 * 60  # minutes
_FALLS_SHOWN = 12
_TOUCHES = (
    ("none", 0, 0),
    ("1 or 2", 1, 2),
    ("3 to 5", 3, 5),
    ("6 to 10", 6, 10),
    ("11 to 20", 11, 20),
    ("21 or more", 21, TOUCHES_MAX),
)  # of a customer: in words, from, to


def print_report(page: Page, report: Report) -> None:
    for journey in report.journeys:
        _print_journey(page, report, journey)


def _print_journey(page: Page, report: Report, journey: JourneyReport) -> None:
    page.line()
    page.line((journey.journey, "bold"), f": {journey.title}")
    page.paragraph(_say_enrollments(journey))
    if not journey.entered:
        return
    _print_funnel(page, journey)
    _print_stays(page, journey)
    _print_falls(page, journey)
    if journey.touched.due:
        _print_touches(page, journey)
    if journey.offers:
        _print_offers(page, report, journey)
    _print_arms(page, journey)
    _print_money(page, report, journey)
    if journey.touched.due:
        _print_arm_touches(page, journey)


def _say_enrollments(journey: JourneyReport) -> str:
    again = f", {journey.reentered:,} of them again" if journey.reentered else ""
    said = f"{count_of(journey.entered, 'enrollment')} of {count_of(journey.customers, 'customer')}{again}; "
    said += f"{journey.now:,} still in it, {journey.ended:,} ended"
    if journey.regressions:
        said += f"; {count_of(journey.regressions, 'move')} back to an earlier stage"
    if journey.holds:
        said += f"; put on hold {journey.holds:,} times"
    return said + "."


# ---------------------------------------------------------------- the funnel


def _print_funnel(page: Page, journey: JourneyReport) -> None:
    page.heading("Funnel")
    has_bars = page.is_terminal and page.width >= _BAR_FROM
    columns = [
        Column(title="stage", is_name=True),
        _number("reached"),
        *([Column(title="", is_bar=True, style="cyan")] if has_bars else []),
        _number("now"),
        Column(title="left to"),
    ]
    rows = []
    for depth, place in _walk(journey.phases, 0):
        bar = ["█" * round(_BAR_WIDTH * place.reached / journey.entered)] if has_bars else []
        rows.append(
            [
                "  " * depth + (place.name if depth < 2 else place.name.partition(".")[2]),
                f"{place.reached:,}",
                *bar,
                f"{place.now:,}",
                # Of a phase only what its stages do not say: how many left it at all.
                _say_left(place) if depth else "",
            ]
        )
    page.table(columns, rows)


def _walk(places: Sequence[Place], depth: int) -> Iterator[tuple[int, Place]]:
    for place in places:
        yield depth, place
        yield from _walk(place.within, depth + 1)


def _say_left(place: Place) -> str:
    return "\n".join(f"{to} {count:,}" for to, count in place.left.items())


# ---------------------------------------------------------------- stays and ends


def _print_stays(page: Page, journey: JourneyReport) -> None:
    stages = [stage for phase in journey.phases for stage in phase.within]
    rows = []
    for depth, place in _walk(stages, 0):
        if place.reached:
            quartiles = (place.quarter_minutes, place.median_minutes, place.three_quarter_minutes)
            there = [still_there(place.survival, days * _DAY) for days in _STAYS_AFTER]
            rows.append(
                [
                    "  " * depth + (place.name if depth == 0 else place.name.partition(".")[2]),
                    *[say_days(quartile) for quartile in quartiles],
                    *["" if share is None else say_share(share, MILLION) for share in there],
                ]
            )
    page.heading("Time in stage")
    titles = ("25 %", "50 %", "75 %", *[f"{days} days" for days in _STAYS_AFTER])
    page.table([Column(title="stage", is_name=True), *map(_number, titles)], rows)
    page.paragraph(
        "Days within which a quarter, half and three quarters of the stays that ended were over; "
        "then the share of all stays that go on after so many days.",
        style="dim",
    )


def _print_falls(page: Page, journey: JourneyReport) -> None:
    """Ends by the place they left from, those with most enrollments first."""
    if not journey.ends:
        return
    leaves = [place for _, place in _walk(journey.phases, 0) if not place.within]
    falls = [(place, to, count) for place in leaves for to, count in place.left.items() if to.startswith("end.")]
    falls.sort(key=lambda fall: -fall[2])
    page.heading("Where they leave")
    columns = [Column(title="from", is_name=True), Column(title="to", is_name=True), _number("enrollments")]
    columns += [_number("of all"), _number("of reached")]
    rows = [
        [place.name, to, f"{count:,}", say_share(count, journey.entered), say_share(count, place.reached)]
        for place, to, count in falls[:_FALLS_SHOWN]
    ]
    page.table(columns, rows)
    if others := falls[_FALLS_SHOWN:]:
        page.line((f"… and {sum(count for *_, count in others):,} in {len(others)} other ways.", "dim"))
    page.line()
    page.paragraph(f"Ends in all: {_say_counts({f'end.{end}': n for end, n in journey.ends.items()})}.", hang=2)


# ---------------------------------------------------------------- touches


def _print_touches(page: Page, journey: JourneyReport) -> None:
    page.heading("Touches")
    columns = [Column(title="touch", is_name=True), *map(_number, ("due", "sent", "deferred", "withheld", "waiting"))]
    rows = [_touch_row(name, touched) for name, touched in journey.touches.items()]
    if len(rows) > 1:
        rows.append(_touch_row("all", journey.touched))
    page.table(columns, rows)
    if journey.touched.deferred:
        page.line(("What was deferred was sent or withheld later, or is waiting.", "dim"))
    if journey.touched.withheld or journey.touched.deferred_by:
        _print_reasons(page, journey)
    page.line()
    if journey.touched.sent:
        page.paragraph(f"Sent by channel: {_say_counts(journey.touched.channels)}.", hang=2)
        page.paragraph(f"Sent by words: {_say_counts(journey.touched.words)}.", hang=2)
    page.paragraph(f"Touches a customer: {_say_touches(journey)}.", hang=2)


def _say_touches(journey: JourneyReport) -> str:
    """`12.5 % got none, 40.0 % got 1 or 2, …`."""
    said = []
    for words, least, most in _TOUCHES:
        count = sum(n for touches, n in journey.touches_by_customer.items() if least <= touches <= most)
        if count:
            said.append(f"{say_share(count, journey.customers)} got {words}".replace(" ", TOGETHER))
    return ", ".join(said)


def _touch_row(name: str, touched: Touched) -> list[str]:
    counts = (touched.due, touched.sent, touched.deferred, sum(touched.withheld.values()), touched.waiting)
    return [name, *[f"{count:,}" for count in counts]]


def _print_reasons(page: Page, journey: JourneyReport) -> None:
    page.heading("Withheld and deferred, by reason")
    rows = []
    for answer, counts in (("withheld", journey.touched.withheld), ("deferred", journey.touched.deferred_by)):
        for reason, count in counts.items():
            by_touch = {
                name: (touched.withheld if answer == "withheld" else touched.deferred_by).get(reason, 0)
                for name, touched in journey.touches.items()
            }
            most_first = dict(sorted(by_touch.items(), key=lambda item: -item[1]))
            rows.append([f"{answer}: {reason}", f"{count:,}", _say_counts({n: c for n, c in most_first.items() if c})])
    page.table([Column(title="because", is_name=True), _number("touches"), Column(title="which")], rows)


def _say_counts(counts: Mapping[str, int]) -> str:
    # A name and its count stay on one line.
    return ", ".join(f"{name}{TOGETHER}{count:,}" for name, count in counts.items())


# ---------------------------------------------------------------- offers


def _print_offers(page: Page, report: Report, journey: JourneyReport) -> None:
    page.heading("Offers")
    titles = ("sent", "limit", "redeemed", "of sent", f"cost, {report.currency}")
    rows = []
    for name, offer in journey.offers.items():
        limit = "" if offer.limit is None else f"{offer.limit:,}"
        cost = say_amount(offer.cost, report.decimals)
        share = say_share(offer.redeemed, offer.sent)
        rows.append([name, f"{offer.sent:,}", limit, f"{offer.redeemed:,}", share, cost])
    page.table([Column(title="touch", is_name=True), *map(_number, titles)], rows)
    for name, offer in journey.offers.items():
        if offer.limit is not None and offer.sent > offer.limit:
            over = f"{name} goes {offer.sent - offer.limit:,} over its limit of {offer.limit:,}"
            page.paragraph(f"{over}: whoever sends would stop there.", hang=2, style="yellow")


# ---------------------------------------------------------------- arms


def _print_arms(page: Page, journey: JourneyReport) -> None:
    page.heading("Arms, as assigned")
    columns = [Column(title="arm", is_name=True), _number("customers")]
    rows = [[arm.arm, f"{arm.customers:,}"] for arm in journey.arms]
    rates = [arm.rate for arm in journey.arms if arm.rate is not None]
    places = _places_for(rates)
    if rates:
        columns += [_number("reached the goal"), _number("rate"), _number("95 % interval")]
        for row, arm, rate in zip(rows, journey.arms, rates):
            row += [f"{arm.converted:,}", f"{say_points(rate.parts, places)} %", _say_interval(rate, places)]
    page.table(columns, rows)
    for difference in journey.differences:
        page.paragraph(_say_difference(difference), hang=2)


def _places_for(shares: Sequence[Share]) -> int:
    """Decimal places of percent: as many as the narrowest interval bears."""
    narrowest = min([share.high - share.low for share in shares], default=MILLION)
    return 1 if narrowest >= MILLION // 100 else 2


def _say_interval(share: Share, places: int) -> str:
    return f"{say_points(share.low, places)} to {say_points(share.high, places)}"


def _say_difference(difference: Difference) -> str:
    by, places = difference.by, _places_for([difference.by])
    if not by.is_told_from_zero:
        pair = f"Between {difference.arm} and {difference.against} no difference can be told yet"
        return f"{pair}: {say_points(by.parts, places)} points ({_say_interval(by, places)})."
    does = "beats"
    if by.parts < 0:
        does, by = "does worse than", Share(parts=-by.parts, low=-by.high, high=-by.low)
    said = f"{say_points(by.parts, places)} points ({_say_interval(by, places)})"
    return f"{difference.arm.capitalize()} {does} {difference.against} by {said}."


def _print_money(page: Page, report: Report, journey: JourneyReport) -> None:
    """What each arm brought and cost; nothing where it is all nothing."""
    goal = journey.goal
    has_value = goal is not None and goal.value != 0
    has_cost = journey.channel_cost != 0 or journey.offer_cost != 0
    if not has_value and not has_cost:
        return
    # A value that is no money has no return.
    is_money = goal is not None and goal.is_money
    columns = [Column(title="arm", is_name=True)]
    if has_value:
        columns.append(_number("value" if is_money else "value, not money"))
    columns += [_number("channels"), _number("offers")]
    if is_money:
        columns.append(_number("return each"))
    rows = []
    for arm in journey.arms:
        amounts = [arm.goal.value] if has_value and arm.goal is not None else []
        amounts += [minor_of(arm.channel_cost, report.decimals), arm.offer_cost]
        if is_money and arm.goal is not None:
            costs = (arm.channel_cost, arm.offer_cost)
            amounts.append(return_each(arm.goal.value, *costs, arm.customers, report.decimals))
        rows.append([arm.arm, *[say_amount(amount, report.decimals) for amount in amounts]])
    page.heading(f"Value, cost and return for each customer, {report.currency}")
    page.table(columns, rows)


def _print_arm_touches(page: Page, journey: JourneyReport) -> None:
    page.heading("Touches, by arm and channel")
    titles = ("due", "sent", "deferred", "withheld", "would send")
    columns = [Column(title="arm", is_name=True), *map(_number, titles), Column(title="sent by")]
    page.table(columns, [_arm_row(arm) for arm in journey.arms])


def _arm_row(arm: ArmReport) -> list[str]:
    touched = arm.touched
    held_out = touched.withheld.get("holdout", 0)
    counts = (touched.due, touched.sent, touched.deferred, sum(touched.withheld.values()), held_out)
    return [arm.arm, *[f"{count:,}" for count in counts], _say_counts(touched.channels)]


def _number(title: str) -> Column:
    return Column(title=title, is_number=True)
