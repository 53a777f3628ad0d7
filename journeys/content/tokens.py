"""Tokens: a link that says, and proves, whose consent to which purpose it takes back.

The proof is an HMAC-SHA256 with the secret of this installation, over what the token names.  A token is for ever: a
mail of two years ago must still be able to end what it began.  It is signed and not hidden: whoever holds the link
can read the customer's id in it.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from typing import Final

import msgspec

_USE: Final = b"journeys unsubscribe 1\x00"  # so that what is signed for this is good for nothing else
_PROOF: Final = 32  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a token names.  `proof` is the same for the same names, however the token is written."""

    customer: str
    purpose: str
    proof: bytes


def make_token(secret: bytes, *, customer: str, purpose: str) -> str:
    names = msgspec.json.encode((customer, purpose))
    return urlsafe_b64encode(_prove(secret, names) + names).rstrip(b"=").decode()


def read_token(secret: bytes, token: str) -> Named | None:
    """What the token names; None for one that this secret has not signed."""
    try:
        signed = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (UnicodeEncodeError, NotBase64):
        return None
    proof, names = signed[:_PROOF], signed[_PROOF:]
    if not hmac.compare_digest(proof, _prove(secret, names)):
        return None
    customer, purpose = msgspec.json.decode(names, type=tuple[str, str])
    return Named(customer=customer, purpose=purpose, proof=proof)


def _prove(secret: bytes, names: bytes) -> bytes:
    return hmac.digest(secret, _USE + names, "sha256")
