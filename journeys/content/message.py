"""One touch in its words, for one customer and one channel.

The order is what makes it safe: Liquid with every value held, then Markdown, then the
values, escaped where they land, then the links, checked on their final address.  A subject
and a short text are one line, and are not HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from journeys.content.footer import Footer
from journeys.content.layout import laid_out
from journeys.content.markdown import Ask, bodies
from journeys.content.template import parse, render, render_fully
from journeys.content.values import one_line
from journeys.definition.model import Touch, Words

EMAIL = "email"
GENERIC = "generic"
# Channels whose text is shown on a lock screen or billed by the line.
_ONE_LINE = ("push", "sms")
PREHEADER = "preheader"
_PREHEADER_MAX = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is handed to a channel.  Only an e-mail has `html`, of which `text` is the plain part.

    `preheader` is what an inbox shows after the subject of an e-mail.
    """

    channel: str
    subject: str | None
    text: str
    html: str | None
    preheader: str | None = None


def wording(touch: Touch, words: str) -> Words:
    """The words by name: "generic", or a variant with what it does not say taken from "a".

    Generic words borrow nothing, because the others may be personal.  KeyError if there are none.
    """
    if words == GENERIC:
        if touch.generic is None:
            raise KeyError(f"{touch.name} has no generic words")
        return touch.generic
    first, own = touch.words["a"], touch.words[words]
    return Words(
        subject=first.subject if own.subject is None else own.subject,
        body=own.body if own.body.strip() else first.body,
        short={**first.short, **own.short},
    )


def sources(touch: Touch, *, channel: str, words: str) -> tuple[str, ...]:
    """The texts that this channel's message is made of.  KeyError as `wording`."""
    chosen = wording(touch, words)
    subject = () if chosen.subject is None else (chosen.subject,)
    if channel != EMAIL and channel in chosen.short:
        return (*subject, chosen.short[channel])
    preheader = chosen.short.get(PREHEADER) if channel == EMAIL else None
    return (*subject, *(() if preheader is None else (preheader,)), chosen.body)


def compose(
    touch: Touch,
    *,
    channel: str,
    words: str,
    values: Mapping[str, object],
    footer: Footer | None = None,
    follow: Callable[[str], str] | None = None,
    pixel: str | None = None,
) -> Message:
    """The message.  `values` come from `readable`; `footer` ends a mail.

    In the HTML of a mail `follow` gives the address by which a link is followed, and `pixel` is that of a picture
    which tells that it was opened.

    Raises WordsError where words fail for these values (`journeys check` tries them beforehand).
    """
    chosen = wording(touch, words)
    subject = None if chosen.subject is None else one_line(render(parse(chosen.subject), values))
    if channel != EMAIL and channel in chosen.short:
        return Message(
            channel=channel, subject=subject, text=one_line(render(parse(chosen.short[channel]), values)), html=None
        )

    rendered = render_fully(parse(chosen.body), values)
    page = values.get("ask_url")
    ask = Ask(url=str(page), answers=touch.ask) if touch.ask and page else None
    own = values.get("preferences_url")
    body = bodies(rendered.text, rendered.held, ask=ask, own=None if own is None else str(own), follow=follow)
    if channel != EMAIL:
        text = one_line(body.text) if channel in _ONE_LINE else body.text
        return Message(channel=channel, subject=subject, text=text, html=None)
    brand = values.get("brand")
    told = brand if isinstance(brand, Mapping) else {}
    preheader = _preheader(chosen, body.lead, values)
    html = laid_out(
        body=body.html,
        subject=subject or "",
        preheader=preheader,
        sender=str(told.get("name") or ""),
        language=str(told.get("locale") or "en"),
        footer=footer,
        pixel=pixel,
    )
    end = "" if footer is None else f"\n\n-- \n{footer.text}"
    return Message(channel=channel, subject=subject, text=body.text + end, html=html, preheader=preheader)


def _preheader(words: Words, lead: str, values: Mapping[str, object]) -> str:
    """What an inbox shows after the subject: the line of its own, or else how the words begin."""
    if PREHEADER in words.short:
        return one_line(render(parse(words.short[PREHEADER]), values))
    begin = one_line(lead)
    return begin if len(begin) <= _PREHEADER_MAX else begin[: _PREHEADER_MAX - 1].rstrip() + "…"
