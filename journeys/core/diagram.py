"""What a diagram says and how it looks: the words on its arrows, wrapped, and escaped for whoever draws it.

Text in, text out.  Nothing here knows a machine; `machine.py` builds one and lets it draw
with these words.  The one idea: a label is plain lines until the last moment, so that no
author's quote, colon or bracket is ever read as the syntax of Mermaid or Graphviz.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from journeys.definition.model import Entry, Move
from journeys.definition.words import say_condition, say_events, say_exact, say_time_of_day, say_trigger

MERMAID_WIDTH: Final = 26  # characters in a line of a label; it breaks longer ones itself, wherever it likes
MERMAID_PAGE: Final = {"rankdir": "TB"}
# What is not said here is left to the theme of the page.
MERMAID_LOOK: Final[dict[str, Any]] = {
    "node": {"default": {"stroke-width": "1px"}, "pseudo": {"stroke-dasharray": "4 3"}},
}

DOT_WIDTH: Final = 42
DOT_PAGE: Final = {
    "rankdir": "TB",
    "compound": "true",  # an arrow may begin at the border of a stage
    "newrank": "true",  # all places are put in order together; stage by stage, Graphviz loses arrows between stages
    "labelloc": "t",
    "fontname": "Helvetica",
    "nodesep": "0.4",
}
DOT_LOOK: Final[dict[str, Any]] = {
    "node": {
        "default": {"style": "rounded,filled", "shape": "rectangle", "fillcolor": "white", "fontname": "Helvetica"},
        "pseudo": {"style": "rounded,dashed"},
    },
    "edge": {"default": {"fontname": "Helvetica", "fontsize": "11"}},
    "graph": {"default": {"style": "rounded,filled", "fillcolor": "#f2f2f2"}},
}

_WORD: Final = re.compile(r"""(?:(?:[<>=!]=?|[-+*/]|in|at) )?(?:"[^"]*"|'[^']*'|[^\s])+""")
_GOES_NOWHERE: Final = ("again", "stay")

# Mermaid ends a statement at `;` and a label at `:`, and reads what is left as Markdown and HTML.
# An underscore inside a word means nothing to Markdown; so `order_placed` stays legible in the source.
_UNSAFE_IN_MERMAID: Final = re.compile(
    r"[^\w .,()\[\]/'=!-]|(?<![^\W_])_|_(?![^\W_])|(?<=\])\(|^-|^\d(?=\d*[.)])|^=(?==*$)|(?<=\d)\."
)
_ENTITY: Final = re.compile(r"&(?=#?\w+;)")
_MERMAID_TITLE: Final = str.maketrans({"<": "‹", ">": "›", "&": "+"})


def move_label(move: Move, width: int) -> list[str]:
    """`order_placed`, `[event.total >= 5]`; `whenever score("intent") >= 40`; with `again` and `stay` said."""
    lasting = "" if move.for_ is None else f" for {say_exact(move.for_)}"
    if move.condition is None:
        words = "always" if not move.on and move.clock is None else say_trigger(move)
        lines = wrap(words + lasting, width)
    elif not move.on and move.clock is None:
        lines = wrap(f"whenever {say_condition(move.condition)}{lasting}", width)
    else:
        lines = [*wrap(say_trigger(move), width), *wrap(f"[{say_condition(move.condition)}]{lasting}", width)]
    return [*lines, f"({move.to})"] if move.to in _GOES_NOWHERE else lines


def entry_label(entry: Entry, width: int) -> list[str]:
    """`product_viewed`, `[event.category == "espresso"]`; `when in_segment("vip") at 10:00`."""
    at = "" if entry.at is None else f" at {say_time_of_day(entry.at)}"
    condition = "" if entry.condition is None else say_condition(entry.condition)
    if not entry.on:
        return wrap(f"when {condition}{at}", width)
    if not condition:
        return wrap(say_events(entry.on) + at, width)
    return [*wrap(say_events(entry.on), width), *wrap(f"[{condition}]{at}", width)]


def shared_label(labels: list[list[str]]) -> list[str]:
    """The words of several moves that share one arrow."""
    if len(labels) == 1:
        return labels[0]
    return [line if place else f"• {line}" for lines in labels for place, line in enumerate(lines)]


def wrap(text: str, width: int) -> list[str]:
    """Breaks between words, and before each `and` and `or` of what is too long for a line.

    A text in quotes counts as one word, and so does an operator with what it compares to.
    """
    if len(text) <= width:
        return [text]
    lines: list[str] = []
    for word in _WORD.findall(text):
        if lines and word not in ("and", "or") and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


def mermaid_text(lines: list[str]) -> str:
    """Lines as one Mermaid label."""
    return "<br/>".join([_UNSAFE_IN_MERMAID.sub(_entity, line) for line in lines])


def mermaid_title(title: str) -> str:
    """A title as Mermaid's front matter, which is YAML; it knows no escape for HTML's own characters."""
    return "title: " + json.dumps(title.translate(_MERMAID_TITLE), ensure_ascii=False)


def mermaid_id(name: str) -> str:
    """The name of a state as an id.  Mermaid reads a hyphen as the beginning of an arrow; its twin is harmless."""
    return name.replace("-", "‐")


def dot_text(lines: list[str]) -> str:
    """Lines as the inside of one Graphviz label.

    A backslash is doubled, so that `\\N` is not read as the node's name, and an `&lt;` of the author's stays one.
    The quotes are left to the `graphviz` package, which takes a label in angle brackets for HTML: a space in
    front prevents that.
    """
    text = r"\n".join([_ENTITY.sub("&amp;", line.replace("\\", r"\\")) for line in lines])
    return f" {text}" if text.startswith("<") and text.endswith(">") else text


def _entity(found: re.Match[str]) -> str:
    return f"#{ord(found[0])};"
