"""What happens in a population begins somewhere, leads somewhere, and ends.

Customers who do nothing and customers who never stop are the two ways in which a simulation
says nothing about a journey.
"""

from __future__ import annotations

from collections.abc import Iterator

from journeys.check.populations import carrying, own_of, responses
from journeys.check.rules import Fault, Folder, of_populations
from journeys.definition.model import Journey
from journeys.definition.nearest import shown
from journeys.definition.population_model import Delay, Follow, Population, Same

# An event that brings so many others, on the average, brings them without end.
_BROUGHT_MAX = 500
_ROUNDS = 1_000
# So many events that bring each other were not written by people, and would take long to look through.
_CIRCLING_MAX = 100


@of_populations()
def endless_follow(folder: Folder, population: Population) -> Iterator[Fault]:
    """What follows from an event comes to an end, and does not all happen at once.

    PASS    order_placed: {then: {event: order_placed, after: 30 days, share: 60%}}
    FAIL    order_placed: {then: {event: order_placed, after: 30 days}}
    FAIL    order_placed: {then: {event: order_placed, share: 60%}}        # again, at the same instant
    """
    if not folder.is_whole(population.file, ("events",)):
        return
    circling = _circling(population)
    if len(circling) > _CIRCLING_MAX:
        yield Fault(
            path=("events",),
            at="key",
            message=f"{len(circling):,} events bring each other in circles, and {_CIRCLING_MAX} are the most",
            why="nobody could say whether what a customer does comes to an end",
            help="let less follow from what follows",
        )
        return
    leads_to = {event: _reached(population, event) for event in circling}
    endless: dict[str, bool] = {}
    told: set[str] = set()
    for event in circling:
        knot = tuple(other for other in circling if other in leads_to[event] and event in leads_to[other])
        if event not in endless:
            endless |= {other: many > _BROUGHT_MAX for other, many in _brought(population, knot).items()}
        is_endless = endless.get(event, False)
        circle = _circle(population, event, at_once=not is_endless) if event not in told else ()
        if circle:
            told.update(knot if is_endless else (follow.event for follow in circle))
            words = ", which brings ".join(shown(follow.event) for follow in circle)
            yield Fault(
                path=(*circle[0].path, "event"),
                message=f"{shown(event)} brings {words}: {'without an end' if is_endless else 'all at one instant'}",
                why="a customer who does it once would do nothing else any more",
                help="give one of them a smaller 'share'" if is_endless else "say how long it takes: 'after: 1 day'",
            )


def _circling(population: Population) -> tuple[str, ...]:
    """The events that lead into a circle, in file order: those that are left when all others are taken away."""
    leads = {
        event: {follow.event for follow in happening.then if follow.share and follow.event in population.events}
        for event, happening in population.events.items()
    }
    causes: dict[str, list[str]] = {event: [] for event in leads}
    for event, effects in leads.items():
        for effect in effects:
            causes[effect].append(event)
    done = [event for event, effects in leads.items() if not effects]
    for event in done:
        for cause in causes[event]:
            leads[cause].discard(event)
            if not leads[cause]:
                done.append(cause)
    return tuple(event for event, effects in leads.items() if effects)


def _reached(population: Population, begin: str) -> set[str]:
    """What may come of an event, sooner or later."""
    reached: set[str] = set()
    waiting = [begin]
    while waiting:
        happening = population.events.get(waiting.pop())
        new = {follow.event for follow in happening.then if follow.share} - reached if happening is not None else set()
        reached |= new
        waiting += new
    return reached


def _brought(population: Population, knot: tuple[str, ...]) -> dict[str, float]:
    """How many of these events come of one, itself included, on the average; what never ends is more than the most."""
    brought = dict.fromkeys(knot, 1.0)
    for _ in range(_ROUNDS):
        before = dict(brought)
        for event in knot:
            follows = population.events[event].then
            come = sum(follow.share / 1_000_000 * before.get(follow.event, 0.0) for follow in follows)
            brought[event] = min(1 + come, 2 * _BROUGHT_MAX)
        if brought == before:
            break
    return brought


def _circle(population: Population, event: str, *, at_once: bool) -> tuple[Follow, ...]:
    """The shortest way from an event back to it; empty where there is none."""
    seen: set[str] = set()
    ways: list[tuple[Follow, ...]] = [()]
    for way in ways:
        if way and way[-1].event == event:
            return way
        happening = population.events.get(way[-1].event if way else event)
        for follow in happening.then if happening is not None else ():
            if follow.event not in seen and _counts(follow, at_once=at_once):
                seen.add(follow.event)
                ways.append((*way, follow))
    return ()


def _counts(follow: Follow, *, at_once: bool) -> bool:
    return bool(follow.share) and not (at_once and (follow.after != Delay()))


@of_populations()
def nothing_to_repeat(folder: Folder, population: Population) -> Iterator[Fault]:
    """`same` repeats what something has said.

    PASS    cart_updated: {with: {cart_id: {id: c}}}      order_placed: {with: {cart_id: {same: cart_id}}}
    FAIL    order_placed: {with: {cart_id: {same: cart_id}}}        # and nothing else carries a cart_id
    """
    populations = folder.populations.values()
    if not all(folder.is_whole(one.file, ("events",), ("rates",), ("touches",)) for one in populations):
        return
    said = {
        name
        for one in populations
        for told in carrying(one)
        for name, draw in told.with_.items()
        if not isinstance(draw.how, Same)
    }
    for one in carrying(population):
        for name, draw in one.with_.items():
            if isinstance(draw.how, Same) and draw.how.property not in said:
                yield Fault(
                    path=(*one.path, name, "same"),
                    message=f"nothing that happens says a {shown(draw.how.property)}, so there is nothing to repeat",
                    why="it would be missing each time",
                    help=f"say it where it is first told: 'with: {{{draw.how.property}: {{id: a}}}}'",
                )


@of_populations(severity="warning")
def nobody_enters(folder: Folder, population: Population) -> Iterator[Fault]:
    """Something that starts an enrollment happens to those who are in none.

    PASS    rates: {before: {product_viewed: 1 per 10 days}}      enter: [{on: product_viewed, to: need}]
    FAIL    rates: {need: {product_viewed: 1 per 10 days}}

    In a journey with a key it must carry the key.
    """
    journey = folder.definitions.journeys.get(population.journey)
    if journey is None or not folder.is_whole(journey.file, ("enter",), ("key",)):
        return
    wanted = _entered_by(journey)
    if wanted is None or not folder.is_whole(population.file, ("rates",), ("events",)):
        return
    happening = _before(population)
    if any(journey.key is None or journey.key in happening[event] for event in wanted if event in happening):
        return
    keyed = f", with '{journey.key}'" if journey.key is not None else ""
    events = ", ".join(wanted)
    yield Fault(
        path=("rates", "before") if "before" in population.rates else ("population",),
        at="key",
        message=f"nothing that starts the journey {shown(journey.name)} happens to those who are not in it",
        why="no customer would ever enter, and the simulation would show an empty journey",
        help=f"let one of these happen under 'before'{keyed}: {events}",
    )


def _entered_by(journey: Journey) -> tuple[str, ...] | None:
    """The brand's events that start it; None where something else may."""
    if any(not entry.on or any("." in event for event in entry.on) for entry in journey.enter):
        return None
    return tuple(dict.fromkeys(event for entry in journey.enter for event in entry.on))


def _before(population: Population) -> dict[str, set[str]]:
    """What happens before the journey and what comes of that, with the names of what it may carry."""
    found: dict[str, set[str]] = {}
    waiting = [
        (rate.event, {*rate.with_, *own_of(population, rate.event)}) for rate in population.rates.get("before", ())
    ]
    while waiting:
        event, carried = waiting.pop()
        if event in found and carried <= found[event]:
            continue
        found.setdefault(event, set()).update(carried)
        happening = population.events.get(event)
        for follow in happening.then if happening is not None else ():
            waiting.append((follow.event, {*found[event], *follow.with_, *own_of(population, follow.event)}))
    return found


@of_populations(severity="warning")
def idle_lift(folder: Folder, population: Population) -> Iterator[Fault]:
    """A touch lifts what happens at all.

    PASS    rates: {need: {guide_opened: 1 per 30 days}}      touches: {spark: {lift: {guide_opened: 3}}}
    FAIL    rates: {need: {}}                                 touches: {spark: {lift: {guide_opened: 3}}}

    A lift is a multiple of the usual rate, and three times nothing is nothing.
    """
    happens = {rate.event for one in folder.populations.values() for rates in one.rates.values() for rate in rates}
    for _, path, response in responses(population):
        for name in response.lift:
            if name not in happens and name in folder.brand.events and folder.is_whole(population.file, ("rates",)):
                yield Fault(
                    path=(*path, "lift", name),
                    at="key",
                    message=f"{shown(name)} never happens of itself, so there is nothing to lift",
                    why="a lift is a multiple of the usual rate, and a multiple of nothing is nothing",
                    help=f"give it a rate where the touch comes: 'rates: {{need: {{{name}: 1 per 30 days}}}}'",
                )


RULES = (
    endless_follow,
    nothing_to_repeat,
    nobody_enters,
    idle_lift,
)
