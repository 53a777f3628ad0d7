"""The branding: what a starter needs of brand.yaml, as a new file or added to one that is there.

Adding is inserting: every byte that was there stays, and what comes of it is read again and compared
with what was meant.  Where that cannot be done, it is refused with the lines to add; where the brand
means something else by a name, with what the starter means by it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from journeys.definition.nearest import shown
from journeys.definition.source import compose
from journeys.definition.written import MappingNode, Notes, Written, plain_value
from journeys.errors import InputError
from journeys.starter.making import read

_SECTIONS: Final = ("purposes", "fields", "events", "people", "channels")
# What a declaration must say in somebody else's brand too; of an event, its properties.
_MEANING: Final = {"purposes": ("class",), "fields": ("type", "address"), "channels": ("address",)}
_REMARK: Final = re.compile(r"\s+#.*$")

Plain = dict[str, Any]
Named = tuple[str, str]  # a section and a name in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A line `key: value`, and the keys that it stands below."""

    path: tuple[str, ...]
    line: str

    def lines(self) -> list[str]:
        """As in a file."""
        return [f"{'  ' * depth}{part}" for depth, part in enumerate((*[f"{key}:" for key in self.path], self.line))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branded:
    """A brand.yaml that suits a starter, and what was added to it.

    `consents` are the purposes of it that a customer can allow; `data` those of class data.
    """

    text: str
    consents: tuple[str, ...]
    data: tuple[str, ...]
    added: tuple[Added, ...] = ()


def new_brand(names: Collection[str]) -> Branded:
    """The brand that is kept here, with the declarations that the names make use of."""
    wanted = _wanted(names)
    sections = {section for section, _ in wanted}
    kept, section = list[str](), ""
    for line in read("brand.yaml").splitlines():
        key = line.strip().partition(":")[0]
        if line and not line.startswith(" "):
            section = key
        if section not in _SECTIONS or not line or (section, key) in wanted or key == section in sections:
            kept.append(line)
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(kept))  # a section that is left out leaves two blank lines
    return _branded(text + "\n", wanted)


def add_to_brand(text: str, names: Collection[str]) -> Branded:
    """A brand without mistakes, with what it lacks.  Raises InputError where that cannot be."""
    wanted = _wanted(names)
    missing = tuple(_missing(_plain(text), wanted))
    for one in missing:
        text = _insert(text, one, missing)
    return _branded(text, wanted, missing)


# ---------------------------------------------------------------- what is wanted


def _declared(template: str) -> dict[Named, str]:
    """Each declaration's line.  In the brand that is kept here each has one."""
    root = _tree(template)
    found = {}
    for section in _SECTIONS:
        node = root.get(section)
        assert isinstance(node, MappingNode)
        for name, (key, _) in node.entries.items():
            found[section, name] = template[key.start : template.index("\n", key.start)]
    return found


def _wanted(names: Collection[str]) -> dict[Named, str]:
    """The declarations that are named, and those that these name in turn."""
    declared = _declared(read("brand.yaml"))
    words, wanted = set(names), set[Named]()
    while more := {named for named in declared if named[1] in words} - wanted:
        wanted |= more
        for named in more:
            words |= set(re.findall(r"\w+", _REMARK.sub("", declared[named])))
    return {named: line for named, line in declared.items() if named in wanted}


def _missing(brand: Plain, wanted: Mapping[Named, str]) -> Iterator[Added]:
    """What the brand lacks.  Raises InputError for what it declares otherwise."""
    for (section, name), line in wanted.items():
        there = brand.get(section) or {}
        if name not in there:
            yield Added(path=(section,), line=line)
            continue
        ours, theirs = _plain(line)[name], there[name] or {}
        for key in _MEANING.get(section, ()):
            _see_same(f"{section}.{name}", key, ours.get(key), theirs.get(key))
        for end in ("up", "down"):
            counted = ours.get("counts", {}).get(end)
            if counted is not None and counted not in _listed((theirs.get("counts") or {}).get(end)):
                what = f"it does not count {end} with {shown(counted)}, and in a starter it does"
                raise InputError(_otherwise(f"{section}.{name}", what))
        properties = theirs.get("properties") or {}
        for property_, type_ in ours.get("properties", {}).items():
            if property_ in properties:
                _see_same(f"{section}.{name}", property_, type_, properties[property_])
            else:
                yield Added(path=(section, name, "properties"), line=f"{property_}: {type_}")


def _see_same(path: str, key: str, ours: object, theirs: object) -> None:
    # What is not said is false: an address is none unless said.
    if (ours or False) != (theirs or False):
        there, needed = (shown(str(one)) if one else "not said" for one in (theirs, ours))
        raise InputError(_otherwise(path, f"its {key} is {there} there, and {needed} in a starter"))


def _otherwise(path: str, what: str) -> str:
    help = "rename it there, choose other stages, or begin in another folder"
    return f"brand.yaml means something else by '{path}': {what}; {help}"


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _branded(text: str, wanted: Mapping[Named, str], added: tuple[Added, ...] = ()) -> Branded:
    brand = _plain(text)
    used: set[object] = {name for section, name in wanted if section == "purposes"}
    used |= {(brand[section][name] or {}).get("purpose") for section, name in wanted if section in ("fields", "events")}
    class_of = {name: one["class"] for name, one in brand["purposes"].items() if name in used}
    return Branded(
        text=text,
        consents=tuple(name for name, class_ in class_of.items() if class_ in ("marketing", "data")),
        data=tuple(name for name, class_ in class_of.items() if class_ == "data"),
        added=added,
    )


# ---------------------------------------------------------------- inserting


def _insert(text: str, new: Added, all_new: tuple[Added, ...]) -> str:
    """The text with one line more, or a few words more in a line."""
    after = _put(text, _tree(text), new.path, new.line, 0)
    notes = Notes("brand.yaml")
    root = compose(after, notes)
    if notes.findings or root is None or plain_value(root) != _with(_plain(text), new):
        lines = [line for one in all_new for line in one.lines()]
        message = "as brand.yaml is written, nothing can be added to it safely: add the lines above, and ask again"
        raise InputError("\n".join([*lines, message]))
    return after


def _put(text: str, node: Written, path: tuple[str, ...], line: str, depth: int) -> str:
    """Into the mapping at the path below the node; what of the path is missing is made on the way."""
    if not isinstance(node, MappingNode):
        return text  # something else than a mapping: the reader above sees that nothing was added
    if not path:
        return _put_into(text, node, line)
    entry = node.entries.get(path[0])
    if entry is None:
        nested = _in_braces(path[1:], line)
        # A new section gets a line of its own, and so does what is in it.
        return _put_into(text, node, f"{path[0]}: {nested}" if depth else f"{path[0]}:\n  {line}")
    return _put(text, entry[1], path[1:], line, depth + 1)


def _put_into(text: str, node: MappingNode, line: str) -> str:
    """After the mapping's last entry."""
    if _is_in_braces(text, node):
        key, _, value = _REMARK.sub("", line).partition(":")
        # A whole section in braces: its one line becomes braces too.
        bare = f"{key}: {{{value.strip()}}}" if value.startswith("\n") else f"{key}:{value}"
        at = _end_of_last(node) if node.entries else node.start + 1
        return f"{text[:at]}{', ' if node.entries else ''}{bare}{text[at:]}"
    first = next(iter(node.entries.values()))[0]
    indent = " " * _column(text, first.start)
    return _put_line(text, _end_of_last(node), "\n".join(indent + one for one in line.split("\n")))


def _put_line(text: str, after: int, line: str) -> str:
    """Below the line of a place, with its remark, or at the place itself where a line begins."""
    break_ = "\r\n" if "\r\n" in text else "\n"
    at = after
    if text[after - 1] != "\n":
        at = text.find("\n", after) + 1
        if not at:
            text, at = text + break_, len(text) + len(break_)
    return text[:at] + line.replace("\n", break_) + break_ + text[at:]


def _end_of_last(node: MappingNode) -> int:
    """Where its last entry ends, before a bracket that closes it."""
    return max(max(key.end, value.end) for key, value in node.entries.values())


def _is_in_braces(text: str, node: MappingNode) -> bool:
    return text[node.start] == "{"


def _column(text: str, at: int) -> int:
    return at - (text.rfind("\n", 0, at) + 1)


def _in_braces(path: tuple[str, ...], line: str) -> str:
    bare = _REMARK.sub("", line)
    for key in reversed(path):
        bare = f"{key}: {{{bare}}}"
    return f"{{{bare}}}"


def _with(brand: Plain, new: Added) -> Plain:
    """What the brand must say then."""
    meant = deepcopy(brand)
    here = meant
    for key in new.path:
        if here.get(key) is None:
            here[key] = {}
        here = here[key]
    here.update(_plain(new.line))
    return meant


def _tree(text: str) -> MappingNode:
    root = compose(text, Notes("brand.yaml"))
    assert isinstance(root, MappingNode), "read before without a mistake"
    return root


def _plain(text: str) -> Plain:
    plain = plain_value(_tree(text))
    assert isinstance(plain, dict)
    return plain
