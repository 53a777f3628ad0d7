"""A link proves whose consent to what it takes back, and nothing can be made of it but that."""

from __future__ import annotations

import string
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.content.tokens import Use, make_token, read_token

SECRET = b"s" * 32
# Texts as they arrive: no half of a surrogate pair.
TEXTS = st.text(st.characters(codec="utf-8"), max_size=60)


@given(customer=TEXTS, purpose=TEXTS)
@settings(deadline=None)
def test_a_token_names_what_it_was_made_for(customer: str, purpose: str):
    token = make_token(SECRET, Use.UNSUBSCRIBE, customer, purpose)

    named = read_token(SECRET, Use.UNSUBSCRIBE, token)

    assert named is not None
    assert named.names == (customer, purpose)
    assert token.isascii() and token.replace("-", "").replace("_", "").isalnum()


def test_another_secret_or_a_changed_letter_proves_nothing():
    token = make_token(SECRET, Use.UNSUBSCRIBE, "c-17", "offers")
    signed = urlsafe_b64decode(token + "=" * (-len(token) % 4))

    assert read_token(b"t" * 32, Use.UNSUBSCRIBE, token) is None
    for place in range(len(signed)):
        changed = bytearray(signed)
        changed[place] ^= 1
        assert read_token(SECRET, Use.UNSUBSCRIBE, urlsafe_b64encode(changed).decode().rstrip("=")) is None


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "a" * 5_000, "ü", "=", "%00", "a.b.c", "\x00", "AAAA" * 11])
def test_what_is_no_token_is_none(token: str):
    assert read_token(SECRET, Use.UNSUBSCRIBE, token) is None


def test_the_parts_do_not_run_into_each_other():
    assert make_token(SECRET, Use.UNSUBSCRIBE, "a", "bc") != make_token(SECRET, Use.UNSUBSCRIBE, "ab", "c")


def test_a_link_for_one_thing_opens_no_other():
    token = make_token(SECRET, Use.ANSWER, "c-17", "nps-ask", "0" * 32)

    assert read_token(SECRET, Use.UNSUBSCRIBE, token) is None


def test_a_link_does_not_tell_whom_it_names():
    token = make_token(SECRET, Use.UNSUBSCRIBE, "ana@example.com", "offers")

    assert b"ana" not in urlsafe_b64decode(token + "=" * (-len(token) % 4))


@pytest.mark.parametrize("customer", ["c-17", "c-170", "c-1700"], ids=["no bits unused", "four bits", "two bits"])
def test_a_token_written_otherwise_proves_nothing(customer: str):
    """Base64 leaves bits unused at its end, and a reader of it may skip what is no letter of it."""
    token = make_token(SECRET, Use.UNSUBSCRIBE, customer, "offers")
    letters = string.ascii_letters + string.digits + "-_+/=.\n "
    others = [token[:-1] + last for last in letters] + [token + more for more in (*letters, "==", "===")]
    others += [token[:20] + more + token[20:] for more in letters]
    others += [token.replace("-", "+").replace("_", "/")]

    assert [each for each in others if read_token(SECRET, Use.UNSUBSCRIBE, each) and each != token] == []
    assert read_token(SECRET, Use.UNSUBSCRIBE, token) is not None
