"""Markdown to the two bodies of a mail, HTML and plain text, with held values put in last.

Markdown sees tokens where values will stand, so a value can never open a tag, a link or a
list.  HTML in the source is text.  Each value is escaped once, where it lands: quoted for
HTML, encoded in an address, with its line breaks gone in plain text.

A link that is a paragraph of its own is what the mail is there for: it becomes a button.  One that
leads to the page which takes an answer becomes a button for each answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from journeys.content.lexing import FREED, HELD
from journeys.content.links import TOKEN, address, with_answer
from journeys.content.values import one_line

_STYLES: Mapping[str, str] = {
    "p": "margin:0 0 16px",
    "h1": "margin:8px 0 16px;font-size:24px;line-height:1.25",
    "h2": "margin:24px 0 12px;font-size:20px;line-height:1.3",
    "h3": "margin:20px 0 8px;font-size:17px;line-height:1.35",
    "ul": "margin:0 0 16px;padding:0 0 0 22px",
    "ol": "margin:0 0 16px;padding:0 0 0 26px",
    "li": "margin:0 0 8px",
    "a": "color:#0b5cad;text-decoration:underline",
    "blockquote": "margin:0 0 16px;padding:0 0 0 14px;border-left:3px solid #c9c9c9",
    "hr": "border:0;border-top:1px solid #d9d9d9;margin:24px 0",
    "img": "max-width:100%;height:auto;border:0",
    "pre": "margin:0 0 16px;white-space:pre-wrap",
    "code": "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:15px",
}
# Its room is made of border: readers that know no padding of a link know that.
_BUTTON = (
    "display:inline-block;background:#0b5cad;color:#ffffff;text-decoration:none;font-weight:600;line-height:20px;"
    "border:solid #0b5cad;border-radius:6px;"
)
_ONE_BUTTON = _BUTTON + "border-width:11px 20px"
_ANSWER = _BUTTON + "min-width:14px;text-align:center;border-width:11px 12px;margin:6px 6px 0 0"
_LEAD_BLOCKS = 2  # a greeting alone tells nothing
# A link whose address is only itself: no blank, no bracket, and no sign by which Markdown would read it otherwise.
_PLAIN_LINK = re.compile(r"\]\(([^\s()<>\\&]+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """The page that takes an answer, and the answers it takes."""

    url: str
    answers: tuple[int | str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bodies:
    """Both bodies; `lead` is how the words begin, without addresses.

    `refused` are the addresses, as written, that may not be followed.
    """

    html: str
    text: str
    lead: str
    refused: tuple[str, ...]


class _Markdown(MarkdownIt):
    # Addresses are looked at when they are final: encoding them now would spoil the tokens.
    def normalizeLink(self, url: str) -> str:
        return url

    def validateLink(self, url: str) -> bool:
        return True


_MARKDOWN = _Markdown("commonmark", {"html": False})


def bodies(
    source: str,
    held: Sequence[str],
    *,
    ask: Ask | None = None,
    own: str | None = None,
    follow: Callable[[str], str] | None = None,
) -> Bodies:
    """Render Markdown in which tokens stand for the held values.

    `own` is another page of ours.  `follow` gives the address by which a link of the HTML is followed;
    the plain text keeps the link's own.
    """
    tokens = _MARKDOWN.parse(source)
    refused: list[str] = []
    for token in tokens:
        if token.children is not None:
            token.children = _with_addresses(token.children, held, refused)
        if token.tag in _STYLES and token.nesting >= 0:
            token.attrSet("style", _STYLES[token.tag])
    _tighten(tokens, held)
    text = _Text(held).of(tokens)
    lead = _Text(held, has_addresses=False).of(_first_blocks(tokens))

    if follow is not None:
        _lead_by(tokens, [own] if ask is None else [own, ask.url], follow)
    _show_buttons(tokens, ask)
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return Bodies(
        html=TOKEN.sub(lambda match: escape(_value(match[1], held)), html),
        text=text,
        lead=lead,
        refused=tuple(refused),
    )


def says_something(source: str, held: Sequence[str]) -> bool:
    """Whether the text of `bodies` is more than blanks; where words begin as most do, Markdown is not asked."""
    begun = source.lstrip()
    # What begins with a letter or a value is a paragraph (or code), and either is printed.
    value = TOKEN.match(begun)
    if begun[:1].isalpha() or (value is not None and _value(value[1], held).strip()):
        return True
    return bool(bodies(source, held).text.strip())


def refused_addresses(source: str, held: Sequence[str]) -> tuple[str, ...]:
    """What `bodies` would refuse; Markdown is not asked about words whose every link is plain and may be followed."""
    if not any(sign in source for sign in ("<", "]:", "![")):
        plain = _PLAIN_LINK.findall(source)
        if len(plain) == source.count("](") and all(address(written, held) is not None for written in plain):
            return ()
    return bodies(source, held).refused


def _first_blocks(tokens: Sequence[Token]) -> Sequence[Token]:
    ends = [place for place, token in enumerate(tokens, 1) if token.type == "inline"]
    return tokens[: ends[min(_LEAD_BLOCKS, len(ends)) - 1]] if ends else ()


def _value(index: str, held: Sequence[str]) -> str:
    return held[int(index)] if int(index) < len(held) else ""


def _with_addresses(children: list[Token], held: Sequence[str], refused: list[str]) -> list[Token]:
    """The inline tokens with final addresses, and without the links that may not be followed."""
    kept: list[Token] = []
    dropped: list[bool] = []
    for token in children:
        if token.type == "link_open":
            written = str(token.attrGet("href") or "")
            final = address(written, held)
            dropped.append(final is None)
            if final is None:
                refused.append(written)
                continue
            token.attrSet("href", final)
        elif token.type == "link_close":
            if dropped.pop():
                continue
        elif token.type == "image":
            written = str(token.attrGet("src") or "")
            final = address(written, held, image=True)
            if final is None:
                refused.append(written)
                kept.extend(token.children or ())
                continue
            token.attrSet("src", final)
        if token.tag in _STYLES and token.nesting >= 0:
            token.attrSet("style", _STYLES[token.tag])
        kept.append(token)
    return kept


def _tighten(tokens: list[Token], held: Sequence[str]) -> None:
    """Hide paragraphs in which nothing is left to read, and those that only loosen a list."""
    for i in range(1, len(tokens) - 1):
        before, inline, after = tokens[i - 1 : i + 2]
        if (before.type, inline.type, after.type) != ("paragraph_open", "inline", "paragraph_close"):
            continue
        is_blank = not any(
            child.type == "image" or TOKEN.sub(lambda match: _value(match[1], held), child.content).strip()
            for child in inline.children or ()
        )
        if is_blank:
            inline.children = []
        is_alone = i >= 2 and tokens[i - 2].type == "list_item_open" and tokens[i + 2].type == "list_item_close"
        if is_blank or is_alone:
            before.hidden = after.hidden = True


def _show_buttons(tokens: Sequence[Token], ask: Ask | None) -> None:
    """Links that are paragraphs of their own, outside of lists and quotes, become buttons."""
    page = None if ask is None else address(f"{HELD}0{FREED}", [ask.url])
    for before, inline in pairwise(tokens):
        children = inline.children or []
        if (before.type, before.level) != ("paragraph_open", 0) or not _is_link_alone(children):
            continue
        link, *title, _ = children
        if ask is not None and link.attrGet("href") == page:
            inline.children = [*title, Token("hardbreak", "br", 0), *_answers(str(page), ask.answers)]
        elif link.markup != "autolink":
            link.attrSet("class", "button")
            link.attrSet("style", _ONE_BUTTON)


def _lead_by(tokens: Sequence[Token], own: Sequence[str | None], follow: Callable[[str], str]) -> None:
    """Who goes to a page of ours, to answer or to choose, follows no link of the mail; nor does who writes a mail."""
    pages = {address(f"{HELD}0{FREED}", [page]) for page in own if page is not None}
    for token in tokens:
        for child in token.children or ():
            href = str(child.attrGet("href") or "")
            if child.type == "link_open" and href not in pages and href[:4].lower() == "http":
                child.attrSet("href", follow(href))


def _is_link_alone(children: Sequence[Token]) -> bool:
    """A picture that is a link stays a picture."""
    marks = [(place, token.type) for place, token in enumerate(children) if token.type in ("link_open", "image")]
    return marks == [(0, "link_open")] and children[-1].type == "link_close"


def _answers(page: str, answers: Sequence[int | str]) -> Iterator[Token]:
    for answer in answers:
        href = with_answer(page, answer)
        yield Token("link_open", "a", 1, attrs={"href": href, "class": "button", "style": _ANSWER})
        yield Token("text", "", 0, content=TOKEN.sub("", str(answer)))
        yield Token("link_close", "a", -1)
        yield Token("text", "", 0, content="\n")


class _Text:
    """Plain text, as one would type it: bullets, numbers, and `title (address)` for a link."""

    def __init__(self, held: Sequence[str], *, has_addresses: bool = True) -> None:
        self.held = held
        self.has_addresses = has_addresses

    def of(self, tokens: Sequence[Token]) -> str:
        blocks: list[str] = []
        # What stands before the first and the further lines of a block: of quotes and items.
        prefixes: list[tuple[str, str]] = []
        numbers: list[int | None] = []
        is_tight = False
        for token in tokens:
            match token.type:
                case "bullet_list_open":
                    numbers.append(None)
                case "ordered_list_open":
                    numbers.append(int(token.attrGet("start") or 1))
                case "bullet_list_close" | "ordered_list_close":
                    numbers.pop()
                    is_tight = bool(numbers)
                case "list_item_open":
                    number = numbers[-1]
                    mark = "- " if number is None else f"{number}. "
                    numbers[-1] = None if number is None else number + 1
                    prefixes.append((mark, " " * len(mark)))
                case "blockquote_open":
                    prefixes.append(("> ", "> "))
                case "list_item_close" | "blockquote_close":
                    prefixes.pop()
                    is_tight = token.type == "list_item_close"
                case "inline" | "fence" | "code_block" | "hr":
                    text = self.inline(token.children or ()) if token.type == "inline" else self.put(token.content)
                    text = "---" if token.type == "hr" else text.strip("\n")
                    if text.strip():
                        lead = "".join(first for first, _ in prefixes)
                        rest = "".join(further for _, further in prefixes)
                        block = lead + text.replace("\n", "\n" + rest)
                        blocks.append(block if not blocks else ("\n" if is_tight and numbers else "\n\n") + block)
                        prefixes = [(further, further) for _, further in prefixes]
                        is_tight = bool(numbers) and token.type == "inline"
        return "".join(blocks)

    def inline(self, children: Sequence[Token]) -> str:
        parts: list[str] = []
        opened: list[tuple[int, str]] = []
        for token in children:
            match token.type:
                case "text" | "code_inline":
                    parts.append(self.put(token.content))
                case "softbreak" | "hardbreak":
                    parts.append("\n")
                case "image":
                    parts.append(self.inline(token.children or ()))
                case "link_open":
                    opened.append((len(parts), str(token.attrGet("href"))))
                case "link_close":
                    start, href = opened.pop()
                    href = href.removeprefix("mailto:")
                    title = "".join(parts[start:])
                    if self.has_addresses:
                        parts[start:] = [href if title.strip() in ("", href) else f"{title} ({href})"]
        return "".join(parts)

    def put(self, text: str) -> str:
        return TOKEN.sub(lambda match: one_line(_value(match[1], self.held)), text)
