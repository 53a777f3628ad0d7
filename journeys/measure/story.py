"""The story: one customer's rows of a trace, as sentences a marketer would say.

Rows in, chapters out: one for each enrollment in order of entry, its lines by day.  An event
stands with the enrollments it moved, else with the only one that was going on, else in a last
chapter of its own; so do a merge and what was forgotten.  Nothing here opens a file or knows how wide a terminal is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from journeys.core.calendar import UnknownZone, Zone, parse_moment, to_local, zone
from journeys.core.dates import DAY, MINUTE, SECOND, format_date, weekday
from journeys.definition.currency import decimals_of
from journeys.definition.words import WEEKDAYS
from journeys.measure.amounts import say_amount

Row = Mapping[str, Any]

# Why a touch was not sent, or not yet.  Where the row has a detail of its own, that is said instead.
_REASONS: Final = {
    "condition": "its condition did not hold",
    "left": "the customer had moved on",
    "hold": "the journey is on hold",
    "rule": "a rule of the brand",
    "consent": "no consent",
    "suppressed": "the address bounced, or the customer complained",
    "address": "no address on any of its channels",
    "expired": "it was no longer valid",
    "most": "as often as it may be sent, it was",
    "outranked": "another touch of this journey went first",
    "cap": "a cap is reached",
    "quiet": "quiet hours",
    "holdout": "it would have gone, but this customer is held out to measure against",
    "past": "its time had passed already",
    "preference": "the customer does not want it",
    "offer": "its offer was given as often as it may be",
}
_UNHEARD: Final = {
    "consent": "not heard: no consent to its purpose",
    "too late": "too late to act on: it only informs",
    "import": "history being loaded: it only informs",
    "erased": "not heard: this customer was erased",
    "not sent": "not heard: this touch was never sent to the customer",
    "one already": "it is this customer's id already",
    "somebody else's": "not merged: that id is another customer's",
    "too many ids": "not merged: this customer has as many ids as one may have",
    "erased before": "not merged: who was known by that id was erased",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row in words.  `time` is the local time of day; `kind` is the row's, or a touch's answer."""

    date: str
    time: str
    kind: str
    words: str
    row: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """An enrollment, or (`enrollment` empty) the events that belong to none.  `outcome` says where it stands."""

    enrollment: str
    title: str
    lines: tuple[Line, ...]
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    customer: str
    summary: str
    chapters: tuple[Chapter, ...]


def tell(header: Row, rows: Sequence[Row]) -> Story:
    """The story of one customer, whose rows these are, in order of time."""
    teller = _Teller(header, rows)
    chapters = tuple(teller.chapters())
    return Story(customer=str(rows[0]["customer"]), summary=teller.summary(), chapters=chapters)


def say_row(row: Row, *, timezone: str = "UTC", arm: str = "") -> str:
    """One row as a sentence, for whoever tells of a few: `Sent spark by email, personalized words.`"""
    return _Sentences(_zone_of(timezone), arm=arm).say(row)


def say_moment(moment: str, *, timezone: str = "UTC") -> str:
    """`2026-03-23 23:30`, on the wall clock of a zone."""
    return " ".join(_Sentences(_zone_of(timezone)).local(moment))


def _zone_of(name: object) -> Zone:
    try:
        return zone(str(name))
    except UnknownZone:
        # A zone that this machine's tzdata has not: what the trace itself says is right in UTC.
        return zone("UTC")


class _Sentences:
    """Says rows, with local times.  `arm` and `currency` are empty where nobody knows them."""

    def __init__(self, where: Zone, *, arm: str = "", currency: str = "") -> None:
        self.zone = where
        self.arm = arm
        self.currency = currency

    def local(self, moment: object) -> tuple[str, str]:
        """The date and the time of day; the seconds only where there are any."""
        try:
            local = to_local(self.zone, parse_moment(str(moment)))
        except ValueError:
            return str(moment)[:10], str(moment)[11:16]
        date, clock = divmod(local, DAY)
        seconds = clock % MINUTE // SECOND
        time = f"{clock // (60 * MINUTE):02}:{clock // MINUTE % 60:02}" + (f":{seconds:02}" if seconds else "")
        return format_date(date), time

    def say(self, row: Row) -> str:
        match row["kind"]:
            case "event":
                return self._event(row)
            case "entered":
                key = f" for {row['key']}" if "key" in row else ""
                return f"Entered {row.get('state')}{key}, in the {row.get('arm')} arm: {row.get('why')}."
            case "moved":
                return self._moved(row)
            case "ended":
                return f"Ended {row.get('reason')}, out of {row.get('from')}{self._because(row)}."
            case "touch":
                return self._touch(row)
            case "goal":
                return f"Reached the goal{self._worth(row)}."
            case "held":
                return "Put on hold: clocks stand still, and marketing waits."
            case "released":
                spent = row.get("because") == "at_most"
                return "Let go: held for as long as it may be." if spent else "Let go: nothing holds it any more."
            case "forgotten":
                return self._forgotten(row)
            case "merged":
                return self._merged(row)
            case other:
                return f"{other}."

    def _event(self, row: Row) -> str:
        happened = ""
        if "happened_at" in row:
            date, time = self.local(row["happened_at"])
            happened = f", which happened at {date} {time}"
        unheard = _UNHEARD.get(str(row.get("heard")), "")
        if unheard:
            return f"{row.get('event')}{happened}: {unheard}."
        return f"Heard {row.get('event')}{happened}."

    @staticmethod
    def _forgotten(row: Row) -> str:
        events = [f"what {name} said" for name in row.get("events", ())]
        return f"Forgot {', '.join([*row.get('fields', ()), *events])}: kept no longer."

    @staticmethod
    def _merged(row: Row) -> str:
        said = [f"Merged with {row.get('from')}"]
        for key, words in (("consents_given", "allows"), ("consents_withdrawn", "does not allow any more")):
            if row.get(key):
                said.append(f"{words} {', '.join(row[key])}")
        return f"{'; '.join(said)}."

    def _moved(self, row: Row) -> str:
        if row.get("to") == "stay":
            return f"Noted in {row.get('from')}{self._because(row)}."
        if row.get("to") == row.get("from"):
            return f"Arrived again in {row.get('to')}{self._because(row)}."
        return f"Moved from {row.get('from')} to {row.get('to')}{self._because(row)}."

    def _worth(self, row: Row) -> str:
        """A goal's value is in minor units where it is money."""
        value = row.get("value")
        if not self.currency or not isinstance(value, int):
            return ""
        return f", worth {say_amount(value, decimals_of(self.currency))} {self.currency}"

    @staticmethod
    def _because(row: Row) -> str:
        if row.get("cause") == "erasure":
            return ": the customer was erased"
        if row.get("cause") == "merge":
            return ": by another id they are further in it, or were there before"
        return f": {row['why']}" if row.get("why") else ""

    def _touch(self, row: Row) -> str:
        touch, answer = row.get("touch"), row.get("answer")
        by = f" by {row['channel']}" if "channel" in row else ""
        to = f" to {row['to']}" if "to" in row else ""
        if answer == "admitted":
            return f"Let {touch}{to} go{by}: it waits for its provider."
        if answer == "sent":
            return f"Sent {touch}{to}{by}, {self._words(row)}."
        if answer == "failed":
            return f"Gave up {touch}{to}{by}: {row.get('detail') or 'its provider did not take it'}."
        reason = self._reason(row)
        if answer == "deferred":
            return f"Deferred {touch} until {self._until(row)}: {reason}."
        return f"Withheld {touch}: {reason}."

    def _until(self, row: Row) -> str:
        """The time of day where that is still today."""
        (today, _), (date, time) = self.local(row["at"]), self.local(row.get("until"))
        return time if date == today else f"{date} {time}"

    @staticmethod
    def _reason(row: Row) -> str:
        because, detail = str(row.get("because")), row.get("detail")
        if because == "consent" and detail:
            return f"no consent to {detail}"
        if because == "holdout" and "channel" in row:
            return f"it would have gone by {row['channel']}, but this customer is held out to measure against"
        return str(detail) if detail else _REASONS.get(because, because)

    def _words(self, row: Row) -> str:
        if row.get("words") != "generic":
            variant = f", variant {row['variant']}" if "variant" in row else ""
            return f"personalized words{variant}"
        if self.arm == "generic":
            return "generic words: the customer is in the generic arm"
        return "generic words: no consent to personalise" if self.arm else "generic words"


class _Teller:
    """Sorts rows into chapters."""

    def __init__(self, header: Row, rows: Sequence[Row]) -> None:
        self.header = header
        self.rows = rows
        entered = [row for row in rows if row["kind"] == "entered"]
        self.arms = {str(row["enrollment"]): str(row.get("arm", "")) for row in entered}
        # The customer's own zone where the trace knows it (an entry tells it, and a change), else the brand's.
        first = next((row["zone"] for row in entered if "zone" in row), header.get("timezone", "UTC"))
        self.timezones = [str(first)]
        self.zones: dict[int, Zone] = {}
        for row in rows:
            if row.get("zone", self.timezones[-1]) != self.timezones[-1]:
                self.timezones.append(str(row["zone"]))
            self.zones[id(row)] = _zone_of(self.timezones[-1])
        self.zone = _zone_of(self.timezones[-1])
        self.moved = {(str(row["event_id"]), row.get("event")) for row in rows if "event_id" in row}

    def summary(self) -> str:
        """`2 enrollments, 31 events; touches: 5 sent, 2 deferred, 3 withheld. Times are Europe/Madrid's.`"""
        touches = [row for row in self.rows if row["kind"] == "touch"]
        deferred = {_touch_key(row) for row in touches if row.get("answer") == "deferred"}
        answers = [row.get("answer") for row in touches]
        events = sum(row["kind"] == "event" for row in self.rows)
        zones = [f"{name}'s" for name in self.timezones]
        failed = f", {answers.count('failed')} failed" if "failed" in answers else ""
        return (
            f"{_counted(len(self.arms), 'enrollment')} and {_counted(events, 'event')} until "
            f"{' '.join(_Sentences(self.zone).local(self.header.get('until')))}; "
            f"touches: {answers.count('sent')} sent, {len(deferred)} deferred, "
            f"{answers.count('withheld')} withheld{failed}. "
            f"Times are {', then '.join(zones)}."
        )

    def chapters(self) -> Iterator[Chapter]:
        belonging: dict[str, list[Row]] = {enrollment: [] for enrollment in self.arms}
        apart: list[Row] = []
        live: list[str] = []
        for place, row in enumerate(self.rows):
            if row["kind"] in ("event", "forgotten", "merged"):
                owners = self._owners(place, row) or (live if len(live) == 1 else [])
                for enrollment in owners:
                    belonging[enrollment].append(row)
                if not owners:
                    apart.append(row)
                continue
            enrollment = str(row.get("enrollment", ""))
            belonging.setdefault(enrollment, []).append(row)
            if row["kind"] == "entered":
                live.append(enrollment)
            elif row["kind"] == "ended" and enrollment in live:
                live.remove(enrollment)
        for enrollment, rows in belonging.items():
            yield self._chapter(enrollment, rows)
        if apart:
            title = "Events that moved nothing" if belonging else "Events; none of them led into a journey"
            yield Chapter(enrollment="", title=title, lines=tuple(self._lines("", apart)), outcome="")

    def _owners(self, place: int, event: Row) -> list[str]:
        """The enrollments that this event moved: the rows that follow it in its instant say so."""
        if (str(event.get("id")), event.get("event")) not in self.moved:
            return []
        owners: dict[str, None] = {}
        for row in self.rows[place + 1 :]:
            if row["at"] != event["at"]:
                break
            if row.get("event_id") == event.get("id") and row.get("event") == event.get("event"):
                owners.setdefault(str(row["enrollment"]))
        return list(owners)

    def _chapter(self, enrollment: str, rows: Sequence[Row]) -> Chapter:
        return Chapter(
            enrollment=enrollment,
            title=enrollment + "".join([f", version {row['version']}" for row in rows if "version" in row][:1]),
            lines=tuple(self._lines(self.arms.get(enrollment, ""), rows)),
            outcome=self._outcome(rows),
        )

    def _lines(self, arm: str, rows: Sequence[Row]) -> Iterator[Line]:
        sentences = _Sentences(self.zone, arm=arm, currency=str(self.header.get("currency", "")))
        for row in rows:
            sentences.zone = self.zones[id(row)]
            date, time = sentences.local(row["at"])
            kind = str(row.get("answer", "touch")) if row["kind"] == "touch" else str(row["kind"])
            yield Line(date=date, time=time, kind=kind, words=sentences.say(row), row=row)

    def _outcome(self, rows: Sequence[Row]) -> str:
        sentences = _Sentences(self.zone)
        state, since, words = "", "", ""
        waiting: dict[tuple[object, ...], Row] = {}
        for row in rows:
            sentences.zone = self.zones[id(row)]
            if row["kind"] in ("entered", "moved") and row.get("to") != "stay":
                arrived = " ".join(sentences.local(row.get("arrived_at", row["at"])))
                state, since = str(row.get("to", row.get("state"))), arrived
            elif row["kind"] == "ended":
                words = f"Over: ended {row.get('reason')}."
            elif row["kind"] == "touch":
                waiting.pop(_touch_key(row), None)
                if row.get("answer") in ("deferred", "admitted", "failed"):
                    waiting[_touch_key(row)] = row
        words = words or (f"Stands in {state} since {since}." if state else "")
        for row in waiting.values():
            if row.get("answer") == "admitted":
                words += f" {row.get('touch')} is on its way."
                continue
            if row.get("answer") == "failed":
                words += f" {row.get('touch')} failed."
                continue
            words += f" {row.get('touch')} still waits, until {' '.join(sentences.local(row.get('until')))}."
        return words.strip()


def _touch_key(row: Row) -> tuple[object, ...]:
    return tuple(row.get(part) for part in ("enrollment", "entry", "visit", "occurrence"))


def weekday_of(date: str) -> str:
    """`Thu`, of a date in words."""
    try:
        return WEEKDAYS[weekday(parse_moment(f"{date}T00:00:00Z") // DAY)].capitalize()
    except ValueError:
        return ""


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
