"""Send entries say what their author means: once or often, to whom, and when.

What is sent is `touches.py`'s business, and whether it may be sent here `moves.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterator

from journeys.check.constant import is_never
from journeys.check.places import sends, touches_of
from journeys.check.rules import Fault, Folder, of_journeys
from journeys.definition.model import Journey, SendEntry
from journeys.definition.nearest import shown


@of_journeys()
def times_without_every(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """`times` counts what `every` repeats, and a list of touches ends with its last.

    PASS    {touch: beans-again, every: 30 days, times: 6}
    FAIL    {touch: beans-again, times: 6}
    """
    for entry in sends(journey):
        if entry.clock.times is None or not folder.is_whole(journey.file, entry.path):
            continue
        if entry.clock.every is None:
            message, help = "'times' without 'every'", "add 'every: 30 days', or remove 'times'"
        elif entry.clock.times == 0:
            message, help = "'times: 0' sends nothing", "remove the entry, or say how often"
        elif len(entry.touches) > 1:
            message, help = "'times' with a list of touches, which ends with its last", "remove 'times'"
        else:
            continue
        yield Fault(
            path=(*entry.path, "times"),
            at="key",
            message=message,
            why="the customer would not get it as often as is written here",
            help=help,
        )


@of_journeys(severity="warning")
def needs_due(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """`late` and `repeat_on_change` speak of the moment in `due`.

    PASS    {touch: trial-ending, due: 'journey.ends_at - days(3)', repeat_on_change: true}
    FAIL    {touch: trial-ending, after: 3 days, repeat_on_change: true}
    """
    for entry in sends(journey):
        if entry.clock.due is not None or not folder.is_whole(journey.file, entry.path):
            continue
        for key, is_there in (("late", entry.late), ("repeat_on_change", entry.repeat_on_change)):
            if is_there:
                yield Fault(
                    path=(*entry.path, key),
                    at="key",
                    message=f"'{key}' without 'due'",
                    why="a time that counts from the arrival never changes and never lies before it: this does nothing",
                    help=f"remove '{key}', or count from a moment with 'due'",
                )


@of_journeys(severity="warning")
def never_sent_entry(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """An entry's condition can hold, or there is an `else`.

    PASS    {touch: free-sample, if: 'customer.budget >= 500'}
    FAIL    {touch: free-sample, if: 'false'}
    """
    for entry in sends(journey):
        if is_never(entry.condition) and entry.otherwise is None:
            yield Fault(
                path=(*entry.path, "if"),
                message="this can never hold",
                why="no customer would ever get it",
                help="mend the condition, or delete the entry",
            )


@of_journeys()
def else_without_if(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """`else` goes where `if` does not hold.

    PASS    {touch: free-sample, if: 'customer.budget >= 500', else: comparison-sheet}
    FAIL    {touch: free-sample, else: comparison-sheet}
    """
    for entry in sends(journey):
        if entry.otherwise is not None and entry.condition is None and folder.is_whole(journey.file, entry.path):
            yield Fault(
                path=(*entry.path, "else"),
                at="key",
                message="'else' without 'if'",
                why=f"no customer would ever get {shown(entry.otherwise)}",
                help="say with 'if' who gets the first one, or remove 'else'",
            )


@of_journeys()
def nobody_to_send_to(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """An internal touch goes to someone of the house, and marketing goes to the customer.

    PASS    {touch: nps-rescue, to: care_lead}      # purpose: team
    FAIL    nps-rescue                              # the customer would read our note to ourselves
    FAIL    {touch: three-offers, to: care_lead}    # purpose: offers
    """
    for entry in sends(journey):
        for touch, path in touches_of(entry):
            fault = _misdirected(folder, entry, touch)
            if fault is not None:
                message, why, help = fault
                yield Fault(path=path if entry.to is None else (*entry.path, "to"), message=message, why=why, help=help)


def _misdirected(folder: Folder, entry: SendEntry, touch: str) -> tuple[str, str, str] | None:
    class_ = folder.class_of(touch)
    if class_ == "internal" and entry.to is None:
        return (
            f"{shown(touch)} is an internal touch, and nobody is named to get it",
            "the customer would get our note to ourselves",
            f"name one of 'people', as in {{touch: {touch}, to: {next(iter(folder.brand.people), 'NAME')}}}",
        )
    if entry.to is not None and class_ in ("marketing", "requested"):
        return (
            f"{shown(touch)} is a {class_} touch, and {shown(entry.to)} is not the customer",
            "what the customer consented to would be sent to someone else",
            "remove 'to', or give the touch a purpose of class internal or service",
        )
    return None


@of_journeys(severity="warning")
def marketing_in_support(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """Nobody is advertised to while we owe them an answer.

    PASS    hold: {while: 'customer.open_tickets > 0'} …  support: {send: [three-offers]}
    FAIL    support: {send: [three-offers]}      # purpose: offers, in a journey without 'hold'
    """
    if journey.hold is not None or not folder.is_whole(journey.file, ("hold",)):
        return
    for entry in sends(journey):
        if entry.path[:2] != ("stages", "support"):
            continue
        for touch, path in touches_of(entry):
            if folder.class_of(touch) == "marketing":
                yield Fault(
                    path=path,
                    message=f"{shown(touch)} is a marketing touch in 'support', and this journey has no 'hold'",
                    why="a customer who waits for help would be advertised to",
                    help="add a hold, as in hold: {while: 'customer.open_tickets > 0', at_most: 30 days}",
                )


RULES = (
    times_without_every,
    needs_due,
    never_sent_entry,
    else_without_if,
    nobody_to_send_to,
    marketing_in_support,
)
