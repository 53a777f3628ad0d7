"""Preferring: the page on which customers choose what marketing comes, how, how often and when.

What they change there is said as events like any other: `consent.given` and `consent.withdrawn` for what may be written
about and known, and `preferences.set` for the rest, which stands above all that others say.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec
from babel.dates import format_timedelta
from fastapi import FastAPI, Request, Response

from journeys.content.message import EMAIL
from journeys.content.salutation import FORMAL
from journeys.content.tokens import Use
from journeys.content.values import locale_of, name_of_language
from journeys.definition.spans import read_exact
from journeys.definition.words import say_time_of_day
from journeys.measure.html.markup import Child, Element, tag
from journeys.web.parts import Parts
from journeys.web.problems import Refusal

from .choices import FIRST_NAME, SEEN, events_of, filled_in, holding, offered_by, said_by, shown_by, times_in
from .describing import PAGES
from .form import Form, read_form
from .link import Link, customer_of, open_link
from .page import Reader, alert, failed, is_from_elsewhere, nobody, page, readable
from .telling import tell

_LIMITS: Final = ("1 per 1 day", "1 per 7 days", "1 per 30 days")


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
        return nobody(link.reader) if customer is None else _ask(link, holding(link.reader.program, customer))

    @app.post("/preferences/{token}", **PAGES["post_preferences"])
    async def post_preferences(request: Request) -> Response:
        link = open_link(parts, request, Use.PREFERENCES)
        if isinstance(link, Response):
            return link
        program, say = link.reader.program, link.reader.choose
        try:
            form = await read_form(request)
            customer = await customer_of(parts, link)
            if customer is None:
                return nobody(link.reader)
            seen = shown_by(form)
            if seen is None or is_from_elsewhere(parts, request):
                # No form of ours, or not sent from here: so it is asked once more.
                return _ask(link, holding(program, customer), problem=say.not_saved)
            filled = filled_in(program, form)
            if len(filled["quiet"]) == 1:
                return _ask(link, {**filled, "quiet": times_in(form)}, problem=say.both_times, seen=seen)
            now = parts.clock()
            said = said_by(program, customer, seen, filled)
            await tell(parts, *events_of(link.named, said, now), now=now)
        except Refusal as refusal:
            return failed(link.reader, refusal, say.not_saved)
        back = tag("p", tag("a", say.back, href=link.token), class_="link")
        return page(link.reader, say.saved, tag("p", say.saved_more), back)


# ---------------------------------------------------------------- how it looks


def _ask(link: Link, shown: Form, *, problem: str | None = None, seen: Form | None = None) -> Response:
    """`seen` is what the page showed at first, where it is shown once more with what was filled in."""
    reader = link.reader
    say, offered = reader.choose, offered_by(reader.program)
    brand = reader.program.definitions.brand
    names = {EMAIL: say.email, "sms": say.sms, "push": say.push}
    sections: list[Child] = [
        _boxes(say.purposes, "purpose", offered.marketing, shown, lang=reader.lang),
        _boxes(say.data, "purpose", offered.data, shown, lang=reader.lang),
        _boxes(say.channels, "channel", {each: names.get(each, readable(each)) for each in offered.channels}, shown),
        _boxes(say.topics, "topic", {each: _topic(each) for each in offered.topics}, shown, lang=reader.lang),
        _boxes(say.often, "often", _limits(reader, shown), shown, is_one=True),
        _quiet(reader, shown, problem),
    ]
    if offered.tones:
        tones = {FIRST_NAME: say.by_first_name, FORMAL: say.formally}
        sections.append(_boxes(say.addressing, "tone", tones, shown, is_one=True))
    if offered.languages:
        spoken = {each: name_of_language(each) for each in offered.languages}
        sections.append(_boxes(say.language, "language", spoken, shown, is_one=True))
    return page(
        reader,
        say.preferences,
        alert(problem),
        tag("p", say.goes_first.format(brand=brand.name)),
        tag(
            "form",
            tag("input", type="hidden", name=SEEN, value=msgspec.json.encode(seen or shown).decode()),
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


def _topic(topic: str) -> str:
    """In the author's words where it is written in words, as `Kaffee-Zubehör` is, and `beans` is not."""
    return topic if " " in topic or topic != topic.lower() else readable(topic)


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
        if limit not in limits:
            count, _, span = limit.partition(" per ")
            exact = timedelta(microseconds=read_exact(span))
            limits[limit] = f"{count} / {format_timedelta(exact, locale=locale_of(reader.say.language), threshold=2)}"
    return limits


def _quiet(reader: Reader, shown: Form, problem: str | None) -> Element:
    say, usual = reader.choose, reader.program.definitions.brand.quiet
    from_, to = shown["quiet"] or ["", ""]
    hint = say.never_quiet
    if usual is not None:
        hint = say.usually_quiet.format(from_=say_time_of_day(usual.from_), to=say_time_of_day(usual.to))
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
