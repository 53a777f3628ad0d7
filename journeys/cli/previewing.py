"""`journeys preview`: a touch as it will look, at a terminal or as a page to open."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from journeys.check.folder import open_definitions
from journeys.cli.files import see_readable, see_writable, write_text
from journeys.cli.folding import cut, filled, fold
from journeys.cli.main import FINE
from journeys.cli.page import Page
from journeys.cli.preview import Asked, Preview, Shown, make_preview
from journeys.content.footer import sender_name
from journeys.content.message import EMAIL, Message
from journeys.content.sms import parts_of
from journeys.core.calendar import format_local, zone
from journeys.definition.model import Offer
from journeys.definition.words import say_exact

# What there is room for, in characters, on a phone held upright and in a row of an inbox on a desktop.
SENDER: Final = 20
SUBJECT: Final = 40
ROW: Final = 100
_CARD: Final = 44
_CARD_LINES: Final = 4
_PREHEADER_LINES: Final = 2
_COSTLY_NAMED: Final = 8
_LABEL: Final = 13
_MARK: Final = re.compile(r"(\s*)((?:[-*>]|\d+\.) )?")


def preview_touch(asked: Asked) -> int:
    if asked.customer is not None:
        see_readable(asked.customer)
    reading = open_definitions(asked.folder)
    see_writable([("--html", asked.html)], read=[asked.customer, *map(Path, reading.files)])
    preview = make_preview(reading, asked, both_words=asked.html is not None)
    page = Page()
    if asked.html is None:
        _print(page, preview)
        return FINE
    from journeys.cli.preview_page import document

    write_text(asked.html, document(preview))
    page.line(f"wrote {asked.html}: ", (preview.touch.name, "bold"), f", {_say_shown(preview)}")
    _print_remarks(page, preview)
    return FINE


def _say_shown(preview: Preview) -> str:
    return " and ".join(shown.title for shown in preview.messages if shown.channel == preview.channels[0])


# ---------------------------------------------------------------- at a terminal


def _print(page: Page, preview: Preview) -> None:
    page.line((preview.touch.name, "bold"))
    page.paragraph(say_touch(preview))
    page.paragraph(say_addressee(preview), style="dim")
    _print_remarks(page, preview)
    for shown in preview.messages:
        _print_message(page, preview, shown)
    told = dict(say_besides(preview))
    if told:
        page.heading("Besides")
        for label, text in told.items():
            page.paragraph(f"{label:<{_LABEL}}{text}", indent=2, hang=_LABEL)


def _print_remarks(page: Page, preview: Preview) -> None:
    for remark in preview.remarks:
        page.paragraph(remark, style="yellow")


def _print_message(page: Page, preview: Preview, shown: Shown) -> None:
    message = shown.message
    match shown.channel:
        case "email":
            _print_inbox(page, sender_name(preview.definitions.brand), message)
            page.heading(f"E-mail, {shown.title}")
            _print_text(page, message.text)
        case "push":
            page.heading(f"Push, {shown.title}")
            _print_card(page, preview.definitions.brand.name, message.text, _CARD_LINES)
        case "sms":
            page.heading(f"SMS, {shown.title}")
            page.paragraph(message.text, indent=2)
            page.paragraph(say_parts(message.text), indent=2, style="dim")
        case other:
            page.heading(f"{other}, {shown.title}")
            _print_text(page, message.text)
    if shown.lacking:
        lacking = ", ".join(shown.lacking)
        page.paragraph(f"These words ask for {lacking}, which this customer lacks.", indent=2, style="yellow")


def _print_text(page: Page, text: str) -> None:
    for line in text.split("\n"):
        mark = _MARK.match(line)
        assert mark is not None
        if line.strip():
            page.paragraph(line.strip(), indent=2 + len(mark[1]), hang=len(mark[2] or ""))
        else:
            page.line()


def _print_inbox(page: Page, sender: str, message: Message) -> None:
    subject, preheader = message.subject or "(no subject)", message.preheader or ""
    page.heading("Inbox on a phone")
    _print_card(page, sender, preheader, _PREHEADER_LINES, subject=cut(subject, SUBJECT))
    page.heading("Inbox on a desktop")
    row = cut(f"{subject} - {preheader}", ROW)
    page.paragraph(f"{filled(cut(sender, SENDER), SENDER)}  {row}", indent=2, hang=SENDER + 2)


def _print_card(page: Page, name: str, text: str, lines_max: int, *, subject: str | None = None) -> None:
    """A card of a phone: a name and the time, a line for the subject, then as many lines as it has room for."""
    width = min(_CARD, page.width - 6)
    lines = fold(text, width) if text else []
    if len(lines) > lines_max:
        lines = [*lines[: lines_max - 1], cut(" ".join(lines[lines_max - 1 :]), width)]
    if subject is not None:
        lines = [cut(subject, width), *lines]
    name = cut(name, SENDER)
    page.line(f"  ╭{'─' * (width + 2)}╮")
    page.line("  │ ", (name, "bold"), filled(name, width - 3)[len(name) :], "now │")
    for line in lines:
        page.line(f"  │ {filled(line, width)} │")
    page.line(f"  ╰{'─' * (width + 2)}╯")


# ---------------------------------------------------------------- in words


def say_touch(preview: Preview) -> str:
    """`offers (marketing), by email or push, sent by espresso in need`."""
    touch = preview.touch
    said = f"{touch.purpose} ({preview.purpose.class_}), by {' or '.join(touch.channels)}"
    if preview.people:
        said += f", to {' or '.join(preview.people)}"
    if preview.journey is None:
        return said + ", which no journey sends"
    also = f" (also by {', '.join(preview.others)})" if preview.others else ""
    return f"{said}, sent by {preview.journey} in {preview.state}{also}"


def say_addressee(preview: Preview) -> str:
    """Whom it is shown for, with the values that these words ask for."""
    reads = {name: value for shown in preview.messages for name, value in shown.reads.items() if value is not None}
    with_ = f": {', '.join(f'{name} = {value}' for name, value in reads.items())}" if reads else ""
    sent = format_local(zone(preview.definitions.brand.timezone), preview.addressee.at)
    if preview.addressee.source:
        return f"For an example customer ({preview.addressee.source}), on {sent}{with_}."
    return f"For the customer of the file, on {sent}{with_}."


def say_besides(preview: Preview) -> list[tuple[str, str]]:
    """What stands behind the words: recommendations, offer, answers, and how one unsubscribes."""
    touch, told = preview.touch, []
    if touch.recommend is not None:
        rows = preview.values["recommended"]
        assert isinstance(rows, list)
        titles = [str(next((value for value in row.values() if value is not None), "")) for row in rows]
        named = [str(row["title"]) if row.get("title") is not None else title for row, title in zip(rows, titles)]
        told.append(("recommended", f"{'; '.join(named) or 'nothing'} (by {touch.recommend.by})"))
    if touch.offer is not None:
        told.append(("offer", _say_offer(touch.offer, preview.values["offer"], preview)))
    if touch.ask:
        first, last = touch.ask[0], touch.ask[-1]
        is_scale = touch.ask == tuple(range(int(first), int(last) + 1)) if isinstance(first, int) else False
        told.append(("answers", f"{first} to {last}" if is_scale else ", ".join(map(str, touch.ask))))
    if len(touch.words) > 1:
        told.append(("variants", ", ".join(touch.words)))
    if preview.purpose.class_ == "marketing":
        told.append(("unsubscribe", "; ".join(_STOPS.get(each, _NO_STOP.format(each)) for each in preview.channels)))
    return told


_STOPS: Final = {
    EMAIL: "the link at the end of the e-mail",
    "push": "the phone's own settings for push",
    "sms": "only what the words of the sms say",
}
_NO_STOP: Final = "only what the words say on {}"


def _say_offer(offer: Offer, values: object, preview: Preview) -> str:
    assert isinstance(values, Mapping)
    parts = []
    if offer.percent is not None:
        parts.append(f"{offer.percent:g} % off")
    if values["amount"] is not None:
        parts.append(f"{values['amount']} off")
    if offer.code is not None:
        parts.append("a code of each customer's own" if offer.code == "unique" else f"code {offer.code}")
    if offer.expires is not None:
        parts.append(f"good for {say_exact(offer.expires)}, until {values['expires_at']}")
    if offer.limit is not None:
        parts.append(f"{offer.limit:,} of them")
    return ", ".join(parts)


def say_parts(text: str) -> str:
    """`43 of 160 characters, 1 part`, and which characters leave room for fewer."""
    parts = parts_of(text)
    said = f"{parts.length} of {parts.room} characters, {parts.count} part{'' if parts.count == 1 else 's'}"
    if parts.costly:
        instead = "70 instead of 160" if parts.count == 1 else "67 instead of 153"
        said += f"; with {' '.join(parts.costly[:_COSTLY_NAMED])} in it a part holds {instead}"
    return said
