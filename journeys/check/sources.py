"""What others tell becomes what the brand has declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from journeys.check.rules import Fault, Folder, of_folder
from journeys.core.preferences import PARTS
from journeys.definition.model import TELLING_FIELDS, Channel, Path
from journeys.definition.nearest import nearest, shown
from journeys.definition.request import marks, texts_of
from journeys.definition.sources_model import Meaning

# Of the engine's own events those that the world can tell; only a key of an admin forgets a customer.
TOLD: Mapping[str, tuple[str, ...]] = {
    "profile.updated": ("timezone",),
    "consent.given": ("purpose",),
    "consent.withdrawn": ("purpose",),
    "preferences.set": (*PARTS, "timezone"),
    "customer.merged": ("from",),
}


@of_folder(name="unknown-event")
def unknown_event_of_source(folder: Folder) -> Iterator[tuple[str, Fault]]:
    """What a source tells is declared.

    PASS    orders/create: order_placed
    FAIL    orders/create: order_paced

    It would be passed over as long as anybody sends it.
    """
    for file, meaning in _meanings(folder):
        name = meaning.name
        if name is None or _declared(folder, name) is not None or folder.is_lost("events", name):
            continue
        known = [*folder.brand.events, *TOLD]
        yield (
            file,
            Fault(
                path=_path_of(meaning),
                message=f"there is no event {shown(name)} that others could tell",
                why="what is sent would be passed over, and no customer would get anything by it",
                help=f"declare it under 'events' in brand.yaml; {nearest(name, known)}",
            ),
        )


@of_folder()
def unknown_property(folder: Folder) -> Iterator[tuple[str, Fault]]:
    """What a source says of an event is declared, for what is not is not kept.

    PASS    {name: order_placed, properties: {total: body.total_price}}
    FAIL    {name: order_placed, properties: {totl: body.total_price}}
    """
    for file, meaning in _meanings(folder):
        if meaning.name is None or not isinstance(meaning.properties, Mapping):
            continue
        declared = _declared(folder, meaning.name)
        is_whole = folder.is_whole(folder.brand.file, ("events", meaning.name), ("fields",))
        if declared is None or not is_whole:
            continue
        for name in meaning.properties:
            if name not in declared:
                yield (
                    file,
                    Fault(
                        path=(*meaning.path, "properties", name),
                        at="key",
                        message=f"{shown(meaning.name)} has no {shown(name)}",
                        why="it would not be kept, and no condition could read it",
                        help=f"declare it in brand.yaml; {nearest(name, declared)}",
                    ),
                )


@of_folder(severity="warning")
def receipt_of_nothing(folder: Folder) -> Iterator[tuple[str, Fault]]:
    """Who tells what became of touches was told which they are.

    PASS    json: {To: "{{ address }}", Metadata: {customer: "{{ customer }}", touch: "{{ touch }}"}}
    FAIL    json: {To: "{{ address }}"}
    """
    # Of what could not be read it is not known what it tells.
    if not folder.is_whole(folder.brand.file, ("channels",)) or any(map(_tells, folder.brand.channels.values())):
        return
    for source in folder.definitions.sources.values():
        told = any(meaning.receipt is not None for meanings in source.events.values() for meaning in meanings)
        if told and source.touch is not None and folder.is_whole(source.file, ("sources", source.name)):
            yield (
                source.file,
                Fault(
                    path=("sources", source.name),
                    at="key",
                    message=f"{shown(source.name)} tells what became of touches, and no channel says which they are",
                    why="every receipt would be passed over: bounces would stop nothing",
                    help='send "{{ customer }}" and "{{ touch }}" along in the channel\'s request, to be given back',
                ),
            )


def _tells(channel: Channel) -> bool:
    """Whether who sends it is told which touch it is, and whose; a machine of ours is told everything."""
    if channel.via != "http" or channel.request is None:
        return channel.via == "webhook"
    told = {mark.name for _, text in texts_of(channel.request) for mark in marks(text) if mark.kind == "placeholder"}
    return {"customer", "touch"} <= told


def _meanings(folder: Folder) -> Iterator[tuple[str, Meaning]]:
    """What the sources' own lines say; what a preset says is no author's."""
    for source in folder.definitions.sources.values():
        for meanings in source.events.values():
            for meaning in meanings:
                if meaning.path[0] == "sources":
                    yield source.file, meaning


def _declared(folder: Folder, name: str) -> tuple[str, ...] | None:
    """The properties that are kept of an event; None for one that nobody may tell."""
    brand = folder.brand
    if name in brand.events:
        return tuple(brand.events[name].properties)
    if name in TELLING_FIELDS:
        return (*brand.fields, *TOLD[name])
    return TOLD.get(name)


def _path_of(meaning: Meaning) -> Path:
    return (*meaning.path, "name")


RULES = (unknown_event_of_source, unknown_property, receipt_of_nothing)
