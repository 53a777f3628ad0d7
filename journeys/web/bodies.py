"""Bodies: bytes from outside become values, or a refusal that says what is wrong and where.

msgspec reads them, and three things it lets pass are seen to here.  A key that stands twice in one object would
silently lose a value.  Values nested deeper than anything of ours are refused before anyone walks them.  And a
body is read no further than the most it may hold, whatever its length was said to be.

How a doubled key is found without a second reading: what was read, written again, has as many colons as the body,
one for each key and those within texts.  Where a key was lost, or a colon is written as an escape, it has not, and
only then is the body read the slow way.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

import msgspec
from starlette.requests import ClientDisconnect, Request

from journeys.simulate.lines import why_malformed

from .problems import BAD_JSON, TOO_LARGE, TOO_SLOW, WRONG_MEDIA, Refusal

BODY_MAX: Final = 5_000_000  # bytes
DEPTH_MAX: Final = 32  # lists and objects within each other; an event needs three
_BODY_WITHIN: Final = 30.0  # seconds; slower than any honest sender

JSON_TYPES: Final = ("application/json",)
LINES_TYPES: Final = ("application/x-ndjson", "application/jsonl", "application/x-jsonlines")

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_parts = msgspec.json.Decoder(list[msgspec.Raw]).decode
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def content_type(request: Request, *taken: str) -> str:
    """Which of the types that are taken a body is of; the first where it does not say.  Else a Refusal."""
    if "content-encoding" in request.headers:
        raise Refusal(WRONG_MEDIA, "send the body as it is, without a Content-Encoding")
    said = request.headers.get("content-type")
    if said is None:
        return taken[0]
    name, _, parameters = said.partition(";")
    name = name.strip().lower()
    if name not in taken:
        raise Refusal(WRONG_MEDIA, f"send it with `Content-Type: {taken[0]}`{_also(taken[1:])}, not {_shown(name)}")
    charset = parameters.strip().lower().partition("charset=")[2].strip('" ')
    if charset not in ("", "utf-8", "utf8"):
        raise Refusal(WRONG_MEDIA, f"send it in UTF-8, not in {_shown(charset)}")
    return name


def is_json(name: str) -> bool:
    """Whether a type is JSON, by its own name or by its ending (RFC 6839)."""
    return name in JSON_TYPES or name.endswith("+json")


def _also(taken: tuple[str, ...]) -> str:
    return f" (or {', '.join(taken)})" if taken else ""


async def read_body(request: Request, *, most: int = BODY_MAX) -> bytes:
    """The whole body; a Refusal as soon as it is known to hold more bytes than it may."""
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said) > most:
        raise _too_large(most)
    chunks = []
    read = 0
    try:
        async with asyncio.timeout(_BODY_WITHIN):
            async for chunk in request.stream():
                read += len(chunk)
                if read > most:
                    raise _too_large(most)
                chunks.append(chunk)
    except TimeoutError:
        raise Refusal(TOO_SLOW, f"the body was not there after {_BODY_WITHIN:.0f} seconds") from None
    except ClientDisconnect:
        # Nobody is there to read this.
        raise Refusal(TOO_SLOW, "the connection was closed before the body was there") from None
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large(most: int) -> Refusal:
    # The rest is not read: whoever sends on without end must not keep the connection.
    return Refusal(
        TOO_LARGE, f"the body is longer than {most:,} bytes: send it in parts", headers={"Connection": "close"}
    )


def read_json(body: bytes) -> Any:
    """One JSON value."""
    value = _decoded(body)
    _refuse_lossy(body, value)
    return value


def read_items(body: bytes) -> tuple[list[Any], bool]:
    """The items of a JSON list and True, or the one value that is no list and False.

    An item that is to be refused is a Refusal, in its place: it spoils none of the others.
    """
    value = _decoded(body)
    if not isinstance(value, list):
        _refuse_lossy(body, value)
        return [value], False
    try:
        _refuse_lossy(body, value)
    except Refusal:
        return [_read_or_refuse(bytes(part)) for part in _parts(body.removeprefix(_BYTE_ORDER_MARK))], True
    return value, True


def read_listed(body: bytes, key: str) -> tuple[dict[str, Any], list[Any]]:
    """An object, and the items of the list that stands in it under a key; what is to be refused of them as above."""
    value = _decoded(body)
    if not isinstance(value, dict) or not isinstance(value.get(key), list):
        raise Refusal(BAD_JSON, f"it is no object with a list `{key}`: {{{key!r}: […]}}".replace("'", '"'), path=())
    try:
        _refuse_lossy(body, value)
    except Refusal:
        parts = _parts(_members(body.removeprefix(_BYTE_ORDER_MARK))[key])
        return value, [_read_or_refuse(bytes(part)) for part in parts]
    return value, value[key]


def read_lines(body: bytes) -> list[Any]:
    """The values of JSON Lines, empty lines left out; a line that is to be refused is a Refusal, in its place."""
    return [_read_or_refuse(line) for line in body.split(b"\n") if line and not line.isspace()]


def _read_or_refuse(part: bytes) -> Any:
    try:
        return read_json(part)
    except Refusal as refusal:
        return refusal


def _decoded(body: bytes) -> Any:
    body = body.removeprefix(_BYTE_ORDER_MARK)
    if not body or body.isspace():
        raise Refusal(BAD_JSON, "there is nothing in it", path=())
    try:
        return _decode(body)
    except RecursionError:
        raise _too_deep() from None
    except (UnicodeDecodeError, msgspec.MsgspecError) as error:
        raise Refusal(BAD_JSON, why_malformed(body, error), path=()) from None


def _too_deep() -> Refusal:
    return Refusal(BAD_JSON, f"it is nested more than {DEPTH_MAX} deep", path=())


def _refuse_lossy(body: bytes, value: Any) -> None:
    """Refuses what was not read whole, because it is too deep or because a key stands twice in one object."""
    _see_depth(value, DEPTH_MAX)
    if _encode(value).count(b":") == body.count(b":") and b"\\u003" not in body:
        return
    try:
        path = _doubled(json.loads(body.removeprefix(_BYTE_ORDER_MARK).decode(), object_pairs_hook=_Pairs))
    except RecursionError:
        raise _too_deep() from None
    if path is not None:
        raise Refusal(BAD_JSON, f"the key {_shown(str(path[-1]))} stands twice in one object", path=path)


def _see_depth(value: Any, depth: int) -> None:
    if type(value) is not dict and type(value) is not list:
        return
    if depth == 0:
        raise _too_deep()
    for each in value.values() if type(value) is dict else value:
        if type(each) is dict or type(each) is list:  # few are, and a call for each costs more than all the rest
            _see_depth(each, depth - 1)


class _Pairs(list[tuple[str, Any]]):
    """An object as it was written, with whatever stands in it twice."""


def _doubled(value: Any) -> tuple[str | int, ...] | None:
    """Where a key stands for the second time, if one does."""
    items = value if isinstance(value, _Pairs) else enumerate(value) if isinstance(value, list) else ()
    seen = set()
    for key, each in items:
        if key in seen:
            return (key,)
        seen.add(key)
        path = _doubled(each)
        if path is not None:
            return (key, *path)
    return None


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "…")
