"""One name, one thing: touches, segments, journeys and events share a namespace."""

from __future__ import annotations

from collections.abc import Iterator

from journeys.check.rules import Fault, Folder, of_folder
from journeys.definition.model import Path
from journeys.definition.nearest import shown


@of_folder()
def name_clash(folder: Folder) -> Iterator[tuple[str, Fault]]:
    """Touches, segments, journeys and events have different names.

    PASS    segments: {vip: …}       touches/vip-thanks.md
    FAIL    segments: {vip: …}       touches/vip.md

    `vip.entered` and `vip.sent` must say of one thing what happened to it.
    """
    taken: dict[str, str] = {}
    for name, what, file, path in _named(folder):
        if name in taken:
            yield (
                file,
                Fault(
                    path=path,
                    at="value" if path == ("journey",) else "key",
                    message=f"{shown(name)} is the name of {what}, and of {taken[name]}",
                    why=f"'{name}.…' would be heard for the wrong one, and move customers whom it does not concern",
                    help="give one of them another name",
                ),
            )
        taken.setdefault(name, what)


def _named(folder: Folder) -> Iterator[tuple[str, str, str, Path]]:
    brand = folder.brand
    for name in brand.events:
        yield name, "an event", brand.file, ("events", name)
    for name in brand.segments:
        yield name, "a segment", brand.file, ("segments", name)
    for journey in folder.definitions.journeys.values():
        yield journey.name, f"the journey in {_short(journey.file)}", journey.file, ("journey",)
    for touch in folder.definitions.touches.values():
        yield touch.name, f"the touch in {_short(touch.file)}", touch.file, ()


def _short(file: str) -> str:
    return file.replace("\\", "/").rsplit("/", 1)[-1]


RULES = (name_clash,)
