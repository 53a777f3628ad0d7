"""The sender's domain stands for a mail as it arrives, and for the headers that unsubscribe."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from journeys.definition.model import Channel
from journeys.delivery.provider import provider_of
from journeys.delivery.signing import signer_of
from journeys.delivery.smtp import SmtpProvider
from journeys.errors import ConfigurationError

from .parts import MailServer, parcel

HEADERS = {"List-Unsubscribe": "<https://kaffa.example/u/1>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
PRIVATE = rsa.generate_private_key(65537, 2048)


def pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey = PRIVATE) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


ENVIRONMENT = {"JOURNEYS_DKIM_KEY": pem(), "JOURNEYS_DKIM_SELECTOR": "mail2026"}


def record(name: bytes, timeout: int = 5) -> bytes:
    """What the DNS says: the public half, at the one name."""
    assert name == b"mail2026._domainkey.kaffa.example."
    public = PRIVATE.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return b"v=DKIM1; k=rsa; p=" + b64encode(public)


def arrived(environment: dict[str, str], headers: Mapping[str, str] = HEADERS) -> bytes:
    """A mail as a real server took it."""
    with MailServer() as server:
        provider = SmtpProvider(f"smtp://localhost:{server.port}", variable="X", signer=signer_of(environment))
        provider.send(parcel(headers=headers))
        provider.close()
    (envelope,) = server.box.taken
    assert isinstance(envelope.content, bytes)
    return envelope.content


def test_who_receives_a_mail_finds_it_signed() -> None:
    assert dkim.verify(arrived(ENVIRONMENT), dnsfunc=record)


def test_a_key_may_be_written_on_one_line() -> None:
    one_line = {**ENVIRONMENT, "JOURNEYS_DKIM_KEY": pem().replace("\n", "\\n")}

    assert dkim.verify(arrived(one_line), dnsfunc=record)


@pytest.mark.parametrize(
    "part, other",
    [
        (b"https://kaffa.example/u/1", b"https://elsewhere.example"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=No-Click"),
        (b"hello@kaffa.example", b"hullo@kaffa.example"),
        (b"ana@example.com", b"ben@example.com"),
        (b"Ana", b"Ben"),
    ],
)
def test_nobody_changes_it_on_the_way(part: bytes, other: bytes) -> None:
    mail = arrived(ENVIRONMENT)
    assert part in mail

    assert not dkim.verify(mail.replace(part, other), dnsfunc=record)


@pytest.mark.parametrize(
    "line",
    [
        b"Subject: You have won",
        b"To: everybody@example.com",
        b"Reply-To: eve@example.com",
        b"From: eve@example.com",
        b"Content-Type: text/html",
        b"Content-Transfer-Encoding: 7bit",
        b"MIME-Version: 1.0",
        b"Date: Thu, 1 Jan 2026 00:00:00 +0000",
        b"Message-ID: <1@elsewhere.example>",
        b"Cc: everybody@example.com",
        b"Sender: eve@example.com",
        b"List-Unsubscribe: <https://elsewhere.example>",
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    ],
)
def test_nobody_adds_a_header_on_the_way(line: bytes) -> None:
    mail = arrived(ENVIRONMENT)
    assert dkim.verify(mail, dnsfunc=record)

    assert not _is_verified(line + b"\r\n" + mail)


def test_nobody_adds_what_unsubscribes_to_a_mail_without_it() -> None:
    mail = arrived(ENVIRONMENT, headers={})
    assert dkim.verify(mail, dnsfunc=record)

    for name, text in HEADERS.items():
        assert not _is_verified(f"{name}: {text}\r\n".encode() + mail)


def _is_verified(mail: bytes) -> bool:
    try:
        return bool(dkim.verify(mail, dnsfunc=record))
    except dkim.DKIMException:
        return False


def test_without_a_key_nothing_is_signed() -> None:
    assert b"DKIM-Signature" not in arrived({})


@pytest.mark.parametrize(
    "said, because",
    [
        ({"JOURNEYS_DKIM_KEY": pem()}, "JOURNEYS_DKIM_SELECTOR is not set"),
        ({"JOURNEYS_DKIM_SELECTOR": "mail2026"}, "JOURNEYS_DKIM_KEY is not set"),
        ({**ENVIRONMENT, "JOURNEYS_DKIM_SELECTOR": "a b"}, "is no selector"),
        ({**ENVIRONMENT, "JOURNEYS_DKIM_SELECTOR": "-a"}, "is no selector"),
        ({**ENVIRONMENT, "JOURNEYS_DKIM_KEY": "secret"}, "is no private RSA key"),
        ({**ENVIRONMENT, "JOURNEYS_DKIM_KEY": pem()[:400]}, "is no private RSA key"),
        ({**ENVIRONMENT, "JOURNEYS_DKIM_KEY": pem().replace("A", "B")}, "is no private RSA key"),
        ({**ENVIRONMENT, "JOURNEYS_DKIM_KEY": pem(ed25519.Ed25519PrivateKey.generate())}, "is no private RSA key"),
    ],
)
def test_a_setup_that_cannot_sign_is_told_and_shows_no_key(said: dict[str, str], because: str) -> None:
    with pytest.raises(ConfigurationError, match=because) as caught:
        signer_of(said)

    for line in said.get("JOURNEYS_DKIM_KEY", "").splitlines()[1:2]:
        assert line not in str(caught.value)


def test_the_environment_reaches_the_provider(tmp_path: Path) -> None:
    channel = Channel(name="email", via="smtp", address="email")
    with pytest.raises(ConfigurationError, match="JOURNEYS_DKIM_KEY is not set"):
        provider_of(
            channel,
            environment={"JOURNEYS_SMTP_URL": "smtp://localhost:25", "JOURNEYS_DKIM_SELECTOR": "mail2026"},
            outbox=tmp_path,
        )
