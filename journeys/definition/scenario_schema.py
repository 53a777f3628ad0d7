"""What a file of scenarios may say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from journeys.definition import scalars
from journeys.definition.kinds import FLAG, NAME, SPAN, STRING, TEXT, UNTIMED, choice, text
from journeys.definition.known import place_for
from journeys.definition.model import STAGES
from journeys.definition.shapes import Key, ListOf, MapOf, Raw, Record

_EVENT = Raw(
    what="an event with its properties, such as {order_placed: {total: 20}}",
    json={
        "anyOf": [
            place_for("event", STRING),
            place_for(
                "happening",
                {
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": 1,
                    "additionalProperties": {"type": ["object", "null"]},
                },
            ),
        ]
    },
)
_NUMBERED = Raw(what="a number or a text", json={"type": ["number", "string", "boolean"]})
_TOUCHES = Raw(
    what="a touch, or a list of them",
    json={"anyOf": [place_for("touch", STRING), {"type": "array", "items": place_for("touch", STRING)}]},
)
_STATE = Raw(what="a state", json=place_for("state", STRING))
_ARM = choice("personalized", "generic", "holdout")
MOMENT = text("a moment such as 2026-03-23T10:00:00+01:00", scalars.read_text, "moment", why=UNTIMED)
EXPECT = Record(
    name="expect",
    words="what is expected",
    keys={
        "state": Key(shape=_STATE, words="where the customer stands: stage or stage.step"),
        "stage": Key(
            shape=Raw(what="a stage", json={"enum": list(STAGES)}), words="the stage where the customer stands"
        ),
        "arm": Key(shape=_ARM, words="the arm of the enrollment"),
        "sent": Key(shape=_TOUCHES, words="a touch that was sent"),
        "times": Key(shape=_NUMBERED, words="how often it was"),
        "channel": Key(shape=Raw(what="a channel", json=place_for("channel", STRING)), words="on which channel"),
        "words": Key(shape=choice("personalized", "generic"), words="which words"),
        "variant": Key(shape=_NUMBERED, words="which variant of them"),
        "to": Key(shape=_NUMBERED, words="to whom, if not to the customer"),
        "never_sent": Key(shape=_TOUCHES, words="a touch that was not sent at all"),
        "would_send": Key(shape=_TOUCHES, words="a touch that a held-out customer would have got"),
        "withheld": Key(shape=_TOUCHES, words="a touch that was withheld"),
        "because": Key(shape=_NUMBERED, words="the reason"),
        "deferred": Key(shape=_TOUCHES, words="a touch that was deferred"),
        "until": Key(shape=_NUMBERED, words="until when"),
        "entered": Key(shape=_NUMBERED, words="how many enrollments have begun"),
        "ended": Key(shape=_NUMBERED, words="the reason the enrollment ended for"),
        "reached": Key(shape=_NUMBERED, words="whether the goal was reached"),
        "kept": Key(shape=Raw(what="a mapping of names", json={"type": "object"}), words="values that were kept"),
    },
)
_STEP_KEYS = {
    "event": Key(shape=_EVENT, words="an event that happens"),
    "happened": Key(
        shape=text("a time such as 25 minutes ago", scalars.read_ago, "span", why=UNTIMED),
        words="how long ago it happened",
    ),
    "import": Key(shape=FLAG, words="whether it is history being loaded"),
    "id": Key(shape=TEXT, words="the event's id"),
    "source": Key(shape=TEXT, words="where the event comes from"),
    "wait": Key(shape=SPAN, words="time that goes by"),
    "at": Key(shape=MOMENT, words="the moment to go on to"),
    "sending": Key(shape=choice("paused", "resumed"), words="whether touches leave"),
    "expect": Key(shape=EXPECT, words="what must hold now"),
}
SCENARIO_STEP = Record(name="scenario-step", words="a step of a scenario", keys=_STEP_KEYS)
_CUSTOMER = Raw(what="a customer's fields, timezone and consent", json=place_for("customer", {"type": "object"}))


def scenario_record(customers: Iterable[str]) -> Record:
    """A scenario whose steps may begin with the name of one of these customers."""
    named = {name: Key(shape=SCENARIO_STEP, words=f"what happens to {name}") for name in customers}
    step = replace(SCENARIO_STEP, name="step-of-anyone", keys={**named, **_STEP_KEYS}, rest=SCENARIO_STEP)
    return Record(
        name="scenario",
        words="a scenario",
        keys={
            "scenario": Key(shape=TEXT, words="what it proves, as a sentence", is_required=True),
            "journey": Key(shape=NAME, words="the journey, if not the one whose name the file has"),
            "customer": Key(shape=_CUSTOMER, words="the customer"),
            "customers": Key(shape=MapOf(name=NAME, value=_CUSTOMER), words="several customers, by name"),
            "start": Key(shape=MOMENT, words="when it begins", is_required=True),
            "arm": Key(shape=_ARM, words="the arm of every enrollment"),
            "steps": Key(shape=ListOf(item=step), words="what happens, in order", is_required=True),
        },
    )
