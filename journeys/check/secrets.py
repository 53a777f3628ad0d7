"""No secret stands in a file.

Files are shared, reviewed and kept for ever.  A secret is named by its environment variable,
`${SMS_TOKEN}`, and the text of every file is looked through for what looks like one all the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from math import log2

from journeys.check.rules import Fault, Folder, of_folder

# The shapes that providers gave their keys so that they can be found, and credentials in addresses.
# Each part is bounded, for a file may be hostile.
_SHAPES = re.compile(
    r"""
    (?P<private>-----BEGIN\ [A-Z ]*PRIVATE\ KEY-----)
  | (?<![\w-])(?P<key>
        [sr]k_(?:live|test)_[0-9A-Za-z]{8,}
      | (?:AKIA|ASIA)[0-9A-Z]{12,20}
      | gh[pousr]_[0-9A-Za-z]{16,} | github_pat_\w{16,} | glpat-[\w-]{16,}
      | xox[abprs]-[\w-]{10,}
      | SG\.[\w-]{16,80}\.[\w-]{16,}
      | AIza[\w-]{30,}
      | whsec_[0-9A-Za-z+/=]{16,}
      | key-[0-9a-f]{32}
      | sk-[\w-]{20,}
      | eyJ[\w-]{10,2000}\.[\w-]{10,4000}\.[\w-]{5,}
    )
  | \b(?i:bearer|basic)\s{1,8}(?P<bearer>[\w.+/=~-]{8,})
  | \bhttps?://[^\s/:@"'{}$]{1,200}:(?P<password>[^\s/@"'{}$]{1,200})@
  | [?&](?i:access_token|api_?key|auth|token|secret|password|sig|signature)=(?P<query>[^&\s"'{}$<>)]{6,})
  | \bhttps://(?:hooks\.slack\.com/services|hooks\.zapier\.com/hooks|discord(?:app)?\.com/api/webhooks
      | [\w.-]{1,100}\.webhook\.office\.com/webhookb2)/(?P<hook>[\w/@-]{8,})
    """,
    re.VERBOSE,
)
# What each of these shapes cannot do without.  Looking for it costs little, trying all shapes at every character much.
_MARKS = (
    "PRIVATE KEY-", "k_live_", "k_test_", "AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_",
    "glpat-", "xox", "SG.", "AIza", "whsec_", "key-", "sk-", "eyJ", "://hooks.", "://discord", ".webhook.office.com",
)  # fmt: skip
_LOOSER_MARKS = tuple(
    re.compile(mark) for mark in (r"://[^\s/:@\"'{}$]{1,200}:", r"[?&]\w{3,12}=", r"(?i:bearer|basic)\s")
)
# In brand.yaml a key that says so, with a value that is neither a variable nor a template nor a mapping.
_NAMED = re.compile(
    r"""
    (?<![\w-])["']?(?P<name>[\w-]*(?:passw(?:or)?d|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|authorization|credentials?))["']?
    \s*:\s*(?P<quote>["']?)(?P<named>[^\s"',{}\[\]\#$][^"',{}\[\]\#$\n]{3,})
    """,
    re.VERBOSE | re.IGNORECASE,
)
_RANDOM = re.compile(r"(?<![\w./+-])[A-Za-z0-9+/_-]{24,}+={0,2}(?![\w.])")
_TYPES = ("text", "number", "money", "boolean", "moment", "date", "email", "phone", "url", "true", "false", "null")
_BITS_MIN = 3.8  # words of a language, joined by hyphens, stay below; 24 random letters and digits lie above
_TOLD_MAX = 20


@of_folder()
def secret_in_file(folder: Folder) -> Iterator[tuple[str, Fault]]:
    """A secret is named, never written.

    PASS    headers: {authorization: "Bearer ${SMS_TOKEN}"}
    FAIL    headers: {authorization: "Bearer 9f8a7c6b5d4e3f2a"}
    """
    for file, text in folder.texts.items():
        found = sorted(set(_found(text, is_brand=file == folder.brand.file)))
        last = -1
        for start, end in found[:_TOLD_MAX]:
            if start < last:
                continue
            last = end
            yield (
                file,
                Fault(
                    path=(),
                    offset=start,
                    length=end - start,
                    message="this looks like a secret",
                    why="whoever reads this file could send in our name, or read what customers trusted us with",
                    help='put it into an environment variable, write its name here, as in "${SMS_TOKEN}", and renew it',
                ),
            )


def _found(text: str, *, is_brand: bool) -> Iterator[tuple[int, int]]:
    if any(mark in text for mark in _MARKS) or any(mark.search(text) for mark in _LOOSER_MARKS):
        for match in _SHAPES.finditer(text):
            yield match.span(match.lastgroup or 0)
    if not is_brand:
        return
    for match in _NAMED.finditer(text):
        value = match["named"].strip()
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if value.lower() not in _TYPES and not value.startswith("list of ") and not line.lstrip().startswith("#"):
            start = match.start("named")
            # The scheme is no secret: `Bearer …` is told by what follows it.
            if not re.match(r"(?i:bearer|basic)\b", value):
                yield start, start + len(value)
    for match in _RANDOM.finditer(text):
        if _is_random(match.group()):
            yield match.span()


def _is_random(word: str) -> bool:
    kinds = (any(c.isdigit() for c in word), any(c.islower() for c in word), any(c.isupper() for c in word))
    if not kinds[0] or sum(kinds) < 2:
        return False
    bits = -sum(n / len(word) * log2(n / len(word)) for n in Counter(word).values())
    return bits >= _BITS_MIN or (len(word) >= 32 and bool(re.fullmatch("[0-9a-f]+", word)))


RULES = (secret_in_file,)
