"""The preview as a page: the line in an inbox, the mail on a phone and on a desktop, the cards; by day and by night.

The page needs no network and no script, and forbids both: each mail stands in a frame of its own, as wide
as the screen it is meant for, and the switch between day and night is a radio button.  What stands
in the frames is the message that is sent, to the byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import ceil
from typing import Final, Literal
from xml.etree.ElementTree import Element

from rich.cells import cell_len

from journeys.cli.preview import Preview, Shown, say_words
from journeys.cli.previewing import say_addressee, say_besides, say_parts, say_touch
from journeys.content.footer import sender_name
from journeys.content.layout import seen_by
from journeys.measure.html.markup import tag, write_document

Scheme = Literal["light", "dark"]
SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")

PHONE_WIDTH: Final = 375
DESKTOP_WIDTH: Final = 680
_LINE: Final = 25  # pixels, of a mail's text
_GAP: Final = 18  # between its paragraphs
# Of the sheet above and below the text, in pixels, and the characters of a line.  Nobody can measure a mail
# without a script: on a reader's fonts a frame is a little too tall, and what is too tall for it scrolls.
_AROUND: Final = {PHONE_WIDTH: 235, DESKTOP_WIDTH: 210}
_COLUMN: Final = {PHONE_WIDTH: 42, DESKTOP_WIDTH: 68}

_ADDRESSES: Final = re.compile(r" \(https?://\S+\)|: https?://\S+$", re.MULTILINE)
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def document(preview: Preview) -> str:
    """The whole page."""
    title = f"{preview.touch.name}, as it will look"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width,initial-scale=1"),
        tag("title", title),
        tag("style", _STYLE),
    )
    body = tag(
        "body",
        tag(
            "header",
            tag("h1", preview.touch.name),
            tag("p", say_touch(preview)),
            tag("p", say_addressee(preview), class_="soft"),
            tag("p", f"This customer would get the {say_words(preview.would_send)}.", class_="soft"),
            [tag("p", remark, class_="remark") for remark in preview.remarks],
            tag("fieldset", tag("legend", "Shown by"), list(_switch())),
        ),
        tag("main", list(_sections(preview))),
    )
    return write_document(tag("html", head, body, lang="en"))


def _switch() -> Iterator[Element]:
    for scheme, name in (("light", "day"), ("dark", "night")):
        is_first = "checked" if scheme == "light" else None
        yield tag("label", tag("input", type="radio", name="scheme", id=scheme, checked=is_first), f" {name}")


def _sections(preview: Preview) -> Iterator[Element]:
    for channel in preview.channels:
        shown = [preview.of(channel, words) for words in preview.wordings]
        match channel:
            case "email":
                sender = sender_name(preview.definitions.brand)
                yield _section("Inbox on a phone", shown, {s.words: [_inbox(sender, s)] for s in shown})
                yield _section("Inbox on a desktop", shown, {s.words: [_row(sender, s)] for s in shown})
                for name, width in (("phone", PHONE_WIDTH), ("desktop", DESKTOP_WIDTH)):
                    frames = {s.words: _frames(s, name, width) for s in shown}
                    yield _section(f"E-mail on a {name}", shown, frames)
            case "push":
                cards = {s.words: [_card(preview.definitions.brand.name, s.message.text)] for s in shown}
                yield _section("Push", shown, cards)
            case "sms":
                bubbles = {s.words: [_bubble(s.message.text), tag("small", say_parts(s.message.text))] for s in shown}
                yield _section("SMS", shown, bubbles)
            case other:
                yield _section(other, shown, {s.words: [tag("pre", s.message.text)] for s in shown})
    if besides := say_besides(preview):
        listed = [tag("div", tag("dt", label), tag("dd", text)) for label, text in besides]
        yield tag("section", tag("h2", "Besides"), tag("dl", listed))


def _section(title: str, shown: list[Shown], drawn: Mapping[str, list[Element]]) -> Element:
    figures = []
    for each in shown:
        lacking = f"These words ask for {', '.join(each.lacking)}, which this customer lacks." if each.lacking else None
        figures.append(
            tag(
                "figure",
                tag("figcaption", each.title),
                drawn[each.words],
                None if lacking is None else tag("p", lacking, class_="remark"),
            )
        )
    return tag("section", tag("h2", title), tag("div", figures, class_="beside"))


# ---------------------------------------------------------------- as it looks


def _inbox(sender: str, shown: Shown) -> Element:
    message = shown.message
    return tag(
        "div",
        tag("span", sender[:1].upper(), class_="face"),
        tag(
            "div",
            tag("div", tag("b", sender), tag("span", "10:00", class_="soft"), class_="apart"),
            tag("div", message.subject or "(no subject)", class_="one"),
            tag("div", message.preheader or "", class_="two soft"),
        ),
        class_="screen inbox",
    )


def _row(sender: str, shown: Shown) -> Element:
    message = shown.message
    return tag(
        "div",
        tag("b", sender, class_="one"),
        tag(
            "span",
            message.subject or "(no subject)",
            tag("span", f" - {message.preheader or ''}", class_="soft"),
            class_="one",
        ),
        class_="screen row",
    )


def _frames(shown: Shown, name: str, width: int) -> list[Element]:
    """The mail by day and by night: one of the two is hidden."""
    return [
        tag(
            "iframe",
            class_=f"screen {name} {scheme}",
            title=f"The e-mail in {shown.title}, on a {name}, {scheme}",
            width=width,
            height=_height(shown.message.text, width),
            sandbox="",
            srcdoc=seen_by(shown.message.html or "", scheme),
        )
        for scheme in SCHEMES
    ]


def _height(text: str, width: int) -> int:
    lines = _ADDRESSES.sub("", text).split("\n")
    return _AROUND[width] + sum(_LINE * ceil(cell_len(line) / _COLUMN[width]) if line else _GAP for line in lines)


def _card(name: str, text: str) -> Element:
    return tag(
        "div",
        tag("span", name[:1].upper(), class_="face square"),
        tag(
            "div",
            tag("div", tag("b", name), tag("span", "now", class_="soft"), class_="apart"),
            tag("div", text, class_="four"),
        ),
        class_="screen inbox card",
    )


def _bubble(text: str) -> Element:
    return tag("div", tag("div", text, class_="bubble"), class_="screen sms")


# Of a phone, rather than of our own: what lies around the mails must not be taken for a part of them.
_LIGHT: Final = (
    "--paper:#ffffff;--panel:#f1f2f4;--ink:#15191e;--soft:#56606b;--line:#d9dee3;--face:#1b5e9e;--told:#a34f00;"
)
_DARK: Final = (
    "--paper:#13161a;--panel:#1f242a;--ink:#e9ecef;--soft:#a5aeb8;--line:#353c44;--face:#7fbcf5;--told:#f0a35a;"
)

_STYLE: Final = (
    f":root{{color-scheme:light;{_LIGHT}}}\n"
    f":root:has(#dark:checked){{color-scheme:dark;{_DARK}}}\n"
    f"""
*, *::before, *::after {{ box-sizing: border-box }}
body {{
  margin: 0; padding: 0 1.2rem 4rem; background: var(--panel); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: break-word;
}}
header, main {{ max-width: {2 * DESKTOP_WIDTH + 60}px; margin: 0 auto }}
header {{ padding-top: 2rem }}
h1 {{ font-size: 1.8rem; line-height: 1.2; margin: 0 0 0.4rem }}
h2 {{ font-size: 1.15rem; margin: 2.4rem 0 0.6rem }}
p {{ margin: 0 0 0.4rem; max-width: 46rem }}
small, .soft {{ color: var(--soft); font-weight: 400 }}
.remark {{ color: var(--told) }}
fieldset {{ border: 0; padding: 0; margin: 1rem 0 0; display: flex; gap: 1.2rem }}
legend {{ float: left; padding: 0; margin-right: 1.2rem; color: var(--soft) }}
label {{ cursor: pointer }}
.beside {{ display: flex; flex-wrap: wrap; gap: 1.6rem 2.4rem; align-items: flex-start }}
figure {{ margin: 0; width: {DESKTOP_WIDTH}px; max-width: 100%; overflow-x: auto }}
figcaption {{ font-weight: 600; font-size: 0.9rem; margin-bottom: 0.5rem }}
figcaption::first-letter {{ text-transform: uppercase }}
.screen {{
  display: block; max-width: 100%; background: var(--paper); border: 1px solid var(--line); border-radius: 10px;
}}
:root:not(:has(#dark:checked)) iframe.dark, :root:has(#dark:checked) iframe.light {{ display: none }}
.inbox {{
  width: {PHONE_WIDTH}px; display: flex; gap: 0.75rem; padding: 0.75rem 0.9rem; font-size: 15px; line-height: 1.35;
}}
.inbox > div {{ flex: 1; min-width: 0 }}
.card {{ border-radius: 18px }}
.face {{
  flex: none; width: 38px; height: 38px; border-radius: 50%; background: var(--face); color: var(--paper);
  display: grid; place-items: center; font-weight: 600;
}}
.square {{ border-radius: 9px }}
.apart {{ display: flex; justify-content: space-between; gap: 1rem }}
.one {{ overflow: hidden; white-space: nowrap; text-overflow: ellipsis; min-width: 0 }}
.two, .four {{ display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden }}
.four {{ -webkit-line-clamp: 4 }}
.row {{ display: grid; grid-template-columns: 10rem 1fr; gap: 1rem; padding: 0.6rem 0.9rem; font-size: 14px }}
.sms {{ width: {PHONE_WIDTH}px; padding: 0.9rem; margin-bottom: 0.4rem }}
.bubble {{
  width: fit-content; max-width: 85%; padding: 0.5rem 0.8rem; border-radius: 18px; border-bottom-left-radius: 5px;
  background: var(--panel); font-size: 16px; line-height: 1.35;
}}
iframe.desktop {{ max-width: none }}
/* On a phone a desktop's mail is shown whole and small: there it is looked at, not read. */
@media (max-width: {DESKTOP_WIDTH + 40}px) {{
  iframe.desktop {{ zoom: 0.5 }}
  .row {{ grid-template-columns: 1fr; gap: 0 }}
  .row .one {{ white-space: normal }}
}}
@media (max-width: {DESKTOP_WIDTH // 2 + 40}px) {{ iframe.desktop {{ zoom: 0.4 }} }}
pre {{ white-space: pre-wrap; font: inherit }}
dl {{ max-width: 46rem; margin: 0 }}
dl div {{
  display: grid; grid-template-columns: 8rem 1fr; gap: 1rem; padding: 0.3rem 0; border-top: 1px solid var(--line);
}}
dt {{ color: var(--soft) }}
dd {{ margin: 0 }}
"""
)
