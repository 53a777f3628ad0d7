"""Whys: what a turn decided, as tuples of small integers, and how to say it in words.

A turn appends one tuple for each event, transition and answer of the gate.  Nothing is
spelled out on the hot path: `core.trace` turns the tuples into rows when somebody wants
to read them.

    (EVENT,   at, event, heard)
    (ENTERED, at, enrollment, journey, state, arrival, entry, key, arm, event or None,
              zone)
    (MOVED,   at, enrollment, journey, from, to or STAY, arrival, move, cause, event or None)
    (ENDED,   at, enrollment, journey, from, reason, arrival, move or -1, cause, event or None)
    (TOUCH,   at, enrollment, journey, item, touch, visit, occurrence, due, answer, reason, detail, until, channel,
              words)
    (GOAL,    at, enrollment, journey, value)
    (HELD,    at, enrollment, journey)
    (RELEASED, at, enrollment, journey, because of at_most)
    (FORGOTTEN, at, fields, events)
    (MERGED,  at, event, what was added to the numbers of the other's enrollments, purposes given by it, and withdrawn)

`event` is the `Event` itself; everything else is an index into the program.
"""

from __future__ import annotations

from typing import Any, Final

EVENT: Final = 0
ENTERED: Final = 1
MOVED: Final = 2
ENDED: Final = 3
TOUCH: Final = 4
GOAL: Final = 5
HELD: Final = 6
RELEASED: Final = 7
FORGOTTEN: Final = 8
MERGED: Final = 9

# What became of an event.
HEARD: Final = 0
WITHOUT_CONSENT: Final = 1
TOO_LATE: Final = 2
IMPORTED: Final = 3
NOBODY_SENT: Final = 4
ERASED: Final = 5
ONE_ALREADY: Final = 6
SOMEBODY_ELSES: Final = 7
ERASED_BEFORE: Final = 8
TOO_MANY_IDS: Final = 9
HEARD_WORDS: Final = (
    "heard", "consent", "too late", "import", "not sent", "erased", "one already", "somebody else's", "erased before",
    "too many ids",
)  # fmt: skip

# What set a move off.
BY_EVENT: Final = 0
BY_CLOCK: Final = 1
BY_CONDITION: Final = 2
BY_ERASURE: Final = 3
BY_MERGE: Final = 4
CAUSE_WORDS: Final = ("event", "clock", "condition", "erasure", "merge")

# Ends that no journey declares, as reasons.
OF_ERASURE: Final = -1
OF_MERGE: Final = -2

# What a customer chose, as the detail of the reason.
BY_TOPIC: Final = 1
BY_CHANNEL: Final = 2
BY_LIMIT: Final = 3

# The gate's answers, and its reasons.
SEND: Final = 0
DEFER: Final = 1
WITHHOLD: Final = 2
ADMIT: Final = 3  # let go, and not yet accepted by anybody
ANSWER_WORDS: Final = ("sent", "deferred", "withheld", "admitted")

NO_REASON: Final = 0
CONDITION: Final = 1
LEFT: Final = 2
HOLD: Final = 3
RULE: Final = 4
CONSENT: Final = 5
PREFERENCE: Final = 6
SUPPRESSED: Final = 7
ADDRESS: Final = 8
EXPIRED: Final = 9
MOST: Final = 10
OUTRANKED: Final = 11
CAP: Final = 12
QUIET: Final = 13
HELD_OUT: Final = 14
PAST: Final = 15
OFFER: Final = 16
REASON_WORDS: Final = (
    "", "condition", "left", "hold", "rule", "consent", "preference", "suppressed",
    "address", "expired", "most", "outranked", "cap", "quiet", "holdout", "past",
    "offer",
)  # fmt: skip

Why = tuple[Any, ...]
