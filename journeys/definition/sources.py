"""sources.yaml to its `Source`s: who may tell us something, how that is proved, and what it means.

A preset is a source without its secret, written in the same language (presets.yaml).  What a source says itself goes
before it; what a sender tells is both what the preset and what the source make of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path as FilePath
from typing import Any, Final, cast

from journeys.definition.extract import BadExtract, Extract, begins_with, read_extract
from journeys.definition.model import Finding, Path
from journeys.definition.shapes import Fields, read_record
from journeys.definition.source import compose, read_text
from journeys.definition.sources_model import Meaning, Signed, Source
from journeys.definition.sources_schema import PRESET
from journeys.definition.written import MappingNode, Notes

_PRESETS: Final = FilePath(__file__).with_name("presets.yaml")
_EXTRACTS: Final = ("each", "id", "name", "customer", "at", "touch", "link", "agent", "machine")
# What nothing can be made without, unless a preset says it.
_NEEDED: Final = {
    "signed": "nobody could tell what the sender says from what anybody says",
    "id": "what is sent twice would be taken twice",
    "name": "nobody could say what happened",
    "customer": "nobody could say to whom it happened",
}
_RULE: Final = "extract"

Parts = dict[str, Any]


def build_sources(fields: Fields, notes: Notes) -> dict[str, Source]:
    """The sources that could be read whole; of the others it is told what they lack."""
    found = {name: _source(name, one, notes) for name, one in fields.get("sources", {}).items()}
    return {name: source for name, source in found.items() if source is not None}


def _source(name: str, fields: Fields, notes: Notes) -> Source | None:
    preset = fields.get("preset")
    known = {} if preset is None else presets()[preset]
    own = _parts(fields, notes)
    parts = {**known, **own, "events": {**known.get("events", {}), **own.get("events", {})}}
    written = fields.node.entries if isinstance(fields.node, MappingNode) else {}
    # Of what is written and could not be read it is told already.
    if preset is not None or "preset" not in written:
        for key, why in _NEEDED.items():
            if key not in parts and key not in written:
                _miss(fields.path, key, why, notes)
    _see_items(fields, parts, notes)
    _see_receipts(fields, parts, notes)
    if "secret" not in fields or not _NEEDED.keys() <= parts.keys():
        return None
    kind = parts.pop("name")
    return Source(name=name, file=notes.file, variable=fields["secret"], kind=kind, **parts)


def _miss(path: Path, key: str, why: str, notes: Notes) -> None:
    notes.say(
        (*path, key),
        "missing-key",
        f"'{key}' is missing, and no 'preset' says it",
        why=why,
        help=f"add '{key}: …', or a 'preset'",
    )


def _parts(fields: Fields, notes: Notes) -> Parts:
    """What a source, or a preset, says itself."""
    parts: Parts = {}
    for key in _EXTRACTS:
        if (extract := _extract(fields, key, notes)) is not None:
            parts[key] = extract
    if "signed" in fields and (signed := _signed(fields["signed"], notes)) is not None:
        parts["signed"] = signed
    if (properties := _properties(fields, notes)) is not None:
        parts["properties"] = properties
    parts["events"] = {
        kind: tuple(_meaning(one, notes) for one in meanings) for kind, meanings in fields.get("events", {}).items()
    }
    return parts


def _signed(fields: Fields, notes: Notes) -> Signed | None:
    if "by" not in fields:
        return None
    by = fields["by"]
    written = fields.node.entries if isinstance(fields.node, MappingNode) else {}
    if by != "hmac":
        for key in written:
            if key in ("header", "prefix", "in", "digest"):
                notes.say(
                    (*fields.path, key),
                    "signature-part",
                    f"'{key}' is for 'by: hmac': how '{by}' is signed is known",
                    why="it would be passed over, and whoever wrote it believes that it counts",
                    help="delete it",
                    is_key=True,
                )
    elif "header" not in written:
        notes.say(
            (*fields.path, "header"),
            "missing-key",
            "'header' is missing: the header with the signature",
            why="nobody could find the signature",
            help="add 'header: …', such as x-signature",
        )
    return Signed(
        by=by,
        header=fields.get("header", "").lower(),
        prefix=fields.get("prefix", ""),
        written_in=fields.get("in", "hex"),
        digest=fields.get("digest", "sha256"),
    )


def _meaning(fields: Fields, notes: Notes) -> Meaning:
    written = fields.node.entries if isinstance(fields.node, MappingNode) else fields
    said = [key for key in ("name", "receipt") if key in written]
    if len(said) != 1:
        notes.say(
            fields.path,
            "source-event",
            "this is no event" if not said else "this is an event and a receipt at once",
            why="nobody could say what it is to us",
            help="give 'name', our event, or 'receipt', what became of a touch",
        )
    return Meaning(
        path=fields.path,
        name=fields.get("name"),
        receipt=fields.get("receipt"),
        when=_extract(fields, "when", notes),
        customer=_extract(fields, "customer", notes),
        at=_extract(fields, "at", notes),
        properties=_properties(fields, notes),
    )


def _properties(fields: Fields, notes: Notes) -> Extract | dict[str, Extract] | None:
    said = fields.get("properties")
    if not isinstance(said, dict):
        return _extract(fields, "properties", notes)
    path = (*fields.path, "properties")
    found = {name: _read(text, (*path, name), notes) for name, text in said.items()}
    return {name: extract for name, extract in found.items() if extract is not None}


def _extract(fields: Fields, key: str, notes: Notes) -> Extract | None:
    text = fields.get(key)
    return None if text is None else _read(cast(str, text), (*fields.path, key), notes)


def _read(text: str, path: Path, notes: Notes) -> Extract | None:
    try:
        return read_extract(text)
    except BadExtract as error:
        notes.add(
            Finding(
                file=notes.file,
                path=path,
                rule=_RULE,
                message=str(error),
                why="nothing could be read of what is sent",
                help=error.help,
                offset=error.offset,
                length=1,
            )
        )
        return None


def _see_items(fields: Fields, parts: Parts, notes: Notes) -> None:
    """Without a list there are no items to read."""
    if "each" in parts:
        return
    for path, extract in _extracts(fields, parts):
        if begins_with(extract, "item"):
            notes.say(
                path,
                _RULE,
                "'item' is one of the list that 'each' names, and this source has none",
                why="nothing would ever be found there",
                help="write 'body' for 'item', or say 'each: body' where the body is a list",
            )


def _extracts(fields: Fields, parts: Parts) -> list[tuple[Path, Extract]]:
    """What the source says itself, with its place."""
    found = [((*fields.path, key), parts[key]) for key in fields if isinstance(parts.get(key), Extract)]
    said: list[tuple[Path, Any]] = [((*fields.path, "properties"), parts.get("properties"))]
    for meanings in parts["events"].values():
        for one in meanings:
            if one.path[: len(fields.path)] == fields.path:
                found += [
                    ((*one.path, key), value)
                    for key, value in (("when", one.when), ("customer", one.customer), ("at", one.at))
                    if value is not None
                ]
                said.append(((*one.path, "properties"), one.properties))
    for path, properties in said:
        if isinstance(properties, Extract):
            found.append((path, properties))
        elif isinstance(properties, Mapping):
            found += [((*path, name), extract) for name, extract in properties.items()]
    return list(dict(found).items())


def _see_receipts(fields: Fields, parts: Parts, notes: Notes) -> None:
    """A receipt is of a touch, and somebody must say which."""
    if "touch" in parts or "touch" in fields:
        return
    for kind, meanings in parts["events"].items():
        for one in meanings:
            if one.receipt is not None and one.name is None:
                notes.say(
                    (*one.path, "receipt"),
                    "source-event",
                    f"'{one.receipt}' became of a touch, and this source does not say which",
                    why=f"nobody could say what '{kind}' was the answer to",
                    help="add 'touch: …' to the source: where what we called it stands, such as body.metadata.touch",
                )
                return


@cache
def presets() -> dict[str, Parts]:
    """What each preset says."""
    notes = Notes(_PRESETS.name)
    text = read_text(_PRESETS, notes)
    root = None if text is None else compose(text, notes)
    assert isinstance(root, MappingNode), notes.findings
    found: dict[str, Parts] = {}
    for name, (_, node) in root.entries.items():
        fields = read_record(node, PRESET, ("preset", name), notes)
        assert fields is not None, notes.findings
        found[name] = _parts(fields, notes)
    assert not notes.findings, notes.findings
    return found
