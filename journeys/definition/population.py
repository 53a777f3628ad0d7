"""NAME.population.yaml to a population: who the customers are, what they do, and what touches do to them.

Values are read by the types that brand.yaml declares.  What concerns everybody is put into each
persona here, so that whoever simulates asks one place.  Whether an event, a touch or a state
that is named exists is asked by the check.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from journeys.definition.model import DAY, Brand, Event, Path, Type
from journeys.definition.nearest import nearest, shown
from journeys.definition.population_model import (
    FOLLOWS_MAX,
    Delay,
    Draw,
    Fatigue,
    Follow,
    Happening,
    Persona,
    Population,
    Rate,
    Reply,
    Response,
)
from journeys.definition.population_schema import REPLIES
from journeys.definition.population_values import EVERYONE, WHY, Drawing, read_delay, say_unless_whole
from journeys.definition.shapes import Fields
from journeys.definition.written import Notes, Written

PERSONAS_MAX = 100

_FADES = 3 * DAY
_REPLY_AFTER = Delay(median=DAY // 8, width=3.0)
_EVERYBODY = "everybody"


def build_population(
    fields: Fields, *, name: str, brand: Brand, heard: Mapping[str, Event], notes: Notes
) -> Population:
    """The population of a journey.  What could not be read is left out, or has a harmless stand-in."""
    return _Building(brand, heard, notes).population(fields, name)


@dataclass(frozen=True, slots=True)
class _Building:
    brand: Brand
    heard: Mapping[str, Event]
    notes: Notes

    def population(self, fields: Fields, name: str) -> Population:
        fatigue: Fields | None = fields.get("fatigue")
        self._see_follows(fields)
        return Population(
            journey=name,
            file=self.notes.file,
            start=fields.get("start", 0),
            arrive=fields.get("arrive", 0),
            awake=fields.get("awake"),
            personas=tuple(self._personas(fields)),
            events={event: self._happening(event, one) for event, one in fields.get("events", {}).items()},
            rates={
                place: tuple(self._rate(event, one) for event, one in rates.items() if "rate" in one)
                for place, rates in fields.get("rates", {}).items()
            },
            any_touch=self._response("touch", fields.get("any_touch")),
            touches={touch: self._response(touch, one) for touch, one in fields.get("touches", {}).items()},
            generic=fields.get("generic", EVERYONE),
            fades=fields.get("fades", _FADES),
            fatigue=_fatigue(fatigue) if fatigue is not None else None,
        )

    # ------------------------------------------------------------ who they are

    def _personas(self, fields: Fields) -> Iterator[Persona]:
        everybody = self._persona(_EVERYBODY, fields, Persona(name=_EVERYBODY, path=()))
        if not everybody.zones:
            everybody = self._in_the_brands_zone(everybody)
        personas: Mapping[str, Fields] | None = fields.get("personas")
        if personas is None:
            yield everybody
            return
        if len(personas) > PERSONAS_MAX:
            message = f"these are {len(personas):,} personas, and {PERSONAS_MAX} are the most"
            self._say(
                (*fields.path, "personas"),
                "personas",
                message,
                "say with distributions what differs little",
                is_key=True,
            )
        shares = {name: one["share"] for name, one in personas.items() if "share" in one}
        say_unless_whole(fields, "personas", shares, self.notes)
        for name, one in personas.items():
            yield self._persona(name, one, everybody)

    def _persona(self, name: str, fields: Fields, everybody: Persona) -> Persona:
        zones: Mapping[str, int] = fields.get("zones", {})
        say_unless_whole(fields, "zones", zones, self.notes)
        return Persona(
            name=name,
            path=fields.path,
            share=fields.get("share", EVERYONE),
            pace=fields.get("pace", 1.0),
            heeds=fields.get("heeds", 1.0),
            fields={**everybody.fields, **self._fields(fields)},
            consents={**everybody.consents, **self._consents(fields)},
            zones=zones or everybody.zones,
        )

    def _in_the_brands_zone(self, everybody: Persona) -> Persona:
        return Persona(
            name=everybody.name,
            path=everybody.path,
            fields=everybody.fields,
            consents=everybody.consents,
            zones={self.brand.timezone: EVERYONE},
        )

    def _fields(self, fields: Fields) -> dict[str, Draw]:
        drawn = {}
        for name, said in fields.get("fields", {}).items():
            path = (*fields.path, "fields", name)
            known = self.brand.fields.get(name)
            if known is None:
                help = nearest(name, self.brand.fields)
                if name in ("timezone", "consent"):
                    help = "write it beside 'fields': " + ("zones" if name == "timezone" else "consents")
                self._say(path, "unknown-field", f"{shown(name)} is not a field of a customer", help, is_key=True)
            elif known.counts is not None:
                message = f"{shown(name)} is counted from events, and is not given"
                self._say(path, "unknown-field", message, "let the events happen, in 'rates'", is_key=True)
            elif isinstance(said, Fields) and "same" in said:
                message = "a customer has fields before anything has happened, so there is nothing to repeat"
                self._say((*path, "same"), "draw", message, "say what it is", is_key=True)
            elif (draw := self._draw(said, known.type, path)) is not None:
                drawn[name] = draw
        return drawn

    def _consents(self, fields: Fields) -> dict[str, int]:
        consents: dict[str, int] = fields.get("consents", {})
        for purpose in consents:
            if purpose not in self.brand.purposes:
                path = (*fields.path, "consents", purpose)
                message = f"{shown(purpose)} is not a purpose of the brand"
                self._say(path, "unknown-purpose", message, nearest(purpose, self.brand.purposes), is_key=True)
        return consents

    # ------------------------------------------------------------ what they do

    def _happening(self, event: str, fields: Fields) -> Happening:
        return Happening(
            with_=self._with(event, fields),
            then=tuple(self._follow(one) for one in fields.get("then", ()) if "event" in one),
        )

    def _see_follows(self, fields: Fields) -> None:
        follows = sum(len(one.get("then", ())) for one in fields.get("events", {}).values())
        if follows > FOLLOWS_MAX:
            message = f"{follows:,} events follow from others, and {FOLLOWS_MAX} are the most"
            self._say(
                (*fields.path, "events"), "follow-ups", message, "say with rates what happens of itself", is_key=True
            )

    def _follow(self, fields: Fields) -> Follow:
        return Follow(
            event=fields["event"],
            path=fields.path,
            after=self._delay(fields, Delay()),
            share=fields.get("share", EVERYONE),
            with_=self._with(fields["event"], fields),
        )

    def _rate(self, event: str, fields: Fields) -> Rate:
        count, per = fields["rate"]
        return Rate(event=event, path=fields.path, count=count, per=per, with_=self._with(event, fields))

    def _with(self, event: str, fields: Fields) -> dict[str, Draw]:
        types = self._types(event)
        drawn = {}
        for name, said in fields.get("with", {}).items():
            draw = self._draw(said, types.get(name), (*fields.path, "with", name))
            if draw is not None:
                drawn[name] = draw
        return drawn

    def _types(self, event: str) -> dict[str, Type | None]:
        """The types of what an event carries; None where nobody can know."""
        if event == "profile.updated":
            return {field.name: field.type for field in self.brand.fields.values()}
        heard = self.heard.get(event)
        properties = heard.properties if heard is not None else {}
        return {name: None if type_ == "unknown" else type_ for name, type_ in properties.items()}

    # ------------------------------------------------------------ what touches do

    def _response(self, touch: str, fields: Fields | None) -> Response:
        if fields is None:
            return Response()
        return Response(
            replies=tuple(
                self._reply(touch, part, fields[part]) for part in REPLIES if "share" in fields.get(part, ())
            ),
            lift=fields.get("lift", {}),
        )

    def _reply(self, touch: str, part: str, fields: Fields) -> Reply:
        return Reply(
            part=part,
            path=fields.path,
            share=fields["share"],
            after=self._delay(fields, _REPLY_AFTER),
            with_=self._with(f"{touch}.{part}", fields),
        )

    # ------------------------------------------------------------

    def _draw(self, said: Written | Fields, type_: Type | None, path: Path) -> Draw | None:
        return Drawing(heard=self.heard, decimals=self.brand.decimals, notes=self.notes).draw(said, type_, path)

    def _delay(self, fields: Fields, otherwise: Delay) -> Delay:
        said: Any = fields.get("after")
        return (read_delay(said, self.notes) if said is not None else None) or otherwise

    def _say(self, path: Path, rule: str, message: str, help: str, *, is_key: bool = False) -> None:
        self.notes.say(path, rule, message, why=WHY, help=help, is_key=is_key)


def _fatigue(fields: Fields) -> Fatigue | None:
    if "beyond" not in fields or "each" not in fields:
        return None
    beyond = fields["beyond"]
    return Fatigue(count=beyond.count, per=beyond.per, each=fields["each"], stops=fields.get("stops", 0))
