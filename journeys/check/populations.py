"""A population speaks of things that exist, and lets customers do what they can do.

Nobody would notice: simulated customers who do nothing look like a journey that does not work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from journeys.check.places import is_end, moves
from journeys.check.rules import Fault, Folder, of_populations
from journeys.definition.model import Path, Touch
from journeys.definition.nearest import nearest, shown
from journeys.definition.population_model import Constant, Draw, NewId, OneOf, Population, Response, Same, Spread
from journeys.definition.population_schema import REPLIES
from journeys.definition.replying import lets, say_asked

_WHY = "it would never happen, and the simulation would not say so"
# What customers may do beside the brand's own events.
_OF_THEMSELVES = ("profile.updated", "consent.given", "consent.withdrawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrying:
    """An event where the population says what it carries; `path` is that of `with`."""

    event: str
    path: Path
    with_: Mapping[str, Draw]


def carrying(population: Population) -> Iterator[Carrying]:
    for event, happening in population.events.items():
        yield Carrying(event=event, path=("events", event, "with"), with_=happening.with_)
        for follow in happening.then:
            yield Carrying(event=follow.event, path=(*follow.path, "with"), with_=follow.with_)
    for rates in population.rates.values():
        for rate in rates:
            yield Carrying(event=rate.event, path=(*rate.path, "with"), with_=rate.with_)
    for touch, _, response in responses(population):
        for reply in response.replies:
            yield Carrying(event=f"{touch}.{reply.part}", path=(*reply.path, "with"), with_=reply.with_)


def _happening(population: Population) -> Iterator[tuple[str, Path, Mapping[str, Draw]]]:
    """What happens of itself or follows, with all that it carries."""
    for rates in population.rates.values():
        for rate in rates:
            yield rate.event, rate.path, {**own_of(population, rate.event), **rate.with_}
    for happening in population.events.values():
        for follow in happening.then:
            with_ = {**happening.with_, **own_of(population, follow.event), **follow.with_}
            yield follow.event, (*follow.path, "event"), with_


def own_of(population: Population, event: str) -> Mapping[str, Draw]:
    happening = population.events.get(event)
    return happening.with_ if happening is not None else {}


def responses(population: Population) -> Iterator[tuple[str, Path, Response]]:
    yield "touch", ("any_touch",), population.any_touch
    for touch, response in population.touches.items():
        yield touch, ("touches", touch), response


# ---------------------------------------------------------------- names


@of_populations(name="unknown-event")
def unknown_event_in_population(folder: Folder, population: Population) -> Iterator[Fault]:
    """What simulated customers do can happen.

    PASS    rates: {need: {product_viewed: 4 per 7 days}}
    FAIL    rates: {need: {product_vieved: 4 per 7 days}}
    FAIL    rates: {need: {spark.opened: 1 per 7 days}}        # what they do with a touch stands under 'touches'

    What follows, in `events`, may come of a reply, and be one: `spark.redeemed: {then: order_placed}`.
    """
    of_themselves = dict.fromkeys((*folder.brand.events, *_OF_THEMSELVES))
    for name, path, may_reply in _named(population):
        owner, _, part = name.rpartition(".")
        is_of_touch = owner in folder.definitions.touches or owner in folder.unread
        if name in of_themselves or folder.is_lost("events", name) or (may_reply and is_of_touch and part in REPLIES):
            continue
        message = f"there is no event {shown(name)}"
        help = nearest(name, of_themselves)
        if name in folder.definitions.heard or is_of_touch:
            message = f"{shown(name)} does not happen of itself: it is heard from the engine"
            help = "name an event of brand.yaml"
            if part in REPLIES:
                help = f"say what customers do with a touch under 'touches': {{{owner}: {{{part}: 40%}}}}"
        yield Fault(path=path, at="value" if path[-1] == "event" else "key", message=message, why=_WHY, help=help)


def _named(population: Population) -> Iterator[tuple[str, Path, bool]]:
    """Each event that is named, and whether it may be what a customer does with a touch."""
    for name, happening in population.events.items():
        yield name, ("events", name), True
        for follow in happening.then:
            yield follow.event, (*follow.path, "event"), True
    for rates in population.rates.values():
        for rate in rates:
            yield rate.event, rate.path, False
    for _, path, response in responses(population):
        for name in response.lift:
            yield name, (*path, "lift", name), False


@of_populations(name="unknown-property")
def unknown_property_in_population(folder: Folder, population: Population) -> Iterator[Fault]:
    """What customers do carries what brand.yaml declares.

    PASS    order_placed: {with: {order_id: {id: o}}}
    FAIL    order_placed: {with: {order: {id: o}}}
    """
    for one in carrying(population):
        event = folder.definitions.heard.get(one.event)
        known = event.properties if event is not None else one.with_
        if one.event == "profile.updated":
            known = {field.name: field.type for field in folder.brand.fields.values() if field.counts is None}
        for name in one.with_:
            if name not in known:
                yield Fault(
                    path=(*one.path, name),
                    at="key",
                    message=f"the event {shown(one.event)} has no property {shown(name)}",
                    why="what is not declared is not stored, so no condition could read it",
                    help=nearest(name, known),
                )


@of_populations(name="unknown-touch")
def unknown_touch_in_population(folder: Folder, population: Population) -> Iterator[Fault]:
    """Customers respond to touches that exist.

    PASS    touches: {spark: {opened: 42%}}
    FAIL    touches: {sparc: {opened: 42%}}
    """
    touches = folder.definitions.touches
    for name in population.touches:
        if name not in touches and name not in folder.unread:
            yield Fault(
                path=("touches", name),
                at="key",
                message=f"there is no touch {shown(name)}",
                why="nobody gets it, so nobody would respond to it as you say",
                help=nearest(name, touches),
            )


@of_populations(name="unknown-state")
def unknown_state_in_population(folder: Folder, population: Population) -> Iterator[Fault]:
    """Rates are of places where a customer can stand.

    PASS    rates: {before: {…}, need: {…}, selection.paid: {…}, end.lapsed: {…}}
    FAIL    rates: {reserch: {…}}
    FAIL    rates: {end.laped: {…}}      # no move of the journey leads there
    """
    journey = folder.definitions.journeys.get(population.journey)
    if journey is None or not folder.is_whole(journey.file, ("stages",), ("anywhere",), ("enter",)):
        return
    states = folder.states[journey.name]
    stages = dict.fromkeys(state.stage for state in states.values())
    targets = [entry.to for entry in journey.enter] + [move.to for move in moves(journey)]
    known = dict.fromkeys(["before", *stages, *states, "end", *(target for target in targets if is_end(target))])
    for place in population.rates:
        if place not in known:
            yield Fault(
                path=("rates", place),
                at="key",
                message=f"nobody can stand in {shown(place)} of the journey {shown(journey.name)}",
                why="what is said to happen there would never happen",
                help=nearest(place, known),
            )


@of_populations(name="unknown-purpose")
def unknown_purpose_in_population(folder: Folder, population: Population) -> Iterator[Fault]:
    """Who gives or withdraws a consent says for what.

    PASS    end: {consent.withdrawn: {rate: 1 per 90 days, with: {purpose: offers}}}
    FAIL    end: {consent.withdrawn: {rate: 1 per 90 days, with: {purpose: offer}}}
    FAIL    end: {consent.withdrawn: 1 per 90 days}
    """
    for event, path, with_ in _happening(population):
        if event.startswith("consent.") and "purpose" not in with_ and folder.is_whole(population.file, path):
            yield Fault(
                path=path,
                at="key",
                message=f"this says not for which purpose: {shown(event)} carries none",
                why="nobody could say what the customer allows",
                help="add 'with: {purpose: …}', " + nearest("", folder.brand.purposes),
            )
    for one in carrying(population):
        purpose = one.with_.get("purpose")
        if not one.event.startswith("consent.") or purpose is None:
            continue
        for value in _values(purpose):
            if value not in folder.brand.purposes and not folder.is_lost("purposes", str(value)):
                yield Fault(
                    path=(*one.path, "purpose"),
                    message=f"there is no purpose {shown(str(value))} in brand.yaml",
                    why="nobody could say what the customer allows",
                    help=nearest(str(value), folder.brand.purposes),
                )


def _values(draw: Draw) -> tuple[object, ...]:
    """The values written out; none where they are drawn otherwise."""
    match draw.how:
        case Constant(value=value):
            return (value,)
        case OneOf(values=values):
            return values
    return ()


# ---------------------------------------------------------------- what touches do


@of_populations()
def impossible_reply(folder: Folder, population: Population) -> Iterator[Fault]:
    """Customers do with a touch what it lets them do.

    PASS    how-was-it: {answered: {share: 30%, with: {answer: {from: 0, to: 10}}}}      # ask: [0..10]
    FAIL    how-was-it: {answered: {share: 30%, with: {answer: 11}}}
    FAIL    spark: {redeemed: 6%}                                                        # it has no offer
    """
    for owner, part, path, with_ in _replies(population):
        touch = folder.definitions.touches.get(owner)
        if touch is None or not folder.is_whole(touch.file, ("ask",), ("offer",)):
            continue
        reason = _why_not(touch, part, with_)
        if reason is not None and folder.is_whole(population.file, path):
            message, help = reason
            yield Fault(
                path=path,
                at="value" if path[-1] == "event" else "key",
                message=message,
                why="the simulation would show customers who do what none of yours can do",
                help=help,
            )


def _replies(population: Population) -> Iterator[tuple[str, str, Path, Mapping[str, Draw]]]:
    for touch, response in population.touches.items():
        for reply in response.replies:
            yield touch, reply.part, reply.path, {**own_of(population, f"{touch}.{reply.part}"), **reply.with_}
    for cause, happening in population.events.items():
        for follow in happening.then:
            owner, _, part = follow.event.rpartition(".")
            # Another answer takes over the one that it comes of, unless it says its own.
            with_ = {"answer": Draw(how=Same(property="answer"))} if cause.endswith(".answered") else {}
            with_ |= {**own_of(population, follow.event), **follow.with_}
            yield owner, part, (*follow.path, "event"), with_


def _why_not(touch: Touch, part: str, with_: Mapping[str, Draw]) -> tuple[str, str] | None:
    match part:
        case "redeemed" if not lets(touch, part):
            return f"{shown(touch.name)} has no offer, so nobody can redeem it", "leave it out, or give it an 'offer'"
        case "answered" if not lets(touch, part):
            return f"{shown(touch.name)} asks nothing, so nobody can answer", "leave it out, or let the touch 'ask'"
        case "answered" if "answer" not in with_:
            return "this does not say what they answer", f"add 'with: {{answer: …}}', of {say_asked(touch)}"
        case "answered":
            strange = next((one for one in _answers(with_["answer"]) if one not in touch.ask), None)
            if strange is not None:
                return f"{shown(touch.name)} takes no answer {shown(str(strange))}", f"it takes {say_asked(touch)}"
    return None


def _answers(draw: Draw) -> tuple[object, ...]:
    """What may be answered; of what has no bounds, one answer that nobody takes."""
    match draw.how:
        case Spread(least=least, most=most, step=step):
            if least is None or most is None:
                return ("without a bound",)
            return tuple(int(one) if one.is_integer() else one for one in (least, min(least + step, most), most))
        case NewId(prefix=prefix):
            return (f"{prefix}…",)
    return _values(draw)


@of_populations(severity="warning")
def idle_click(folder: Folder, population: Population) -> Iterator[Fault]:
    """What is clicked has something to click.

    PASS    spark: {clicked: 15%}      # Read [how most people start](https://kaffa.example/start).
    FAIL    spark: {clicked: 15%}      # Read how most people start.
    """
    touches = folder.definitions.touches
    for name, path, response in responses(population):
        # What is said of any touch is true of those that let customers.
        if path != ("touches", name) or name not in touches or lets(touches[name], "clicked"):
            continue
        for reply in response.replies:
            if reply.part == "clicked":
                yield Fault(
                    path=reply.path,
                    at="key",
                    message=f"{shown(name)} has no link, so nobody can click",
                    why="none of your customers can, and so nobody in the simulation will",
                    help="leave it out, or let its words have a link",
                )


RULES = (
    unknown_event_in_population,
    unknown_property_in_population,
    unknown_touch_in_population,
    unknown_state_in_population,
    unknown_purpose_in_population,
    impossible_reply,
    idle_click,
)
