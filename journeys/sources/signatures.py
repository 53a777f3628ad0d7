"""Signatures: whether what came is from whom it says, by the secret that only the two of us have.

Each way is its sender's own.  What is malformed is simply not signed: only yes or no is told, and every comparison
takes a time that tells nothing.  Several secrets may hold at once, so that one can be changed without a gap.  What was
signed too long ago, or ahead of our clock, is refused: whoever has caught a message cannot send it again later.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from journeys.definition.sources_model import Signed, Source
from journeys.errors import ConfigurationError

_SECOND: Final = 1_000_000
WITHIN: Final = 5 * 60 * _SECOND  # microseconds
# It signs once and sends again for a day; what comes twice is taken once all the same.
SENDGRID_WITHIN: Final = 25 * 3_600 * _SECOND
_SECONDS: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURES_MAX: Final = 20  # of one message; more are a try to keep us busy


def secrets_in(text: str) -> tuple[str, ...]:
    """The secrets that a variable holds, with commas or spaces between them."""
    return tuple([each for each in re.split(r"[\s,]+", text) if each])


def secrets_of(source: Source, environment: Mapping[str, str]) -> tuple[str, ...]:
    """What the source signs with, any of them.  Raises ConfigurationError, which names the variable alone."""
    name, by = source.variable, source.signed.by
    secrets = secrets_in(environment.get(name, ""))
    if not secrets:
        raise ConfigurationError(f"{name} is not set: sources.yaml names it for {source.name}, as in ${{{name}}}")
    for secret in secrets:
        if by == "standard" and _standard_key(secret) is None:
            raise ConfigurationError(f"{name} holds no secret of Standard Webhooks: whsec_, and base64 after it")
        if by == "basic" and ":" not in secret:
            raise ConfigurationError(f"{name} holds no name and password, as in name:password")
        if by == "sendgrid":
            _public_key(secret, name)
    return secrets


def is_signed(signed: Signed, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: int) -> bool:
    """`headers` by their names in small letters; `now` in microseconds."""
    return _WAYS[signed.by](signed, secrets, headers, body, now)


def _standard(signed: Signed, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: int) -> bool:
    """Standard Webhooks, and Svix, which it comes from: `v1,SIGNATURE` of id, time and body."""
    for prefix in ("webhook", "svix"):
        id, at, said = [headers.get(f"{prefix}-{part}") for part in ("id", "timestamp", "signature")]
        if id is None or at is None or said is None or not _is_near(at, now, WITHIN):
            continue
        given = [each.removeprefix("v1,") for each in said.split() if each.startswith("v1,")]
        content = f"{id}.{at}.".encode() + body
        keys = [key for secret in secrets if (key := _standard_key(secret)) is not None]
        return _is_any(given, [hmac.digest(key, content, "sha256") for key in keys], _of_base64)
    return False


def _stripe(signed: Signed, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: int) -> bool:
    """`t=TIME,v1=SIGNATURE`, of time and body; several signatures while a secret is changed."""
    parts = [part.strip().partition("=") for part in headers.get("stripe-signature", "").split(",")]
    times = [value for name, _, value in parts if name == "t"]
    given = [value for name, _, value in parts if name == "v1"]
    if len(times) != 1 or not _is_near(times[0], now, WITHIN):
        return False
    content = f"{times[0]}.".encode() + body
    return _is_any(given, [hmac.digest(secret.encode(), content, "sha256") for secret in secrets], _of_hex)


def _hmac(signed: Signed, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: int) -> bool:
    said = headers.get(signed.header, "")
    if not said.startswith(signed.prefix):
        return False
    read = _of_hex if signed.written_in == "hex" else _of_base64
    given = [said.removeprefix(signed.prefix).strip()]
    return _is_any(given, [hmac.digest(secret.encode(), body, signed.digest) for secret in secrets], read)


def _basic(signed: Signed, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: int) -> bool:
    scheme, _, said = headers.get("authorization", "").partition(" ")
    given = _of_base64(said.strip())
    if scheme.lower() != "basic" or given is None:
        return False
    # Of their hashes, so that the time does not tell how long the right one is.
    hashed = hashlib.sha256(given).digest()
    return any([hmac.compare_digest(hashed, hashlib.sha256(secret.encode()).digest()) for secret in secrets])


def _sendgrid(signed: Signed, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: int) -> bool:
    """An ECDSA signature of time and body: what is configured is a public key, and no secret at all."""
    at = headers.get("x-twilio-email-event-webhook-timestamp", "")
    given = _of_base64(headers.get("x-twilio-email-event-webhook-signature", ""))
    if given is None or not _is_near(at, now, SENDGRID_WITHIN):
        return False
    return any([_public_key(secret)(given, at.encode() + body) for secret in secrets])


_Check = Callable[[Signed, Sequence[str], Mapping[str, str], bytes, int], bool]
_WAYS: Final[Mapping[str, _Check]] = {
    "standard": _standard,
    "stripe": _stripe,
    "hmac": _hmac,
    "basic": _basic,
    "sendgrid": _sendgrid,
}


def _is_any(given: Sequence[str], right: Iterable[bytes], read: Callable[[str], bytes | None]) -> bool:
    read_given = [bytes_ for each in given[:_SIGNATURES_MAX] if (bytes_ := read(each)) is not None]
    # All of them are compared, whichever is right.
    return any([hmac.compare_digest(one, other) for other in right for one in read_given])


def _is_near(at: str, now: int, within: int) -> bool:
    return _SECONDS.fullmatch(at) is not None and abs(int(at) * _SECOND - now) <= within


def _of_hex(text: str) -> bytes | None:
    try:
        return binascii.unhexlify(text)
    except ValueError:
        return None


def _of_base64(text: str) -> bytes | None:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return None


def _standard_key(secret: str) -> bytes | None:
    return _of_base64(secret.removeprefix("whsec_")) or None


@lru_cache(maxsize=16)
def _public_key(text: str, variable: str = "") -> Callable[[bytes, bytes], bool]:
    """What says whether a signature is of a content, by that key.  Raises ConfigurationError."""
    der = _of_base64(text)
    try:
        key = None if der is None else load_der_public_key(der)
    except ValueError:
        key = None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ConfigurationError(f"{variable} holds no public key as SendGrid shows it, in base64")

    def is_of(signature: bytes, content: bytes) -> bool:
        try:
            key.verify(signature, content, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True

    return is_of
