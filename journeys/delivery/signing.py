"""DKIM (RFC 6376): the sender's domain stands for a mail, and for the headers that unsubscribe.

RFC 8058 asks for the latter: a mail program offers its own button only where both of them are signed.  Signing takes
about 25 ms of this machine for each mail with a key of 2048 bits; where a mail server signs, leave it to that one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from journeys.errors import ConfigurationError

KEY = "JOURNEYS_DKIM_KEY"
SELECTOR = "JOURNEYS_DKIM_SELECTOR"

_SIGNED = (
    b"from", b"to", b"reply-to", b"subject", b"date", b"message-id", b"mime-version", b"content-type",
    b"list-unsubscribe", b"list-unsubscribe-post",
)  # fmt: skip
_SELECTOR = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_TRIED = b"From: a@brand.example\r\n\r\n\r\n"


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
            include_headers=[name for name in _SIGNED if name in there],
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
    try:
        import dkim
    except ImportError:
        raise ConfigurationError(
            f"{KEY} is set, and what signs is not installed: pip install 'journeys[dkim]'"
        ) from None
    # An environment has no good place for line breaks: some write them as \n.
    signer = Signer(selector=selector, key=key.replace("\\n", "\n").encode())
    try:
        signer.sign(_TRIED, "a@brand.example")
    except (dkim.DKIMException, ValueError, OverflowError, IndexError):
        # What it says of a key may quote it.
        raise ConfigurationError(
            f"{KEY} is no private RSA key in PEM: -----BEGIN PRIVATE KEY----- and what follows it"
        ) from None
    return signer
