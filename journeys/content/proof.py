"""What is wrong with a touch's words, found before any customer reads them.

Three proofs, from cheap to dear: the words parse; every name that they read exists and may
be read; and they can be said twice, to a customer about whom nothing is known and to one
about whom everything is.  A value that nobody filled in must not be printed bare: "Hi , "
greets nobody.

Nothing here knows files: a fault speaks of a part of the touch and of a place in its text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from journeys.content.errors import Place, place
from journeys.content.language import speaking
from journeys.content.lexing import HELD
from journeys.content.links import TOKEN
from journeys.content.markdown import refused_addresses, says_something
from journeys.content.message import EMAIL, GENERIC, wording
from journeys.content.reading import COMPUTED, ITEM, Read
from journeys.content.template import Rendered, Template, Unfilled, WordsError, parse, render_fully
from journeys.content.values import BRAND_NAMES, JOURNEY_NAMES, OFFER_NAMES, readable
from journeys.definition.model import Brand, Catalog, Touch, Type, Words
from journeys.definition.nearest import nearest, shown

# The names one may read, by where they stand: a type, a scope of names, or a list of such.
Known = Type | Mapping[str, "Known"] | Sequence["Known"]

# Somebody about whom everything is known, by type; raw values, as the engine holds them.
_SAMPLES: Mapping[Type, object] = {
    "text": "sample", "number": 3, "money": 1_250, "boolean": True, "moment": 1_767_225_600_000_000, "date": 20_454,
    "email": "sample@brand.example", "phone": "+34600000000", "url": "https://brand.example/sample",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsFault:
    """One mistake.  `part` leads to the text: ("subject",), ("variants", "b", "body"), ("generic", "push")."""

    part: tuple[str, ...]
    at: Place
    rule: str
    message: str
    why: str
    help: str


def faults(touch: Touch, *, brand: Brand, catalog: Catalog, kept: Mapping[str, Type]) -> tuple[WordsFault, ...]:
    """Every mistake in the words of a touch; `kept` are the names kept by the journeys that send it."""
    proof = _Proof(touch=touch, brand=brand, catalog=catalog, kept=kept)
    found = [fault for part, source in _parts(touch) for fault in proof.of(part, source)]
    return (*found, *_missing(touch))


def fields_read(touch: Touch, words: str) -> frozenset[str]:
    """The customer's fields that the named words read; words that do not parse read none."""
    chosen = wording(touch, words)
    fields: set[str] = set()
    for source in (chosen.subject, chosen.body, *chosen.short.values()):
        try:
            reads = parse(source or "").reads
        except WordsError:
            continue
        fields.update(read.path[1] for read in reads if read.path[0] == "customer" and len(read.path) > 1)
    return frozenset(fields)


def _parts(touch: Touch) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every text of the touch; what a variant shares with the words above is looked at once."""
    first = touch.words.get("a")
    yield from _of((), first, None)
    for name, words in touch.words.items():
        if name != "a":
            yield from _of(("variants", name), words, first)
    yield from _of((GENERIC,), touch.generic, None)


def _of(path: tuple[str, ...], words: Words | None, shared: Words | None) -> Iterator[tuple[tuple[str, ...], str]]:
    if words is None:
        return
    if (words.subject or "").strip() and (shared is None or words.subject != shared.subject):
        yield (*path, "subject"), words.subject or ""
    if words.body.strip() and (shared is None or words.body != shared.body):
        yield (*path, "body"), words.body
    for channel, text in words.short.items():
        if shared is None or text != shared.short.get(channel):
            yield (*path, channel), text


def _missing(touch: Touch) -> Iterator[WordsFault]:
    """What a channel of the touch would send, and nobody wrote."""
    start = place("", 0)
    for path, words in ((), touch.words.get("a")), ((GENERIC,), touch.generic):
        if words is None:
            continue
        if EMAIL in touch.channels and not (words.subject or "").strip():
            yield WordsFault(
                part=(*path, "subject"),
                at=start,
                rule="no-subject",
                message=f"the {'generic ' if path else ''}words of {shown(touch.name)} have no subject for an e-mail",
                why="the mail would arrive with an empty line in the inbox, and look like spam",
                help="give it a `subject`",
            )
        bodiless = [channel for channel in touch.channels if channel == EMAIL or channel not in words.short]
        if not words.body.strip() and (bodiless or not touch.channels):
            yield WordsFault(
                part=(*path, "body"),
                at=start,
                rule="blank-words",
                message=f"the {'generic ' if path else ''}words of {shown(touch.name)} have no text"
                + (f" for {' and '.join(bodiless)}" if bodiless else ""),
                why="the customer would get an empty message",
                help="write it below the front matter" if not path else "write it below `--- generic ---`",
            )


class _Proof:
    def __init__(self, *, touch: Touch, brand: Brand, catalog: Catalog, kept: Mapping[str, Type]) -> None:
        self.brand = brand
        self.known = _known(touch, brand, catalog, kept)
        fields = {f.name: f.type for f in brand.fields.values()}
        journey = {**kept, **JOURNEY_NAMES}
        rows = catalog.rows[: touch.recommend.items] if touch.recommend else ()

        def values(customer: Mapping[str, object], journey_values: Mapping[str, object]) -> dict[str, object]:
            return readable(
                brand=speaking(brand, touch),
                customer=customer,
                journey=journey_values,
                kept=kept,
                recommended=rows,
                columns=catalog.columns,
                offer={name: _sample(type_) for name, type_ in OFFER_NAMES.items()} if touch.offer else None,
                ask_url="https://brand.example/answer" if touch.ask else None,
                preferences_url="https://brand.example/preferences",
            )

        own = {name: _sample(type_) for name, type_ in JOURNEY_NAMES.items()}
        self.nothing = values({}, own)
        self.nothing["customer"] = {name: Unfilled(name) for name, f in brand.fields.items() if not f.sensitive}
        self.everything = values(
            {name: _sample(type_) for name, type_ in fields.items()},
            {name: _sample(type_) for name, type_ in journey.items()},
        )

    def of(self, part: tuple[str, ...], source: str) -> Iterator[WordsFault]:
        try:
            template = parse(source)
        except WordsError as error:
            yield WordsFault(
                part=part,
                at=error.at,
                rule="words-syntax",
                message=error.message,
                why="these words could not be sent to anybody",
                help=error.help,
            )
            return
        found = [fault for read in template.reads for fault in self.name(part, read)]
        yield from found
        # With a name that does not exist it would be said wrongly again, in other words.
        if not any(fault.rule == "unknown-name" for fault in found):
            yield from self.said(part, template)

    def name(self, part: tuple[str, ...], read: Read) -> Iterator[WordsFault]:
        if problem := _unknown(read, self.known):
            message, help_ = problem
            yield WordsFault(
                part=part,
                at=read.at,
                rule="unknown-name",
                message=message,
                why="nothing would stand in its place",
                help=help_,
            )
            return
        if read.path[0] != "customer":
            return
        field = self.brand.fields[read.path[1]]
        if field.sensitive:
            yield WordsFault(
                part=part,
                at=read.at,
                rule="sensitive-field",
                message=f"'customer.{field.name}' is sensitive and may not stand in words",
                why="whoever sees the message on a screen would learn it, and so would the provider that carries it",
                help="say it without this field",
            )
        purpose = self.brand.purposes.get(field.purpose or "")
        if part[0] == GENERIC and purpose is not None and purpose.class_ == "data":
            yield WordsFault(
                part=part,
                at=read.at,
                rule="personal-generic",
                message=f"the generic words read 'customer.{field.name}', which is known for '{purpose.name}' only",
                why="generic words go to those who did not consent to that",
                help="say it for everybody, and keep this for the personalized words",
            )

    def said(self, part: tuple[str, ...], template: Template) -> Iterator[WordsFault]:
        is_body, is_blank = part[-1] == "body", False
        everybody = (self.nothing, "about whom nothing is known"), (self.everything, "like any other")
        # Words that read nothing say the same to everybody.
        for values, whom in everybody if template.reads else everybody[:1]:
            try:
                rendered = render_fully(template, values)
            except WordsError as error:
                yield WordsFault(
                    part=part,
                    at=error.at,
                    rule="words-fail",
                    message=f"{error.message} (for a customer {whom})",
                    why="the message could not be made, and would not be sent",
                    help=error.help or "try it with `default`, or inside {% if %}",
                )
                return
            for at in dict.fromkeys(rendered.unfilled):
                name = template.source[at.offset : at.offset + at.length]
                yield WordsFault(
                    part=part,
                    at=at,
                    rule="unfilled-value",
                    message=f"'{name}' is printed here, and may be missing",
                    why="a customer about whom we do not know it would read a gap",
                    help="add a filter, as in | default: 'there', or stand it in {% if %} … {% endif %}",
                )
            if not is_blank and not rendered.unfilled and not _is_said(rendered, is_body=is_body):
                is_blank = True
                yield WordsFault(
                    part=part,
                    at=place(template.source, 0),
                    rule="blank-words",
                    message=f"nothing is said here to a customer {whom}",
                    why="the customer would get an empty message",
                    help="say something in every case, with {% else %}",
                )
        if is_body:
            yield from _refused(part, template.source, refused_addresses(rendered.text, rendered.held))


def _is_said(rendered: Rendered, *, is_body: bool) -> bool:
    if is_body:
        return says_something(rendered.text, rendered.held)
    return bool("".join((TOKEN.sub("", rendered.text), *rendered.held)).strip())


def _refused(part: tuple[str, ...], source: str, addresses: Iterable[str]) -> Iterator[WordsFault]:
    for address in dict.fromkeys(addresses):
        written = address.partition(HELD)[0]
        if not written and HELD in address:
            continue  # the whole address is a value, and this one was only a sample
        found = source.find(f"({written}")
        yield WordsFault(
            part=part,
            at=place(source, found + 1 if found >= 0 else 0, len(written)),
            rule="unsafe-link",
            message=f"the link to {shown(written)} is not sent",
            why="the customer would read its title and have nothing to click",
            help="a link begins with https://, http:// or mailto:",
        )


# ---------------------------------------------------------------- names


def _known(touch: Touch, brand: Brand, catalog: Catalog, kept: Mapping[str, Type]) -> Mapping[str, Known]:
    known: dict[str, Known] = {
        "customer": {name: field.type for name, field in brand.fields.items()},
        "journey": {**kept, **JOURNEY_NAMES},
        "brand": BRAND_NAMES,
    }
    purpose = brand.purposes.get(touch.purpose)
    # What goes to one of us leads to no customer's page.
    if purpose is None or purpose.class_ != "internal":
        known["preferences_url"] = "text"
    if touch.recommend:
        known["recommended"] = [catalog.columns]
    if touch.offer:
        known["offer"] = OFFER_NAMES
    if touch.ask:
        known["ask_url"] = "text"
    return MappingProxyType(known)


def _unknown(read: Read, names: Mapping[str, Known]) -> tuple[str, str] | None:
    """What is wrong with a name, and the help; None when it may be read."""
    known: Known = names
    dotted, is_row = "", False
    for part in read.path:
        if isinstance(known, str) and known.startswith("list of "):
            known = [known.removeprefix("list of ")]
        if isinstance(known, Mapping):
            if part == COMPUTED:
                return (
                    f"the name inside {dotted or 'these'}[…] is only known later",
                    "write the name itself, after a dot",
                )
            if part not in known:
                where = f" in '{dotted}'" if dotted else ""
                return f"there is no {shown(part)}{where}", _help(part, dotted, names, known)
            known = known[part]
        elif not isinstance(known, str):
            # A row may be renamed; that none is printed whole is for the rendering to find.
            if part in (ITEM, COMPUTED, "first", "last"):
                known, is_row = known[0], True
            elif part == "size":
                known = "number"
            else:
                return f"'{dotted}' is a list, and has no {shown(part)}", "go over it with {% for item in … %}"
        elif part == "size" and known == "text":
            known = "number"
        else:
            return f"'{dotted}' is one value, and has no {shown(part)}", f"write {dotted}"
        dotted += part if part in (ITEM, COMPUTED) else f".{part}" if dotted else part
    if isinstance(known, Mapping) and not is_row:
        return f"'{dotted}' is many values: which one?", "known: " + ", ".join(f"{dotted}.{name}" for name in known)
    return None


def _help(part: str, dotted: str, names: Mapping[str, Known], known: Mapping[str, Known]) -> str:
    if not dotted:
        # An author often forgets the scope: `first_name` for `customer.first_name`.
        for scope, inner in names.items():
            if isinstance(inner, Mapping) and part in inner:
                return f"did you mean '{scope}.{part}'?"
    return nearest(part, known)


def _sample(type_: Type) -> object:
    if type_.startswith("list of "):
        return [_sample(type_.removeprefix("list of "))] * 2
    return _SAMPLES.get(type_, "sample")
