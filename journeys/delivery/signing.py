"""DKIM (RFC 6376): the sender's domain stands for a mail, and for the headers that unsubscribe.

RFC 8058 asks for the latter: a mail program offers its own button only where both of them are signed.  Signing takes
about 25 ms of this machine for each mail with a key of 2048 bits; where a mail server signs, leave it to that one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from journeys.errors import ConfigurationError

KEY = "JOURNEYS_DKIM_KEY"
SELECTOR = "JOURNEYS_DKIM_SELECTOR"

# Each is named once more than it is there, so that nobody adds another, which a reader would show, or whose address a
# mail program would unsubscribe at (RFC 6376, 8.15).
_SIGNED = (
    b"from", b"sender", b"to", b"cc", b"reply-to", b"subject", b"date", b"message-id", b"mime-version", b"content-type",
    b"content-transfer-encoding", b"list-unsubscribe", b"list-unsubscribe-post",
)  # fmt: skip
_SELECTOR = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_BITS_LEAST = 1024  # RFC 8301; who receives takes a shorter one for none


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """`key` is the private half, in PEM; the public one is in the DNS, at `<selector>._domainkey.<domain>`."""

    selector: str
    key: bytes = field(repr=False)

    def sign(self, content: bytes, sender: str) -> bytes:
        """The mail with its signature, for the domain of the sender's address."""
        import dkim  # an extra; `signer_of` has seen that it is there

        begin = content.partition(b"\r\n\r\n")[0].lower()
        there = {line.partition(b":")[0] for line in begin.split(b"\r\n")}
        signature: bytes = dkim.sign(
            content,
            self.selector.encode(),
            sender.rpartition("@")[2].encode(),
            self.key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[*(name for name in _SIGNED if name in there), *_SIGNED],
        )
        return signature + content


def signer_of(environment: Mapping[str, str]) -> Signer | None:
    """Who signs, as the environment says; None where it says nothing.  Raises ConfigurationError."""
    key, selector = environment.get(KEY, "").strip(), environment.get(SELECTOR, "").strip()
    if not key and not selector:
        return None
    if not key or not selector:
        raise ConfigurationError(f"mails are signed by a key and a selector: {SELECTOR if key else KEY} is not set")
    if not _SELECTOR.fullmatch(selector):
        raise ConfigurationError(f"{SELECTOR} is no selector: letters, digits and '-', such as mail2026")
    if find_spec("dkim") is None:
        raise ConfigurationError(f"{KEY} is set, and what signs is not installed: pip install 'journeys[dkim]'")
    return Signer(selector=selector, key=_private_key(key))


def _private_key(text: str) -> bytes:
    # An environment has no good place for line breaks: some write them as \n.
    pem = text.replace("\\n", "\n").encode()
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # what they say may quote it
        key = None
    if not isinstance(key, RSAPrivateKey) or key.key_size < _BITS_LEAST:
        raise ConfigurationError(
            f"{KEY} is no private RSA key of {_BITS_LEAST} bits or more, in PEM and without a password: "
            "-----BEGIN PRIVATE KEY----- and what follows it"
        )
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
