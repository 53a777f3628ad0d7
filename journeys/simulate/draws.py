"""Draws: the values that simulated customers and their events carry, as the core reads them.

What can be worked out once is worked out when a draw is compiled: money is in minor units,
moments are instants, constants have passed the same door as a recording's values.  Each customer
has one stream of chance, and draws from it in one order.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from math import cos, exp, floor, log, pi, sin, sqrt
from random import Random
from typing import Any, Final

from journeys.core.calendar import DAY, Zone, date_of
from journeys.core.chance import MILLION
from journeys.core.intake import read_value
from journeys.core.program import Program
from journeys.definition.population_model import Constant, Delay, Draw, NewId, OneOf, Same, SomeOf, Spread

_place: Final = bisect_right  # the compiled build looks up what is imported each time, and what is final once
# Nothing takes longer, however the dice fall.
_LONGEST: Final = 3_650 * DAY
_TURN: Final = 2.0 * pi


class Hand:
    """Whose turn it is to draw: the stream of chance, and what is remembered of the customer.

    `draw` gives the next number of the stream, from 0 to below 1.  `last` holds the last value of each
    property that some draw wants the same of; `ids` counts those made.
    """

    __slots__ = ("_seed", "_spare", "draw", "ids", "last", "number", "zone")

    def __init__(self, zone: Zone) -> None:
        stream = Random()
        self.draw: Callable[[], float] = stream.random
        # What `Random` itself adds to it is for seeds that are no integers, and for its own `gauss`.
        self._seed: Callable[[int], None] = super(Random, stream).seed
        self._spare: float | None = None
        self.number = 0
        self.ids = 0
        self.last: dict[str, Any] = {}
        self.zone = zone

    def begin(self, number: int, seed: int, zone: Zone) -> None:
        """Takes up the next customer."""
        self._seed(seed)
        self._spare = None
        self.number = number
        self.ids = 0
        self.last = {}
        self.zone = zone

    def gauss(self) -> float:
        """A number of the standard normal distribution.  They are made in pairs, as `Random.gauss` makes them."""
        spare = self._spare
        if spare is not None:
            self._spare = None
            return spare
        angle = self.draw() * _TURN
        length = sqrt(-2.0 * log(1.0 - self.draw()))
        self._spare = sin(angle) * length
        return cos(angle) * length


class Drawer:
    """One way of drawing a value; `at` is when.  None is missing."""

    __slots__ = ()

    def value(self, hand: Hand, at: int) -> Any:
        raise NotImplementedError


class Fixed(Drawer):
    """The same value each time."""

    __slots__ = ("same",)

    def __init__(self, same: Any) -> None:
        self.same = same

    def value(self, hand: Hand, at: int) -> Any:
        return self.same


class _OneOf(Drawer):
    __slots__ = ("bounds", "values")

    def __init__(self, values: list[Any], shares: tuple[int, ...]) -> None:
        self.values = values
        self.bounds = bounds_of(shares)

    def value(self, hand: Hand, at: int) -> Any:
        return self.values[_place(self.bounds, hand.draw())]


class _SomeOf(Drawer):
    __slots__ = ("shares", "values")

    def __init__(self, values: list[Any], shares: tuple[int, ...]) -> None:
        self.values = values
        self.shares = [share / MILLION for share in shares]

    def value(self, hand: Hand, at: int) -> Any:
        draw = hand.draw
        return tuple([value for value, share in zip(self.values, self.shares) if draw() < share])


class _Spread(Drawer):
    """Numbers come in whole steps; `unit` is what one is worth in the core's own form."""

    __slots__ = ("is_whole", "least", "middle", "most", "shape", "step", "unit", "width")

    def __init__(self, spread: Spread, unit: int, is_whole: bool) -> None:
        self.shape = spread.shape
        self.step = spread.step
        self.unit = unit
        self.is_whole = is_whole
        self.middle = spread.middle
        self.width = spread.width
        self.least = spread.least
        self.most = spread.most

    def value(self, hand: Hand, at: int) -> Any:
        number = self._number(hand)
        if self.least is not None and number < self.least:
            number = self.least
        if self.most is not None and number > self.most:
            number = self.most
        amount = number * self.unit
        if not self.is_whole:
            return round(amount, 9)
        whole = round(amount)
        if self.most is not None and whole > self.most * self.unit:
            return whole - 1
        if self.least is not None and whole < self.least * self.unit:
            return whole + 1
        return whole

    def _number(self, hand: Hand) -> float:
        if self.shape == "uniform":
            assert self.least is not None and self.most is not None
            # Each step has the same chance, the first and the last as well.
            steps = floor((self.most - self.least) / self.step + 1e-9) + 1
            return self.least + int(hand.draw() * steps) * self.step
        if self.shape == "normal":
            number = self.middle + hand.gauss() * self.width
        else:
            number = self.middle * exp(hand.gauss() * log(self.width))
        return round(number / self.step) * self.step


class _NewId(Drawer):
    __slots__ = ("kind", "prefix")

    def __init__(self, kind: str, prefix: str) -> None:
        self.kind = kind
        self.prefix = prefix

    def value(self, hand: Hand, at: int) -> Any:
        hand.ids += 1
        if self.kind == "email":
            return f"{self.prefix}{hand.number}-{hand.ids}@example.com"
        if self.kind == "phone":
            # No country has this code.
            return f"+999{hand.number:08}{hand.ids:02}"
        if self.kind == "url":
            return f"https://example.com/{self.prefix}{hand.number}-{hand.ids}"
        return f"{self.prefix}{hand.number}-{hand.ids}"


class _Same(Drawer):
    __slots__ = ("property",)

    def __init__(self, property: str) -> None:
        self.property = property

    def value(self, hand: Hand, at: int) -> Any:
        return hand.last.get(self.property)


class _Later(Drawer):
    """A moment, or a date in the customer's zone."""

    __slots__ = ("is_date", "lasting")

    def __init__(self, lasting: Lasting, is_date: bool) -> None:
        self.lasting = lasting
        self.is_date = is_date

    def value(self, hand: Hand, at: int) -> Any:
        later = at + self.lasting.length(hand)
        return date_of(hand.zone, later) if self.is_date else later


class _Known(Drawer):
    __slots__ = ("drawer", "share")

    def __init__(self, drawer: Drawer, share: int) -> None:
        self.drawer = drawer
        self.share = share / MILLION

    def value(self, hand: Hand, at: int) -> Any:
        return self.drawer.value(hand, at) if hand.draw() < self.share else None


class Lasting:
    """A `Delay`, ready to be drawn."""

    __slots__ = ("least", "median", "range", "spread")

    def __init__(self, delay: Delay) -> None:
        self.least = delay.least
        self.range = delay.most - delay.least
        self.median = -1 if delay.median is None else delay.median
        self.spread = log(delay.width)

    def length(self, hand: Hand) -> int:
        """In microseconds."""
        if self.median >= 0:
            return min(int(self.median * exp(hand.gauss() * self.spread)), _LONGEST)
        return self.least + int(hand.draw() * self.range) if self.range else self.least


# ---------------------------------------------------------------- compiling


def compile_draw(program: Program, draw: Draw, kind: str, name: str) -> Drawer:
    """A draw for a value of a declared type.  Raises InputError for a value that no recording could carry."""
    drawer = _compile(program, draw, kind, name)
    return drawer if draw.known >= MILLION else _Known(drawer, draw.known)


def _compile(program: Program, draw: Draw, kind: str, name: str) -> Drawer:
    match draw.how:
        case Constant(value=value):
            return Fixed(read_value(program, kind, value, name))
        case OneOf(values=values, shares=shares):
            return _OneOf([read_value(program, kind, value, name) for value in values], shares)
        case SomeOf(values=values, shares=shares):
            item = kind.removeprefix("list of ")
            return _SomeOf([read_value(program, item, value, name) for value in values], shares)
        case Spread() as spread:
            unit = program.minor if kind == "money" else 1
            is_whole = all([float(each).is_integer() for each in (spread.step, spread.least or 0)])
            return _Spread(spread, unit, is_whole or kind == "money")
        case NewId(prefix=prefix):
            return _NewId(kind, prefix)
        case Same(property=property):
            return _Same(property)
        case Delay() as delay:
            return _Later(Lasting(delay), kind == "date")


def bounds_of(shares: Sequence[int]) -> list[float]:
    """Where each share of a million ends, between 0 and 1: `bisect_right` of a draw in it is the place chosen."""
    bounds = [end / MILLION for end in accumulate(shares)]
    # A draw is below 1, and so falls into the last share, whatever is lost in rounding.
    return [*bounds[:-1], 1.0]
