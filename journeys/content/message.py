"""One touch in its words, for one customer and one channel.

The order is what makes it safe: Liquid with every value held, then Markdown, then the
values, escaped where they land, then the links, checked on their final address.  A subject
and a short text are one line, and are not HTML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from journeys.content.layout import laid_out
from journeys.content.markdown import bodies
from journeys.content.template import parse, render, render_fully
from journeys.content.values import one_line
from journeys.definition.model import Touch, Words

EMAIL = "email"
GENERIC = "generic"
# Channels whose text is shown on a lock screen or billed by the line.
_ONE_LINE = ("push", "sms")
_PREHEADER_MAX = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is handed to a channel.  Only an e-mail has `html`; `text` is its plain part."""

    channel: str
    subject: str | None
    text: str
    html: str | None


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


def compose(
    touch: Touch, *, channel: str, words: str, values: Mapping[str, object], footer: str | None = None
) -> Message:
    """The message.  `values` come from `readable`; `footer` is a plain line under a mail.

    Raises WordsError where words fail for these values (`journeys check` tries them beforehand).
    """
    chosen = wording(touch, words)
    subject = None if chosen.subject is None else one_line(render(parse(chosen.subject), values))
    if channel != EMAIL and channel in chosen.short:
        return Message(
            channel=channel, subject=subject, text=one_line(render(parse(chosen.short[channel]), values)), html=None
        )

    rendered = render_fully(parse(chosen.body), values)
    body = bodies(rendered.text, rendered.held)
    if channel != EMAIL:
        text = one_line(body.text) if channel in _ONE_LINE else body.text
        return Message(channel=channel, subject=subject, text=text, html=None)
    brand = values.get("brand")
    told = brand if isinstance(brand, Mapping) else {}
    html = laid_out(
        body=body.html,
        subject=subject or "",
        preheader=_preheader(chosen, body.text, values),
        sender=str(told.get("name") or ""),
        language=str(told.get("locale") or "en"),
        footer=footer,
    )
    return Message(
        channel=channel, subject=subject, text=body.text + (f"\n\n-- \n{footer}" if footer else ""), html=html
    )


def _preheader(words: Words, text: str, values: Mapping[str, object]) -> str:
    """What an inbox shows after the subject: the line of its own, or else how the words begin."""
    if "preheader" in words.short:
        return one_line(render(parse(words.short["preheader"]), values))
    begin = one_line(" ".join(text.split("\n\n", 2)[:2]))  # a greeting alone tells nothing
    return begin if len(begin) <= _PREHEADER_MAX else begin[: _PREHEADER_MAX - 1].rstrip() + "…"
