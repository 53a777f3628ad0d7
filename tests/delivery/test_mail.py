"""A mail as it travels: what its headers can hold, and what they cannot."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.delivery.mail import mail_of
from journeys.errors import Permanent

from .parts import KEY, parcel

STOP = "<https://kaffa.example/unsubscribe/" + "a1B2" * 60 + ">"


def read(content: bytes) -> EmailMessage:
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_the_mail_is_the_same_each_time_it_is_made() -> None:
    assert mail_of(parcel()) == mail_of(parcel())
    assert mail_of(parcel()).content != mail_of(parcel(key=KEY[::-1])).content


def test_the_headers_are_those_that_an_inbox_wants() -> None:
    mail = read(
        mail_of(parcel(sender={"name": "Kaffa, Köln", "email": "a@kaffa.example", "reply_to": "b@x.example"})).content
    )

    assert str(mail["from"]) == '"Kaffa, Köln" <a@kaffa.example>'
    assert str(mail["to"]) == "ana@example.com"
    assert str(mail["reply-to"]) == "b@x.example"
    assert str(mail["date"]) == "Fri, 15 Jan 2027 08:00:00 +0000"
    assert str(mail["message-id"]) == f"<{KEY}@kaffa.example>"
    assert mail.get_content_type() == "multipart/alternative"


def test_a_long_address_of_the_web_stays_on_its_line() -> None:
    headers = {"List-Unsubscribe": STOP, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}

    lines = mail_of(parcel(headers=headers)).content.decode("ascii").split("\r\n")

    assert f"List-Unsubscribe: {STOP}" in lines
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines


def test_a_mail_without_html_has_one_body() -> None:
    mail = read(mail_of(parcel(html=None)).content)

    assert mail.get_content_type() == "text/plain"


@given(subject=st.text(max_size=300), name=st.text(max_size=100), text=st.text(max_size=300))
def test_no_text_begins_a_header_or_is_lost(subject: str, name: str, text: str) -> None:
    mail = mail_of(parcel(subject=subject, text=text, sender={"name": name, "email": "a@kaffa.example"}))

    head = mail.content.split(b"\r\n\r\n")[0].decode("ascii")
    names = [line.split(":")[0] for line in head.split("\r\n") if line[:1] not in (" ", "\t")]
    assert names == ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"]
    assert all(len(line) < 998 for line in mail.content.split(b"\r\n"))
    visible = [char for char in subject if char.isprintable() and not char.isspace()]
    assert [char for char in str(read(mail.content)["subject"]) if not char.isspace()] == visible


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ana",
        "@example.com",
        "ana@",
        "ana@example.com\r\nBcc: all@example.com",
        "ana@example.com, eve@example.com",
        "ana@example.com>,<eve@example.com",
        "ana eve@example.com",
        '"ana"@example.com',
        "ana@exa mple.com",
        "ana@-.com",
        "ana@" + "a" * 300 + ".com",
        "a" * 65 + "@example.com",
        "ana\u2028@example.com",
        "ana\x00@example.com",
        "ana@[127.0.0.1]",
        "ana@example.com\ud800",
    ],
)
def test_what_is_no_address_is_refused_for_good(address: str) -> None:
    with pytest.raises(Permanent, match="address") as caught:
        mail_of(parcel(to=address))

    assert not address or address not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "travels", "is_wide"),
    [
        ("ana+x@Example.COM", "ana+x@example.com", False),
        (" ana@example.com ", "ana@example.com", False),
        ("ana@straße.de", "ana@xn--strae-oqa.de", False),
        ("ána@例え.jp", "ána@xn--r8jz45g.jp", True),
    ],
)
def test_an_address_travels_in_the_letters_that_servers_take(address: str, travels: str, is_wide: bool) -> None:
    mail = mail_of(parcel(to=address))

    assert (mail.to, mail.is_wide) == (travels, is_wide)
    assert str(read(mail.content)["to"]) == travels


@pytest.mark.parametrize(
    "headers",
    [
        {"List-Unsubscribe": "<https://x>\r\nBcc: eve@example.com"},
        {"List-Unsubscribe\r\nBcc": "eve@example.com"},
        {"X-Long": "x" * 2_000},
        {"X-Wide": "é"},
    ],
    ids=["a line break", "a line break in the name", "a line without end", "a letter beyond ASCII"],
)
def test_a_header_that_would_break_out_of_its_line_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Permanent, match="break out"):
        mail_of(parcel(headers=headers))


def test_half_a_character_breaks_no_mail() -> None:
    mail = read(mail_of(parcel(subject="a\ud800", text="b\ud800", html="<p>c\ud800</p>")).content)

    assert str(mail["subject"]) == "a?"


def test_a_mail_shows_nothing_of_itself() -> None:
    assert "ana" not in repr(mail_of(parcel()))
