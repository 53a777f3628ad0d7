"""What a journey's file may say."""

from __future__ import annotations

from journeys.definition import scalars
from journeys.definition.kinds import (
    CONDITION,
    COUNT,
    DESTINATION,
    EVENTS,
    EXACT,
    FLAG,
    IDENTIFIER,
    NAME,
    PERSON,
    SHARE,
    SPAN,
    STATE,
    TEXT,
    TIME,
    TOUCH,
    TOUCHES,
    WEEKDAY,
    WHOLE,
    choice,
    text,
)
from journeys.definition.model import STAGES
from journeys.definition.shapes import Key, ListOf, MapOf, Record

_STAGE_WORDS = {
    "need": "they notice a want, vaguely and early: be seen and remembered",
    "research": "they search, read and ask: answer their questions",
    "evaluation": "they compare a short list: let them try, then give a reason to choose",
    "selection": "they choose and buy: keep what was promised, and help them begin",
    "support": "they use it, or something is wrong with it: solve that first",
    "feedback": "they tell how it was: ask once, answer fast",
    "loyalty": "they buy again: recognise and reward it",
    "advocacy": "they tell others: make it easy, and give them something true to tell",
}
_WHAT_TO_SEND = {
    "touch": Key(shape=TOUCHES, words="the touch, or several that follow each other with 'every'", is_required=True),
    "if": Key(shape=CONDITION, words="what must hold when it is sent"),
    "else": Key(shape=TOUCH, words="the touch that goes instead where 'if' does not hold"),
    "valid_for": Key(shape=EXACT, words="how long after it was due it may still go; 3 days unless said"),
    "priority": Key(shape=WHOLE, words="the higher wins a contested slot"),
    "to": Key(shape=PERSON, words="someone of the brand's people, instead of the customer"),
    "outlives": Key(shape=FLAG, words="whether it still goes when the customer has left the step"),
}
_CLOCK = {
    "after": Key(shape=SPAN, words="how long after the arrival"),
    "due": Key(shape=CONDITION, words="the moment it counts from, such as 'journey.ends_at - days(3)'"),
    "at": Key(shape=TIME, words="the local time of day"),
    "on_days": Key(shape=ListOf(item=WEEKDAY, or_one=True), words="only on these weekdays"),
}
SEND = Record(
    name="send",
    words="a touch to send",
    short="touch",
    keys={
        **_WHAT_TO_SEND,
        **_CLOCK,
        "every": Key(shape=SPAN, words="how long until it comes again"),
        "times": Key(shape=COUNT, words="how often at most"),
        "late": Key(shape=choice("send"), words="'send': also when its time had passed before the customer came"),
        "repeat_on_change": Key(shape=FLAG, words="whether it comes again when the moment of 'due' changes"),
    },
)
SEND_AT_ONCE = Record(
    name="send-at-once",
    words="a touch that a move sends",
    short="touch",
    keys=_WHAT_TO_SEND,
    refuses=dict.fromkeys(
        ("after", "due", "at", "on_days", "every", "times", "late", "repeat_on_change"),
        "what a move sends has no clock: put it into the 'send' of the step where the move leads",
    ),
)
_KEEP = MapOf(name=IDENTIFIER, value=CONDITION)
MOVE = Record(
    name="move",
    words="a move",
    keys={
        "on": Key(shape=EVENTS, words="the event, or several, that may lead there"),
        "if": Key(shape=CONDITION, words="what must hold"),
        **_CLOCK,
        "for": Key(shape=EXACT, words="how long it must have held without a break"),
        "to": Key(
            shape=DESTINATION, words="where it leads; again begins the step anew, stay goes on in it", is_required=True
        ),
        "keep": Key(shape=_KEEP, words="values to remember for this enrollment"),
        "send": Key(shape=ListOf(item=SEND_AT_ONCE, or_one=True), words="touches to send on the way"),
        "key": Key(shape=choice("any"), words="'any': hears events of other keys too"),
    },
)
ENTRY = Record(
    name="entry",
    words="a way into the journey",
    keys={
        "on": Key(shape=EVENTS, words="the event, or several, that may start it"),
        "if": Key(shape=CONDITION, words="what must hold; alone: starts when it becomes true"),
        "at": Key(shape=TIME, words="the local time of day at which 'if' is tried"),
        "to": Key(shape=STATE, words="where the customer stands first", is_required=True),
        "keep": Key(shape=_KEEP, words="values to remember for this enrollment"),
    },
)
_STAND = {
    "rest": Key(shape=FLAG, words="whether staying here for ever is fine"),
    "send": Key(shape=ListOf(item=SEND), words="touches for those who stand here"),
    "move": Key(shape=ListOf(item=MOVE), words="what may lead away; the first that holds is taken"),
}
STEP = Record(name="step", words="a step of a stage", keys=_STAND)
STAGE = Record(
    name="stage",
    words="a stage",
    keys={**_STAND, "steps": Key(shape=MapOf(name=NAME, value=STEP), words="finer places; one arrives in the first")},
)
JOURNEY = Record(
    name="journey",
    words="a journey",
    keys={
        "journey": Key(shape=NAME, words="its name, as that of its file", is_required=True),
        "title": Key(shape=TEXT, words="what it is for, in a line"),
        "owner": Key(shape=TEXT, words="who answers for it"),
        "audience": Key(shape=choice("b2c", "b2b"), words="whom it serves"),
        "key": Key(
            shape=text("a property such as event.cart_id", scalars.read_after("event"), "key"),
            words="the property that tells several enrollments of a customer apart",
        ),
        "enter": Key(shape=ListOf(item=ENTRY), words="what starts an enrollment", is_required=True),
        "reenter": Key(
            shape=text("never, always, 90 days after end or 90 days after entry", scalars.read_reenter, "reenter"),
            words="when a customer who was in it may enter again; 'never' unless said",
        ),
        "priority": Key(shape=WHOLE, words="the higher wins a contested slot"),
        "goal": Key(
            shape=Record(
                name="goal",
                words="a goal",
                keys={
                    "on": Key(shape=EVENTS, words="the event that reaches it", is_required=True),
                    "within": Key(shape=EXACT, words="how long from entry"),
                    "value": Key(shape=CONDITION, words="what it is worth, such as event.total"),
                    "if": Key(shape=CONDITION, words="what must hold"),
                },
            ),
            words="the outcome it is there to bring",
        ),
        "arms": Key(
            shape=Record(
                name="arms",
                words="the arms",
                keys={
                    "holdout": Key(shape=SHARE, words="the share that gets nothing, to measure against"),
                    "generic": Key(shape=SHARE, words="the share that gets the generic words"),
                },
            ),
            words="shares of customers; the rest is personalized",
        ),
        "hold": Key(
            shape=Record(
                name="hold",
                words="a hold",
                keys={
                    "while": Key(
                        shape=CONDITION, words="while this holds, clocks stand and marketing waits", is_required=True
                    ),
                    "at_most": Key(shape=EXACT, words="how long it may hold"),
                },
            ),
            words="while somebody is being helped, say: its clocks stand, and marketing waits",
        ),
        "anywhere": Key(shape=ListOf(item=MOVE), words="moves that apply in every state, after its own"),
        "stages": Key(
            shape=Record(
                name="stages",
                words="the stages",
                keys={stage: Key(shape=STAGE, words=_STAGE_WORDS[stage]) for stage in STAGES},
            ),
            words="where customers stand, and what happens there",
            is_required=True,
        ),
    },
)
