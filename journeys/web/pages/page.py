"""How a page looks, and what a browser is told about it: no script, no frame, nothing from elsewhere."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request, Response

from journeys.content.values import locale_of
from journeys.core.program import Program
from journeys.measure.html.markup import Child, Element, tag, write_document
from journeys.web.parts import Parts
from journeys.web.problems import Refusal

from .choice_words import ChoicePhrases, choice_phrases
from .words import LANGUAGES, Phrases, phrases

_STYLE: Final = """\
:root { color-scheme: light dark; --ink: #222; --soft: #5f5f5f; --page: #f3f2ef; --sheet: #fff; --line: #d9d6cf;
  --field: #77736a; --wrong: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececec; --soft: #a9a9a9; --page: #161616; --sheet: #222; --line: #3a3a3a;
    --field: #8d8d8d; --wrong: #f2857c; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 8vh min(1rem, 3vw) 2rem; background: var(--page); color: var(--ink);
  font: 1.0625rem/1.55 -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
main { max-width: 40rem; margin: 0 auto; padding: min(2rem, 6vw); background: var(--sheet); border-radius: .5rem;
  overflow-wrap: anywhere; text-wrap: pretty; }
.brand { margin: 0 0 1.25rem; font-weight: 600; color: var(--soft); }
h1 { margin: 0 0 1rem; font-size: 1.375rem; line-height: 1.25; }
p { margin: 0 0 1rem; }
[role=alert] { padding: .75rem 1rem; border: 2px solid var(--wrong); border-radius: .375rem; font-weight: 600; }
blockquote { margin: 0 0 1.5rem; padding-left: 1rem; border-left: 3px solid var(--line); color: var(--soft); }
button { min-height: 3rem; padding: .5rem min(1.5rem, 6vw); border: 1px solid transparent; border-radius: .375rem;
  cursor: pointer; background: var(--ink); color: var(--sheet); font: inherit; font-weight: 600; }
fieldset { margin: 0 0 1.5rem; padding: 0; border: 0; }
legend { margin: 0 0 .75rem; padding: 0; color: var(--soft); }
.answers { display: flex; flex-wrap: wrap; gap: .5rem; }
.answers label { position: relative; }
.answers input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: pointer; }
.answers span { display: block; min-width: 2.75rem; padding: .5rem .75rem; border: 1px solid var(--field);
  border-radius: .375rem; text-align: center; }
.answers input:checked + span { background: var(--ink); border-color: var(--ink); color: var(--sheet);
  font-weight: 600; }
button:focus-visible, .answers input:focus-visible + span { outline: 3px solid #4c8dd6; outline-offset: 2px; }
.choices label { display: flex; gap: .75rem; align-items: center; min-height: 2.75rem; padding: .375rem 0;
  cursor: pointer; }
.choices input { flex: none; width: 1.375rem; height: 1.375rem; margin: 0; accent-color: var(--ink); }
form.choices legend, h2 { font-size: 1.0625rem; font-weight: 600; color: var(--ink); margin: 0 0 .25rem; }
.fields { display: flex; flex-wrap: wrap; gap: 0 1rem; }
.fields label { flex: 1 1 8rem; display: block; padding: .375rem 0; }
.fields input { display: block; width: 100%; height: auto; min-height: 2.75rem; margin-top: .25rem;
  padding: .375rem .625rem; border: 1px solid var(--field); border-radius: .375rem; background: var(--sheet);
  color: var(--ink); font: inherit; }
.hint { margin: 0 0 .25rem; color: var(--soft); font-size: .9375rem; }
nav { margin-top: 2rem; padding-top: .5rem; border-top: 1px solid var(--line); }
nav a, p.link a { display: inline-block; padding: .625rem 1.25rem .625rem 0; color: inherit; }
h2 { margin-top: 1.75rem; }
dl { margin: 0 0 1rem; }
dt { margin-top: .75rem; color: var(--soft); font-size: .9375rem; }
dd { margin: 0; }
dd small { color: var(--soft); font-size: .875rem; }
input:focus-visible, a:focus-visible { outline: 3px solid #4c8dd6; outline-offset: 2px; }
@media (forced-colors: active) {
  .answers input:checked + span { background: Highlight; color: HighlightText; }
}
main > :last-child { margin-bottom: 0; }
"""
_STYLE_HASH: Final = b64encode(sha256(_STYLE.encode()).digest()).decode()
_LANGUAGES_MAX: Final = 500  # characters that are read of what languages a browser asks for
_HEADERS: Final = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Robots-Tag": "noindex",
}


def is_from_elsewhere(parts: Parts, request: Request) -> bool:
    """Whether a browser says that another site's page, or a mail that it shows, has sent this and no page of ours.

    Old ones say it by `Origin` alone.  It is `null` from our own pages, which send no referrer, and then says nothing.
    Whatever is no browser is let in: what may be done, the link says.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin", "null")
    if site is not None:
        return site not in ("same-origin", "none")
    if origin == "null":
        return False
    scheme = origin.partition("://")[0]
    # A proxy in front of us may have spoken TLS, so that the host alone is ours to compare.
    ours = (parts.public_url, f"{scheme}://{request.headers.get('host', '')}")
    said = _origin(origin)
    return said is None or said not in [_origin(each) for each in ours]


def _origin(url: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port; None where it has no host."""
    try:
        parsed = urlsplit(url)
        port = parsed.port or {"http": 80, "https": 443}.get(parsed.scheme)
    except ValueError:
        return None
    return (parsed.scheme, parsed.hostname, port) if parsed.hostname else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whom a page is for: what the brand is, and what the page says in a language that they read."""

    program: Program
    say: Phrases
    choose: ChoicePhrases

    @property
    def lang(self) -> str | None:
        """The language of the brand's own words, where the rest of the page is in another."""
        spoken = locale_of(self.program.definitions.brand.locale).language
        return None if spoken == self.say.language else spoken


def reader_of(parts: Parts, request: Request) -> Reader:
    """In the first language that their browser asks for and we have, else in the brand's where we have that."""
    program = parts.program()
    asked = _languages(request.headers.get("accept-language", ""))
    own = locale_of(program.definitions.brand.locale).language
    language = next((each for each in asked if each in LANGUAGES), own)
    return Reader(program=program, say=phrases(language), choose=choice_phrases(language))


def _languages(header: str) -> list[str]:
    """Of `de-AT,de;q=0.9,en;q=0.5` the languages, the one that is wished for most first."""
    wished = []
    for part in header[:_LANGUAGES_MAX].split(","):
        tag, _, weight = part.partition(";")
        try:
            wished.append((float(weight.strip().removeprefix("q=") or 1), tag.strip().partition("-")[0].lower()))
        except ValueError:
            continue
    return [language for weight, language in sorted(wished, key=lambda each: -each[0]) if weight > 0]


def page(
    reader: Reader, title: str, *main: Child, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    brand = reader.program.definitions.brand
    html = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="robots", content="noindex"),
            tag("title", f"{title} · {brand.name}"),
            tag("style", _STYLE),
        ),
        tag("body", tag("main", tag("p", brand.name, class_="brand"), tag("h1", title), main)),
        lang=reader.say.language,
    )
    return Response(write_document(html), status, {**_HEADERS, **(headers or {})}, media_type="text/html")


def unknown(reader: Reader) -> Response:
    """The page behind a link that is none of ours."""
    say = reader.say
    return page(reader, say.link_is_bad, tag("p", say.link_is_bad_because), status=404)


def failed(reader: Reader, refusal: Refusal, what: str) -> Response:
    """The page of what could not be done."""
    say = reader.say
    return page(
        reader, say.failed, tag("p", f"{what} {say.try_again}"), status=refusal.kind.status, headers=refusal.headers
    )


def nobody(reader: Reader) -> Response:
    """The page about whom nothing is known."""
    return page(reader, reader.choose.known, tag("p", reader.choose.nothing_known))


def alert(words: str | None) -> Element | None:
    """What went wrong, where anything did: a screen reader says it first."""
    return None if words is None else tag("p", words, role="alert")


def readable(name: str) -> str:
    """A name of the definitions, for people: `beans-and_more` is "Beans and more"."""
    words = name.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]
