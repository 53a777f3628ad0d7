"""The page of a comparison: what a change did to customers, then each journey before and after.

Two versions differ in a thousand numbers, most of them by chance.  So what changes first for customers
comes first: that is what the change did.  What all of it led to is told by journey.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from journeys.measure.comparison import Change, Comparison, JourneyComparison, compare_journeys
from journeys.measure.html.charts import bar
from journeys.measure.html.frame import write_page
from journeys.measure.html.markup import Child, Element, tag
from journeys.measure.html.parts import figures, folded, number, part, row, several, share_of, table
from journeys.measure.html.sides import make_ends, make_goal, make_paired_funnel, make_touches_sent, say_figure
from journeys.measure.report import Report

_CHANGES_SHOWN: Final = 12
_EXAMPLES_SHOWN: Final = 3


def make_comparison_page(
    before: Report,
    after: Report,
    comparison: Comparison,
    *,
    against: str,
    title: str,
    facts: Sequence[tuple[str, str]] = (),
    stories: Sequence[str] = (),
    is_recorded: bool = False,
) -> str:
    """The comparison as HTML.  `against` is what the version before is called, `facts` say what was done.

    `stories` are the command lines that tell the first example's story, before and after; none where it was
    not kept.  `is_recorded` is for customers whose deeds were known before: they are the same in both.
    """
    journeys = compare_journeys(before, after, comparison)
    return write_page(
        after,
        _customers(comparison, against, stories),
        [_journey(before, after, journey, place, is_recorded=is_recorded) for place, journey in enumerate(journeys)],
        title=title,
        facts=facts,
        contents=[(journey.after.title, _say_entered(journey)) for journey in journeys],
        notes=_NOTES,
    )


# ---------------------------------------------------------------- what changes for customers


def _customers(comparison: Comparison, against: str, stories: Sequence[str]) -> Element:
    customers = several(comparison.customers, "customer")
    heading, share = f"None of {customers} is treated differently", ""
    if comparison.changed:
        heading = f"{number(comparison.changed)} of {customers} are treated differently"
        share = f"That is {share_of(comparison.changed, comparison.customers)}. "
    return tag(
        "section",
        tag("h2", heading),
        tag("p", f"{share}Before is “{against}”, after are the definitions as they stand."),
        _first_changes(comparison, stories) if comparison.changed else None,
        class_="journey",
    )


def _first_changes(comparison: Comparison, stories: Sequence[str]) -> Element:
    shown, rest = comparison.changes[:_CHANGES_SHOWN], comparison.changes[_CHANGES_SHOWN:]
    customers = sum(each.customers for each in rest)
    return part(
        "What changes first for a customer, and where",
        tag(
            "p",
            "Once somebody is treated differently all that follows may differ, and much of that is chance: so each"
            " customer is counted once, by the first difference. It is told as of that moment: what did not come then"
            " may have come later.",
            class_="soft",
        ),
        _changes_table(shown, comparison),
        folded(
            f"{several(len(rest), 'other change')}, of {several(customers, 'customer')}",
            _changes_table(rest, comparison),
        )
        if rest
        else None,
        [
            tag("p", "The first example's story before, and after:", class_="soft"),
            tag("pre", tag("code", "\n".join(stories))),
        ]
        if stories
        else None,
    )


def _changes_table(changes: Sequence[Change], comparison: Comparison) -> Element:
    most = comparison.changes[0].customers
    rows = [
        row(
            [
                tag("span", each.before, class_="soft"),
                f" → {each.after}",
                tag("small", f"{each.where}; for example {', '.join(each.examples[:_EXAMPLES_SHOWN])}", class_="soft"),
            ],
            bar(each.customers, most, class_="after"),
            number(each.customers),
            share_of(each.customers, comparison.customers),
        )
        for each in changes
    ]
    return table(None, ("before → after", "", "customers", "of all"), rows, class_="changes")


# ---------------------------------------------------------------- by journey


def _journey(before: Report, after: Report, journey: JourneyComparison, place: int, *, is_recorded: bool) -> Element:
    parts: list[Child] = [
        tag("p", journey.after.journey, class_="kicker"),
        tag("h2", journey.after.title),
        tag("p", _say_entered(journey)),
    ]
    if journey.before.entered or journey.after.entered:
        parts += [
            figures([say_figure(before, after, each) for each in journey.figures]),
            make_goal(journey, is_recorded=is_recorded),
            make_paired_funnel(journey),
            make_touches_sent(journey),
            make_ends(journey),
        ]
    return tag("section", parts, class_="journey", id=f"j{place}")


def _say_entered(journey: JourneyComparison) -> str:
    before, after = journey.before.entered, journey.after.entered
    if not before and not after:
        return "Nobody entered, neither before nor after."
    return f"{several(before, 'enrollment')} before, {number(after)} after."


_NOTES = (
    "The same customers went through both versions: what is done to them is all that differs. An enrollment is one"
    " customer's passage through a journey. It reaches a stage once, however often it comes back.",
    "The goal is compared customer by customer: how many reached it in one version only. That difference has the"
    " adjusted 95 % interval for pairs (Bonett and Price). The rate of each arm has its own score interval (Wilson),"
    " as if it stood alone: two of them may overlap where the customers in pairs tell a difference.",
    "Intervals hold for numbers that were looked at once: whoever tries many changes and keeps the first good one is"
    " wrong more often. Amounts have none: they are added up and not kept one by one.",
)
