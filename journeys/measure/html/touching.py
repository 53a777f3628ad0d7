"""What became of the touches: sent, withheld and why, how many a customer got, offers against their limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from journeys.core.why import REASON_WORDS
from journeys.measure.html.charts import against, bar, draw_columns, stacked
from journeys.measure.html.markup import Child, Element, tag
from journeys.measure.html.parts import amount, figure, folded, make_legend, number, part, row, several, share_of, table
from journeys.measure.report import JourneyReport, OfferReport, Report, Touched
from journeys.measure.tally import TOUCHES_MAX

# Sixteen reasons are more than an eye can tell apart: by whose doing it was.  The table has them all.
GROUPS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "held": ("held out, to measure against", ("holdout",)),
    "limits": ("withheld by our limits", ("most", "outranked", "cap", "quiet", "hold", "rule", "offer")),
    "wish": ("without consent or address, or unwanted", ("consent", "preference", "suppressed", "address")),
    "unfit": ("no longer fitting", ("condition", "left", "expired", "past")),
}
# What the gate calls them, for who does not know it.
_MEANS: Final[Mapping[str, str]] = {
    "condition": "its condition did not hold",
    "left": "the customer had moved on",
    "hold": "the journey was on hold",
    "rule": "a rule of the brand suppressed it",
    "consent": "no consent to its purpose",
    "preference": "the customer chose not to have it, or not as often",
    "suppressed": "the customer or the address is suppressed",
    "address": "no usable address",
    "expired": "it was no longer valid",
    "most": "it was sent often enough",
    "outranked": "a more important one went instead",
    "cap": "enough touches for now",
    "quiet": "quiet hours",
    "holdout": "held out, to measure against",
    "past": "its moment had passed",
    "offer": "its offer was given as often as it may be",
}


def make_touches(journey: JourneyReport) -> Element:
    touched = journey.touched
    shown = [name for name in ("sent", *GROUPS, "waiting") if _groups(touched)[name]]
    titles = {"sent": "sent", "waiting": "waiting", **{name: words for name, (words, _) in GROUPS.items()}}
    most = max(each.due for each in journey.touches.values())
    rows: list[Element] = []
    for name, each in journey.touches.items():
        bars = stacked([*_groups(each).items()], most)
        rows.append(row(name, bars, number(each.sent), number(each.due), share_of(each.sent, each.due)))
    if len(journey.touches) > 1:
        rows.append(
            row("all", "", number(touched.sent), number(touched.due), share_of(touched.sent, touched.due), class_="all")
        )
    return part(
        "What became of the touches",
        tag("p", _say_touches(touched), class_="soft"),
        make_legend([(name, titles[name]) for name in shown]),
        table(None, ("touch", "", "sent", "of due", "share"), rows, class_="wide"),
        folded("Deferred, withheld and waiting, by touch", _rest_table(journey)),
        folded("Why touches were withheld or deferred", *_reason_tables(journey)) if _has_reasons(touched) else None,
        folded("By arm and channel", _arm_table(journey), tag("p", _say_sent(touched))),
    )


def _groups(touched: Touched) -> dict[str, int]:
    grouped = {name: sum(touched.withheld.get(each, 0) for each in reasons) for name, (_, reasons) in GROUPS.items()}
    return {"sent": touched.sent, **grouped, "waiting": touched.waiting}


def _say_touches(touched: Touched) -> str:
    said = f"{several(touched.due, 'touch', 'touches')} fell due: {number(touched.sent)} sent"
    said += f", {number(sum(touched.withheld.values()))} withheld"
    if touched.waiting:
        said += f", {number(touched.waiting)} still waiting"
    if touched.deferred:
        said += f". {number(touched.deferred)} had to wait first: they are counted by what became of them then"
    return f"{said}."


def _rest_table(journey: JourneyReport) -> Element:
    rows = [_rest_row(name, each) for name, each in journey.touches.items()]
    if len(rows) > 1:
        rows.append(_rest_row("all", journey.touched, class_="all"))
    return table("What had to wait, was not sent, or waits still", ("touch", "deferred", "withheld", "waiting"), rows)


def _rest_row(name: str, touched: Touched, *, class_: str | None = None) -> Element:
    counts = (touched.deferred, sum(touched.withheld.values()), touched.waiting)
    return row(name, *map(number, counts), class_=class_)


def _has_reasons(touched: Touched) -> bool:
    return bool(touched.withheld or touched.deferred_by)


def _reason_tables(journey: JourneyReport) -> list[Element]:
    made = []
    touches = journey.touches.items()
    for caption, whole, by_touch in (
        ("Withheld, because", journey.touched.withheld, {name: each.withheld for name, each in touches}),
        ("Deferred at least once, because", journey.touched.deferred_by, {n: each.deferred_by for n, each in touches}),
    ):
        rows = []
        for reason, count in sorted(whole.items(), key=lambda item: (-item[1], REASON_WORDS.index(item[0]))):
            which = {name: counts[reason] for name, counts in by_touch.items() if reason in counts}
            words = _counts(dict(sorted(which.items(), key=lambda item: -item[1])))
            means = tag("small", _MEANS[reason], class_="soft")
            rows.append(row([reason, means], number(count), tag("td", words, class_="words")))
        if rows:
            made.append(table(caption, ("reason", "touches", "which"), rows))
    return made


def _arm_table(journey: JourneyReport) -> Element:
    """Arms beside each other, as in the table of what they brought."""
    each = [arm.touched for arm in journey.arms]
    rows: list[Child] = [
        row("due", *[number(touched.due) for touched in each]),
        row("sent", *[number(touched.sent) for touched in each]),
        [
            row(f"by {channel}", *[number(touched.channels.get(channel, 0)) for touched in each], class_="step")
            for channel in journey.touched.channels
        ],
        row("withheld", *[number(sum(touched.withheld.values())) for touched in each]),
        row("would have gone", *[number(touched.withheld.get("holdout", 0)) for touched in each], class_="step"),
    ]
    return table("By the arm as assigned", ("", *[arm.arm for arm in journey.arms]), rows)


def _say_sent(touched: Touched) -> str | None:
    if not touched.sent:
        return None
    return f"Sent by channel: {_counts(touched.channels)}. Sent by words: {_counts(touched.words)}."


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


# ---------------------------------------------------------------- a customer's share


def make_touches_by_customer(journey: JourneyReport) -> Element | None:
    counts = journey.touches_by_customer
    customers = sum(counts.values())
    last = max(counts, default=0)
    if not last:
        return None
    said = f"Half of the customers got {_at_least_half(counts)} or fewer; {number(counts.get(0, 0))} got none."
    rows = [row(_said_touches(value), bar(count, max(counts.values())), number(count), share_of(count, customers))
            for value, count in sorted(counts.items())]  # fmt: skip
    chart = draw_columns(
        counts, last=last, title="Touches a customer", description=f"How many customers got how many touches. {said}"
    )
    more = f" {TOUCHES_MAX} means {TOUCHES_MAX} or more." if last == TOUCHES_MAX else ""
    return part(
        "Touches a customer",
        tag("p", said, class_="soft"),
        figure(chart, f"Customers by how many touches they got themselves.{more}"),
        folded("Touches a customer as numbers", table(None, ("touches", "", "customers", "share"), rows)),
    )


def _said_touches(value: int) -> str:
    return f"{value} or more" if value == TOUCHES_MAX else f"{value}"


def _at_least_half(counts: Mapping[int, int]) -> int:
    """The lower median."""
    seen, customers = 0, sum(counts.values())
    for value, count in sorted(counts.items()):
        seen += count
        if 2 * seen >= customers:
            return value
    return 0


# ---------------------------------------------------------------- offers


def make_offers(report: Report, journey: JourneyReport) -> Element | None:
    if not journey.offers:
        return None
    rows = [
        row(
            [name, tag("small", _say_limit(offer), class_="soft")],
            "" if offer.limit is None else against(offer.sent, offer.limit),
            number(offer.sent),
            [number(offer.redeemed), tag("small", share_of(offer.redeemed, offer.sent), class_="soft")],
            amount(report, offer.cost),
        )
        for name, offer in journey.offers.items()
    ]
    return part(
        "Offers against their limit",
        tag("p", _OFFERS_SAID, class_="soft") if any(offer.limit for offer in journey.offers.values()) else None,
        table(None, ("offer", "", "sent", "redeemed", f"cost, {report.currency}"), rows, class_="wide"),
    )


_OFFERS_SAID: Final = (
    "A bar is the demand for one offer: how often it was sent, whatever its limit. The mark is the limit; orange is"
    " the demand beyond it, for which there would be no offer left. Each offer has its own scale."
)


def _say_limit(offer: OfferReport) -> str:
    if offer.limit is None:
        return "without a limit"
    if offer.sent > offer.limit:
        return f"{offer.sent - offer.limit:,} beyond the limit of {offer.limit:,}"
    return f"{share_of(offer.sent, offer.limit)} of the limit of {offer.limit:,}"
