"""What a value in a file may look like: texts with a meaning, records, lists, mappings.

A shape is a plain description.  Two things are made from it and from nothing else: the
reading of what is written (with a finding for whatever does not fit), and the JSON Schema
that an editor uses.  So they cannot disagree.

Reading gives plain values: what a text means, tuples, and `Fields` for a record.  What does
not fit is told and left out, and the rest is read on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from journeys.definition.model import Path
from journeys.definition.nearest import nearest
from journeys.definition.written import (
    ListNode,
    MappingNode,
    Notes,
    Scalar,
    Written,
    name_kind,
    shorten,
)

_UNREAD = "it would be passed over, and customers would be treated as if it were not there"
_GUESS = "nobody could say what customers should get here"
_QUOTE = "put the condition in quotes: a comma or a colon ends what stands without"
# What is left of an unquoted condition after a comma: `{if: min(a, b) > 3}` has the key `b) > 3`.
_PIECE = re.compile(r"""[()<>=!+*"']|(^|\s)(and|or|in|not)\s""")


class Fields(dict[str, Any]):
    """What a record said, by key, and where it stands."""

    __slots__ = ("node", "path")

    def __init__(self, path: Path, node: Written) -> None:
        super().__init__()
        self.path = path
        self.node = node


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One scalar.  `reads` takes it as written and raises `ValueError` with words for the author.

    `is_bare` ones (numbers, true and false) are themselves only without quotes.
    """

    what: str
    reads: Callable[[str], object]
    json: Mapping[str, Any]
    rule: str = "wrong-type"
    why: str = _GUESS
    is_bare: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf:
    """Several of a kind; with `or_one`, one may stand without brackets.  Reads as a tuple."""

    item: Shape
    or_one: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOf:
    """Names of the author's choice, each with a value of one kind.  Reads as a dict."""

    name: Word
    value: Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """Left as written, for someone who knows more.  Reads as the node."""

    what: str
    json: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of a record, and what it means in one line."""

    shape: Shape
    words: str
    is_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A mapping whose keys the language knows.

    A scalar may stand for the whole record if `short` names the key it fills.  `refuses` are
    keys that someone would try here, each with the reason why not.  `rest` describes, for
    editors, keys whose names only the brand knows.
    """

    name: str
    words: str
    keys: Mapping[str, Key]
    short: str | None = None
    refuses: Mapping[str, str] = field(default_factory=dict)
    rest: Shape | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Either:
    """Two ways of saying one thing: a plain one, and one that is a mapping.  Reads as the one that was written."""

    plain: Word | ListOf | Raw
    mapping: Record | MapOf


Shape = Word | ListOf | MapOf | Raw | Record | Either

# The rule of conditions, by which the reading knows that a value is one.
CONDITION_RULE = "condition"

_NOTHING = object()  # What did not fit; distinct from any value that a file can say.


def read_record(node: Written | None, record: Record, path: Path, notes: Notes) -> Fields | None:
    """What a record says, without what does not fit; None if it is no such record at all."""
    if node is None:
        return None
    value = _read(node, record, path, notes)
    return value if isinstance(value, Fields) else None


def _read(node: Written, shape: Shape, path: Path, notes: Notes) -> Any:
    if notes.is_full:
        return _NOTHING
    match shape:
        case Word():
            return _read_word(node, shape, path, notes)
        case Record():
            return _read_fields(node, shape, path, notes)
        case ListOf():
            return _read_list(node, shape, path, notes)
        case MapOf():
            return _read_map(node, shape, path, notes)
        case Either():
            return _read(node, shape.mapping if isinstance(node, MappingNode) else shape.plain, path, notes)
        case Raw():
            return node


def _read_word(node: Written, word: Word, path: Path, notes: Notes) -> Any:
    if not isinstance(node, Scalar):
        return _misfit(node, word.what, path, notes)
    if node.is_nothing:
        return _misfit(node, word.what, path, notes)
    if word.is_bare and not node.is_plain:
        return _misfit(node, f"{word.what}, without quotes", path, notes)
    try:
        return word.reads(node.text)
    except ValueError as error:
        if not notes.is_told(node):
            notes.say(path, word.rule, str(error), why=word.why, help=f"write {word.what}")
        return _NOTHING


def _read_list(node: Written, shape: ListOf, path: Path, notes: Notes) -> Any:
    if isinstance(node, ListNode):
        values = [_read(item, shape.item, (*path, place), notes) for place, item in enumerate(node.items)]
        return tuple(value for value in values if value is not _NOTHING)
    if shape.or_one and not (isinstance(node, Scalar) and node.is_nothing):
        value = _read(node, shape.item, path, notes)
        return _NOTHING if value is _NOTHING else (value,)
    return _misfit(node, "a list: [one, another], or a line with a dash for each", path, notes)


def _read_map(node: Written, shape: MapOf, path: Path, notes: Notes) -> Any:
    if not isinstance(node, MappingNode):
        return _misfit(node, "a mapping: a line 'name: value' for each", path, notes)
    values = {}
    for name, (_, value_node) in node.entries.items():
        if notes.is_full:
            break
        here = (*path, name)
        try:
            shape.name.reads(name)
        except ValueError as error:
            help = _QUOTE if _is_piece(name, value_node) else f"write {shape.name.what}"
            notes.say(here, shape.name.rule, str(error), why=shape.name.why, help=help, is_key=True)
            continue
        value = _read(value_node, shape.value, here, notes)
        if value is not _NOTHING:
            values[name] = value
    return values


def _read_fields(node: Written, record: Record, path: Path, notes: Notes) -> Any:
    fields = Fields(path, node)
    if isinstance(node, Scalar) and record.short is not None and not node.is_nothing:
        value = _read(node, record.keys[record.short].shape, path, notes)
        if value is _NOTHING:
            return _NOTHING
        fields[record.short] = value
        return fields
    if not isinstance(node, MappingNode):
        return _misfit(node, f"{record.words}: a line 'key: value' for each of its keys", path, notes)

    is_broken = False
    meant: set[str] = set()
    for name, (_, value_node) in node.entries.items():
        if name not in record.keys and not notes.is_full:
            conditions = (known for known, key in record.keys.items() if _is_condition(key.shape))
            has_condition = any(known in node.entries for known in conditions)
            is_piece = has_condition and _is_piece(name, value_node)
            is_broken = is_broken or is_piece
            meant.add(_refuse_key(name, record, (*path, name), notes, is_piece=is_piece))
    for name, key in record.keys.items():
        entry = node.entries.get(name)
        if entry is None:
            # A key that is only misspelt is not missing as well.
            if key.is_required and f"did you mean '{name}'?" not in meant and not notes.is_told(node):
                _miss_key(name, key, path, notes)
        elif is_broken and _is_condition(key.shape):
            continue  # It is only the first piece of what the author wrote, and that was told.
        else:
            value = _read(entry[1], key.shape, (*path, name), notes)
            if value is not _NOTHING:
                fields[name] = value
    return fields


def _is_condition(shape: Shape) -> bool:
    return isinstance(shape, Word) and shape.rule == CONDITION_RULE


def _is_piece(name: str, value: Written) -> bool:
    return bool(_PIECE.search(name)) or (isinstance(value, Scalar) and value.is_nothing and " " in name)


def _refuse_key(name: str, record: Record, path: Path, notes: Notes, *, is_piece: bool) -> str:
    if reason := record.refuses.get(name):
        message, help = f"'{name}' has no place here", reason
    else:
        message = f"'{shorten(name)}' is not a key of {record.words}"
        help = _QUOTE if is_piece else nearest(name, record.keys)
    notes.say(path, "unknown-key", message, why=_UNREAD, help=help, is_key=True)
    return help


def _miss_key(name: str, key: Key, path: Path, notes: Notes) -> None:
    message = f"'{name}' is missing: {key.words}"
    notes.say((*path, name), "missing-key", message, why=_GUESS, help=f"add '{name}: …', {describe(key.shape)}")


def describe(shape: Shape) -> str:
    """What stands there, in a few words."""
    match shape:
        case Word() | Raw():
            return shape.what
        case ListOf():
            return (
                f"{describe(shape.item)}, or a list of such" if shape.or_one else f"a list, each {describe(shape.item)}"
            )
        case MapOf():
            return "a mapping of names"
        case Either():
            return f"{describe(shape.plain)}, or {describe(shape.mapping)}"
        case Record():
            return shape.words


def _misfit(node: Written, what: str, path: Path, notes: Notes) -> object:
    if not notes.is_told(node):
        message = f"here stands {name_kind(node)}, and what is wanted is {what}"
        if isinstance(node, Scalar) and (node.is_nothing or not node.text):
            message = f"nothing stands here, and what is wanted is {what}"
        notes.say(path, "wrong-type", message, why=_GUESS, help=f"write {what}")
    return _NOTHING


# ---------------------------------------------------------------- JSON Schema


def json_of(shape: Shape, definitions: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a shape.  Records go to `definitions` by name and are referred to."""
    match shape:
        case Word() | Raw():
            return dict(shape.json)
        case ListOf():
            item = json_of(shape.item, definitions)
            several = {"type": "array", "items": item}
            return {"anyOf": [item, several]} if shape.or_one else several
        case MapOf():
            return {
                "type": "object",
                "propertyNames": dict(shape.name.json),
                "additionalProperties": json_of(shape.value, definitions),
            }
        case Either():
            return {"anyOf": [json_of(shape.plain, definitions), json_of(shape.mapping, definitions)]}
        case Record():
            if shape.name not in definitions:
                definitions[shape.name] = {}  # It stands here already while its own keys are described.
                definitions[shape.name] = _json_of_record(shape, definitions)
            return {"$ref": f"#/$defs/{shape.name}"}


def _json_of_record(record: Record, definitions: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "description": record.words,
        "type": "object",
        "properties": {
            name: {**json_of(key.shape, definitions), **_describe_key(key)} for name, key in record.keys.items()
        },
        "required": [name for name, key in record.keys.items() if key.is_required],
        "additionalProperties": json_of(record.rest, definitions) if record.rest is not None else False,
    }
    if record.short is None:
        return described
    short = json_of(record.keys[record.short].shape, definitions)
    return {"anyOf": [short, described]}


def _describe_key(key: Key) -> dict[str, str]:
    """What it means; an editor that shows Markdown says also what stands there."""
    words = key.words[0].upper() + key.words[1:]
    return {"description": key.words, "markdownDescription": f"{words}.\n\n*{describe(key.shape)}*"}
