"""The report: what a tally says, as values a terminal or a program can show.

Everything is an integer, and everything stands in the order of the definitions, so that the same
decisions give the same report to the letter.  Plain shares and quotients are made by whoever shows it;
what takes more than a division, as an interval or a survival, is made here.

An arm is drawn for a customer, not for an enrollment: so the goal's rate counts customers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from journeys.core.calendar import format_moment
from journeys.core.effects import GENERIC_WORDS
from journeys.core.program import JourneyProgram, Program
from journeys.core.why import HEARD_WORDS, REASON_WORDS, SEND, WITHHOLD
from journeys.definition.model import Offer
from journeys.measure import tally as t
from journeys.measure.counted import Counted, Which, part
from journeys.measure.funnel import Funnel, Place
from journeys.measure.intervals import Share, difference_of, share_of
from journeys.measure.tally import Key, Tally

__all__ = [
    "ArmReport", "Difference", "EventReport", "GoalReport", "JourneyReport", "OfferReport", "Place", "Report", "Share",
    "Tally", "Touched", "make_report",
]  # fmt: skip

ARMS: Final = ("personalized", "generic", "holdout")


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What became of touches.  `due` is sent, withheld and waiting together.

    `deferred` are those of them that had to wait at least once; `deferred_by` counts a touch for
    each reason it waited for.  `words` tells personalized words by variant where there are several.
    """

    due: int
    sent: int
    deferred: int
    waiting: int
    withheld: Mapping[str, int]
    deferred_by: Mapping[str, int]
    channels: Mapping[str, int]
    words: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalReport:
    """`value` is in minor units, of the currency if `is_money`."""

    reached: int
    value: int
    is_money: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmReport:
    """An arm as assigned.  A held-out customer's touches stand in `touched.withheld` under "holdout".

    `converted` of its `customers` reached the goal at least once, and `rate` is their share (None without a goal).
    `channel_cost` is in millionths of the currency's main unit, `offer_cost` in minor units.
    """

    arm: str
    entered: int
    goal: GoalReport | None
    touched: Touched
    customers: int
    converted: int
    rate: Share | None
    channel_cost: int
    offer_cost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How much higher the goal's rate is in one arm than in another (below 0: lower)."""

    arm: str
    against: str
    by: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferReport:
    """`sent` is the demand: so often it was promised, whatever its `limit` (None: without).

    `redeemed` counts what was heard of; `cost` is what that cost, in minor units.
    """

    limit: int | None
    sent: int
    redeemed: int
    cost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyReport:
    """`entered` counts enrollments, `customers` the people; `reentered` came back for the same key.

    `touches_by_customer` says how many customers got how many touches themselves (`TOUCHES_MAX` or more
    are one); `offers` are those of the touches that were due, by touch.  Costs are those of all arms.
    """

    journey: str
    title: str
    customers: int
    entered: int
    reentered: int
    now: int
    ended: int
    ends: Mapping[str, int]
    regressions: int
    holds: int
    goal: GoalReport | None
    phases: tuple[Place, ...]
    touched: Touched
    touches: Mapping[str, Touched]
    arms: tuple[ArmReport, ...]
    differences: tuple[Difference, ...]
    channel_cost: int
    offer_cost: int
    touches_by_customer: Mapping[int, int]
    offers: Mapping[str, OfferReport]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReport:
    """Events from outside by what became of them; `own` are the engine's, as `spark.sent`."""

    heard: int
    unheard: Mapping[str, int]
    own: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`until` is the last instant that was taken, in microseconds UTC."""

    until: int
    customers: int
    currency: str
    decimals: int
    events: EventReport
    journeys: tuple[JourneyReport, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """For programs.  The keys and their order are a promise: those of the classes here, in their order.

        A share is `{parts, low, high}` in parts per million, a survival a list of `[minutes, parts]`; what is
        counted by a number (`touches_by_customer`) has it as a text.
        """
        told = {"report": 1, **asdict(self), "until": format_moment(self.until)}
        for journey in told["journeys"]:
            journey["touches_by_customer"] = {str(n): count for n, count in journey["touches_by_customer"].items()}
        return told


def make_report(tally: Tally, *, until: int) -> Report:
    """What a tally says of the journeys that its program lets customers enter, by priority and name."""
    program, counts = tally.program, tally.counts
    entries = [entry for each in program.enter_on.values() for entry in each] + program.triggers
    entered = {entry.journey.index for entry in entries}
    heard = {word: counts.get((t.HEARD, place, False), 0) for place, word in enumerate(HEARD_WORDS)}
    own = sum(count for key, count in counts.items() if key[0] == t.HEARD and key[2])
    return Report(
        until=until,
        customers=counts.get((t.CUSTOMER,), 0),
        currency=program.definitions.brand.currency,
        decimals=program.definitions.brand.decimals,
        events=EventReport(
            heard=heard.pop("heard"), unheard={word: count for word, count in heard.items() if count}, own=own
        ),
        journeys=tuple(
            _Reader(program, journey, counts).report() for journey in program.journeys if journey.index in entered
        ),
    )


class _Reader:
    """Reads one journey's counts."""

    def __init__(self, program: Program, journey: JourneyProgram, counts: Mapping[Key, int]) -> None:
        self.program = program
        self.journey = journey
        self.counted = Counted(journey.index, counts)

    def report(self) -> JourneyReport:
        journey, definition = self.journey, self.journey.definition
        funnel = Funnel(journey, self.counted)
        ends, phases = funnel.ends(), funnel.phases()
        stages = [stage for phase in phases for stage in phase.within]
        touches = {touch.name: self._touched(part(0, touch.index)) for touch in self.program.touches}
        arms = tuple(self._arm(arm, name) for arm, name in enumerate(ARMS) if self.counted.sum(t.ENTRY, part(0, arm)))
        return JourneyReport(
            journey=journey.name,
            title=definition.title,
            customers=self.counted.sum(t.FOLLOWED),
            entered=self.counted.sum(t.ENTRY),
            reentered=self.counted.sum(t.ENTRY, part(1, True)),
            now=sum(stage.now for stage in stages),
            ended=sum(ends.values()),
            ends=ends,
            regressions=sum(stage.back for stage in stages),
            holds=self.counted.sum(t.HOLD),
            goal=self._goal(_all),
            phases=phases,
            touched=self._touched(_all),
            touches={name: touched for name, touched in touches.items() if touched.due},
            arms=arms,
            differences=tuple(_differences(arms)),
            channel_cost=sum(arm.channel_cost for arm in arms),
            offer_cost=sum(arm.offer_cost for arm in arms),
            touches_by_customer=self.counted.by(t.FOLLOWED, 2),
            offers={
                touch.name: self._offer(touch.index, offer)
                for touch in self.program.touches
                if (offer := self._offer_of(touch.index)) is not None and touches[touch.name].due
            },
        )

    # ------------------------------------------------------------ goal, arms, money

    def _goal(self, of: Which) -> GoalReport | None:
        goal = self.journey.definition.goal
        if goal is None:
            return None
        is_money = goal.value is not None and goal.value.type == "money"
        return GoalReport(
            reached=self.counted.sum(t.REACHED_GOAL, of), value=self.counted.sum(t.GOAL_VALUE, of), is_money=is_money
        )

    def _arm(self, arm: int, name: str) -> ArmReport:
        goal = self._goal(part(0, arm))
        customers = self.counted.sum(t.FOLLOWED, part(0, arm))
        converted = self.counted.by(t.FOLLOWED, 1, part(0, arm)).get(True, 0)
        return ArmReport(
            arm=name,
            entered=self.counted.sum(t.ENTRY, part(0, arm)),
            goal=goal,
            touched=self._touched(part(1, arm)),
            customers=customers,
            converted=converted,
            rate=None if goal is None else share_of(converted, customers),
            channel_cost=self._channel_cost(arm),
            offer_cost=self._offer_cost(arm),
        )

    def _channel_cost(self, arm: int) -> int:
        costs = [channel.cost for channel in self.program.definitions.brand.channels.values()]
        sent = self.counted.by(t.ANSWERED, 4, lambda key: key[1] == arm and key[2] == SEND)
        return sum(costs[channel] * count for channel, count in sent.items() if channel >= 0)

    def _offer_cost(self, arm: int) -> int:
        redeemed = self.counted.by(t.REDEEMED, 0, part(1, arm))
        offers = [(self._offer_of(touch), count) for touch, count in redeemed.items()]
        return sum(offer.cost * count for offer, count in offers if offer is not None)

    def _offer_of(self, touch: int) -> Offer | None:
        return self.program.definitions.touches[self.program.touches[touch].name].offer

    def _offer(self, touch: int, offer: Offer) -> OfferReport:
        redeemed = self.counted.sum(t.REDEEMED, part(0, touch))
        sent = self.counted.sum(t.ANSWERED, lambda key: key[0] == touch and key[2] == SEND)
        return OfferReport(limit=offer.limit, sent=sent, redeemed=redeemed, cost=offer.cost * redeemed)

    # ------------------------------------------------------------ touches

    def _touched(self, of: Which) -> Touched:
        sent = self._answers(SEND, of)
        words: dict[str, int] = {}
        for key, count in sorted(self.counted.of(t.ANSWERED).items()):
            if sent(key):
                word = self._words(int(key[0]), str(key[5]))
                words[word] = words.get(word, 0) + count
        withheld = self.counted.by(t.ANSWERED, 3, self._answers(WITHHOLD, of))
        channels = self.program.channel_names
        return Touched(
            due=self.counted.sum(t.ANSWERED, of),
            sent=self.counted.sum(t.ANSWERED, sent),
            deferred=self.counted.sum(t.ANSWERED, lambda key: of(key) and bool(key[6])),
            waiting=self.counted.sum(t.ANSWERED, lambda key: of(key) and key[2] not in (SEND, WITHHOLD)),
            withheld={REASON_WORDS[reason]: count for reason, count in withheld.items()},
            deferred_by={
                REASON_WORDS[reason]: count for reason, count in self.counted.by(t.DEFERRED_BY, 2, of).items()
            },
            # What goes to a webhook has no channel.
            channels={
                channels[channel] if channel >= 0 else "none": count
                for channel, count in self.counted.by(t.ANSWERED, 4, sent).items()
            },
            words=dict(sorted(words.items(), key=lambda item: (item[0] == GENERIC_WORDS, item[0]))),
        )

    def _answers(self, answer: int, of: Which) -> Which:
        return lambda key: key[2] == answer and of(key)

    def _words(self, touch: int, words: str) -> str:
        if words == GENERIC_WORDS:
            return GENERIC_WORDS
        return f"personalized {words}" if len(self.program.touches[touch].variants) > 1 else "personalized"


def _all(key: Key) -> bool:
    return True


def _differences(arms: Sequence[ArmReport]) -> Iterator[Difference]:
    """Each arm against each that gets less than it."""
    for place, arm in enumerate(arms):
        for other in arms[place + 1 :]:
            by = difference_of(arm.converted, arm.customers, other.converted, other.customers)
            if arm.rate is not None and by is not None:
                yield Difference(arm=arm.arm, against=other.arm, by=by)
