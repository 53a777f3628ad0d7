"""A preview: one touch in its words, for one customer, channel by channel.

The words go the way they go when they are sent: the same values, the same composing, the same sheet.
What is different is said: whom it is for, what these words ask for that nobody knows, and why
they might not be sent like this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from journeys.check.places import moves, sends, states, touches_of
from journeys.cli.addressee import Addressee, make_example, read_addressee
from journeys.content.about import said_to, values_about
from journeys.content.errors import WordsError
from journeys.content.footer import footer_of
from journeys.content.language import speaking
from journeys.content.message import EMAIL, GENERIC, Message, compose, sources
from journeys.content.template import parse
from journeys.content.values import Manner, said
from journeys.core.compiling import compile_program
from journeys.core.customer import PERSONALIZED, Customer, Enrollment, new_enrollment
from journeys.core.intake import new_customer, read_value
from journeys.core.program import Program
from journeys.definition.load import Reading
from journeys.definition.model import Definitions, Journey, Purpose, SendEntry, Touch
from journeys.definition.nearest import nearest, shown
from journeys.errors import InputError

# Pages that only whoever sends can make; `.example` is nobody's.
ANSWER_URL: Final = "https://links.example/answer"
STOP_URL: Final = "https://links.example/stop"
PREFERENCES_URL: Final = "https://links.example/preferences"
_CODE: Final = "EXAMPLE-42"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The command line of a preview.  `words` is "personalized", "generic", or None for what would be sent."""

    touch: str
    customer: Path | None
    words: str | None
    variant: str | None
    channel: str | None
    journey: str | None
    html: Path | None
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One message.  `words` is "generic" or a variant; `reads` are the names it asks for, None where missing."""

    channel: str
    words: str
    message: Message
    reads: Mapping[str, str | None]

    @property
    def title(self) -> str:
        return say_words(self.words)

    @property
    def lacking(self) -> list[str]:
        return [name for name, value in self.reads.items() if value is None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """`others` are journeys that send it too; `would_send` are the words that this customer would get.

    `remarks` say why it might not be sent like this.
    """

    definitions: Definitions
    touch: Touch
    purpose: Purpose
    journey: str | None
    others: tuple[str, ...]
    state: str | None
    people: tuple[str, ...]
    addressee: Addressee
    would_send: str
    remarks: tuple[str, ...]
    values: Mapping[str, object]
    messages: tuple[Shown, ...]

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.channel for each in self.messages))

    @property
    def wordings(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.words for each in self.messages))

    def of(self, channel: str, words: str) -> Shown:
        return next(each for each in self.messages if (each.channel, each.words) == (channel, words))


def say_words(words: str) -> str:
    if words == GENERIC:
        return "generic words"
    return "personalized words" if words == "a" else f"personalized words, variant {words}"


def make_preview(reading: Reading, asked: Asked, *, both_words: bool) -> Preview:
    """`both_words` shows generic words beside personalized ones, unless one of them was asked for.

    Raises InputError for a name that is none, and DefinitionError for a file of a customer with mistakes.
    """
    definitions = reading.definitions
    assert definitions is not None
    touch = _choose_touch(definitions, asked.touch)
    channels = _choose_channels(touch, asked.channel)
    journey = _choose_journey(definitions, touch, asked.journey)
    scenarios = [one for one in reading.scenarios if journey is not None and one.journey == journey.name]
    brand = definitions.brand
    if asked.customer is None:
        addressee = make_example(brand, journey, scenarios)
    else:
        addressee = read_addressee(asked.customer, brand, journey, scenarios)

    program = compile_program(definitions, salt="preview")
    try:
        customer = _customer(program, addressee)
        enrollment = None if journey is None else _enrollment(program, journey, touch, addressee)
    except InputError as error:
        raise InputError(f"{asked.customer}: {error}" if asked.customer is not None else str(error)) from None
    touch = touch if touch.language is not None else said_to(program, touch, customer)
    code = None if touch.offer is None else _CODE if touch.offer.code == "unique" else touch.offer.code
    values = values_about(
        program,
        touch,
        customer,
        enrollment,
        at=addressee.at,
        code=code,
        ask_url=ANSWER_URL,
        preferences_url=PREFERENCES_URL,
    )

    unasked = _data_purposes_lacking(program, touch, customer)
    would_send = GENERIC if unasked and touch.generic is not None else "a"
    chosen = _choose_words(touch, asked, would_send, both_words=both_words)
    messages = [_message(definitions, touch, channel, words, values) for channel in channels for words in chosen]
    return Preview(
        definitions=definitions,
        touch=touch,
        purpose=brand.purposes[touch.purpose],
        journey=None if journey is None else journey.name,
        others=tuple(each for each in _senders(definitions, touch) if journey is None or each != journey.name),
        state=None if journey is None else _place_of(journey, touch),
        people=() if journey is None else _people(journey, touch),
        addressee=addressee,
        would_send=would_send,
        remarks=tuple(_remarks(definitions, touch, customer, program, channels, unasked, values)),
        values=values,
        messages=tuple(messages),
    )


# ---------------------------------------------------------------- choosing


def _choose_touch(definitions: Definitions, name: str) -> Touch:
    """By its name, or by its file, as a shell completes it; that of a translation is the touch in that language."""
    if name in definitions.touches:
        return definitions.touches[name]
    for touch in definitions.touches.values():
        for each in (touch, *touch.translations.values()):
            if Path(each.file).resolve() == Path(name).resolve():
                return each
    raise InputError(f"there is no touch {shown(name)}: {nearest(Path(name).stem or name, definitions.touches)}")


def _choose_channels(touch: Touch, channel: str | None) -> tuple[str, ...]:
    if channel is None:
        return touch.channels
    if channel not in touch.channels:
        raise InputError(f"{shown(touch.name)} is not sent by {shown(channel)}: {nearest(channel, touch.channels)}")
    return (channel,)


def _choose_journey(definitions: Definitions, touch: Touch, name: str | None) -> Journey | None:
    senders = _senders(definitions, touch)
    if name is None:
        # The one that keeps the most of what the words ask for is the one they were written for.
        asked = {path[1] for path in _asked(touch) if path[0] == "journey"}
        return max(senders.values(), key=lambda each: len(asked & each.kept.keys()), default=None)
    if name not in definitions.journeys:
        raise InputError(f"there is no journey {shown(name)}: {nearest(Path(name).stem or name, definitions.journeys)}")
    if name not in senders:
        who = f"that does {', '.join(senders)}" if senders else "no journey does"
        raise InputError(f"{shown(name)} does not send {shown(touch.name)}: {who}")
    return senders[name]


def _choose_words(touch: Touch, asked: Asked, would_send: str, *, both_words: bool) -> tuple[str, ...]:
    if asked.variant is not None:
        if asked.words == GENERIC:
            raise InputError("generic words have no variants: leave out --variant or --words")
        if asked.variant not in touch.words:
            known = nearest(asked.variant, touch.words)
            raise InputError(f"{shown(touch.name)} has no variant {shown(asked.variant)}: {known}")
    if asked.words == GENERIC and touch.generic is None:
        raise InputError(f"{shown(touch.name)} has no generic words")
    personal = asked.variant or "a"
    if asked.words is not None:
        return (GENERIC,) if asked.words == GENERIC else (personal,)
    if both_words and touch.generic is not None:
        return (personal, GENERIC)
    return (personal,) if asked.variant is not None else (would_send,)


def _asked(touch: Touch) -> Iterator[tuple[str, ...]]:
    """Every name that some words of the touch ask for: ("journey", "category")."""
    for words in (*touch.words, *(() if touch.generic is None else (GENERIC,))):
        for channel in touch.channels:
            for source in sources(touch, channel=channel, words=words):
                yield from (read.path for read in parse(source).reads if len(read.path) > 1)


# ---------------------------------------------------------------- where it is sent


def _senders(definitions: Definitions, touch: Touch) -> dict[str, Journey]:
    return {each.name: each for each in definitions.journeys.values() if _place_of(each, touch) is not None}


def _place_of(journey: Journey, touch: Touch) -> str | None:
    """The first state in which the journey sends it, or to which it sends it along; None where it never does."""
    known = states(journey)
    for name, state in known.items():
        if _names(state.sends, touch) or _names(state.stage_sends, touch):
            return name
    for move in moves(journey):
        if _names(move.send, touch):
            return move.to if move.to in known else next(iter(known))
    return None


def _names(entries: Sequence[SendEntry], touch: Touch) -> bool:
    return any(name == touch.name for entry in entries for name, _ in touches_of(entry))


def _people(journey: Journey, touch: Touch) -> tuple[str, ...]:
    found = [entry.to for entry in sends(journey) if entry.to is not None and _names((entry,), touch)]
    return tuple(dict.fromkeys(found))


# ---------------------------------------------------------------- values


def _customer(program: Program, addressee: Addressee) -> Customer:
    given = addressee.given
    return new_customer(
        program, given.name, given.fields, at=addressee.at, consents=given.consent, timezone=given.timezone
    )


def _enrollment(program: Program, journey: Journey, touch: Touch, addressee: Addressee) -> Enrollment:
    compiled = next(each for each in program.journeys if each.name == journey.name)
    kept = dict(addressee.kept)

    def moment(name: str) -> int:
        value = kept.get(name)
        at: int = addressee.at if value is None else read_value(program, "moment", value, f"journey.{name}")
        return at

    enrollment = new_enrollment(compiled, 1, kept.get("key"), moment("entered_at"), PERSONALIZED)
    enrollment.arrived_at = moment("arrived_at")
    enrollment.state = compiled.state_names.index(str(_place_of(journey, touch)))
    enrollment.stage = compiled.states[enrollment.state].stage
    enrollment.visits = [int(state == enrollment.state) for state in range(len(compiled.states))]
    enrollment.kept = [_kept(program, journey, name, kept.get(name)) for name in compiled.kept_names]
    return enrollment


def _kept(program: Program, journey: Journey, name: str, value: Any) -> object:
    return None if value is None else read_value(program, journey.kept[name], value, f"journey.{name}")


def _data_purposes_lacking(program: Program, touch: Touch, customer: Customer) -> list[str]:
    """The consents without which the gate chooses the generic words."""
    compiled = program.touches[program.names.touches[touch.name]]
    lacking = compiled.personal & ~customer.consents
    return [name for name, bit in program.names.purposes.items() if lacking >> bit & 1]


# ---------------------------------------------------------------- words


def _message(definitions: Definitions, touch: Touch, channel: str, words: str, values: Mapping[str, object]) -> Shown:
    footer = None
    if channel == EMAIL:
        footer = footer_of(definitions.brand, touch, stop_url=STOP_URL, preferences_url=PREFERENCES_URL)
    try:
        message = compose(touch, channel=channel, words=words, values=values, footer=footer)
    except WordsError as error:
        raise InputError(f"{touch.file}: for this customer {error.message}") from None
    manner = Manner(locale=speaking(definitions.brand, touch).locale, currency=definitions.brand.currency)
    reads: dict[str, str | None] = {}
    for source in sources(touch, channel=channel, words=words):
        for read in parse(source).reads:
            scope = values.get(read.path[0])
            if read.path[0] in ("customer", "journey") and len(read.path) > 1 and isinstance(scope, Mapping):
                value = scope.get(read.path[1])
                reads[".".join(read.path[:2])] = None if value is None else said(value, manner)
    return Shown(channel=channel, words=words, message=message, reads=reads)


def _remarks(
    definitions: Definitions,
    touch: Touch,
    customer: Customer,
    program: Program,
    channels: Sequence[str],
    unasked: Sequence[str],
    values: Mapping[str, object],
) -> Iterator[str]:
    brand = definitions.brand
    if touch.recommend is not None and not values["recommended"]:
        yield f"The catalog has fewer items for it than the {touch.recommend.least} that it asks for: none is shown."
    class_ = brand.purposes[touch.purpose].class_
    if class_ == "internal":
        return  # It goes to us, whatever the customer agreed to.
    if class_ == "marketing" and not customer.consents & program.names.consent_mask(touch.purpose):
        yield f"Without consent to {touch.purpose} it is not sent at all."
    if unasked and touch.generic is not None:
        yield f"Without consent to {' and '.join(unasked)} the generic words are sent."
    for channel in channels:
        address = brand.channels[channel].address
        if address is not None and customer.fields[program.names.fields[address]] is None:
            yield f"Without {address} it is not sent by {channel}."
