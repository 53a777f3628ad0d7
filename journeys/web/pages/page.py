"""How a page looks, and what a browser is told about it: no script, no frame, nothing from elsewhere."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from fastapi import Request, Response

from journeys.content.values import locale_of
from journeys.core.program import Program
from journeys.measure.html.markup import Child, tag, write_document
from journeys.web.problems import Refusal

from .words import Phrases, phrases

_STYLE: Final = """\
:root { color-scheme: light dark; --ink: #222; --soft: #5f5f5f; --page: #f3f2ef; --sheet: #fff; --line: #d9d6cf;
  --field: #77736a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececec; --soft: #a9a9a9; --page: #161616; --sheet: #222; --line: #3a3a3a; --field: #8d8d8d; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 8vh min(1rem, 3vw) 2rem; background: var(--page); color: var(--ink);
  font: 1.0625rem/1.55 -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
main { max-width: 40rem; margin: 0 auto; padding: min(2rem, 6vw); background: var(--sheet); border-radius: .5rem;
  overflow-wrap: anywhere; text-wrap: pretty; }
.brand { margin: 0 0 1.25rem; font-weight: 600; color: var(--soft); }
h1 { margin: 0 0 1rem; font-size: 1.375rem; line-height: 1.25; }
p { margin: 0 0 1rem; }
[role=alert] { font-weight: 600; }
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
@media (forced-colors: active) {
  .answers input:checked + span { background: Highlight; color: HighlightText; }
}
main > :last-child { margin-bottom: 0; }
"""
_STYLE_HASH: Final = b64encode(sha256(_STYLE.encode()).digest()).decode()
_HEADERS: Final = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Robots-Tag": "noindex",
}


def is_from_elsewhere(request: Request) -> bool:
    """Whether a browser says that another site's page, or a mail that it shows, has sent this and no page of ours.

    Browsers that send no such header, and whatever is no browser, are let in: what may be done, the link says.
    `Origin` would tell nothing, for it is `null` from a page that sends no referrer.
    """
    return request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none")


def phrases_of(program: Program) -> Phrases:
    """What pages say, in the brand's language where it is one of ours."""
    return phrases(locale_of(program.definitions.brand.locale).language)


def page(
    program: Program, title: str, *main: Child, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    brand = program.definitions.brand
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
        lang=phrases_of(program).language,
    )
    return Response(write_document(html), status, {**_HEADERS, **(headers or {})}, media_type="text/html")


def unknown(program: Program) -> Response:
    """The page behind a link that is none of ours."""
    say = phrases_of(program)
    return page(program, say.link_is_bad, tag("p", say.link_is_bad_because), status=404)


def failed(program: Program, refusal: Refusal, what: str) -> Response:
    """The page of a POST that was not taken."""
    say = phrases_of(program)
    return page(
        program, say.failed, tag("p", f"{what} {say.try_again}"), status=refusal.kind.status, headers=refusal.headers
    )
