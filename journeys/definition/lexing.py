"""The words of a condition: which characters of a text belong together, and which do not belong.

Here a text meets its first bounds.  What looks like another sign than it is (typographic
quotes, marks that turn the writing direction, NUL) goes no further, and whoever pasted a
condition from a letter or from another language is told what to write instead.  It never
raises, and its time is linear in a text of bounded length.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from journeys.definition.nearest import shown
from journeys.definition.scope import Fault

LENGTH_MAX = 2_000
DIGITS_MAX = 15  # more do not fit a float exactly, and no journey counts that far

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<number>[0-9][\w.]*|\.[0-9][\w.]*)
  | (?P<name>[^\W\d]\w*)
  | (?P<foreign>\*\*|//|===|!==|<>|=>|=<|:=|&&|\|\||<<|>>)
  | (?P<sign>==|!=|<=|>=|[-+*/<>()\[\],.=])
  | (?P<odd>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_PLAIN_NUMBER = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_BREAK = re.compile(r"[\n\r\t]")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
# Marks that turn the direction of what follows: a reviewer would read another condition than the one that runs.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")

_HELP_FOR_SIGN = {
    "**": "there are no powers; multiply with *",
    "//": "divide with /, and round(…) for a whole number",
    "%": "write a share as a number: 5% is 0.05",
    "===": "write ==",
    "!==": "write !=",
    "<>": "write !=",
    "=>": "write >=",
    "=<": "write <=",
    "≥": "write >=",
    "≤": "write <=",
    "≠": "write !=",
    "×": "write *",
    "÷": "write /",
    "–": "write a plain minus sign: -",
    "—": "write a plain minus sign: -",
    "−": "write a plain minus sign: -",
    "&&": "write and",
    "&": "write and",
    "||": "write or",
    "|": "write or",
    "!": "write not",
    ":=": "a condition only asks; `keep` remembers values",
    "#": "a condition holds no comments; write them in YAML, outside of the quotes",
    "{": "a list is written in square brackets: [\"a\", \"b\"]",
    "}": "a list is written in square brackets: [\"a\", \"b\"]",
    "“": 'write plain quotes: "text"',
    "”": 'write plain quotes: "text"',
    "„": 'write plain quotes: "text"',
    "«": 'write plain quotes: "text"',
    "»": 'write plain quotes: "text"',
    "‘": "write plain quotes: 'text'",
    "’": "write plain quotes: 'text'",
    "`": 'write plain quotes: "text"',
    "€": "money is a plain number in the brand's currency",
    "$": "money is a plain number in the brand's currency",
    "£": "money is a plain number in the brand's currency",
}  # fmt: skip
_HELP_FOR_WORD = {
    "is": "write ==",
    "equals": "write ==",
    "None": "has(x) asks whether x is known",
    "null": "has(x) asks whether x is known",
    "if": "write the condition alone; `else` belongs to the send entry",
    "else": "write the condition alone; `else` belongs to the send entry",
    "contains": 'write the item first: "coffee" in customer.interests',
}
_WORDS = frozenset({"and", "or", "not", "in"})
LANGUAGE = (
    'a condition is made of and, or, not, in, == != < <= > >= + - * / ( ), numbers, "text", true, false, [lists], '
    "names as customer.budget, and functions"
)

_WHY = "nobody could say when this condition holds, so the journey does not run with it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """`kind` is "text", "number", "name", "word" (and, or, not, in) or "sign"; `grammar.py` finds out more.

    It adds "property" (a name after a dot) and "filter" (a name before its `=`).
    """

    kind: str
    text: str
    offset: int

    @property
    def end(self) -> int:
        return self.offset + len(self.text)


def syntax(offset: int, length: int, message: str, help_: str, *, rule: str = "condition-syntax") -> Fault:
    """The fault of a text that is no condition."""
    return Fault(rule=rule, message=message, why=_WHY, help=help_, offset=offset, length=max(length, 1))


def read_tokens(text: str) -> tuple[tuple[Token, ...], tuple[Fault, ...]]:
    """The tokens of a text without its spaces, and what in it belongs to no condition."""
    if len(text) > LENGTH_MAX:
        message = f"this condition has {len(text):,} characters and may have {LENGTH_MAX:,}"
        help_ = 'name parts of it as segments in brand.yaml, and ask in_segment("…")'
        return (), (syntax(0, LENGTH_MAX, message, help_, rule="condition-size"),)
    if not text.strip():
        return (), (syntax(0, len(text), "this condition is empty", "write what must hold, or leave the key out"),)

    tokens: list[Token] = []
    faults: list[Fault] = []
    told: set[str] = set()  # a sign that does not belong is told once, however often it stands there
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or "odd"
        if kind == "space":
            continue
        token = Token(kind="word" if found.group() in _WORDS else kind, text=found.group(), offset=found.start())
        fault = _fault_of(token, tokens)
        if fault is not None and token.text not in told:
            told.add(token.text)
            faults.append(fault)
        if token.text in ('"', "'"):
            break  # what follows an open quote is neither text nor condition
        tokens.append(token)
    return tuple(tokens), tuple(faults)


def text_of(token: Token) -> str:
    """What a text token says: without its quotes, a line break as a space."""
    return _BREAK.sub(" ", _ESCAPE.sub(r"\1", token.text[1:-1]))


def help_for(word: str, *, otherwise: str) -> str:
    """What to write instead of a word or sign of another language."""
    if word.lower() in _WORDS:
        return f"write it small: {word.lower()}"
    return _HELP_FOR_WORD.get(word, otherwise)


def _fault_of(token: Token, before: list[Token]) -> Fault | None:
    """What is wrong with this token by itself."""
    length = len(token.text)
    match token.kind:
        case "odd" if token.text in ('"', "'"):
            return syntax(
                token.offset, length, f"the quote {token.text} is never closed", f"close the text with {token.text}"
            )
        case "odd" | "foreign":
            message = f"{_shown_sign(token.text)} does not belong in a condition"
            return syntax(token.offset, length, message, _HELP_FOR_SIGN.get(token.text, LANGUAGE))
        case "number":
            return _fault_of_number(token)
        case "text":
            if before and before[-1].kind == "name" and before[-1].end == token.offset:
                message = f"{shown(before[-1].text)} stands directly before a text"
                return syntax(before[-1].offset, len(before[-1].text), message, "write the text in quotes alone")
            return _fault_of_text(token)
        case _:
            return None


def _fault_of_number(token: Token) -> Fault | None:
    length, offset = len(token.text), token.offset
    if not _PLAIN_NUMBER.fullmatch(token.text):
        message = f"{shown(token.text)} is not a plain number"
        return syntax(offset, length, message, "write digits and at most one point between them, as in 1000 or 0.5")
    if length > DIGITS_MAX:
        message = f"the number {shown(token.text)} is too long"
        return syntax(offset, length, message, f"a number has at most {DIGITS_MAX} characters", rule="condition-size")
    return None


def _fault_of_text(token: Token) -> Fault | None:
    for found in _ESCAPE.finditer(token.text):
        if found[1] not in "\\\"'":
            message = f"{_shown_sign(found[0])} means nothing in a text"
            return syntax(
                token.offset + found.start(), 2, message, "only a quote and a backslash take a backslash before them"
            )
    for place, sign in enumerate(token.text):
        # Cc: control characters, NUL among them; Cs: halves of characters, which no file can hold.
        if (unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\r\t") or sign in _TURNING:
            message = f"the invisible character {_shown_sign(sign)} stands in a text"
            return syntax(token.offset + place, 1, message, "delete it")
    return None


def _shown_sign(sign: str) -> str:
    """The sign in quotes, or its code point where nobody could see it."""
    return f"'{sign}'" if sign.isprintable() and not sign.isspace() else f"U+{ord(sign[-1]):04X}"
