"""Preferring: the page on which customers choose what marketing comes, how, how often and when.

It shows what holds as of the last turn.  What is sent back is compared with what was shown, and only what differs is
said, as events like any other: `consent.given` and `consent.withdrawn` for what may be written about and known, and
`preferences.set` for the rest, which stands above all that others say.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request, Response

from journeys.content.language import FIELD as LANGUAGE
from journeys.content.message import EMAIL
from journeys.content.salutation import FORMAL
from journeys.content.tokens import Named, Use
from journeys.content.values import name_of_language
from journeys.core.calendar import MINUTE, format_moment
from journeys.core.customer import Customer
from journeys.core.preferences import AT_MOST, CHANNELS, QUIET_HOURS, TOPICS
from journeys.core.program import Program
from journeys.core.telling import tell_consents, tell_fields, tell_preferences
from journeys.measure.html.markup import Child, Element, tag
from journeys.web.parts import Parts
from journeys.web.problems import Refusal

from .describing import PAGES
from .form import Form, read_form
from .link import Link, customer_of, open_link
from .page import Reader, failed, is_from_elsewhere, nobody, page, readable
from .telling import tell

SOURCE: Final = "preferences"
TONE: Final = "tone"
_FIRST_NAME: Final = "first-name"
_LIMITS: Final = ("1 per 1 day", "1 per 7 days", "1 per 30 days")
_SEEN: Final = "seen"


def add_preferring(app: FastAPI, parts: Parts) -> None:
    @app.get("/preferences/{token}", **PAGES["get_preferences"])
    async def get_preferences(request: Request) -> Response:
        link = open_link(parts, request, Use.PREFERENCES)
        if isinstance(link, Response):
            return link
        try:
            customer = await customer_of(parts, link)
        except Refusal as refusal:
            return failed(link.reader, refusal, "")
        return nobody(link.reader) if customer is None else _ask(link, _shown(link.reader.program, customer))

    @app.post("/preferences/{token}", **PAGES["post_preferences"])
    async def post_preferences(request: Request) -> Response:
        link = open_link(parts, request, Use.PREFERENCES)
        if isinstance(link, Response):
            return link
        program, say = link.reader.program, link.reader.choose
        try:
            form = await read_form(request)
            seen = _seen(form)
            if seen is None or is_from_elsewhere(request):
                # No form of ours, or not sent from here: so it is asked once more.
                return await get_preferences(request)
            chosen = _chosen(program, form)
            if len(chosen["quiet"]) == 1:
                return _ask(link, {**chosen, "quiet": _times(form)}, problem=say.both_times, seen=seen)
            differing = _differing(program, await customer_of(parts, link), seen, chosen)
            now = parts.clock()
            is_told = await tell(parts, *_events(link.named, differing, now), now=now)
            assert is_told  # the engine's own events are always declared
        except Refusal as refusal:
            return failed(link.reader, refusal, say.not_saved)
        back = tag("p", tag("a", say.back, href=link.token), class_="link")
        return page(link.reader, say.saved, tag("p", say.saved_more), back)


# ---------------------------------------------------------------- what there is to choose


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offered:
    """What the definitions leave to choose.  `words` are those of each purpose, `languages` have the brand's first."""

    marketing: dict[str, str]
    data: dict[str, str]
    channels: list[str]
    topics: list[str]
    languages: list[str]
    has_tone: bool


@lru_cache(maxsize=4)
def _offered(program: Program) -> _Offered:
    definitions = program.definitions
    brand = definitions.brand
    words = {
        class_: {
            each.name: each.words or readable(each.name) for each in brand.purposes.values() if each.class_ == class_
        }
        for class_ in ("marketing", "data")
    }
    touches = [each for each in definitions.touches.values() if each.purpose in words["marketing"]]
    used = {channel for touch in touches for channel in touch.channels}
    spoken = {brand.locale} | {language for touch in definitions.touches.values() for language in touch.translations}
    fields = brand.fields
    return _Offered(
        marketing=words["marketing"],
        data=words["data"],
        channels=[name for name in brand.channels if name in used],
        topics=sorted({touch.topic for touch in touches if touch.topic is not None}),
        languages=sorted(spoken, key=lambda each: (each != brand.locale, each))
        if LANGUAGE in fields and len(spoken) > 1
        else [],
        has_tone=TONE in fields and fields[TONE].type == "text",
    )


def _shown(program: Program, customer: Customer) -> Form:
    """What holds, in the form in which it is sent back."""
    offered = _offered(program)
    consents, fields = tell_consents(program, customer), tell_fields(program, customer)
    told = tell_preferences(customer)
    language = str(fields.get(LANGUAGE) or program.definitions.brand.locale).replace("-", "_")
    known = [each for each in (language, language.partition("_")[0]) if each in offered.languages]
    return {
        "purpose": [each for each in (*offered.marketing, *offered.data) if consents[each]],
        "channel": [each for each in offered.channels if each not in told.get(CHANNELS, ())],
        "topic": [each for each in offered.topics if each not in told.get(TOPICS, ())],
        "often": [told[AT_MOST]] if AT_MOST in told else [],
        "quiet": told[QUIET_HOURS].split("-") if QUIET_HOURS in told else [],
        "language": known[:1],
        "tone": [FORMAL if fields.get(TONE) == FORMAL else _FIRST_NAME] if offered.has_tone else [],
    }


def _seen(form: Form) -> Form | None:
    """What the page showed when it was filled in; None where it is none of ours."""
    try:
        return msgspec.json.decode(form.get(_SEEN, [""])[0], type=Form)
    except msgspec.DecodeError:
        return None


def _chosen(program: Program, form: Form) -> Form:
    """What was filled in, of what there is to choose."""
    offered = _offered(program)
    choices = {
        "purpose": [*offered.marketing, *offered.data],
        "channel": offered.channels,
        "topic": offered.topics,
        "language": offered.languages,
        "tone": [FORMAL, _FIRST_NAME] if offered.has_tone else [],
    }
    chosen = {part: [each for each in known if each in form.get(part, ())] for part, known in choices.items()}
    return {**chosen, "often": form.get("often", [])[:1], "quiet": [time for time in _times(form) if time]}


def _times(form: Form) -> list[str]:
    return [form.get(name, [""])[0] for name in ("from", "to")]


# ---------------------------------------------------------------- what is said


Said = list[tuple[str, dict[str, Any]]]
"""Events by name, with their properties."""


def _differing(program: Program, customer: Customer | None, seen: Form, chosen: Form) -> Said:
    offered = _offered(program)
    said: Said = []
    for purpose in (*offered.marketing, *offered.data):
        is_given = purpose in chosen["purpose"]
        if is_given != (purpose in seen.get("purpose", ())):
            said.append((f"consent.{'given' if is_given else 'withdrawn'}", {"purpose": purpose}))
    told = {} if customer is None else tell_preferences(customer)

    def unwanted(part: str, known: Collection[str], choices: Sequence[str], wanted: Sequence[str]) -> list[str]:
        # What was said elsewhere, of what nobody sends just now, stays said.
        others = [each for each in told.get(part, ()) if each in known and each not in choices]
        return [*[each for each in choices if each not in wanted], *others]

    values = {
        "channel": (CHANNELS, unwanted(CHANNELS, program.channel_names, offered.channels, chosen["channel"])),
        "topic": (TOPICS, unwanted(TOPICS, program.definitions.topics, offered.topics, chosen["topic"])),
        "often": (AT_MOST, next(iter(chosen["often"]), None)),
        "quiet": (QUIET_HOURS, "-".join(chosen["quiet"]) or None),
        "language": (LANGUAGE, next(iter(chosen["language"]), None)),
        "tone": (TONE, next(iter(chosen["tone"]), None)),
    }
    differing = [part for part in values if chosen[part] != seen.get(part, [])]
    if differing:
        said.append(("preferences.set", dict([values[part] for part in differing])))
    return said


def _events(named: Named, said: Said, now: int) -> list[dict[str, Any]]:
    # A button that is hit twice within a minute says it once.
    mark = blake2b(msgspec.json.encode(said), digest_size=8).hexdigest()
    return [
        {
            "id": f"{named.proof}-{mark}-{now // MINUTE}-{place}",
            "source": SOURCE,
            "name": name,
            "customer": named.names[0],
            "at": format_moment(now),
            "properties": properties,
        }
        for place, (name, properties) in enumerate(said)
    ]


# ---------------------------------------------------------------- how it looks


def _ask(link: Link, shown: Form, *, problem: str | None = None, seen: Form | None = None) -> Response:
    """`seen` is what the page showed at first, where it is shown once more with what was filled in."""
    reader = link.reader
    say, offered = reader.choose, _offered(reader.program)
    brand = reader.program.definitions.brand
    names = {EMAIL: say.email, "sms": say.sms, "push": say.push}
    sections: list[Child] = [
        _boxes(say.purposes, "purpose", offered.marketing, shown, lang=reader.lang),
        _boxes(say.data, "purpose", offered.data, shown, lang=reader.lang),
        _boxes(say.channels, "channel", {each: names.get(each, readable(each)) for each in offered.channels}, shown),
        _boxes(say.topics, "topic", {each: readable(each) for each in offered.topics}, shown, lang=reader.lang),
        _boxes(say.often, "often", _limits(reader, shown), shown, is_one=True),
        _quiet(reader, shown, problem),
    ]
    if offered.has_tone:
        tones = {_FIRST_NAME: say.by_first_name, FORMAL: say.formally}
        sections.append(_boxes(say.addressing, "tone", tones, shown, is_one=True))
    if offered.languages:
        spoken = {each: name_of_language(each) for each in offered.languages}
        sections.append(_boxes(say.language, "language", spoken, shown, is_one=True))
    return page(
        reader,
        say.preferences,
        tag("p", problem, role="alert") if problem else None,
        tag("p", say.goes_first.format(brand=brand.name)),
        tag(
            "form",
            tag("input", type="hidden", name=_SEEN, value=msgspec.json.encode(seen or shown).decode()),
            sections,
            tag("button", say.save, type="submit"),
            method="post",
            class_="choices",
        ),
        tag(
            "nav",
            tag("a", say.known, href=f"{link.token}/known"),
            tag("br"),
            tag("a", say.erase, href=f"{link.token}/erase"),
        ),
        status=400 if problem else 200,
    )


def _boxes(
    legend: str, name: str, choices: dict[str, str], shown: Form, *, is_one: bool = False, lang: str | None = None
) -> Element | None:
    # `lang` is the language of the words of its choices, where it is not that of the page.
    if not choices:
        return None
    chosen = shown[name] or ([""] if is_one else [])
    return tag(
        "fieldset",
        tag("legend", legend),
        [
            tag(
                "label",
                tag(
                    "input",
                    type="radio" if is_one else "checkbox",
                    name=name,
                    value=value,
                    checked="checked" if value in chosen else None,
                ),
                tag("span", words, lang=lang),
            )
            for value, words in choices.items()
        ],
    )


def _limits(reader: Reader, shown: Form) -> dict[str, str]:
    """As often as it comes, three that fit most, and what was chosen elsewhere."""
    say = reader.choose
    limits = {"": say.as_it_comes, **dict(zip(_LIMITS, (say.daily, say.weekly, say.monthly), strict=True))}
    for limit in shown["often"]:
        count, _, span = limit.partition(" per ")
        days, _, unit = span.partition(" ")
        limits.setdefault(limit, say.at_most.format(count=count, days=days) if unit in ("day", "days") else limit)
    return limits


def _quiet(reader: Reader, shown: Form, problem: str | None) -> Element:
    say, usual = reader.choose, reader.program.definitions.brand.quiet
    from_, to = shown["quiet"] or ["", ""]
    hint = say.never_quiet
    if usual is not None:
        hint = say.usually_quiet.format(from_=_time(usual.from_), to=_time(usual.to))
    return tag(
        "fieldset",
        tag("legend", say.quiet),
        tag("p", hint, class_="hint", id="quiet-hint"),
        tag(
            "div",
            [
                tag(
                    "label",
                    words,
                    tag(
                        "input",
                        type="time",
                        name=name,
                        value=value,
                        aria_describedby="quiet-hint",
                        aria_invalid="true" if problem and not value else None,
                    ),
                )
                for words, name, value in ((say.quiet_from, "from", from_), (say.quiet_to, "to", to))
            ],
            class_="fields",
        ),
    )


def _time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
