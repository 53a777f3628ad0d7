"""The laying: a starter's files into a folder, all of them or none.

They are tried first in a copy of the folder, with everything that is there: the check and the
starter's own scenarios must be content.  Only then are they put beside the others, and none of those
is ever written over; brand.yaml alone is replaced, by itself with some lines more.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from journeys.check.folder import check_folder
from journeys.definition.brand import NOT_FOR_NAMES
from journeys.definition.load import Reading
from journeys.definition.nearest import shown
from journeys.definition.scalars import read_name
from journeys.errors import DefinitionError, InputError
from journeys.simulate.scenario import run_scenarios
from journeys.starter.branding import Added, add_to_brand, new_brand
from journeys.starter.making import Parts
from journeys.starter.putting import Putting

_BRAND = "brand.yaml"
_BOM = "\ufeff"
_NAME_MAX = 80  # its touches' names begin with it, and have 100 characters at most
_NO_TEXT = ("true", "false", "null")


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """The files that were written, and what was added to a brand.yaml that was there."""

    files: tuple[Path, ...]
    added: tuple[Added, ...]


def see_name(name: str) -> None:
    """Raises InputError for what cannot be the name of a journey in any folder."""
    if len(name) > _NAME_MAX:
        raise InputError(f"{shown(name)} is too long: {_NAME_MAX} characters at most, for touches are named after it")
    try:
        read_name(name)
    except ValueError as error:
        raise InputError(str(error)) from None
    if name in NOT_FOR_NAMES:
        raise InputError(f"'{name}' is taken: what begins with '{name}.' is heard from the engine")
    if name.casefold() == "brand":
        raise InputError(f"'{name}' is taken: {_BRAND} says who you are")
    if name.startswith("README"):
        raise InputError(f"{shown(name)} cannot be the name of a journey: files that begin with README are left alone")
    if name.casefold() in _NO_TEXT:
        raise InputError(f"'{name}' cannot be the name of a journey: YAML reads it as no text")


def lay(parts: Parts, name: str, folder: Path) -> Laid:
    """Writes a starter.  Raises InputError or DefinitionError, and has written nothing then."""
    see_name(name)
    before = _read(folder)
    brand = folder / _BRAND
    old = brand.read_bytes().decode("utf-8") if before is not None else None
    bom = _BOM if old is not None and old.startswith(_BOM) else ""
    branded = new_brand(parts.names()) if old is None else add_to_brand(old.removeprefix(_BOM), parts.names())
    files = parts.files(name, consents=branded.consents, data=branded.data)
    _see_free(name, files, folder, before)
    new = files if old is not None else {_BRAND: branded.text} | files
    changed = bom + branded.text if old is not None and branded.added else None
    _try_out(new, changed, name, folder)
    with Putting() as putting:
        for path, text in new.items():
            putting.put(folder / path, text)
        if changed is not None and old is not None:
            putting.replace(brand, old, changed)
    return Laid(files=tuple(folder / path for path in new), added=branded.added)


def _read(folder: Path) -> Reading | None:
    """What is there, if there is a brand.  Raises DefinitionError if it must be mended first."""
    if not os.path.lexists(folder):
        return None
    checked = check_folder(folder)
    has_brand = os.path.lexists(folder / _BRAND)
    errors = tuple(problem for problem in checked.errors if has_brand or problem.rule != "missing-brand")
    if errors:
        raise DefinitionError(errors)
    return checked.reading if has_brand else None


def _see_free(name: str, files: Mapping[str, str], folder: Path, before: Reading | None) -> None:
    touches = folder / "touches"
    if os.path.lexists(touches) and not (touches.is_dir() and touches.resolve().is_relative_to(folder.resolve())):
        raise InputError(f"{touches} is in the way: it is no folder of its own")
    in_the_way = [str(folder / path) for path in files if os.path.lexists(folder / path)]
    if in_the_way:
        raise InputError(f"nothing is written over: choose another name, for there is {', '.join(in_the_way)}")
    if before is None or before.definitions is None:
        return
    definitions = before.definitions
    kinds = {
        "an event": definitions.brand.events,
        "a segment": definitions.brand.segments,
        "a journey": definitions.journeys,
        "a touch": definitions.touches,
    }
    for one in (name, *[Path(path).stem for path in files if path.startswith("touches/")]):
        for kind, known in kinds.items():
            if one in known:
                raise InputError(f"{shown(one)} is taken: it is the name of {kind} in '{folder}'")


# ---------------------------------------------------------------- tried out


def _try_out(new: Mapping[str, str], changed: str | None, name: str, folder: Path) -> None:
    """Raises DefinitionError or InputError if it would not be right there."""
    with TemporaryDirectory(prefix="journeys-") as place:
        copy = Path(place)
        (copy / "touches").mkdir()
        if folder.is_dir():
            _copy(folder, copy, (".yaml", ".csv"))
            _copy(folder / "touches", copy / "touches", (".md",))
        for path, text in (*new.items(), *([(_BRAND, changed)] if changed is not None else [])):
            (copy / path).write_bytes(text.encode("utf-8"))
        checked = check_folder(copy)
        if checked.errors:
            # They are told of the files as they would be.
            errors = [replace(one, file=str(folder / Path(one.file).relative_to(copy))) for one in checked.errors]
            raise DefinitionError(tuple(errors))
        _see_scenarios_pass(checked.reading, name)


def _copy(folder: Path, to: Path, endings: tuple[str, ...]) -> None:
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.suffix in endings and path.is_file():
            shutil.copyfile(path, to / path.name)


def _see_scenarios_pass(reading: Reading, name: str) -> None:
    assert reading.definitions is not None
    own = [each for each in reading.scenarios if each.journey == name]
    for outcome in run_scenarios(reading.definitions, own):
        failure = outcome.failure
        if failure is not None:
            scenario = outcome.scenario.name
            raise InputError(
                f"expected  {failure.expected}\nhappened  {failure.happened}\n"
                f"with this brand.yaml the starter's scenario '{scenario}' would fail, so nothing was written: "
                "look at its caps, quiet hours and suppressions, or begin in another folder"
            )
