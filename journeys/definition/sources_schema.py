"""What sources.yaml may say."""

from __future__ import annotations

from dataclasses import replace

from journeys.definition import scalars
from journeys.definition.kinds import EVENT, IDENTIFIER, NAME, TEXT, choice, text
from journeys.definition.request import marks, read_header
from journeys.definition.shapes import Either, Key, ListOf, MapOf, Record
from journeys.definition.sources_model import RECEIPTS, WAYS

PRESETS = ("stripe", "shopify", "standard", "postmark", "sendgrid", "receipts")


def read_secret(text: str) -> str:
    """The name of the variable that `${NAME}` stands for."""
    found = list(marks(text))
    if len(found) != 1 or not found[0].is_sound or (found[0].start, found[0].end) != (0, len(text)):
        # Not quoted: it may be one.  The words are those of the check, so that it is told once.
        raise ValueError("this looks like a secret")
    return found[0].name


_EXTRACT = replace(TEXT, what="a place in JMESPath, such as body.order.id")
_SECRET = text(
    'an environment variable, such as "${STRIPE_WEBHOOK_SECRET}"',
    read_secret,
    # The rule under which a line is shown without what stands in it.
    "secret-in-file",
    pattern=r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$",
    why="whoever reads this file could tell us anything, in the sender's name",
)
_HEADER = text("the name of a header, such as x-signature", read_header, "header-name")
_PROPERTIES = Either(plain=_EXTRACT, mapping=MapOf(name=IDENTIFIER, value=_EXTRACT))

SIGNED = Record(
    name="signed",
    words="how it is signed",
    short="by",
    keys={
        "by": Key(shape=choice(*WAYS), words="the way it is proved who sends", is_required=True),
        "header": Key(shape=_HEADER, words="the header with the signature, of hmac"),
        "prefix": Key(shape=TEXT, words="what stands before it in the header, such as sha256="),
        "in": Key(shape=choice("hex", "base64"), words="how the signature is written; hex unless said"),
        "digest": Key(shape=choice("sha256", "sha512", "sha1"), words="sha256 unless said"),
    },
)
_MEANING = Record(
    name="meaning",
    words="what it means",
    short="name",
    keys={
        "name": Key(shape=EVENT, words="our event"),
        "receipt": Key(shape=choice(*RECEIPTS), words="what became of the touch that `touch` names"),
        "when": Key(shape=_EXTRACT, words="only where this is there, and true"),
        "customer": Key(shape=_EXTRACT, words="who it is, where the source says it otherwise"),
        "at": Key(shape=_EXTRACT, words="when it was, where the source says it otherwise"),
        "properties": Key(shape=_PROPERTIES, words="where our properties are, by their names"),
    },
)
_KEYS = {
    "preset": Key(shape=choice(*PRESETS), words="a sender that is known: what is not said here is as theirs"),
    "signed": Key(shape=SIGNED, words="how it is proved who sends"),
    "each": Key(shape=_EXTRACT, words="the list, where one body tells of several: each is an `item`"),
    "id": Key(shape=_EXTRACT, words="what it is known by, so that it is taken once"),
    "name": Key(shape=_EXTRACT, words="what the sender calls it"),
    "customer": Key(shape=_EXTRACT, words="who it is"),
    "at": Key(shape=_EXTRACT, words="when it was: a time with its zone, or seconds since 1970; unless said, now"),
    "touch": Key(shape=_EXTRACT, words="of receipts: the touch"),
    "link": Key(shape=_EXTRACT, words="of receipts: what was opened"),
    "agent": Key(shape=_EXTRACT, words="of receipts: the program that opened it"),
    "machine": Key(shape=_EXTRACT, words="of receipts: whether the provider says that no human opened it"),
    "properties": Key(shape=_PROPERTIES, words="where properties are, for events that do not say it"),
    "events": Key(
        shape=MapOf(
            name=text("what the sender calls it", scalars.read_text, "name"),
            value=ListOf(item=_MEANING, or_one=True),
        ),
        words="what the sender tells, and what that is to us",
    ),
}
_SOURCE = Record(
    name="source",
    words="a source",
    keys={**_KEYS, "secret": Key(shape=_SECRET, words="what it is signed with", is_required=True)},
)
PRESET = Record(name="preset", words="a preset", keys=_KEYS)
SOURCES = Record(
    name="sources",
    words="the sources",
    keys={
        "sources": Key(
            shape=MapOf(name=NAME, value=_SOURCE),
            words="who may tell us something, each at /v1/hooks/NAME",
            is_required=True,
        )
    },
)
