"""The sheet an e-mail is written on: one column, readable on a phone and in the dark.

It takes HTML that is already safe for the body and plain text for everything else, which
it escapes.  Styles stand on the elements, because many readers drop a style sheet; the
sheet only adds what may be missed, the dark colours.
"""

from __future__ import annotations

from html import escape
from string import Template

_FONT = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

_SHEET = Template("""\
<!doctype html>
<html lang="$language" dir="auto">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>$subject</title>
<style>
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  .page { background: #161616 !important; }
  .sheet { background: #222222 !important; }
  .sheet, .sender { color: #ececec !important; }
  .sheet a { color: #8ec5ff !important; }
  .footer { color: #a5a5a5 !important; }
}
@media (max-width: 480px) {
  .sheet { padding: 24px 20px !important; border-radius: 0 !important; }
  .sender, .footer { padding-left: 20px !important; padding-right: 20px !important; }
  .page { padding: 0 0 16px !important; }
}
</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f3f2ef">
<div style="display:none;max-height:0;overflow:hidden;opacity:0">$preheader</div>
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0"
 style="background:#f3f2ef">
<tr><td class="page" align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:600px">
<tr><td class="sender" style="padding:16px 32px;font:600 17px/1.4 $font;color:#222222">$sender</td></tr>
<tr><td class="sheet" style="padding:32px 32px 20px;background:#ffffff;border-radius:8px;font:16px/1.55 $font;\
color:#222222;overflow-wrap:anywhere">
$body</td></tr>
$footer</table>
</td></tr>
</table>
</body>
</html>
""")
_FOOTER = Template("""\
<tr><td class="footer" style="padding:16px 32px;font:13px/1.5 $font;color:#6b6b6b">$text</td></tr>
""")


def laid_out(*, body: str, subject: str, preheader: str, sender: str, language: str, footer: str | None) -> str:
    """A whole HTML document.  `body` is HTML; the others are text and are escaped here."""
    return _SHEET.substitute(
        body=body,
        subject=escape(subject),
        preheader=escape(preheader),
        sender=escape(sender),
        language=escape(language.replace("_", "-")),
        footer=_FOOTER.substitute(font=_FONT, text=escape(footer).replace("\n", "<br>\n")) if footer else "",
        font=_FONT,
    )
