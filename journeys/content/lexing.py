"""Words cut into tokens, and refused before anything dear is done with them.

Liquid's own lexer is one regular expression that goes back and forth over an unclosed
`{{`, and its errors at the end of a text have no place.  So here every opening is matched
with its close first, tags are known by name and balanced, and all lengths are bounded;
what reaches Liquid's parser can only be wrong inside one `{{ }}` or `{% %}`.

A tag that stands alone on its line leaves no line behind: a loop around a Markdown list
must not break the list apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from liquid.token import TOKEN_CONTENT, TOKEN_EXPRESSION, TOKEN_TAG, Token

from journeys.content.errors import WordsError, place
from journeys.definition.nearest import nearest, shown

SOURCE_MAX = 30_000  # characters of one subject or body
TAG_MAX = 1_000  # characters between `{{` and `}}`
NESTING_MAX = 12

# These two characters mark where a value will stand while Markdown is at work.
HELD, FREED = "\ue000", "\ue001"

_ENDS = {tag: f"end{tag}" for tag in ("if", "unless", "case", "for", "capture", "comment")}
_BRANCHES = {"else": ("if", "unless", "case", "for"), "elsif": ("if", "unless"), "when": ("case",)}
_SINGLE = ("assign", "break", "continue", "echo", "#")
_KNOWN = frozenset((*_ENDS, *_ENDS.values(), *_BRANCHES, *_SINGLE))
_WRITABLE = [*sorted(_KNOWN - {"#"}), "raw"]
# Liquid's lexer goes back and forth over blanks inside a tag.
_GAP = re.compile(r"\s{100}")
_OTHER_FILES = ("include", "render", "layout", "extends", "block", "import", "section", "sections")


def tokens_of(source: str, lex: Callable[[str], Iterator[Token]]) -> list[Token]:
    """The tokens of the text, checked; raises WordsError with the place of what is wrong."""
    _refuse_lengths(source)
    _refuse_unclosed(source)
    tokens = list(lex(source))
    _refuse_tags(source, tokens)
    return _without_lone_lines(tokens)


def _refuse_lengths(source: str) -> None:
    if len(source) > SOURCE_MAX:
        raise WordsError(
            f"these words have {len(source):,} characters, more than the {SOURCE_MAX:,} there may be",
            at=place(source, SOURCE_MAX),
            help="say it shorter, or link to a page",
        )
    for character, name in (("\0", "NUL"), (HELD, "U+E000"), (FREED, "U+E001")):
        if (found := source.find(character)) >= 0:
            raise WordsError(f"there is a {name} character here", at=place(source, found), help="remove it")


def _refuse_unclosed(source: str) -> None:
    at = 0
    while (at := source.find("{", at)) >= 0:
        opening = source[at : at + 2]
        if opening not in ("{{", "{%"):
            at += 1
            continue
        closing = "}}" if opening == "{{" else "%}"
        # The length is looked at as well, so that the search for a close stays short.
        close = source.find(closing, at + 2, at + 2 + TAG_MAX)
        if close < 0:
            is_long = source.find(closing, at + 2) >= 0
            raise WordsError(
                f"between this '{opening}' and its '{closing}' stand more than {TAG_MAX:,} characters"
                if is_long
                else f"this '{opening}' is never closed",
                at=place(source, at, 2),
                help="shorten it" if is_long else f"end it with '{closing}'",
            )
        if gap := _GAP.search(source, at + 2, close):
            raise WordsError("there is a long gap inside this tag", at=place(source, gap.start()), help="close the gap")
        inner, at = source[at + 2 : close].strip("- \t\n"), close + 2
        if opening == "{%" and inner == "raw":
            at = _end_of_raw(source, at)


def _end_of_raw(source: str, at: int) -> int:
    """Past `{% endraw %}`: what stands before it is nobody's tag."""
    opening = at
    while (at := source.find("{%", at)) >= 0:
        close = source.find("%}", at, at + 2 + TAG_MAX)
        if close >= 0 and source[at + 2 : close].strip("- \t\n") == "endraw":
            return close + 2
        at += 2
    raise WordsError("this 'raw' is never closed", at=place(source, opening - 2, 2), help="end it with {% endraw %}")


def _refuse_tags(source: str, tokens: list[Token]) -> None:
    opened: list[Token] = []
    for token in tokens:
        if token.kind != TOKEN_TAG:
            if token.kind not in (TOKEN_CONTENT, TOKEN_EXPRESSION, "output", "comment"):
                raise WordsError(
                    f"'{{% {token.kind} %}}' is not a tag of words",
                    at=place(source, token.start_index),
                    help="there are " + ", ".join(_WRITABLE),
                )
            continue
        name, here = token.value, place(source, token.start_index, len(token.value))
        if name in _OTHER_FILES:
            raise WordsError(
                f"'{{% {name} %}}' would take words from another file, and words stand in one file",
                at=here,
                help="write the words here",
            )
        if name not in _KNOWN:
            raise WordsError(f"there is no tag {shown(name)}", at=here, help=nearest(name, _WRITABLE))
        if name in _ENDS:
            opened.append(token)
            if len(opened) > NESTING_MAX:
                raise WordsError(
                    f"tags stand in one another more than {NESTING_MAX} deep",
                    at=here,
                    help="say it with fewer conditions",
                )
        elif name in _BRANCHES and (not opened or opened[-1].value not in _BRANCHES[name]):
            raise WordsError(
                f"this '{name}' belongs to nothing", at=here, help="it stands inside " + " or ".join(_BRANCHES[name])
            )
        elif name in ("break", "continue") and all(tag.value != "for" for tag in opened):
            raise WordsError(f"this '{name}' stands in no loop", at=here, help="remove it")
        elif name.startswith("end"):
            if not opened or _ENDS[opened[-1].value] != name:
                what = f"'{opened[-1].value}' is open here" if opened else "nothing is open here"
                raise WordsError(
                    f"this '{name}' closes nothing: {what}",
                    at=here,
                    help=f"end it with {{% {_ENDS[opened[-1].value]} %}}" if opened else "remove it",
                )
            opened.pop()
    if opened:
        tag = opened[-1]
        raise WordsError(
            f"this '{tag.value}' is never closed",
            at=place(source, tag.start_index, len(tag.value)),
            help=f"end it with {{% {_ENDS[tag.value]} %}}",
        )


def _without_lone_lines(tokens: list[Token]) -> list[Token]:
    begins_line = True  # does the content at hand begin a line?
    for i, token in enumerate(tokens):
        if token.kind != TOKEN_TAG:
            continue
        before = tokens[i - 1] if i else None
        after_at = i + 2 if i + 1 < len(tokens) and tokens[i + 1].kind == TOKEN_EXPRESSION else i + 1
        after = tokens[after_at] if after_at < len(tokens) else None

        if before is not None and before.kind != TOKEN_CONTENT:
            # Another tag or a value stands on the same line.
            begins_line = False
            continue
        head, newline, indent = before.value.rpartition("\n") if before else ("", "", "")
        is_first = bool(newline) or begins_line or before is None
        is_alone = is_first and not indent.strip(" \t")
        if is_alone and after is None and before is not None:
            tokens[i - 1] = before._replace(value=head + newline)
        begins_line = False
        if is_alone and after is not None and after.kind == TOKEN_CONTENT:
            blank, found, rest = after.value.partition("\n")
            if found and not blank.strip(" \t\r"):
                if before is not None:
                    tokens[i - 1] = before._replace(value=head + newline)
                tokens[after_at] = after._replace(value=rest)
                begins_line = True
    return tokens
