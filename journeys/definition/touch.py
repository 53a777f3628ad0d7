"""touches/NAME.md to a `Touch`: front matter, then the words, then their sections.

    ---
    purpose: offers
    ---
    Hi {{ customer.first_name }}
    --- generic ---
    Here is how most people start.
    --- variant b ---
    Two evenings are enough.

NAME.LANGUAGE.md is the same touch in another language: its front matter holds words alone.

The words stay Liquid sources, to be read by `content`.  A section is found again under the
path of the words it belongs to: ("body",), ("generic", "body"), ("variants", "b", "body").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from journeys.definition.condition import read_placed
from journeys.definition.model import Finding, Offer, Recommend, Touch, Words
from journeys.definition.nearest import nearest
from journeys.definition.scalars import ANSWERS_MAX
from journeys.definition.scope import Scope
from journeys.definition.shapes import Fields
from journeys.definition.source import compose
from journeys.definition.values import minor_units
from journeys.definition.written import MappingNode, Notes, Scalar, shorten

_FENCE = re.compile(r"^---[ \t]*$", re.MULTILINE)
_SECTION = re.compile(r"^---[ \t]+(\S.*?)[ \t]+---[ \t]*$", re.MULTILINE)
_UNSENT = "the touch cannot be sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A touch's file, cut: the front matter, and the text of each section by the name in its line.

    `tree` is the front matter with the sections hung into it: so a finding in them has a path like any other.
    """

    front: MappingNode
    tree: MappingNode
    body: str
    generic: str | None
    variants: dict[str, str]


def cut_touch(text: str, notes: Notes) -> Sheet | None:
    """The file's parts, or None after saying why it has none."""
    opening = _FENCE.match(text)
    closing = _FENCE.search(text, opening.end()) if opening is not None else None
    if opening is None or closing is None:
        what = "begins with" if opening is None else "has no second"
        message = f"this file {what if opening else 'does not begin with'} the line '---' around its front matter"
        help = "write '---', then what the touch is for (purpose, channels, subject), then '---', then the words"
        _say(notes, "front-matter", message, help, 0, 1)
        return None
    front = compose(text, notes, start=opening.end(), end=closing.start())
    if front is None and notes.findings:
        return None
    if not isinstance(front, MappingNode):
        message = "the front matter is no mapping: a line 'key: value' for each"
        _say(notes, "wrong-type", message, "begin with 'purpose:' and 'channels:'", opening.end(), 1)
        return None

    sections = list(_SECTION.finditer(text, closing.end()))
    ends = [section.start() for section in sections] + [len(text)]
    body = _section(text, closing.end(), ends[0])
    tree = _copy(front)
    tree.entries.setdefault("body", (body, body))
    generic: str | None = None
    variants: dict[str, str] = {}
    for section, end in zip(sections, ends[1:], strict=True):
        words = _section(text, section.end(), end)
        kind, _, name = section[1].partition(" ")
        if section[1] == "generic" and generic is None:
            generic = words.text
            _graft(tree, ("generic",), section, words)
        elif kind == "variant" and name.strip() and name.strip() not in ("a", *variants):
            variants[name.strip()] = words.text
            _graft(tree, ("variants", name.strip()), section, words)
        else:
            _refuse_section(section, notes, is_known=section[1] == "generic" or kind == "variant")
    return Sheet(front=front, tree=tree, body=body.text, generic=generic, variants=variants)


def build_touch(
    name: str, fields: Fields, sheet: Sheet, *, scope: Scope, short: tuple[str, ...], notes: Notes
) -> Touch:
    """`scope` is that of `recommend`'s condition; `short` are the keys of one-line words."""
    words, generic = build_words(fields, sheet, short)
    return Touch(
        name=name,
        file=notes.file,
        purpose=fields.get("purpose", ""),
        channels=fields.get("channels", ()),
        words=words,
        generic=generic,
        choose_best="choose" in fields,
        topic=fields.get("topic"),
        most=fields.get("most"),
        recommend=_recommend(fields.get("recommend"), scope, notes),
        offer=_offer(fields.get("offer"), scope.decimals, notes),
        ask=answers_of(fields, notes),
    )


def build_words(fields: Fields, sheet: Sheet, short: tuple[str, ...]) -> tuple[dict[str, Words], Words | None]:
    """The wordings by name, and the generic one."""
    words = _words(fields, sheet.body, short, Words(subject=None, body="", short={}))
    variants: dict[str, Any] = fields.get("variants", {})
    others = {
        other: _words(variants.get(other, {}), sheet.variants.get(other), short, words)
        for other in dict.fromkeys((*variants, *sheet.variants))
    }
    generic: Words | None = None
    if "generic" in fields or sheet.generic is not None:
        generic = _words(fields.get("generic", {}), sheet.generic, short, Words(subject=None, body="", short={}))
    return {"a": words, **others}, generic


def build_translation(
    touch: Touch, language: str, fields: Fields, sheet: Sheet, *, short: tuple[str, ...], notes: Notes
) -> Touch:
    """The same touch in another language.  What it does not say is not said in the touch's own: nobody reads both."""
    said = build_words(fields, sheet, short)
    for what, is_there in _wordings(touch.words, touch.generic).items():
        if what not in _wordings(*said):
            notes.say(
                (),
                "translation",
                f"the touch has {what}, and this translation has not",
                why=f"whoever reads {language} would get nothing where they are chosen",
                help=f"add a line '{is_there}' and, below it, the words",
            )
    for what in _wordings(*said):
        if what not in _wordings(touch.words, touch.generic):
            notes.say(
                (),
                "translation",
                f"this translation has {what}, and the touch has not",
                why="nobody would ever get them",
                help="remove them, or write them for the touch as well",
            )
    wordings = [((), touch.words["a"], said[0]["a"]), (("generic",), touch.generic, said[1])]
    for path, key in [
        (path, key)
        for path, own, other in wordings
        for key in short
        if own is not None and other is not None and key in own.short and key not in other.short
    ]:
        notes.say(
            path,
            "translation",
            f"the touch has a short text for {key}, and this translation has not",
            why=f"whoever reads {language} would get the whole words there",
            help=f"add '{key}: …' to its front matter",
        )
    return replace(touch, file=notes.file, words=said[0], generic=said[1], language=language)


def _wordings(words: Mapping[str, Words], generic: Words | None) -> dict[str, str]:
    """Which wordings there are besides the first, in a reader's words, each with the line that begins it."""
    variants = {f"the variant {name}": f"--- variant {name} ---" for name in words if name != "a"}
    return {**variants, **({} if generic is None else {"generic words": "--- generic ---"})}


def answers_of(fields: Fields, notes: Notes | None = None) -> tuple[int | str, ...]:
    """All numbers, or all texts: an answer has one type."""
    answers = list(dict.fromkeys(answer for part in fields.get("ask", ()) for answer in part))
    if len(answers) > ANSWERS_MAX:
        if notes is not None:
            notes.say(
                ("ask",),
                "ask",
                f"these are {len(answers)} answers, and a page takes at most {ANSWERS_MAX}",
                why="nobody would find theirs",
                help="ask for less",
            )
        answers = answers[:ANSWERS_MAX]
    if all(isinstance(answer, int) for answer in answers):
        return tuple(answers)
    return tuple(str(answer) for answer in answers)


def _words(fields: dict[str, Any], body: str | None, short: tuple[str, ...], base: Words) -> Words:
    """What these say, and the rest as in `base`.  The preheader is one of the short ones."""
    lines = {key: fields[key] for key in ("preheader", *short) if key in fields}
    return Words(
        subject=fields.get("subject", base.subject),
        body=base.body if body is None else body,
        short={**base.short, **lines},
    )


def _recommend(fields: Fields | None, scope: Scope, notes: Notes) -> Recommend | None:
    if fields is None or "items" not in fields or "by" not in fields:
        return None
    return Recommend(
        items=fields["items"],
        by=fields["by"],
        condition=read_placed(fields.get("if"), (*fields.path, "if"), scope, notes),
        least=fields.get("least", 1),
    )


def _offer(fields: Fields | None, decimals: int, notes: Notes) -> Offer | None:
    if fields is None:
        return None
    if "percent" in fields and "amount" in fields:
        notes.say(
            (*fields.path, "amount"),
            "offer",
            "an offer takes off a percentage or an amount, and here are both",
            why="customers would not know what they are promised",
            help="leave one out",
            is_key=True,
        )
    return Offer(
        percent=fields.get("percent"),
        amount=_money(fields, "amount", decimals, notes),
        code=fields.get("code"),
        expires=fields.get("expires"),
        limit=fields.get("limit"),
        cost=_money(fields, "cost", decimals, notes) or 0,
    )


def _money(fields: Fields, key: str, decimals: int, notes: Notes) -> int | None:
    if key not in fields:
        return None
    try:
        return minor_units(fields[key], decimals)
    except ValueError as error:
        why = "it could not be paid"
        notes.say((*fields.path, key), "wrong-type", str(error), why=why, help="write an amount that can be paid")
        return None


def _section(text: str, start: int, end: int) -> Scalar:
    """The words between two lines, without the empty lines around them."""
    words = text[start:end]
    start += len(words) - len(words.lstrip("\n"))
    words = words.strip("\n")
    return Scalar(text=words, start=start, end=start + len(words), is_plain=True)


def _copy(node: MappingNode) -> MappingNode:
    """Deep as far as sections are hung in: to `variants.b`."""
    entries = {
        key: (name, _copy(one) if isinstance(one, MappingNode) else one) for key, (name, one) in node.entries.items()
    }
    return MappingNode(entries=entries, start=node.start, end=node.end)


def _graft(tree: MappingNode, path: tuple[str, ...], section: re.Match[str], words: Scalar) -> None:
    """Hangs a section's words into the tree, beside the keys which the front matter has for them."""
    key = Scalar(text=section[1], start=section.start(), end=section.end(), is_plain=True)
    for part in path:
        missing = MappingNode(entries={}, start=key.start, end=key.end)
        child = tree.entries.setdefault(part, (key, missing))[1]
        if not isinstance(child, MappingNode):
            return  # The front matter says something else there, and is told so.
        tree = child
    tree.entries.setdefault("body", (key, words))


def _refuse_section(section: re.Match[str], notes: Notes, *, is_known: bool) -> None:
    name = shorten(section[1])
    if is_known:
        rule, message = "repeated-key", f"the section '{name}' is there already: 'a' are the words above"
        help = "keep one of the two, or give the variant another name"
    else:
        rule, message = "unknown-section", f"'{name}' is not a section of a touch"
        help = nearest(section[1], ("generic", "variant b"))
    _say(notes, rule, message, help, section.start(), len(section[0]))


def _say(notes: Notes, rule: str, message: str, help: str, offset: int, length: int) -> None:
    notes.add(
        Finding(
            file=notes.file,
            path=(),
            rule=rule,
            message=message,
            why=_UNSENT if rule in ("front-matter", "wrong-type") else "these words would reach nobody",
            help=help,
            offset=offset,
            length=length,
        )
    )
