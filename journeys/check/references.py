"""Every name that is used exists.

Names inside conditions and words are checked where those are read, by their own layers; here are
the names that stand alone: where a move leads, what it hears, what is sent, for which purpose,
on which channel, to whom.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from journeys.check.places import is_known, moves, sends, touches_of
from journeys.check.rules import Fault, Folder, of_brand, of_journeys, of_touches
from journeys.definition.model import STAGES, TOUCH_EVENTS, Brand, Cap, Journey, Path, Suppress, Touch
from journeys.definition.nearest import nearest, shown


@of_journeys()
def unknown_state(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """Every move and every entry leads somewhere.

    PASS    to: evaluation      # a stage of this journey
    FAIL    to: evaluaton       # nobody can stand there

    The machine would only notice on the day a customer takes the move.
    """
    known = folder.states[journey.name]
    names = list(dict.fromkeys([*(stage.name for stage in journey.stages), *known]))
    leads = [(move.to, move.path, "move") for move in moves(journey)]
    leads += [(entry.to, entry.path, "entry") for entry in journey.enter]
    for to, path, what in leads:
        if is_known(to, known):
            continue
        if to == "end" or to.startswith("end"):
            help = "an end has a reason, as in 'to: end.lapsed'"
        elif to in STAGES:
            help = f"this journey has no stage {to!r}; add it under 'stages', or lead to one of: {', '.join(names)}"
        else:
            help = nearest(to, [*names, "again", "stay"])
        yield Fault(
            path=(*path, "to"),
            message=f"this {what} leads to {shown(to)}, which is not a {'step' if '.' in to else 'stage'}",
            why="a customer who takes it would have nowhere to stand",
            help=help,
        )


@of_journeys()
def unknown_touch(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """What is sent has words.

    PASS    send: [buying-guide]      # touches/buying-guide.md is there
    FAIL    send: [buying-gide]

    The touch would come due and there would be nothing to say.
    """
    touches = folder.definitions.touches
    for entry in sends(journey):
        for touch, path in touches_of(entry):
            if touch not in touches and touch not in folder.unread:
                yield Fault(
                    path=path,
                    message=f"there is no touch {shown(touch)}: touches/{touch}.md does not exist",
                    why="it would come due, and there would be nothing to say",
                    help=nearest(touch, touches),
                )


@of_journeys()
def unknown_event(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """What a journey listens for can happen.

    PASS    on: order_placed          # declared in brand.yaml
    PASS    on: spark.declined        # what happens to a touch is an event too
    FAIL    on: order_paced

    Nobody would ever take the move.
    """
    heard: list[tuple[str, Path, str]] = []
    for entry in journey.enter:
        heard += [(name, (*entry.path, "on", place), "take this entry") for place, name in enumerate(entry.on)]
    for move in moves(journey):
        heard += [(name, (*move.path, "on", place), "take this move") for place, name in enumerate(move.on)]
    if journey.goal is not None:
        heard += [(name, ("goal", "on", place), "reach this goal by it") for place, name in enumerate(journey.goal.on)]
    for name, path, what in heard:
        if not _is_heard(folder, name):
            yield Fault(
                path=path,
                message=f"there is no event {shown(name)}",
                why=f"it never happens, so no customer would ever {what}",
                help=_help_for_event(folder, name),
            )


def _is_heard(folder: Folder, name: str) -> bool:
    if name in folder.definitions.heard:
        return True
    if folder.is_lost("events", name):
        return True
    owner, _, what = name.rpartition(".")
    return owner in folder.unread or (owner == "touch" and what in TOUCH_EVENTS)


def _help_for_event(folder: Folder, name: str) -> str:
    declared = folder.brand.events
    owner, dot, what = name.rpartition(".")
    if not dot:
        help = nearest(name, declared)
        if help.startswith("did you mean"):
            return f"{help} Otherwise declare it under 'events' in brand.yaml"
        return f"declare it under 'events' in brand.yaml; {help}"
    definitions = folder.definitions
    if owner in definitions.touches or owner == "touch":
        return nearest(what, TOUCH_EVENTS) + f" (after '{owner}.')"
    return nearest(name, definitions.heard)


@of_brand(name="unknown-event")
def unknown_event_in_brand(folder: Folder, brand: Brand) -> Iterator[Fault]:
    """What scores and counters listen for can happen.

    PASS    scores: {intent: {add: {product_viewed: 5}}}
    FAIL    scores: {intent: {add: {product_vieved: 5}}}

    The number would never change, and nobody would see why.
    """
    heard: list[tuple[str, Path]] = []
    for score in brand.scores.values():
        heard += [(name, ("scores", score.name, "add", name)) for name in score.add]
        heard += [(name, ("scores", score.name, "becomes", name)) for name in score.becomes]
    for name, path in heard:
        if not _is_heard(folder, name):
            yield _never_counted(folder, name, path, at_key=True)
    for field in brand.fields.values():
        for side, names in (("up", field.counts.up), ("down", field.counts.down)) if field.counts else ():
            for place, name in enumerate(names):
                if not _is_heard(folder, name):
                    yield _never_counted(folder, name, ("fields", field.name, "counts", side, place), at_key=False)


def _never_counted(folder: Folder, name: str, path: Path, *, at_key: bool) -> Fault:
    return Fault(
        path=path,
        at="key" if at_key else "value",
        message=f"there is no event {shown(name)}",
        why="it never happens, so the number would be wrong, and with it what customers get",
        help=_help_for_event(folder, name),
    )


@of_brand(name="unknown-property")
def unknown_property_in_brand(folder: Folder, brand: Brand) -> Iterator[Fault]:
    """A counter tells things apart by a property that its events carry.

    PASS    counts: {up: ticket_created, down: ticket_closed, by: ticket_id}
    FAIL    counts: {up: ticket_created, down: ticket_closed, by: ticked_id}
    """
    for field in brand.fields.values():
        if field.counts is None:
            continue
        for name in (*field.counts.up, *field.counts.down):
            event = brand.events.get(name)
            if event is not None and field.counts.by not in event.properties:
                yield Fault(
                    path=("fields", field.name, "counts", "by"),
                    message=f"the event {name!r} has no property {shown(field.counts.by)}",
                    why="what is up could not be told from what is down again, so the number would be wrong",
                    help=nearest(field.counts.by, event.properties),
                )
                break


@of_journeys()
def unknown_property(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """The key of a journey is a property that some event carries.

    PASS    key: event.cart_id
    FAIL    key: event.card_id

    Nobody could enter: an event without the key enters none.
    """
    properties = dict.fromkeys(name for event in folder.definitions.heard.values() for name in event.properties)
    if journey.key is not None and journey.key not in properties:
        yield Fault(
            path=("key",),
            message=f"no event has a property {shown(journey.key)}",
            why="enrollments could not be told apart, so nobody could enter this journey",
            help=nearest(journey.key, properties),
        )


@of_journeys()
def unknown_person(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """A touch goes to the customer, or to someone whom brand.yaml names.

    PASS    {touch: nps-rescue, to: care_lead}
    FAIL    {touch: nps-rescue, to: care_leed}
    """
    for entry in sends(journey):
        if entry.to is not None and entry.to not in folder.brand.people:
            yield Fault(
                path=(*entry.path, "to"),
                message=f"there is nobody called {shown(entry.to)} under 'people' in brand.yaml",
                why="the touch would have no one to go to, and what was promised to the customer would not be done",
                help=nearest(entry.to, folder.brand.people),
            )


@of_brand(name="unknown-person")
def unknown_person_in_brand(folder: Folder, brand: Brand) -> Iterator[Fault]:
    """Who stands in for someone exists, and does not send it back.

    PASS    people: {care_lead: {email: care@kaffa.example}, rep: {field: customer.rep_email, else: care_lead}}
    FAIL    people: {rep: {field: customer.rep_email, else: care_leed}}
    """
    for person in brand.people.values():
        if person.otherwise is None:
            continue
        if person.otherwise not in brand.people:
            yield Fault(
                path=("people", person.name, "else"),
                message=f"there is nobody called {shown(person.otherwise)} under 'people'",
                why="a touch for a customer without an own one would have no one to go to",
                help=nearest(person.otherwise, [name for name in brand.people if name != person.name]),
            )
        elif _comes_back(brand, person.name):
            yield Fault(
                path=("people", person.name, "else"),
                message=f"{person.name!r} stands in for itself in the end",
                why="a touch for a customer without an own one would be handed on for ever",
                help="let the last one have an 'email' of its own",
            )


def _comes_back(brand: Brand, name: str) -> bool:
    seen = {name}
    here = brand.people[name].otherwise
    while here is not None and here in brand.people:
        if here in seen:
            return here == name
        seen.add(here)
        here = brand.people[here].otherwise
    return False


@of_touches()
def unknown_purpose(folder: Folder, touch: Touch) -> Iterator[Fault]:
    """A touch has a purpose that the brand declares.

    PASS    purpose: offers
    FAIL    purpose: ofers

    Nobody could have consented to it.
    """
    if folder.is_whole(touch.file, ("purpose",)) and not _has_purpose(folder, touch.purpose):
        yield _no_purpose(folder.brand, touch.purpose, ("purpose",), "nobody could have consented to it")


@of_brand(name="unknown-purpose")
def unknown_purpose_in_brand(folder: Folder, brand: Brand) -> Iterator[Fault]:
    """Fields, events, caps and suppressions speak of declared purposes.

    PASS    first_name: {type: text, purpose: personalization}
    FAIL    first_name: {type: text, purpose: personalisation}
    """
    of_data = "nobody could have consented to it, so it would never be known"
    for field in brand.fields.values():
        if field.purpose is not None and not _has_purpose(folder, field.purpose):
            yield _no_purpose(brand, field.purpose, ("fields", field.name, "purpose"), of_data)
    for event in brand.events.values():
        if event.purpose is not None and not _has_purpose(folder, event.purpose):
            yield _no_purpose(brand, event.purpose, ("events", event.name, "purpose"), of_data)
    for rule in _limits(brand):
        for place, name in enumerate(rule.purposes):
            if not _has_purpose(folder, name):
                why = "no touch has it, so this line would protect nobody"
                yield _no_purpose(brand, name, (*rule.path, "purposes", place), why)


def _has_purpose(folder: Folder, name: str) -> bool:
    return name in folder.brand.purposes or folder.is_lost("purposes", name)


def _limits(brand: Brand) -> tuple[Cap | Suppress, ...]:
    return (*brand.caps, *brand.suppress)


def _no_purpose(brand: Brand, name: str, path: Path, why: str) -> Fault:
    return Fault(
        path=path,
        message=f"there is no purpose {shown(name)} in brand.yaml",
        why=why,
        help=nearest(name, brand.purposes),
    )


@of_touches()
def unknown_channel(folder: Folder, touch: Touch) -> Iterator[Fault]:
    """A touch goes out on channels that the brand has.

    PASS    channels: [email, push]
    FAIL    channels: [e-mail]
    """
    for place, name in enumerate(touch.channels):
        if name not in folder.brand.channels and not folder.is_lost("channels", name):
            why = "it could not be sent that way, and a customer with no other address would get nothing"
            yield _no_channel(folder.brand, name, ("channels", place), why)


@of_brand(name="unknown-channel")
def unknown_channel_in_brand(folder: Folder, brand: Brand) -> Iterator[Fault]:
    """Caps and suppressions speak of channels that the brand has.

    PASS    suppress: [{if: …, channels: [email], because: sunset}]
    FAIL    suppress: [{if: …, channels: [e-mail], because: sunset}]
    """
    for rule in _limits(brand):
        for place, name in enumerate(rule.channels):
            if name not in brand.channels and not folder.is_lost("channels", name):
                why = "nothing is sent on it, so this line would protect nobody"
                yield _no_channel(brand, name, (*rule.path, "channels", place), why)


def _no_channel(brand: Brand, name: str, path: Path, why: str) -> Fault:
    return Fault(
        path=path,
        message=f"there is no channel {shown(name)} in brand.yaml",
        why=why,
        help=nearest(name, brand.channels),
    )


@of_brand()
def unknown_field(folder: Folder, brand: Brand) -> Iterator[Fault]:
    """Addresses are fields of the customer that the brand declares.

    PASS    email: {via: smtp, address: customer.email}
    FAIL    email: {via: smtp, address: customer.mail}
    """
    for channel in brand.channels.values():
        if channel.address is not None and not _has_field(folder, channel.address):
            why = "no customer would have an address, so nothing could be sent on this channel"
            yield _no_field(brand.fields, channel.address, ("channels", channel.name, "address"), why)
    for person in brand.people.values():
        if person.field is not None and not _has_field(folder, person.field):
            why = "no customer would have it, so nobody could be reached this way"
            yield _no_field(brand.fields, person.field, ("people", person.name, "field"), why)


def _has_field(folder: Folder, name: str) -> bool:
    return name in folder.brand.fields or folder.is_lost("fields", name)


def _no_field(known: Collection[str], name: str, path: Path, why: str) -> Fault:
    return Fault(
        path=path,
        message=f"there is no field {shown(name)} in brand.yaml",
        why=why,
        help=nearest(name, known),
    )


RULES = (
    unknown_state,
    unknown_touch,
    unknown_event,
    unknown_event_in_brand,
    unknown_property,
    unknown_property_in_brand,
    unknown_person,
    unknown_person_in_brand,
    unknown_purpose,
    unknown_purpose_in_brand,
    unknown_channel,
    unknown_channel_in_brand,
    unknown_field,
)
