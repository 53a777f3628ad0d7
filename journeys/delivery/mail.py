"""A mail as it travels: both bodies, and headers that nobody can break out of.

All of it follows from the parcel, to the last byte: an attempt after the first is the same mail, with
the same Message-ID, and not another one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address, BaseHeader, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from typing import Any

import idna

from journeys.delivery.parcel import Parcel
from journeys.errors import Permanent

_LOCAL = re.compile(r"""[^\s<>(),;:\\"\[\]@]{1,64}""")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
# A line of a mail ends at 998 characters, whatever stands on it.
_HEADER_MAX = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """`sender` and `to` are the envelope's addresses; with `is_wide` one of them has letters beyond ASCII."""

    sender: str | None
    to: str = field(repr=False)
    content: bytes = field(repr=False)
    is_wide: bool


class _Verbatim(BaseHeader):
    """A header on one line: broken apart or encoded, an address on the web is none any more."""

    max_count = None

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        kwds["decoded"] = value
        kwds["parse_tree"] = None

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


def mail_of(parcel: Parcel) -> Mail:
    """Raises Permanent if its address is none."""
    to = _address(parcel.to)
    sender = _address(parcel.sender["email"]) if parcel.sender.get("email") else None
    reply_to = _address(parcel.sender["reply_to"]) if parcel.sender.get("reply_to") else None
    is_wide = not all(one is None or one.addr_spec.isascii() for one in (to, sender, reply_to))

    mail = EmailMessage(policy=_policy(parcel.headers, is_wide=is_wide))
    if sender is not None:
        mail["From"] = Address(_line(parcel.sender.get("name", "")), sender.username, sender.domain)
    mail["To"] = to
    if reply_to is not None:
        mail["Reply-To"] = reply_to
    mail["Subject"] = _line(parcel.message.subject or "")
    mail["Date"] = format_datetime(parcel.moment)
    mail["Message-ID"] = f"<{_dotted(parcel.key)}@{sender.domain if sender is not None else 'localhost'}>"
    for name, text in parcel.headers.items():
        if not _HEADER.fullmatch(name) or not text.isascii() or not text.isprintable() or len(text) > _HEADER_MAX:
            raise Permanent("a header of this mail would break out of its line")
        mail[name] = text
    # Long lines and letters of any kind are spelt in plain ones, which every server on the way leaves as they are.
    mail.set_content(_plain(parcel.message.text), cte="quoted-printable")
    if parcel.message.html is not None:
        mail.add_alternative(_plain(parcel.message.html), subtype="html", cte="quoted-printable")
        mail.set_boundary(f"={_hash(parcel.key)}")
    return Mail(
        sender=None if sender is None else sender.addr_spec, to=to.addr_spec, content=mail.as_bytes(), is_wide=is_wide
    )


def _address(text: str) -> Address:
    """An address in the form that travels: its domain in plain letters, its name as it is."""
    local, _, domain = text.strip().rpartition("@")
    if not _LOCAL.fullmatch(local) or not local.isprintable():
        raise Permanent("this is no address that a mail could go to")
    try:
        return Address(username=local, domain=idna.encode(domain, uts46=True).decode("ascii"))
    except (idna.IDNAError, UnicodeError, ValueError):
        raise Permanent("the domain of this address cannot exist") from None


def _policy(headers: Mapping[str, str], *, is_wide: bool) -> Policy:
    registry = HeaderRegistry()
    for name in headers:
        registry.map_to_type(name, _Verbatim)
    return SMTP.clone(utf8=is_wide, header_factory=registry)


def _line(text: str) -> str:
    """On one line, without what moves a cursor: no header can be begun in it."""
    return " ".join("".join(char if char.isprintable() else " " for char in _plain(text)).split())


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _dotted(key: str) -> str:
    """The key as the left side of a Message-ID."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", key) else _hash(key)


def _hash(key: str) -> str:
    return hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=16).hexdigest()
