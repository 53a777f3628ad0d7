"""Where customers come, how they move on, where they leave, and how long they stay."""

from __future__ import annotations

from collections.abc import Sequence

from journeys.measure.amounts import say_days
from journeys.measure.html.charts import bar, draw_survival, half_gone, spread
from journeys.measure.html.flow import Stop, draw_flow
from journeys.measure.html.markup import Element, tag
from journeys.measure.html.parts import (
    TOGETHER,
    figure,
    folded,
    length,
    lengths,
    make_legend,
    moment_of,
    number,
    part,
    row,
    several,
    share,
    share_of,
    table,
)
from journeys.measure.report import JourneyReport, Place
from journeys.measure.survival import MARKS, still_there

_END = "end."
_DAY = 24 * 60


def stages_of(journey: JourneyReport) -> list[Place]:
    return [stage for phase in journey.phases for stage in phase.within]


# ---------------------------------------------------------------- how far they come


def make_funnel(journey: JourneyReport) -> Element:
    rows = []
    for phase in journey.phases:
        words = f"{phase.name}: {number(phase.reached)}"
        rows.append(tag("tr", tag("th", words, scope="rowgroup", colspan=5), class_="phase"))
        for stage in phase.within:
            chart = bar(stage.reached, journey.entered)
            counts = (number(stage.reached), share_of(stage.reached, journey.entered), number(stage.now))
            rows.append(row(stage.name, chart, *counts))
    steps = [place for stage in stages_of(journey) for place in (stage, *stage.within)]
    return part(
        "How far they come",
        tag("p", _say_furthest(journey), class_="soft"),
        table(None, ("stage", "", "reached", "of all", "there now"), rows, class_="wide"),
        folded(
            "Every step",
            table(
                "An enrollment reaches a place once, however often it comes back.",
                ("stage and step", "reached", "of all", "there now", "median stay"),
                [_step_row(place, journey.entered) for place in steps],
            ),
        )
        if any(stage.within for stage in stages_of(journey))
        else None,
    )


def _step_row(place: Place, entered: int) -> Element:
    is_step = "." in place.name
    name = place.name.partition(".")[2] if is_step else place.name
    counts = (number(place.reached), share_of(place.reached, entered), number(place.now))
    return row(name, *counts, say_days(place.median_minutes), class_="step" if is_step else None)


def _say_furthest(journey: JourneyReport) -> str:
    reached = [stage for stage in stages_of(journey) if stage.reached]
    furthest = reached[-1]
    said = f"Of {several(journey.entered, 'enrollment')}, {number(furthest.reached)} came as far as {furthest.name}"
    return f"{said} ({share_of(furthest.reached, journey.entered)})."


# ---------------------------------------------------------------- how they move


def make_flow(journey: JourneyReport) -> Element:
    stages = stages_of(journey)
    shown = [stage for stage in stages if stage.reached]
    places = {stage.name: place for place, stage in enumerate(shown)}
    stops = [
        Stop(
            name=stage.name,
            now=stage.now,
            left={places[to]: count for to, count in stage.left.items() if to in places},
            ended=sum(count for to, count in stage.left.items() if to.startswith(_END)),
        )
        for stage in shown
    ]
    moves = [(stage.name, to, count, _left(stage)) for stage in shown for to, count in stage.left.items()]
    ways = [each for each in moves if each[1] in places]
    ends = sorted([each for each in moves if each[1] not in places], key=lambda each: -each[2])
    unreached = [stage.name for stage in stages if not stage.reached]
    description = "; ".join(f"{name} to {to}: {count:,}" for name, to, count, _ in moves)
    chart = draw_flow(
        stops,
        title=f"The flow between the stages of {journey.journey}",
        description=f"{description}." if moves else "Nobody moved.",
    )
    caption = "Widths are enrollments: above a bar those who arrive, below those who leave it."
    if unreached:
        caption += f" Nobody came to {' or '.join(unreached)}."
    legend = make_legend([("sent", "on"), ("limits", "back"), ("unfit", "out, by an end"), ("now", "there now")])
    return part(
        "How they move between stages",
        tag("p", _say_back(journey), class_="soft"),
        tag(
            "div",
            tag("div", legend, figure(chart, caption)),
            tag(
                "div",
                _ends_table(ends, journey) if ends else tag("p", "Nobody has left for good.", class_="soft"),
            ),
            class_="pair",
        ),
        folded("Every move between stages", _moves_table(ways)) if ways else None,
    )


def _left(stage: Place) -> int:
    return sum(stage.left.values())


def _say_back(journey: JourneyReport) -> str:
    said = f"{several(journey.now, 'enrollment')} still in it, {number(journey.ended)} ended"
    if journey.regressions:
        said += f"; {several(journey.regressions, 'move')} led back to an earlier stage"
    if journey.holds:
        said += f"; put on hold {several(journey.holds, 'time')}"
    return f"{said}."


def _ends_table(ends: Sequence[tuple[str, str, int, int]], journey: JourneyReport) -> Element:
    most = ends[0][2]
    rows = [
        row(
            [to.removeprefix(_END), tag("small", f"from {name}", class_="soft")],
            bar(count, most, class_="unfit"),
            number(count),
            share_of(count, journey.entered),
        )
        for name, to, count, _ in ends
    ]
    if len(rows) > 1:
        rows.append(row("all", "", number(journey.ended), share_of(journey.ended, journey.entered), class_="all"))
    return table("Where they leave, and by which end", ("end", "", "ended", "of all"), rows)


def _moves_table(ways: Sequence[tuple[str, str, int, int]]) -> Element:
    rows = [row(f"{name} → {to}", number(count), share_of(count, left)) for name, to, count, left in ways]
    return table("Each move that was taken", ("move", "times", "of those who left"), rows)


# ---------------------------------------------------------------- how long they stay


def make_survival(journey: JourneyReport) -> Element | None:
    stages = [stage for stage in stages_of(journey) if stage.survival]
    longest = max([stage.survival[-1][0] for stage in stages], default=0)
    if not longest:
        return None
    panels = [_panel(stage, longest) for stage in stages]
    return part(
        "How long they stay in each stage",
        tag(
            "p",
            "The share still there, by the time since they arrived. Stays that still go on count as long as they were"
            " watched (Kaplan and Meier), so that patient customers are not forgotten.",
            class_="soft",
        ),
        tag("div", panels, class_="panels"),
        _spreads(stages),
        folded("The curves as numbers", _marks(stages, longest)),
    )


def _panel(stage: Place, longest: int) -> Element:
    said = _say_half(stage)
    at, last = stage.survival[-1]
    description = f"{said} After {length(at)}, {share(last)} are still there."
    chart = draw_survival(
        stage.survival, longest=longest, title=f"Survival in {stage.name} over time", description=description
    )
    return tag("div", tag("h4", stage.name), tag("p", said), chart)


def _say_half(stage: Place) -> str:
    half = half_gone(stage.survival)
    if half is None:
        at, last = stage.survival[-1]
        return f"{share(last)} still there {'on' if at >= _DAY else 'after'} {moment_of(at)}."
    return f"Half had left {'by' if half >= _DAY else 'within'} {moment_of(half)}." if half else "Half left at once."


def _spreads(stages: Sequence[Place]) -> Element | None:
    known = [
        (stage, stage.quarter_minutes, stage.median_minutes, stage.three_quarter_minutes)
        for stage in stages
        if stage.quarter_minutes is not None
    ]
    longest = max([high for _, _, _, high in known if high], default=0)
    rows = []
    for stage, low, middle, high in known:
        if low is not None and middle is not None and high is not None:
            chart = spread(low, middle, high, longest)
            half = tag("small", lengths(low, high), class_="soft")
            rows.append(row(stage.name, chart, [length(middle), half]))
    if not rows:
        return None
    return tag(
        "div",
        table("Stays that ended: how long the middle half of them was", ("stage", "", "median"), rows),
        class_="spreads",
    )


def _marks(stages: Sequence[Place], longest: int) -> Element:
    marks = [mark for mark in MARKS if mark < longest]
    rows = []
    for stage in stages:
        there = [still_there(stage.survival, mark) for mark in marks]
        rows.append(row(stage.name, *["" if parts is None else share(parts) for parts in there]))
    titles = [f"day{TOGETHER}{mark // _DAY}" for mark in marks]
    return table("Still there on", ("stage", *titles), rows)
