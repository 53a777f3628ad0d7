"""The trace: what happened to each customer, a JSON object a line, in words one can read without the definitions.

The first line says what was run; then come the rows, customer by customer, each in order of
time.  The same definitions, signals and salt give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from journeys.core.calendar import format_moment
from journeys.core.customer import GENERIC, HOLDOUT, PERSONALIZED, Event
from journeys.core.effects import GENERIC_WORDS, PERSONALIZED_WORDS
from journeys.core.program import STAY, JourneyProgram, Program
from journeys.core.why import (
    ANSWER_WORDS,
    BY_CHANNEL,
    BY_TOPIC,
    CAP,
    CAUSE_WORDS,
    CONSENT,
    DEFER,
    ENDED,
    ENTERED,
    EVENT,
    FORGOTTEN,
    GOAL,
    HEARD_WORDS,
    HELD,
    HELD_OUT,
    MERGED,
    MOVED,
    PREFERENCE,
    REASON_WORDS,
    RELEASED,
    RULE,
    TOUCH,
    Why,
)
from journeys.definition.model import Cap, Move
from journeys.definition.words import say_entry, say_exact, say_move

Row = dict[str, Any]

ARM_WORDS: Final = {PERSONALIZED: "personalized", GENERIC: "generic", HOLDOUT: "holdout"}


class Teller:
    """Turns whys into rows.  What a definition says of a move or an entry is put in words once."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._moves: dict[tuple[int, int], str] = {}
        self._paths: dict[tuple[str | int, ...], str] = {}
        self._caps = [say_cap(cap) for cap in program.definitions.brand.caps]
        self._rules = [rule.because for rule in program.definitions.brand.suppress]

    def rows(self, customer: str, whys: Sequence[Why]) -> Iterator[Row]:
        before, moment = -1, ""
        for why in whys:
            kind, at = why[0], why[1]
            if at != before:
                before, moment = at, format_moment(at)
            row: Row = {"customer": customer, "at": moment}
            if kind == EVENT:
                self._event(row, why, at)
            elif kind == TOUCH:
                self._touch(row, why)
            elif kind == FORGOTTEN:
                self._forgotten(row, why)
            elif kind == MERGED:
                self._merged(row, why)
            else:
                journey = self._enrolled(row, why)
                if kind == ENTERED:
                    self._entered(row, why, journey)
                elif kind == MOVED:
                    self._moved(row, why, journey)
                elif kind == ENDED:
                    self._ended(row, why, journey)
                elif kind == GOAL:
                    row["kind"] = "goal"
                    if why[4] is not None:
                        row["value"] = why[4]
                elif kind == HELD:
                    row["kind"] = "held"
                else:
                    assert kind == RELEASED
                    row["kind"] = "released"
                    row["because"] = "at_most" if why[4] else "condition"
            yield row

    def _enrolled(self, row: Row, why: Why) -> JourneyProgram:
        journey = self.program.journeys[why[3]]
        row["enrollment"] = f"{journey.name}#{why[2]}"
        if journey.earlier is not None:
            row["version"] = journey.version
        return journey

    def _event(self, row: Row, why: Why, at: int) -> None:
        event = why[2]
        row["kind"] = "event"
        row["event"] = self.program.event_names[event.event]
        if event.id:
            row["id"] = event.id
        if event.source:
            row["source"] = event.source
        if event.at != at:
            row["happened_at"] = format_moment(event.at)
        row["heard"] = HEARD_WORDS[why[3]]
        if event.zone is not None:
            row["zone"] = event.zone.name

    def _forgotten(self, row: Row, why: Why) -> None:
        row["kind"] = "forgotten"
        if why[2]:
            row["fields"] = [self.program.field_names[place] for place in why[2]]
        if why[3]:
            row["events"] = [self.program.event_names[event] for event in why[3]]

    def _merged(self, row: Row, why: Why) -> None:
        _, _, event, shift, given, withdrawn = why
        row["kind"] = "merged"
        row["from"] = event.properties[0]
        row["numbered_from"] = shift + 1
        for said, purposes in (("consents_given", given), ("consents_withdrawn", withdrawn)):
            if purposes:
                row[said] = [self.program.purpose_names[purpose] for purpose in purposes]

    def _entered(self, row: Row, why: Why, journey: JourneyProgram) -> None:
        _, _, _, _, state, arrival, entry, key, arm, event, zone = why
        row["kind"] = "entered"
        if key is not None:
            row["key"] = str(key)
        row["state"] = journey.state_names[state]
        row["arrived_at"] = format_moment(arrival)
        row["arm"] = ARM_WORDS[arm]
        row["zone"] = zone
        row["why"] = say_entry(journey.definition.enter[entry])
        self._by(row, event)

    def _moved(self, row: Row, why: Why, journey: JourneyProgram) -> None:
        _, _, _, _, origin, to, arrival, move, cause, event = why
        row["kind"] = "moved"
        row["from"] = journey.state_names[origin]
        row["to"] = "stay" if to == STAY else journey.state_names[to]
        row["arrived_at"] = format_moment(arrival)
        self._because(row, journey, move, cause)
        self._by(row, event)

    def _ended(self, row: Row, why: Why, journey: JourneyProgram) -> None:
        _, _, _, _, origin, reason, arrival, move, cause, event = why
        row["kind"] = "ended"
        row["from"] = journey.state_names[origin]
        row["reason"] = journey.say_end(reason)
        row["arrived_at"] = format_moment(arrival)
        self._because(row, journey, move, cause)
        self._by(row, event)

    def _because(self, row: Row, journey: JourneyProgram, move: Any, cause: Any) -> None:
        row["cause"] = CAUSE_WORDS[cause]
        if move >= 0:
            row["move"] = self._say_path(journey.moves[move].path)
            row["why"] = self._say_move(journey, move)

    def _by(self, row: Row, event: Any) -> None:
        if isinstance(event, Event):
            row["event"] = self.program.event_names[event.event]
            if event.id:
                row["event_id"] = event.id

    def _touch(self, row: Row, why: Why) -> None:
        _, at, _, _, item, touch, visit, occurrence, due, answer, reason, detail, until, channel, words = why
        journey = self._enrolled(row, why)
        program = self.program
        send = journey.items[item].send
        assert send is not None
        row["kind"] = "touch"
        row["touch"] = program.touches[touch].name
        row["entry"] = self._say_path(send.path)
        row["visit"] = visit
        row["occurrence"] = occurrence
        row["due_at"] = row["at"] if due == at else format_moment(due)
        row["answer"] = ANSWER_WORDS[answer]
        if reason:
            row["because"] = REASON_WORDS[reason]
            if reason == CAP:
                row["detail"] = self._caps[detail]
            elif reason == RULE:
                row["detail"] = self._rules[detail]
            elif reason == CONSENT:
                row["detail"] = program.purpose_names[program.touches[touch].purpose]
            elif reason == PREFERENCE and detail:
                row["detail"] = self._preference(detail, program.touches[touch].name)
            elif reason == HELD_OUT and detail >= 0:
                row["channel"] = program.channel_names[detail]
        if answer == DEFER:
            row["until"] = format_moment(until)
        if words:
            if channel >= 0:
                row["channel"] = program.channel_names[channel]
            is_generic = words == GENERIC_WORDS
            row["words"] = GENERIC_WORDS if is_generic else PERSONALIZED_WORDS
            if not is_generic and len(program.touches[touch].variants) > 1:
                row["variant"] = words
            if send.person >= 0:
                row["to"] = list(program.definitions.brand.people)[send.person]

    def _preference(self, detail: int, touch: str) -> str:
        if detail == BY_TOPIC:
            return f"the customer wants nothing about {self.program.definitions.touches[touch].topic}"
        if detail == BY_CHANNEL:
            return "the customer wants it on none of its channels"
        return "as often as the customer wants"

    def _say_move(self, journey: JourneyProgram, index: int) -> str:
        key = (journey.index, index)
        if key not in self._moves:
            self._moves[key] = say_move(_find(journey, journey.moves[index].path))
        return self._moves[key]

    def _say_path(self, path: tuple[str | int, ...]) -> str:
        text = self._paths.get(path)
        if text is None:
            text = self._paths[path] = say_path(path)
        return text


def say_cap(cap: Cap) -> str:
    """`at most 3 per 7 days of marketing`, `at most 1 per 1 day for each channel`."""
    words = f"at most {cap.most} per {say_exact(cap.per)}"
    if cap.each is not None:
        words += f" for each {cap.each}"
    of = [*((cap.class_,) if cap.class_ else ()), *cap.purposes, *cap.topics, *cap.channels]
    return words + (f" of {', '.join(of)}" if of else "")


def say_path(path: tuple[str | int, ...]) -> str:
    """`stages.need.move[2]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _find(journey: JourneyProgram, path: tuple[str | int, ...]) -> Move:
    definition = journey.definition
    moves = list(definition.anywhere)
    for stage in definition.stages:
        moves += stage.move
        for step in stage.steps:
            moves += step.move
    return next(move for move in moves if move.path == path)


def header_of(program: Program, journeys: Sequence[str], until: int) -> Row:
    return {
        "trace": 1,
        "brand": program.definitions.brand.name,
        "currency": program.definitions.brand.currency,
        "journeys": list(journeys),
        "salt": program.salt,
        "timezone": program.definitions.brand.timezone,
        "until": format_moment(until),
    }
