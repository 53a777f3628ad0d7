"""The machine as a page of its own: the picture, and all that it says as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from journeys.core.table import MoveRow, SendRow, moves_of, say_when, sends, table
from journeys.definition.model import STAGES, Journey, Path
from journeys.measure.html.frame import make_facts, write_html
from journeys.measure.html.machine import draw_machine
from journeys.measure.html.markup import Element, tag
from journeys.measure.html.parts import figure, folded, number, part, row, share_of
from journeys.measure.html.parts import table as make_table
from journeys.measure.html.sketch import states_of
from journeys.measure.taken import Taken

_ERASED: Final = "erased"
_EDGE: Final = 40  # pixels of paper around the picture


def make_machine_page(journey: Journey, taken: Taken | None, *, said: str) -> str:
    """`said` tells whose counts these are, or why there are none.  Wants Graphviz, as `layout.see_installed` tells."""
    picture = draw_machine(journey, taken)
    facts = [("audience", journey.audience), ("owner", journey.owner), ("priority", str(journey.priority))]
    return write_html(
        tag("header", tag("p", journey.name, class_="kicker"), tag("h1", journey.title), make_facts(facts)),
        tag(
            "main",
            tag("p", said),
            _legend(is_counted=taken is not None),
            tag(
                "div",
                figure([picture]),
                class_="picture",
                tabindex=0,
                role="group",
                aria_label="The machine",
            ),
            None if taken is None else _states(journey, taken),
            None if taken is None else _ends(journey, taken),
            _moves(journey, taken),
            _touches(journey, taken),
        ),
        tag("footer", folded("How to read this", [tag("p", note) for note in _NOTES])),
        title=f"{journey.name}: {journey.title}",
        style=_STYLE + _paper(picture),
    )


def _legend(*, is_counted: bool) -> Element:
    shown = [("arrow on", "on"), ("arrow back", "back, against the lifecycle"), ("arrow out", "out, by an end")]
    if is_counted:
        shown.append(("arrow never", "never taken"))
    items = [
        tag("li", tag("svg", tag("path", d="M0,6H24", stroke_width=3), class_=class_, aria_hidden="true"), words)
        for class_, words in shown
    ]
    marks = [tag("li", "✉\ufe0e a touch that is sent"), tag("li", "↻ what happens and leads nowhere else")]
    return tag("ul", items, marks, class_="legend machine-legend")


# ---------------------------------------------------------------- tables


def _states(journey: Journey, taken: Taken) -> Element:
    rows = []
    for stage in sorted(journey.stages, key=lambda stage: STAGES.index(stage.name)):
        for name, _ in states_of(stage):
            counts = (taken.came(journey, name), taken.left(journey, name), taken.now.get(name, 0))
            rows.append(row(name, *map(number, counts)))
    return part("Where they stand", make_table(None, ("state", "came", "left", "there now"), rows))


def _ends(journey: Journey, taken: Taken) -> Element:
    counts: dict[str, int] = {}
    for move in moves_of(journey):
        if move.to.startswith("end."):
            reason = move.to.removeprefix("end.")
            counts[reason] = counts.get(reason, 0) + taken.times(move)
    if taken.erased:
        counts[_ERASED] = sum(taken.erased.values())
    ended, entered = sum(counts.values()), sum(taken.entered.values())
    rows = [row(reason, number(count), share_of(count, entered)) for reason, count in counts.items()]
    rows.append(row("all", number(ended), share_of(ended, entered), class_="all"))
    return part("How they ended", make_table(None, ("end", "ended", "of all"), rows))


def _moves(journey: Journey, taken: Taken | None) -> Element:
    counts: dict[Path, int] = {}
    if taken is not None:
        counts = {path: sum(by_state.values()) for path, by_state in taken.moved.items()} | dict(taken.entered)
    rows = table(journey)
    titles = ("in", "to", "when", "times")
    return part("Moves, in the order in which they are tried", _listed(rows, titles, None if taken is None else counts))


def _touches(journey: Journey, taken: Taken | None) -> Element | None:
    rows = sends(journey)
    if not rows:
        return None
    return part("Touches", _listed(rows, ("in", "touch", "when", "sent"), None if taken is None else taken.sent))


def _listed(rows: Sequence[MoveRow | SendRow], titles: Sequence[str], counts: Mapping[Path, int] | None) -> Element:
    listed = [
        row(each.state, *_cells(each, titles), *([] if counts is None else [number(counts.get(each.path, 0))]))
        for each in rows
    ]
    return tag("div", make_table(None, titles if counts is not None else titles[:3], listed), class_="listed")


def _cells(each: MoveRow | SendRow, titles: Sequence[str]) -> Iterator[Element]:
    """Each says its title again, for a phone, where rows are stacked and no column stands under one."""
    said = (each.to if isinstance(each, MoveRow) else each.touch, say_when(each))
    for title, words in zip(titles[1:], said):
        yield tag("td", words, class_="words", data_title=title)


_NOTES: Final = (
    "A box is a state, in the frame of its stage; stages stand in the order of the lifecycle. Words on an arrow say"
    " what leads on: an event, a clock, or a condition in brackets. An end is drawn at each state that has one.",
    "A dashed box is where an arrow begins that may be taken in many places: on entering, in any step of a stage,"
    " anywhere.",
    "Numbers are how often: an enrollment that comes twice counts twice. Arrows are as thick as their numbers, on one"
    " scale. What came to a state has left it, or is there now.",
)

_STYLE: Final = """
.picture {
  overflow-x: auto; width: calc(100vw - 2rem); margin: 1rem 0 0 calc(50% - 50vw + 1rem); padding-bottom: 0.5rem;
}
.picture figure { margin: 0 auto; width: max-content }
.picture:focus-visible { outline: 2px solid var(--link); outline-offset: 3px }
.machine rect.stage { fill: var(--ink); fill-opacity: 0.045; stroke: var(--line) }
.machine text.stage {
  font-size: 14px; font-weight: 650; paint-order: stroke; stroke: var(--paper); stroke-width: 3px;
}
.machine .box rect { fill: var(--paper); stroke: var(--soft); stroke-width: 1 }
.machine .state rect { stroke: var(--ink); stroke-width: 1.6 }
.machine .any rect, .machine .in rect { stroke-dasharray: 5 3 }
.machine .way rect { stroke: var(--line) }
.machine .end rect { stroke: var(--unfit); stroke-width: 3 }
.machine .box text { fill: var(--ink) }
.machine .box .name { font-size: 13px; font-weight: 650 }
.machine .box .note, .machine .box .inner { fill: var(--soft) }
.machine .box .touch { fill: var(--link) }
.machine .count { font-weight: 700 }
.machine .count.never { font-weight: 400; fill: var(--soft) }
.arrow path { fill: none; stroke: var(--sent) }
.arrow.back path { stroke: var(--limits) }
.arrow.out path { stroke: var(--unfit) }
.arrow.never path { stroke: var(--unfit); stroke-dasharray: 2 3 }
.arrow path.tip { fill: var(--sent); stroke: none }
.arrow.back path.tip { fill: var(--limits) }
.arrow.out path.tip, .arrow.never path.tip { fill: var(--unfit) }
ul.machine-legend { margin-top: 1.2rem }
ul.machine-legend svg { width: 24px; height: 12px; vertical-align: -2px }
.listed td.words { color: var(--ink) }
.listed tbody th, .listed td:nth-child(2) { overflow-wrap: normal }
.listed thead th { text-align: left }
.listed thead th:nth-child(4):last-child { text-align: right }
@media (max-width: 40rem) {
  .listed tr { display: grid; grid-template-columns: minmax(0, 1fr) auto; padding: 0.3rem 0 }
  .listed th, .listed td { padding: 0.08rem 0 }
  .listed tbody th { font-weight: 650; overflow-wrap: anywhere }
  .listed thead th:nth-child(2), .listed thead th:nth-child(3) { display: none }
  .listed td.words { grid-column: 1 / -1; padding-left: 3.4rem; overflow-wrap: break-word }
  .listed td.words::before {
    content: attr(data-title); color: var(--soft); display: inline-block; width: 3.4rem; margin-left: -3.4rem;
  }
  .listed td:nth-child(4) { grid-area: 1 / 2 }
}
"""


def _paper(picture: Element) -> str:
    """On paper the picture gets a sheet of its own size: cut in pieces it would be of no use."""
    width, height = (float(picture.get(side, "0")) for side in ("width", "height"))
    return f"""@media print {{
  @page picture {{ size: {width + 2 * _EDGE:.0f}px {height + 2 * _EDGE:.0f}px; margin: {_EDGE}px }}
  .picture {{
    page: picture; overflow: visible; width: {width:.0f}px; margin: 0 0 0 calc(50% - {width / 2:.0f}px); padding: 0;
  }}
  .picture figure {{ margin: 0 }}
}}
"""
