"""Tokens: what a link of a customer's names, so that only we can read it and only we can have written it.

The names are sealed (AES-SIV, RFC 5297) with a key made of the secret of this installation and of what the link is
for: a link says nothing of a customer to whoever sees it in a log or over a shoulder, a changed one is none of ours,
and one that unsubscribes opens nothing else.  The same names give the same token.  A token is for ever: a mail of two
years ago must still be able to end what it began.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

_TOKEN_MAX: Final = 8_000  # characters; what is longer was not made here
_PROOF: Final = 16  # bytes: where the seal ends and what is sealed begins


class Use(StrEnum):
    """What a link is for."""

    UNSUBSCRIBE = "unsubscribe"  # names a customer and a purpose
    ANSWER = "answer"  # names a customer, a touch and its key
    CLICK = "click"  # names a customer, a touch, its key, and the address that it leads to
    PREFERENCES = "preferences"  # names a customer, and the instant of the message that it came with
    OPEN = "open"  # names a customer, a touch and its key


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a token names.  `proof` is the same for the same names, and shorter than the token."""

    names: tuple[str, ...]
    proof: str


def make_token(secret: bytes, use: Use, *names: str) -> str:
    return _write(_seal(secret, use).encrypt(msgspec.json.encode(names), None))


def read_token(secret: bytes, use: Use, token: str) -> Named | None:
    """What the token names; None for one that was not made with this secret for this use."""
    if len(token) > _TOKEN_MAX:
        return None
    try:
        sealed = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        if _write(sealed) != token:  # Base64 leaves bits unused at its end, and skips what is none of it
            return None
        names = _seal(secret, use).decrypt(sealed, None)
    except (UnicodeEncodeError, NotBase64, InvalidTag):
        return None
    return Named(names=msgspec.json.decode(names, type=tuple[str, ...]), proof=sealed[:_PROOF].hex())


def _write(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _seal(secret: bytes, use: Use) -> AESSIV:
    return AESSIV(hmac.digest(secret, f"journeys links 2 {use}".encode(), "sha512"))
