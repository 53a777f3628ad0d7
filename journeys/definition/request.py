"""The texts of a request: what stands in them for something else.

`{{ address }}` is filled for each touch, `${SMS_URL}` once from the environment.  A request is no
program: there is nothing but these two, and nothing in them but a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from journeys.definition.model import Path, Request
from journeys.definition.nearest import shown
from journeys.definition.written import shorten

PLACEHOLDERS: Mapping[str, str] = {
    "address": "where the customer is reached: the field in the channel's address",
    "subject": "the subject",
    "text": "the words, as plain text",
    "html": "the words of a mail, as HTML",
    "customer": "the customer's id",
    "touch": "the touch's name",
    "channel": "the channel's name",
    "key": "the same for every attempt, and for no other touch",
    "at": "when it was decided, such as 2026-03-23T09:00:00Z",
    "sender_name": "the brand's sender, by name",
    "sender_email": "the brand's sender, by address",
}
VIAS = ("smtp", "http", "webhook", "in-app", "file")
METHODS = ("POST", "PUT", "PATCH", "GET")

_MARK = re.compile(
    r"(?P<placeholder>\{\{(?P<name>.*?)(?P<end>\}\}|\Z)) | \$\{(?P<variable>[^{}]*)(?:\}|\Z|(?=\{))",
    re.DOTALL | re.VERBOSE,
)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
# What says where a message ends is the connection's own: two opinions on it are how requests are smuggled.
_OF_THE_CONNECTION = ("connection", "content-length", "host", "te", "trailer", "transfer-encoding", "upgrade")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that stands for something else, from character `start` to `end`.

    A sound one is closed, and names what there is or what a variable can be called.
    """

    kind: Literal["placeholder", "variable"]
    name: str
    start: int
    end: int
    is_closed: bool
    is_sound: bool


def marks(text: str) -> Iterator[Mark]:
    """The placeholders and variables of a text, in order."""
    for found in _MARK.finditer(text):
        start, end = found.span()
        if found["placeholder"] is not None:
            name, is_closed = found["name"].strip(), found["end"] == "}}"
            kind: Literal["placeholder", "variable"] = "placeholder"
            is_known = name in PLACEHOLDERS
        else:
            name, is_closed = found["variable"], text[end - 1] == "}"
            kind, is_known = "variable", _VARIABLE.fullmatch(name) is not None
        yield Mark(kind=kind, name=name, start=start, end=end, is_closed=is_closed, is_sound=is_closed and is_known)


def texts_of(request: Request) -> Iterator[tuple[Path, str]]:
    """Every text of a request that may hold marks, with its place below `request`."""
    yield ("url",), request.url
    for name, value in request.headers.items():
        yield ("headers", name), value
    yield from _texts_in(("json",), request.json)
    for name, value in (request.form or {}).items():
        yield ("form", name), value
    if request.body is not None:
        yield ("body",), request.body
    if request.secret is not None:
        yield ("secret",), request.secret


def names_of(request: Request) -> Iterator[tuple[Path, str]]:
    """The names beside those texts, which are sent as they are written."""
    yield from _names_in(("json",), request.json)
    yield from _names_in(("form",), dict(request.form or {}))


def variables_of(*texts: str) -> tuple[str, ...]:
    """The names of the environment variables in the texts, each once."""
    return tuple(dict.fromkeys(mark.name for text in texts for mark in marks(text) if mark.kind == "variable"))


def _texts_in(path: Path, value: object) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _texts_in((*path, place), item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts_in((*path, name), item)


def _names_in(path: Path, value: object) -> Iterator[tuple[Path, str]]:
    if isinstance(value, list):
        for place, item in enumerate(value):
            yield from _names_in((*path, place), item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield (*path, name), name
            yield from _names_in((*path, name), item)


def read_url(text: str) -> str:
    """An address on the web, or a variable that holds one."""
    if not re.match(r"(?i:https?)://[^\s/?#]|\$\{", text):
        raise ValueError(f"{shown(shorten(text))} is no address on the web")
    if any(char.isspace() or not char.isprintable() for char in re.sub(r"\{\{.*?\}\}", "", text)):
        raise ValueError(f"{shown(shorten(text))} has a space or a control character in it")
    return text


def read_header(text: str) -> str:
    """The name of a header."""
    if not _TOKEN.fullmatch(text):
        raise ValueError(f"{shown(shorten(text))} cannot be the name of a header")
    if text.lower() in _OF_THE_CONNECTION:
        raise ValueError(f"the header {shown(text)} is set by the connection itself")
    return text


def read_header_value(text: str) -> str:
    """What a header says: one line."""
    if not text.strip() or any(not char.isprintable() or not char.isascii() for char in text):
        raise ValueError(f"{shown(shorten(text))} cannot be what a header says: it is one line, in ASCII")
    return text
