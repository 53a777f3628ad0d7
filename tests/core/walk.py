"""A walk: one customer taken through small definitions, as a story that tests can tell.

    walk = Walk(tmp_path, journey("need: {send: [spark]}"))
    walk.on("began")
    assert walk.sent == ["spark"]

The definitions are real files, read and checked as any folder is, and every turn is taken twice: by
the table and, move by move, by the reference machine; they must tell the same story.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from journeys.check.folder import check_folder
from journeys.core.calendar import MINUTE, date_of, format_date, parse_moment, to_local
from journeys.core.compiling import compile_program
from journeys.core.customer import GENERIC, HOLDOUT, PERSONALIZED, Customer, Event
from journeys.core.effects import SendTouch, TouchKey
from journeys.core.intake import make_event, new_customer
from journeys.core.machine import Reference
from journeys.core.program import Program
from journeys.core.trace import Row, Teller
from journeys.core.turn import Turn, accept_touch, advance, ask_again

SECOND = 1_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = "2026-03-02T09:00:00Z"  # Monday, 10:00 in Madrid
ARMS = {"personalized": PERSONALIZED, "generic": GENERIC, "holdout": HOLDOUT}

BRAND = """\
brand: Kaffa
timezone: Europe/Madrid
locale: en
currency: EUR
sender: {name: Kaffa, email: hello@kaffa.example}
purposes:
  offers: {class: marketing, words: "Offers.", version: 1}
  news: {class: marketing, words: "News.", version: 1}
  orders: {class: service}
  alerts: {class: requested}
  team: {class: internal}
  personalization: {class: data, words: "Use.", version: 1}
fields:
  first_name: {type: text, purpose: personalization}
  budget: {type: money, purpose: personalization}
  size: {type: number}
  mood: {type: text}
  plain: {type: number, default: 7}
  is_member: {type: boolean}
  interests: {type: list of text, keep: 100 days}
  born: {type: date}
  ends_at: {type: moment}
  preferred_channel: {type: text}
  language: {type: text}
  email: {type: email, address: true}
  phone: {type: phone, address: true, keep: 400 days}
  rep_email: {type: email, address: true}
  tickets: {type: number, counts: {up: ticket_created, down: ticket_closed, by: ticket_id}}
events:
  began: {properties: {cart: text, until: moment, day: date, note: text, n: number}}
  looked: {properties: {sku: text, n: number, at_shop: text, skus: list of text}}
  ordered: {properties: {cart: text, order_id: text, total: money}}
  moved_on: {properties: {cart: text, until: moment, n: number, day: date}}
  watched: {purpose: personalization, properties: {sku: text, n: number}}
  left_us: {properties: {}}
  visited: {keep: 50 days, properties: {page: text, n: number}}
  ticket_created: {properties: {ticket_id: text}}
  ticket_closed: {properties: {ticket_id: text}}
people:
  lead: {email: lead@kaffa.example}
  rep: {field: customer.rep_email, else: lead}
channels:
  email: {via: smtp, address: customer.email, cost: 0}
  sms:
    via: http
    address: customer.phone
    cost: 0.05
    request: {url: "${SMS_URL}", json: {to: "{{ address }}", text: "{{ text }}"}}
"""

TOUCHES = {
    "spark": "purpose: offers",
    "more": "purpose: offers",
    "extra": "purpose: offers",
    "paper": "purpose: news",
    "thanks": "purpose: orders",
    "alert": "purpose: alerts",
    "note": "purpose: team",
}

# A small definition may leave a state over for another test; and what an instant does with a circle is tested too.
_LEFT_ASIDE = ("unreachable-state", "circle-of-moves")

ANA = {"email": "ana@example.com", "phone": "+34600000000"}


def journey(
    stages: str,
    *,
    name: str = "j",
    enter: str = "[{on: began, to: need}]",
    top: str = "",
) -> str:
    """A journey file: `stages` as YAML of the stages, `top` whatever else stands at the top."""
    indented = "".join(f"  {line}\n" for line in stages.strip("\n").split("\n"))
    head = f"journey: {name}\ntitle: A journey\nowner: a@kaffa.example\naudience: b2c\nenter: {enter}\n"
    return f"{head}{top.strip()}\nstages:\n{indented}"


class Story:
    """Rows of a trace, and what one asks of them."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows

    @property
    def sent(self) -> list[str]:
        return [row["touch"] for row in self.rows if row.get("answer") == "sent"]

    @property
    def moves(self) -> list[tuple[str, str]]:
        """Transitions, an end as `end.REASON`, in the order they were taken."""
        return [
            (row["from"], row["to"] if row["kind"] == "moved" else f"end.{row['reason']}")
            for row in self.rows
            if row["kind"] in ("moved", "ended")
        ]

    @property
    def entered(self) -> list[str]:
        return [row["enrollment"].split("#")[0] for row in self.rows if row["kind"] == "entered"]

    def answers(self, touch: str) -> list[str]:
        """Everything the gate said of a touch: `sent`, `deferred: cap`, `withheld: left`."""
        return [
            row["answer"] + (f": {row['because']}" if "because" in row else "")
            for row in self.rows
            if row.get("touch") == touch
        ]

    def why(self, touch: str) -> str:
        return (self.answers(touch) or ["never due"])[-1]

    def of(self, kind: str) -> list[Row]:
        return [row for row in self.rows if row["kind"] == kind]

    def told(self, touch: str) -> Row:
        """The last row about a touch."""
        return [row for row in self.rows if row.get("touch") == touch][-1]


class Walk(Story):
    def __init__(
        self,
        folder: Path,
        *journeys: str,
        brand: str = "",
        touches: Mapping[str, str] | None = None,
        words: Mapping[str, str] | None = None,
        customer: Mapping[str, Any] | None = None,
        consent: tuple[str, ...] = ("offers", "news", "personalization"),
        zone: str | None = None,
        start: str = START,
        arm: str | None = "personalized",
        name: str = "ana",
    ) -> None:
        super().__init__([])
        self.program = program(folder, *journeys, brand=brand, touches=touches, words=words)
        self.program.arm = None if arm is None else ARMS[arm]
        self.now = parse_moment(start)
        self.is_paused = False
        self.let_go: list[SendTouch] = []
        self.count = 0
        fields = {**ANA, **(customer or {})}
        self._customers = [
            new_customer(self.program, name, fields, at=self.now, consents=consent, timezone=zone) for _ in range(2)
        ]
        self._choosers = (None, Reference(self.program))
        self._take([])

    @property
    def customer(self) -> Customer:
        return self._customers[0]

    # ------------------------------------------------------------ time and events

    def on(
        self,
        event: str,
        *,
        happened: int = 0,
        imported: bool = False,
        source: str = "",
        id: str | None = None,
        **properties: Any,
    ) -> Story:
        """An event, now; `happened` microseconds ago, if it is late."""
        return self.all_on([(event, happened, properties)], imported=imported, source=source, id=id)

    def all_on(
        self,
        events: list[tuple[str, int, dict[str, Any]]],
        *,
        imported: bool = False,
        source: str = "",
        id: str | None = None,
    ) -> Story:
        """Several at once, as (name, microseconds ago, properties); they have their ids in this order."""
        first = self.count
        self.count += len(events)

        def made() -> list[Event]:
            found = []
            for place, (name, happened, properties) in enumerate(events):
                event = make_event(
                    self.program,
                    name,
                    self.now - happened,
                    properties,
                    source=source,
                    id=id or f"{first + place:06}",
                    imported=imported,
                )
                assert event is not None, name
                found.append(event)
            return found

        return self._take_each(made)

    def wait(self, *, days: float = 0, hours: float = 0, minutes: float = 0, microseconds: int = 0) -> Story:
        """Exact time: a day has 24 hours."""
        self.now += round(days * DAY + hours * HOUR + minutes * MINUTE) + microseconds
        return self._take([])

    def until(self, moment: str) -> Story:
        at = parse_moment(moment)
        assert at >= self.now
        self.now = at
        return self._take([])

    def pause(self) -> None:
        """From now on what is let go stays in a slow queue."""
        self.is_paused = True

    def resume(self) -> Story:
        self.is_paused = False
        return self._note([ask_again(self.program, each, self.now) for each in self._customers])

    def accept(self, touch: str) -> Story:
        """A provider took a touch that was let go."""
        [sent] = [effect for effect in self.let_go if self.program.touches[effect.touch].name == touch]
        return self._note([accept_touch(self.program, each, sent, self.now) for each in self._customers])

    def ask_again(self, touch: str) -> Story:
        """The gate is asked once more of one touch, before it is tried."""
        keys = frozenset([self._key(touch)])
        return self._note(
            [ask_again(self.program, each, self.now, keys=keys, is_accepted_at_once=False) for each in self._customers]
        )

    def _key(self, touch: str) -> TouchKey:
        [key] = [each.waiting.key for each in self.customer.sending if each.touch.name == touch]
        return key

    @property
    def under_way(self) -> list[str]:
        """What was let go and not accepted yet."""
        return [each.touch.name for each in self.customer.sending]

    def _take(self, events: list[Event]) -> Story:
        return self._take_each(lambda: events)

    def _take_each(self, made: Any) -> Story:
        return self._note(
            [
                advance(
                    self.program, customer, made(), self.now, is_accepted_at_once=not self.is_paused, chooser=chooser
                )
                for customer, chooser in zip(self._customers, self._choosers, strict=True)
            ]
        )

    def _note(self, turns: list[Turn]) -> Story:
        told, by_machine = [list(Teller(self.program).rows("ana", turn.whys)) for turn in turns]
        assert told == by_machine
        self.rows += told
        self.let_go += [effect for effect in turns[0].effects if isinstance(effect, SendTouch)]
        return Story(told)

    # ------------------------------------------------------------ where things stand

    @property
    def states(self) -> dict[str, str]:
        """Where each enrollment that goes on stands, by its key, or by its journey's name."""
        return {
            each.journey.name if each.key is None else str(each.key): each.journey.state_names[each.state]
            for each in self.customer.enrollments
            if each.ended_at < 0
        }

    @property
    def state(self) -> str:
        """The one state, or how the last enrollment ended, or nowhere."""
        states = list(self.states.values())
        if states:
            return states[0] if len(states) == 1 else repr(states)
        ends = self.of("ended")
        return f"end.{ends[-1]['reason']}" if ends else "nowhere"

    @property
    def kept(self) -> dict[str, Any]:
        last = self.customer.enrollments[-1]
        return dict(zip(last.journey.kept_names, last.kept, strict=True))

    def local(self, moment: str) -> str:
        """A trace's moment on the customer's wall clock: `03-02 10:00`, finer only where it is."""
        at = parse_moment(moment)
        clock = to_local(self.customer.zone, at) % DAY
        text = f"{format_date(date_of(self.customer.zone, at))[5:]} {clock // HOUR:02}:{clock % HOUR // MINUTE:02}"
        return text + (f":{clock % MINUTE // SECOND:02}" if clock % MINUTE // SECOND else "")

    @property
    def sent_at(self) -> list[tuple[str, str]]:
        return [(row["touch"], self.local(row["at"])) for row in self.rows if row.get("answer") == "sent"]

    @property
    def moved_at(self) -> list[tuple[str, str]]:
        """Where it went, and when it was taken."""
        return [
            (row["to"] if row["kind"] == "moved" else f"end.{row['reason']}", self.local(row["at"]))
            for row in self.rows
            if row["kind"] in ("moved", "ended")
        ]


def program(
    folder: Path,
    *journeys: str,
    brand: str = "",
    touches: Mapping[str, str] | None = None,
    words: Mapping[str, str] | None = None,
) -> Program:
    """The compiled definitions, laid down as files; a folder with an error is refused."""
    lay(folder, *journeys, brand=brand, touches=touches, words=words)
    checked = check_folder(folder)
    wrong = [each for each in checked.errors if each.rule not in _LEFT_ASIDE]
    if wrong:
        raise AssertionError("\n".join([f"{each.rule}: {each.message}: {each.source}" for each in wrong]))
    definitions = checked.reading.definitions
    assert definitions is not None
    return compile_program(definitions, salt="walk")


def lay(
    folder: Path,
    *journeys: str,
    brand: str = "",
    touches: Mapping[str, str] | None = None,
    words: Mapping[str, str] | None = None,
) -> None:
    """The files alone, for who reads them anyway."""
    (folder / "touches").mkdir(parents=True, exist_ok=True)
    (folder / "brand.yaml").write_text(BRAND + brand, encoding="utf-8")
    for text in journeys:
        name = text.split("\n", 1)[0].removeprefix("journey: ")
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    for touch, front in {**TOUCHES, **(touches or {})}.items():
        lines = [front] if "channels" in front else [front, "channels: [email]"]
        sms = "sms: Hello\n" if "sms" in front else ""
        generic = (
            ""
            if "team" in front
            else "generic: {subject: Hello, sms: Hello}\n"
            if sms
            else "generic: {subject: Hello}\n"
        )
        body = (words or {}).get(touch, "Hello.\n" + ("\n--- generic ---\nHello.\n" if generic else ""))
        text = "---\n" + "\n".join(lines) + f"\nsubject: Hello\n{sms}{generic}---\n{body}"
        (folder / "touches" / f"{touch}.md").write_text(text, encoding="utf-8")
