"""What the front matter of a touch may say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from journeys.definition import scalars
from journeys.definition.kinds import (
    AMOUNT,
    CHANNEL,
    CONDITION,
    COUNT,
    EXACT,
    NAME,
    NUMBER,
    PURPOSE,
    SCALAR,
    TEXT,
    choice,
    text,
)
from journeys.definition.shapes import Key, ListOf, MapOf, Record, Word

_LINES = {
    "subject": Key(shape=TEXT, words="the subject of an e-mail"),
    "preheader": Key(shape=TEXT, words="the line that an inbox shows after the subject"),
}


_TRANSLATED = "it is the same in every language: say it in the touch itself"


def translation_record(channels: Iterable[str]) -> Record:
    """The front matter of a touch in another language: words, and nothing else."""
    words = touch_record(channels)
    said = {*_LINES, *channels, "generic", "variants"}
    return Record(
        name="translation",
        words="a translation",
        rest=words.rest,
        keys={name: replace(key, is_required=False) for name, key in words.keys.items() if name in said},
        refuses={name: _TRANSLATED for name in words.keys if name not in said},
    )


def touch_record(channels: Iterable[str]) -> Record:
    """The front matter of a touch, with a key for the short text of each of these channels."""
    lines = {
        **_LINES,
        **{channel: Key(shape=TEXT, words=f"the short text for {channel}") for channel in channels},
    }
    wording = Record(name="wording", words="a wording", keys=lines, rest=TEXT)
    return Record(
        name="touch",
        words="a touch",
        rest=TEXT,
        keys={
            # First, so that a channel with the name of a key of ours cannot take its place.
            **lines,
            "purpose": Key(shape=PURPOSE, words="what it is sent for", is_required=True),
            "channels": Key(
                shape=ListOf(item=CHANNEL, or_one=True), words="the channels, in order of preference", is_required=True
            ),
            "choose": Key(shape=choice("best"), words="'best': the customer's own preference comes first"),
            "topic": Key(shape=TEXT, words="what it is about, for caps"),
            "most": Key(
                shape=text("1 per 90 days, or 1 ever", scalars.read_most, "most"),
                words="how often at most, for a recipient",
            ),
            "recommend": Key(
                shape=Record(
                    name="recommend",
                    words="a recommendation",
                    keys={
                        "items": Key(shape=COUNT, words="how many", is_required=True),
                        "by": Key(shape=TEXT, words="the column of the catalog that ranks them", is_required=True),
                        "if": Key(shape=CONDITION, words="which items, such as 'item.stock > 0'"),
                        "least": Key(shape=COUNT, words="fewer than this are not worth recommending; 1 unless said"),
                    },
                ),
                words="items of the catalog to show",
            ),
            "offer": Key(
                shape=Record(
                    name="offer",
                    words="an offer",
                    keys={
                        "percent": Key(shape=NUMBER, words="how many percent off"),
                        "amount": Key(shape=AMOUNT, words="how much off, in the brand's currency"),
                        "code": Key(shape=TEXT, words="'unique', or the code itself"),
                        "expires": Key(shape=EXACT, words="how long it is good"),
                        "limit": Key(shape=COUNT, words="how many may be given"),
                        "cost": Key(shape=AMOUNT, words="what one costs us"),
                    },
                ),
                words="what it offers",
            ),
            "ask": Key(
                shape=ListOf(
                    item=Word(
                        what="an answer, or a scale such as 0..10", reads=scalars.read_answers, json=SCALAR, rule="ask"
                    )
                ),
                words="the answers that a page takes",
            ),
            "generic": Key(shape=wording, words="the words for everybody"),
            "variants": Key(shape=MapOf(name=NAME, value=wording), words="other words to try; what differs from a"),
        },
    )
