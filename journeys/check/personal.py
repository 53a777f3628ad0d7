"""What we know of a person is used as they were told it would be.

Declared in brand.yaml, read in conditions and words; here the two are held against each other.
That a sensitive field is read by nothing, the reading of conditions and of words says itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from journeys.check.places import conditions
from journeys.check.rules import Fault, Folder, of_folder
from journeys.content import proof
from journeys.definition.model import Call
from journeys.definition.reads import event_and_property, fields_read, first_text, walk

_PERSONAL = ("demographic", "psychographic", "behavioural")


@of_folder(severity="warning")
def no_purpose(folder: Folder) -> Iterator[tuple[str, Fault]]:
    """Personal data is read for a purpose that the customer can allow and withdraw.

    PASS    budget: {type: money, kind: psychographic, purpose: personalization}
    FAIL    budget: {type: money, kind: psychographic}      # and a condition reads customer.budget

    Personal are the kinds demographic, psychographic and behavioural.  Told where it is declared.
    """
    brand = folder.brand
    read: dict[tuple[str, str], str] = {}
    for place in conditions(folder.definitions):
        for name in sorted(fields_read(place.node)):
            read.setdefault(("fields", name), place.file)
        for node in walk(place.node):
            named = first_text(node) if isinstance(node, Call) else None
            if named is not None:
                read.setdefault(("events", event_and_property(named, folder.definitions.heard)[0]), place.file)
    touches = [each for touch in folder.definitions.touches.values() for each in (touch, *touch.translations.values())]
    for touch in touches:
        for words in (*touch.words, *(("generic",) if touch.generic is not None else ())):
            for name in sorted(proof.fields_read(touch, words)):
                read.setdefault(("fields", name), touch.file)
    for (section, name), file in read.items():
        declared = brand.fields.get(name) if section == "fields" else brand.events.get(name)
        if declared is not None and declared.kind in _PERSONAL and declared.purpose is None:
            yield (
                brand.file,
                Fault(
                    path=(section, name),
                    at="key",
                    message=f"{name!r} is {declared.kind} data without a purpose, and {file} reads it",
                    why="it would be used for customers who were never asked, and none could object",
                    help=f"add a purpose of class data, as in 'purpose: {_a_data_purpose(folder)}'",
                ),
            )


def _a_data_purpose(folder: Folder) -> str:
    return next((p.name for p in folder.brand.purposes.values() if p.class_ == "data"), "personalization")


RULES = (no_purpose,)
