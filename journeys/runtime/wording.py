"""Wording: a touch that is to be sent, as the parcel that its provider takes.

What it says is made at the moment of sending, from the customer as they are then: a first name that was
mended meanwhile is right, and of who was erased nothing is left to say.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from typing import Final, TypedDict

import msgspec

from journeys.content.about import said_to, values_about
from journeys.content.errors import WordsError
from journeys.content.footer import footer_of
from journeys.content.message import EMAIL, compose
from journeys.content.tokens import Use, make_token
from journeys.core.customer import Customer, Enrollment
from journeys.core.merging import number_of
from journeys.core.program import Program
from journeys.definition.model import Person
from journeys.definition.model import Touch as TouchDefinition
from journeys.delivery.parcel import Parcel
from journeys.errors import Permanent
from journeys.store.outbox import Touch

_CODE: Final = 8  # characters of an offer's code: 40 bits, so that nobody guesses one of a million


class Undeliverable(Permanent):
    """A touch that cannot be put in words, or has nowhere to go."""


class _Tracking(TypedDict, total=False):
    follow: Callable[[str], str]
    pixel: str


class Wording:
    """Makes parcels.  `public_url` is where customers reach us: links of theirs begin with it."""

    def __init__(self, program: Program, secret: bytes, public_url: str) -> None:
        self.program = program
        self.secret = secret
        self.public_url = public_url.rstrip("/")

    def parcel(self, touch: Touch, customer: Customer, now: int) -> Parcel:
        """Raises Undeliverable."""
        program = self.program
        definitions = program.definitions
        asked = definitions.touches.get(touch.touch)
        if asked is None:
            raise Undeliverable(f"the definitions have no touch {touch.touch} any more")
        definition = said_to(program, asked, customer)
        channel = touch.channel or EMAIL
        if channel not in definitions.brand.channels:
            raise Undeliverable(f"the definitions have no channel {channel} any more")
        number = number_of(customer, touch.customer, touch.enrollment)
        enrollment = next((each for each in customer.enrollments if each.number == number), None)
        key = self.key_of(touch)
        stop_url = self._stop_url(definition, touch) if channel == EMAIL and touch.person is None else None
        # Only the customer's own message leads to their page, never what goes to one of us about them.
        preferences_url = None
        if touch.person is None:
            preferences_url = self._link(Use.PREFERENCES, touch.customer, str(touch.decided_at))
        footer = None
        if channel == EMAIL:
            footer = footer_of(definitions.brand, definition, stop_url=stop_url, preferences_url=preferences_url)
        try:
            values = values_about(
                program,
                definition,
                customer,
                enrollment,
                at=now,
                code=self._code(definition, key),
                ask_url=self._link(Use.ANSWER, touch.customer, touch.touch, key),
                preferences_url=preferences_url,
            )
            message = compose(
                definition,
                channel=channel,
                words=touch.words,
                values=values,
                footer=footer,
                **self._tracking(touch, customer, key),
            )
        except WordsError as error:
            raise Undeliverable(f"{definition.name} cannot be put in words", said=error.message) from None
        except KeyError:
            raise Undeliverable(f"{definition.name} has no words '{touch.words}'") from None
        headers = {}
        if stop_url is not None:
            headers = {"List-Unsubscribe": f"<{stop_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        return Parcel(
            key=key,
            channel=channel,
            to=self._address(touch, customer, enrollment),
            message=message,
            sender=definitions.brand.sender,
            headers=headers,
            customer=customer.id,
            touch=touch.touch,
            at=touch.decided_at,
        )

    def key_of(self, touch: Touch) -> str:
        """The touch key as providers see it: always the same, and naming nobody."""
        return hmac.digest(self.secret, b"touch\x00" + msgspec.json.encode(touch.key), "sha256").hex()[:32]

    def _code(self, definition: TouchDefinition, key: str) -> str | None:
        offer = definition.offer
        if offer is None or offer.code != "unique":
            return None if offer is None else offer.code
        drawn = hmac.digest(self.secret, b"code\x00" + key.encode(), "sha256")
        return base64.b32encode(drawn).decode()[:_CODE]

    def _stop_url(self, definition: TouchDefinition, touch: Touch) -> str | None:
        if self.program.definitions.brand.purposes[definition.purpose].class_ != "marketing":
            return None
        return self._link(Use.UNSUBSCRIBE, touch.customer, definition.purpose)

    def _tracking(self, touch: Touch, customer: Customer, key: str) -> _Tracking:
        """What is told of a mail: only to customers, and of those who allow all that we may know of them."""
        program = self.program
        track = program.definitions.brand.channels[touch.channel or EMAIL].track
        tracking = _Tracking()
        if not track or touch.person is not None or ~customer.consents & program.data_purposes:
            return tracking
        if "clicks" in track:
            tracking["follow"] = lambda url: self._link(Use.CLICK, touch.customer, touch.touch, key, url)
        if "opens" in track:
            tracking["pixel"] = self._link(Use.OPEN, touch.customer, touch.touch, key)
        return tracking

    def _link(self, use: Use, *names: str) -> str:
        """The address of a page of ours: pages are called as what their links are for."""
        return f"{self.public_url}/{use}/{make_token(self.secret, use, *names)}"

    def _address(self, touch: Touch, customer: Customer, enrollment: Enrollment | None) -> str:
        if touch.person is not None:
            return self._address_of_person(touch.person, customer)
        channel = self.program.definitions.brand.channels[touch.channel or EMAIL]
        if channel.address is None:
            return ""
        return self._field(customer, channel.address)

    def _address_of_person(self, name: str, customer: Customer) -> str:
        people = self.program.definitions.brand.people
        person: Person | None = people.get(name)
        while person is not None:
            if person.webhook is not None:
                return ""  # its provider knows where
            if person.email is not None:
                return person.email
            if person.field is not None:
                value = customer.fields[self.program.names.fields[person.field]]
                if value:
                    return str(value)
            person = None if person.otherwise is None else people.get(person.otherwise)
        raise Undeliverable(f"{name} has no address")

    def _field(self, customer: Customer, name: str) -> str:
        value = customer.fields[self.program.names.fields[name]]
        if not value:
            raise Undeliverable(f"the customer has no {name} any more")
        return str(value)
