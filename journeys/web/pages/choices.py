"""Choices: what there is for a customer to choose, what holds, and what they say by sending a form of it back.

What is sent back is compared with what was shown, and only what differs is said: a form that was opened before another
takes nothing back that was said in the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

import msgspec

from journeys.content.language import FIELD as LANGUAGE
from journeys.content.salutation import FORMAL
from journeys.content.tokens import Named
from journeys.core.calendar import SECOND, format_moment
from journeys.core.customer import Customer
from journeys.core.preferences import AT_MOST, CHANNELS, QUIET_HOURS, TOPICS
from journeys.core.program import Program
from journeys.core.telling import tell_consents, tell_fields, tell_preferences

from .form import Form
from .page import readable

SOURCE: Final = "preferences"
TONE: Final = "tone"
FIRST_NAME: Final = "first-name"
SEEN: Final = "seen"  # the field of a form that holds what it showed


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What the definitions leave to choose: purposes with their words, names, and languages, the brand's first."""

    marketing: dict[str, str]
    data: dict[str, str]
    channels: list[str]
    topics: list[str]
    languages: list[str]
    tones: list[str]

    @property
    def purposes(self) -> list[str]:
        return [*self.marketing, *self.data]


@lru_cache(maxsize=4)
def offered_by(program: Program) -> Offered:
    definitions = program.definitions
    brand = definitions.brand

    def words_of(class_: str) -> dict[str, str]:
        return {name: each.words or readable(name) for name, each in brand.purposes.items() if each.class_ == class_}

    marketing = words_of("marketing")
    touches = [each for each in definitions.touches.values() if each.purpose in marketing]
    used = {channel for touch in touches for channel in touch.channels}
    spoken = {brand.locale} | {language for touch in definitions.touches.values() for language in touch.translations}
    has_languages = LANGUAGE in brand.fields and len(spoken) > 1
    has_tone = TONE in brand.fields and brand.fields[TONE].type == "text"
    return Offered(
        marketing=marketing,
        data=words_of("data"),
        channels=[name for name in brand.channels if name in used],
        topics=sorted({touch.topic for touch in touches if touch.topic is not None}),
        languages=sorted(spoken, key=lambda each: (each != brand.locale, each)) if has_languages else [],
        tones=[FIRST_NAME, FORMAL] if has_tone else [],
    )


# ---------------------------------------------------------------- what holds, and what was sent back


def holding(program: Program, customer: Customer) -> Form:
    """What holds, in the form in which it is sent back."""
    offered = offered_by(program)
    consents, fields = tell_consents(program, customer), tell_fields(program, customer)
    told = tell_preferences(customer)
    language = str(fields.get(LANGUAGE) or program.definitions.brand.locale).replace("-", "_")
    spoken = [each for each in (language, language.partition("_")[0]) if each in offered.languages]
    tone = FORMAL if fields.get(TONE) == FORMAL else FIRST_NAME
    return {
        "purpose": [each for each in offered.purposes if consents[each]],
        "channel": [each for each in offered.channels if each not in told.get(CHANNELS, ())],
        "topic": [each for each in offered.topics if each not in told.get(TOPICS, ())],
        "often": [told[AT_MOST]] if AT_MOST in told else [],
        "quiet": told[QUIET_HOURS].split("-") if QUIET_HOURS in told else [],
        "language": spoken[:1],
        "tone": [tone] if offered.tones else [],
    }


def shown_by(form: Form) -> Form | None:
    """What the page showed when it was filled in; None where it is none of ours."""
    try:
        return msgspec.json.decode(form.get(SEEN, [""])[0], type=Form)
    except msgspec.DecodeError:
        return None


def filled_in(program: Program, form: Form) -> Form:
    """What was filled in, of what there is to choose."""
    offered = offered_by(program)
    known = {
        "purpose": offered.purposes,
        "channel": offered.channels,
        "topic": offered.topics,
        "language": offered.languages,
        "tone": offered.tones,
    }
    ticked = {part: [each for each in names if each in form.get(part, ())] for part, names in known.items()}
    return {**ticked, "often": form.get("often", [])[:1], "quiet": [time for time in times_in(form) if time]}


def times_in(form: Form) -> list[str]:
    """When quiet hours begin and end, each empty where it was left so."""
    return [form.get(name, [""])[0] for name in ("from", "to")]


# ---------------------------------------------------------------- what is said by it

Said = list[tuple[str, dict[str, Any]]]
"""Events by name, with their properties."""


def said_by(program: Program, customer: Customer, seen: Form, filled: Form) -> Said:
    """What differs; `customer` is as they stand, with all that they said before."""
    said: Said = []
    for purpose in offered_by(program).purposes:
        is_given = purpose in filled["purpose"]
        if is_given != (purpose in seen.get("purpose", ())):
            said.append((f"consent.{'given' if is_given else 'withdrawn'}", {"purpose": purpose}))
    chosen = dict(_chosen(customer, seen, filled))
    return [*said, ("preferences.set", chosen)] if chosen else said


def _chosen(customer: Customer, seen: Form, filled: Form) -> Iterator[tuple[str, Any]]:
    told = tell_preferences(customer)
    for part, name in ((CHANNELS, "channel"), (TOPICS, "topic")):
        were, are = set(seen.get(name, ())), set(filled[name])
        if were != are:
            yield part, sorted((set(told.get(part, ())) | were - are) - (are - were))
    for part, name in ((AT_MOST, "often"), (QUIET_HOURS, "quiet")):
        if filled[name] != seen.get(name, []):
            yield part, "-".join(filled[name]) or None
    for part in (LANGUAGE, TONE):
        if filled[part] and filled[part] != seen.get(part, []):
            yield part, filled[part][0]


def events_of(named: Named, said: Said, now: int) -> list[dict[str, Any]]:
    # A button that is hit twice within a second says it once.
    mark = blake2b(msgspec.json.encode(said), digest_size=8).hexdigest()
    return [
        {
            "id": f"{named.proof}-{mark}-{now // SECOND}-{place}",
            "source": SOURCE,
            "name": name,
            "customer": named.names[0],
            "at": format_moment(now),
            "properties": properties,
        }
        for place, (name, properties) in enumerate(said)
    ]
