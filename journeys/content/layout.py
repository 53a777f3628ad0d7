"""The sheet an e-mail is written on: one column, readable on a phone and in the dark.

It takes HTML that is already safe for the body and plain text for everything else, which
it escapes.  Styles stand on the elements, because many readers drop a style sheet; the
sheet only adds what may be missed, the dark colours.

The line that an inbox shows stands first and is hidden, with blanks behind it that nobody sees:
else the inbox would go on with whatever stands next.
"""

from __future__ import annotations

from html import escape
from string import Template
from typing import Literal

from journeys.content.footer import Footer

_FONT = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

_SHEET = Template("""\
<!doctype html>
<html lang="$language" dir="auto">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no">
<title>$subject</title>
<style>
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  .page { background: #161616 !important; }
  .sheet { background: #222222 !important; }
  .sheet, .sender { color: #ececec !important; }
  .sheet a { color: #8ec5ff !important; }
  .sheet a.button { color: #10202f !important; background: #8ec5ff !important; border-color: #8ec5ff !important; }
  .footer, .footer a { color: #a5a5a5 !important; }
}
@media (max-width: 480px) {
  .sheet { padding: 24px 20px !important; border-radius: 0 !important; }
  .sender, .footer { padding-left: 20px !important; padding-right: 20px !important; }
  .page { padding: 0 0 16px !important; }
}
</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f3f2ef">
<div style="display:none;max-height:0;overflow:hidden;opacity:0">$preheader$blanks</div>
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0"
 style="background:#f3f2ef">
<tr><td class="page" align="center" style="padding:24px 12px">
<table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:600px">
<tr><td class="sender" style="padding:16px 32px;font:600 17px/1.4 $font;color:#222222">$sender</td></tr>
<tr><td class="sheet" style="padding:32px 32px 20px;background:#ffffff;border-radius:8px;font:16px/1.55 $font;\
color:#222222;overflow-wrap:anywhere">
$body</td></tr>
$footer</table>
</td></tr>
</table>
$pixel</body>
</html>
""")
_FOOTER = Template("""\
<tr><td class="footer" style="padding:16px 32px;font:13px/1.5 $font;color:#6b6b6b;overflow-wrap:anywhere">
$text</td></tr>
""")
_LINK = '<a href="{address}" style="color:#6b6b6b;text-decoration:underline">{word}</a>'
_PIXEL = '<img src="{address}" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0">\n'
# A joiner, a non-joiner and a blank: readers run several of anything else together.
_BLANK = "&#847;&zwnj;&nbsp;"
_PREHEADER_SHOWN = 150  # characters: no inbox shows more


def laid_out(
    *,
    body: str,
    subject: str,
    preheader: str,
    sender: str,
    language: str,
    footer: Footer | None,
    pixel: str | None = None,
) -> str:
    """A whole HTML document.  `body` is HTML; the others are text and are escaped here.

    `pixel` is the address of a picture that nobody sees.
    """
    return _SHEET.substitute(
        body=body,
        subject=escape(subject),
        preheader=escape(preheader),
        blanks=_BLANK * max(0, _PREHEADER_SHOWN - len(preheader)),
        sender=escape(sender),
        language=escape(language.replace("_", "-")),
        footer="" if footer is None else _FOOTER.substitute(font=_FONT, text=_end(footer)),
        pixel="" if pixel is None else _PIXEL.format(address=escape(pixel)),
        font=_FONT,
    )


def seen_by(document: str, scheme: Literal["light", "dark"]) -> str:
    """The document as a reader in that scheme shows it, whatever the screen at hand prefers."""
    holds = "all" if scheme == "dark" else "not all"
    document = document.replace("@media (prefers-color-scheme: dark)", f"@media {holds}")
    return document.replace("color-scheme: light dark;", f"color-scheme: {scheme};")


def _end(footer: Footer) -> str:
    lines = [escape(line).replace("\n", "<br>\n") for line in footer.lines]
    if footer.links:
        lines.append(" · ".join([_LINK.format(word=escape(word), address=escape(to)) for word, to in footer.links]))
    return "<br>\n".join(lines)
