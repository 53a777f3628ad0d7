"""Behaviour: a population as tables, for a program: who may come, what they do where they stand, how touches move them.

Names become the program's small integers, shares become bounds, rates become times a
microsecond.  Nothing here is on the way of an event.

A population is written for one folder of definitions, and may be compiled for the program of
another version of it.  What that version does not declare is drawn all the same, and goes nowhere:
so the customers are the same ones, and differ only by what the versions decide.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from journeys.core.calendar import Zone, zone
from journeys.core.chance import MILLION
from journeys.core.customer import Customer
from journeys.core.program import JourneyProgram, Program
from journeys.definition.model import Brand, Definitions
from journeys.definition.population_model import (
    Draw,
    Persona,
    Population,
    Rate,
    Reply,
    Response,
    Same,
)
from journeys.definition.replying import lets

from .draws import Drawer, Fixed, Hand, Lasting, bounds_of, compile_draw

BEFORE: Final = 0  # the place of who never entered; states and ends follow


class Template:
    """An event that happens: which (-1 if the program does not know it), with what, and what comes of it.

    `values` are its properties, in the order in which its own definitions declare them: what is
    always the same stands there, and `carries` are the places of the others with their draws.
    `places` are those places in the order of the program, None where that is the same.  `changes`
    are the customer's fields, where it is a profile that changes; `lifted_by` is what lifts know it
    by.  `remembered` are the places whose value somebody will want the same of, with the property's name.
    """

    __slots__ = ("carries", "changes", "event", "follows", "lifted_by", "places", "remembered", "values")

    def __init__(self, event: int, size: int, lifted_by: int) -> None:
        self.event = event
        self.lifted_by = lifted_by
        self.values: list[Any] = [None] * size
        self.places: list[int] | None = None
        self.carries: list[tuple[int, Drawer]] = []
        self.changes: list[tuple[int, Drawer]] = []
        self.remembered: list[tuple[int, str]] = []
        self.follows: list[Following] = []


class Following:
    """What comes of an event.  `carried` pairs a place of the cause with one of the effect."""

    __slots__ = ("after", "carried", "share", "template")

    def __init__(self, template: Template, after: Lasting, share: float, carried: list[tuple[int, int]]) -> None:
        self.template = template
        self.after = after
        self.share = share
        self.carried = carried


class Ground:
    """What happens of itself in one place: templates, each with how often a microsecond, and the running sums.

    `lifted` are the places that a lift of an event raises, by the event.
    """

    __slots__ = ("lifted", "rates", "sums", "templates")

    def __init__(self, templates: list[Template], rates: list[float]) -> None:
        self.templates = templates
        self.rates = rates
        self.sums: list[float] = [*accumulate(rates)]
        self.lifted: dict[int, list[int]] = {}
        for place, template in enumerate(templates):
            self.lifted.setdefault(template.lifted_by, []).append(place)


class Answer:
    """What a customer may do with a touch; `has_channel` says that the event tells by which it came."""

    __slots__ = ("after", "has_channel", "is_click", "is_good", "is_open", "share", "template")

    def __init__(self, part: str, template: Template, reply: Reply) -> None:
        self.has_channel = part != "answered"
        self.is_open = part == "opened"
        self.is_click = part == "clicked"
        # What words can make people do.  Nobody complains less of words that are not theirs.
        self.is_good = part in ("opened", "clicked", "replied", "answered", "redeemed")
        self.share = reply.share / MILLION
        self.after = Lasting(reply.after)
        self.template = template


class Effect:
    """What a touch does: replies, and what it adds to the rates of events."""

    __slots__ = ("answers", "asks_open", "lifts")

    def __init__(self, answers: list[Answer], lifts: list[tuple[int, float]]) -> None:
        self.answers = answers
        self.lifts = lifts
        # Who did not open it cannot click in it, where both are said.
        self.asks_open = any([answer.is_open for answer in answers])


class Kind:
    """A persona, compiled.  A field of index -1, a consent of bit 0, is none of the program's."""

    __slots__ = ("consents", "fields", "heeds", "pace", "zone_bounds", "zones")

    def __init__(self, program: Program, persona: Persona, brand: Brand) -> None:
        self.pace = persona.pace
        self.heeds = persona.heeds
        indexes, purposes = program.names.fields, program.names.purposes
        self.fields = [
            (indexes.get(name, -1), compile_draw(program, draw, brand.fields[name].type, name))
            for name, draw in persona.fields.items()
        ]
        self.consents = [
            (1 << purposes[name] if name in purposes else 0, share / MILLION)
            for name, share in persona.consents.items()
        ]
        self.zones: list[Zone] = [zone(name) for name in persona.zones]
        self.zone_bounds = bounds_of([*persona.zones.values()])


class People:
    """Who the customers are."""

    __slots__ = ("arrive", "awake_for", "awake_from", "bounds", "kinds", "program", "start")

    def __init__(self, program: Program, population: Population, brand: Brand) -> None:
        self.program = program
        self.start = population.start
        self.arrive = population.arrive
        first, last = population.awake or (0, 24 * 60)
        self.awake_from = first * 60_000_000
        self.awake_for = (last - first) * 60_000_000
        self.kinds = [Kind(program, persona, brand) for persona in population.personas]
        self.bounds = bounds_of([persona.share for persona in population.personas])

    def kind(self, hand: Hand) -> Kind:
        return self.kinds[bisect_right(self.bounds, hand.draw())]

    def make(self, id: str, kind: Kind, hand: Hand) -> Customer:
        """A customer who turns up now: that is, at an instant of the arrivals."""
        draw = hand.draw
        at = self.start + int(draw() * self.arrive)
        customer = self.program.new_customer(id, at)
        if kind.zones:
            customer.zone = kind.zones[bisect_right(kind.zone_bounds, draw())]
        hand.zone = customer.zone
        for bit, share in kind.consents:
            if draw() < share:
                customer.consents |= bit
        for index, drawer in kind.fields:
            value = drawer.value(hand, at)
            if index >= 0:
                customer.fields[index] = value
        return customer


class Behaviour:
    """What customers do about one journey.

    `grounds` are by place: before, then the states, then the ends by reason, and last the end of
    who was erased.  None where nothing happens of itself.
    """

    __slots__ = ("grounds", "journey", "states")

    def __init__(self, journey: JourneyProgram, grounds: list[Ground | None]) -> None:
        self.journey = journey.index
        self.states = len(journey.states)
        self.grounds = grounds

    def place_of_end(self, reason: int) -> int:
        return 1 + self.states + reason if reason >= 0 else len(self.grounds) - 1


class Responses:
    """How touches move people, by the touch's index.  `generic` is what generic words get of it."""

    __slots__ = ("by_touch", "each", "fades", "generic", "most", "per", "stop", "stops")

    def __init__(self, program: Program, population: Population, by_touch: list[Effect], stop: Template) -> None:
        self.by_touch = by_touch
        self.generic = population.generic / MILLION
        self.fades = float(population.fades)
        fatigue = population.fatigue
        self.most = -1 if fatigue is None else fatigue.count
        self.per = 0 if fatigue is None else fatigue.per
        self.each = 0.0 if fatigue is None else fatigue.each / MILLION
        self.stops = 0.0 if fatigue is None else fatigue.stops / MILLION
        self.stop = stop


class Compiled:
    """Several populations, for one program.  The first one says who the customers are and how words work on them."""

    __slots__ = ("behaviours", "people", "responses")

    def __init__(self, people: People, behaviours: list[Behaviour], responses: Responses) -> None:
        self.people = people
        self.behaviours = behaviours
        self.responses = responses


def compile_populations(program: Program, populations: Sequence[Population], written_for: Definitions) -> Compiled:
    """Raises InputError for a value that no recording could carry."""
    journeys = {journey.name: journey for journey in program.journeys}
    first = populations[0]
    wanted = _wanted(populations)
    compilers = [_Compiler(program, population, written_for, wanted) for population in populations]
    behaviours = [
        Behaviour(journeys[each.population.journey], each.grounds(journeys[each.population.journey]))
        for each in compilers
    ]
    effects = [_effect_of(name, compilers) for name in program.definitions.touches]
    stop = compilers[0].template("consent.withdrawn", {})
    people = People(program, first, written_for.brand)
    return Compiled(people, behaviours, Responses(program, first, effects, stop))


def _wanted(populations: Sequence[Population]) -> frozenset[str]:
    """The properties that some draw wants the same of."""
    return frozenset(draw.how.property for each in populations for draw in _draws(each) if isinstance(draw.how, Same))


def _draws(population: Population) -> Iterator[Draw]:
    for happening in population.events.values():
        yield from happening.with_.values()
        for follow in happening.then:
            yield from follow.with_.values()
    for rates in population.rates.values():
        for rate in rates:
            yield from rate.with_.values()
    for response in (population.any_touch, *population.touches.values()):
        for reply in response.replies:
            yield from reply.with_.values()
    for persona in population.personas:
        yield from persona.fields.values()


def _effect_of(touch: str, compilers: Sequence[_Compiler]) -> Effect:
    """As the first population says that names the touch, else as the first says of any."""
    for each in compilers:
        if touch in each.population.touches:
            return each.effect(touch, each.population.touches[touch])
    return compilers[0].effect(touch, compilers[0].population.any_touch)


class _Compiler:
    """One population, being compiled."""

    def __init__(
        self, program: Program, population: Population, written_for: Definitions, wanted: frozenset[str]
    ) -> None:
        self.program = program
        self.population = population
        self.written_for = written_for
        self.wanted = wanted
        self.following: dict[tuple[str, int], Template] = {}

    def _properties(self, event: str) -> list[tuple[str, str]]:
        """What an event carries, as the population's own definitions declare it."""
        heard = self.written_for.heard.get(event) or self.program.definitions.heard[event]
        return list(heard.properties.items())

    def grounds(self, journey: JourneyProgram) -> list[Ground | None]:
        """The nearest of what the population says of each place."""
        rates = self.population.rates
        places: list[tuple[str, ...]] = [("before",)]
        for name in journey.state_names:
            places.append((name, name.partition(".")[0]))
        for reason in [*journey.reasons, "erased"]:
            places.append((f"end.{reason}", "end"))
        grounds: dict[str, Ground | None] = {name: self._ground(each) for name, each in rates.items()}
        return [next((grounds[name] for name in names if name in rates), None) for names in places]

    def _ground(self, rates: Sequence[Rate]) -> Ground | None:
        templates = [self.template(rate.event, rate.with_) for rate in rates]
        return Ground(templates, [rate.count / rate.per for rate in rates]) if rates else None

    def effect(self, touch: str, response: Response) -> Effect:
        answers = []
        touches = self.program.definitions.touches
        for reply in response.replies:
            template = self.template(f"{touch}.{reply.part}", reply.with_)
            if not lets(touches[touch], reply.part):
                # It gives nobody the chance here.  Another version may, and its customers are the same ones.
                template.event, template.follows = -1, []
            answers.append(Answer(reply.part, template, reply))
        # Who opens does so before anything else that needs it is asked.
        answers.sort(key=lambda answer: not answer.is_open)
        return Effect(answers, [(self._key(name), amount) for name, amount in response.lift.items()])

    def _key(self, event: str) -> int:
        """What lifts know an event by: its index, or below 0 one of its own where the program does not know it."""
        index = self.program.names.events.get(event)
        return -1 - [*self.written_for.heard].index(event) if index is None else index

    def template(self, event: str, with_: Mapping[str, Draw]) -> Template:
        """`with_` goes before what the event carries wherever it happens."""
        happening = self.population.events.get(event)
        program, properties = self.program, self._properties(event)
        draws = {**happening.with_, **with_} if happening is not None else dict(with_)
        template = Template(program.names.events.get(event, -1), len(properties), self._key(event))
        names = [name for name, _ in properties]
        if template.event >= 0 and properties != program.properties[template.event]:
            template.places = [
                names.index(n) if (n, k) in properties else -1 for n, k in program.properties[template.event]
            ]
        for place, (name, kind) in enumerate(properties):
            if name in draws:
                drawer = compile_draw(program, draws[name], kind, f"{event}.{name}")
                if isinstance(drawer, Fixed):
                    template.values[place] = drawer.same
                else:
                    template.carries.append((place, drawer))
            if name in self.wanted:
                template.remembered.append((place, name))
        if event == "profile.updated":
            fields, indexes = self.written_for.brand.fields, program.names.fields
            for name, draw in draws.items():
                drawer = compile_draw(program, draw, fields[name].type, name)
                template.changes.append((indexes.get(name, -1), drawer))
        if happening is not None:
            for number, follow in enumerate(happening.then):
                next_one = self._followed(event, number)
                carried = self._carried(event, follow.event, follow.with_)
                share = follow.share / MILLION
                template.follows.append(Following(next_one, Lasting(follow.after), share, carried))
        return template

    def _followed(self, event: str, number: int) -> Template:
        """The template of a follow-up, made once: events may follow each other in a circle."""
        key = (event, number)
        if key not in self.following:
            follow = self.population.events[event].then[number]
            self.following[key] = kept = Template(-1, 0, 0)
            made = self.template(follow.event, follow.with_)
            kept.event, kept.values, kept.places = made.event, made.values, made.places
            kept.lifted_by = made.lifted_by
            kept.carries, kept.changes = made.carries, made.changes
            kept.remembered, kept.follows = made.remembered, made.follows
        return self.following[key]

    def _carried(self, cause: str, effect: str, with_: Mapping[str, Draw]) -> list[tuple[int, int]]:
        """What has the same name and type is taken over, unless the follow-up says otherwise."""
        of_cause, of_effect = self._properties(cause), self._properties(effect)
        return [
            (of_cause.index((name, kind)), place)
            for place, (name, kind) in enumerate(of_effect)
            if name not in with_ and (name, kind) in of_cause
        ]
