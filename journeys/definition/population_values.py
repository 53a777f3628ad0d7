"""How a value is drawn, and how long something takes: `{one_of: [Ana, Ben]}`, `{median: 3 hours, times: 3}`.

The type that brand.yaml declares decides what may stand there, as it does for a value written
out.  Where the type is not known (there is no such property, which another will tell), any form
is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from journeys.definition.model import Event, Path, Type
from journeys.definition.nearest import nearest, shown
from journeys.definition.population_model import Constant, Delay, Draw, NewId, OneOf, Same, SomeOf, Spread
from journeys.definition.reading import family, item_of, kind
from journeys.definition.shapes import Fields
from journeys.definition.values import minor_units, raw_value
from journeys.definition.words import say_share
from journeys.definition.written import ListNode, MappingNode, Notes, Scalar, Written

EVERYONE = 1_000_000
WHY = "those who are simulated would be others than the customers you mean"
# A number further away is none that a customer has, and a drawn one must still be taken by the core.
_NUMBER_MAX = 1_000_000_000

# What decides the form, and what must and may stand beside it.
_BOUNDS = ("from", "to", "round")
_FORMS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "one_of": ((), ()),
    "some_of": ((), ()),
    "id": ((), ()),
    "same": ((), ()),
    "in": ((), ()),
    "around": (("spread",), _BOUNDS),
    "median": (("times",), _BOUNDS),
    "from": (("to",), ("round",)),
    "to": (("from",), ("round",)),
}
_SPREADS = ("around", "median", "from", "to")
_FIT: Mapping[Type, tuple[str, ...]] = {
    "text": ("one_of", "id", "same"),
    "number": ("one_of", "same", *_SPREADS),
    "money": ("one_of", "same", *_SPREADS),
    "boolean": ("one_of", "same"),
    "date": ("one_of", "in", "same"),
    "moment": ("one_of", "in", "same"),
    "list": ("one_of", "some_of", "same"),
}
_SAID = {
    "one_of": "{one_of: [..]}",
    "some_of": "{some_of: {a: 50%}}",
    "id": "{id: a}",
    "same": "{same: other_property}",
    "in": "{in: 14 days}",
    "around": "{around: 700, spread: 200}",
    "median": "{median: 500, times: 1.5}",
    "from": "{from: 1, to: 5}",
}


def say_unless_whole(fields: Fields, key: str, shares: Mapping[str, int], notes: Notes) -> None:
    """Tells of shares at a key that leave someone out, or count someone twice."""
    node = fields.node.get(key) if isinstance(fields.node, MappingNode) else None
    if not isinstance(node, MappingNode) or len(node.entries) != len(shares):
        return  # One of them could not be read, and that was told.
    total = sum(shares.values())
    if total != EVERYONE:
        rest = EVERYONE - total
        help = f"add {say_share(rest)}" if rest > 0 else f"take {say_share(-rest)} away"
        message = f"these shares add up to {say_share(total)}, and should to 100%"
        _say(notes, (*fields.path, key), "share-sum", message, help, is_key=True)


def read_delay(said: int | Fields, notes: Notes) -> Delay | None:
    """A length of time, or what it is drawn from; None after saying what is missing."""
    if not isinstance(said, Fields):
        return Delay(least=said, most=said)
    if not _is_read(said):
        return None
    by_median = "median" in said or "times" in said
    needed, other = (("median", "times"), ("from", "to")) if by_median else (("to",), ())
    if not _is_whole(said, "median" if "median" in said else "times" if by_median else "from", needed, other, notes):
        return None
    if by_median:
        return Delay(median=said["median"], width=said["times"])
    if said.get("from", 0) > said["to"]:
        _say(notes, (*said.path, "to"), "delay", "this is shorter than 'from'", "write the shorter one first")
        return None
    return Delay(least=said.get("from", 0), most=said["to"])


def _is_read(said: Fields) -> bool:
    """Whether all that is written there fits; what does not was told."""
    return isinstance(said.node, MappingNode) and said.node.entries.keys() == said.keys()


def _is_whole(said: Fields, form: str, needed: Collection[str], other: Collection[str], notes: Notes) -> bool:
    """Whether what a form needs is there, and nothing that belongs to another."""
    for name in needed:
        if name not in said:
            beside = f" beside '{form}'" if form in said and form != name else ""
            _say(notes, said.path, "draw", f"'{name}' is missing{beside}", f"add '{name}: …'")
            return False
    for name in other:
        if name in said:
            path = (*said.path, name)
            _say(notes, path, "draw", f"'{name}' has no place beside '{form}'", "leave one of them out", is_key=True)
            return False
    return True


def _say(notes: Notes, path: Path, rule: str, message: str, help: str, *, is_key: bool = False) -> None:
    notes.say(path, rule, message, why=WHY, help=help, is_key=is_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What the reading of a value knows of the world: the events whose properties one may repeat, and the money."""

    heard: Mapping[str, Event]
    decimals: int
    notes: Notes

    def draw(self, said: Written | Fields, type_: Type | None, path: Path) -> Draw | None:
        """How it is drawn, or None after saying what does not fit."""
        if not isinstance(said, Fields):
            return Draw(how=Constant(value=self._raw(said, type_, path)))
        form = self._form(said, type_)
        if form is None:
            return None
        how = self._how(form, said, type_)
        return None if how is None else Draw(how=how, known=said.get("known", EVERYONE))

    def _form(self, said: Fields, type_: Type | None) -> str | None:
        if not _is_read(said):
            return None
        form = next((form for form in _FORMS if form in said), None)
        fitting = _FORMS if type_ is None else _FIT["list" if item_of(type_) else family(type_)]
        known = ", ".join(_SAID[form] for form in _SAID if form in fitting)
        if form is None:
            self._say(said.path, "draw", "this does not say what the value is", f"write it alone, or one of {known}")
            return None
        needed, may = _FORMS[form]
        other = [name for name in said if name not in (form, *needed, *may, "known")]
        if not _is_whole(said, form, needed, other, self.notes):
            return None
        if form not in fitting:
            message = f"'{form}' does not make {kind(type_ or 'text')}"
            self._say((*said.path, form), "wrong-type", message, f"write it alone, or one of {known}", is_key=True)
            return None
        return form

    def _how(
        self, form: str, said: Fields, type_: Type | None
    ) -> OneOf | SomeOf | Spread | NewId | Same | Delay | None:
        match form:
            case "one_of":
                return self._one_of(said, type_)
            case "some_of":
                values = self._keys(said, "some_of", item_of(type_) if type_ is not None else None)
                return SomeOf(values=values, shares=tuple(said["some_of"].values()))
            case "id":
                return NewId(prefix=said["id"])
            case "same":
                return self._same(said["same"], type_, (*said.path, "same"))
            case "in":
                return read_delay(said["in"], self.notes)
            case _:
                return self._spread(form, said, type_)

    def _one_of(self, said: Fields, type_: Type | None) -> OneOf | None:
        path = (*said.path, "one_of")
        written = said["one_of"]
        if not written:
            self._say(path, "draw", "there is nothing to choose from", "write the values", is_key=True)
            return None
        if isinstance(written, Mapping):
            values = self._keys(said, "one_of", type_)
            say_unless_whole(said, "one_of", written, self.notes)
            return OneOf(values=values, shares=tuple(written.values()))
        # Where a million cannot be shared evenly, the first have one more.
        share, left = divmod(EVERYONE, len(written))
        return OneOf(
            values=tuple(self._raw(one, type_, (*path, at)) for at, one in enumerate(written)),
            shares=tuple(share + (at < left) for at in range(len(written))),
        )

    def _keys(self, said: Fields, form: str, type_: Type | None) -> tuple[object, ...]:
        """The values that stand as keys, with shares."""
        node = said.node.get(form) if isinstance(said.node, MappingNode) else None
        entries = node.entries if isinstance(node, MappingNode) else {}
        path = (*said.path, form)
        return tuple(
            raw_value(key, type_, (*path, name), self.notes, is_key=True) for name, (key, _) in entries.items()
        )

    def _raw(self, node: Written, type_: Type | None, path: Path) -> object:
        if any(
            isinstance(one, Scalar) and one.is_nothing for one in (node.items if isinstance(node, ListNode) else [node])
        ):
            self._say(
                path, "wrong-type", "nothing stands here", "say for how many it is known: {one_of: [Ana], known: 80%}"
            )
        return raw_value(node, type_, path, self.notes)

    def _same(self, name: str, type_: Type | None, path: Path) -> Same | None:
        types = {event.properties[name] for event in self.heard.values() if name in event.properties}
        if not types:
            known = dict.fromkeys(name for event in self.heard.values() for name in event.properties)
            self._say(path, "unknown-property", f"no event has a property {shown(name)}", nearest(name, known))
        elif type_ is not None and "unknown" not in types and family(type_) not in map(family, types):
            message = (
                f"{shown(name)} is {' or '.join(sorted(types))} where events have it, and the type here is {type_}"
            )
            self._say(path, "wrong-type", message, f"name a property whose type is {type_}")
        else:
            return Same(property=name)
        return None

    def _spread(self, form: str, said: Fields, type_: Type | None) -> Spread | None:
        smallest = 10.0**-self.decimals if type_ == "money" else 1.0
        step = float(said.get("round", smallest))
        least, most = (float(said[name]) if name in said else None for name in ("from", "to"))
        if type_ == "money" and least is None:
            least = 0.0
        reason = self._misfit(said, type_, step, least, most)
        if reason is not None:
            name, message, help = reason
            self._say((*said.path, name), "draw", message, help)
            return None
        uniform = Spread(shape="uniform", least=least, most=most, step=step)
        match form:
            case "around":
                return replace(uniform, shape="normal", middle=float(said["around"]), width=float(said["spread"]))
            case "median":
                return replace(uniform, shape="lognormal", middle=float(said["median"]), width=said["times"])
            case _:
                return uniform

    def _misfit(
        self, said: Fields, type_: Type | None, step: float, least: float | None, most: float | None
    ) -> tuple[str, str, str] | None:
        """The key that is wrong, what is wrong with it, and what helps."""
        for name in (*_SPREADS, "spread", "round"):
            if abs(said.get(name, 0)) > _NUMBER_MAX:
                return name, f"this is further away than {_NUMBER_MAX:,}", "write a number that a customer could have"
        if said.get("spread", 0) < 0:
            return "spread", "a distance is not less than nothing", "leave out its minus"
        if said.get("median", 1) <= 0:
            return "median", "what is multiplied must be more than nothing", "write 'around' and 'spread' instead"
        if step <= 0:
            return "round", "a step is more than nothing", "write 1, or leave it out"
        if type_ == "money":
            try:
                minor_units(Decimal(str(said.get("round", 1))), self.decimals)
            except ValueError as error:
                return "round", str(error), "write a larger step, or leave it out"
            if said.get("from", 0) < 0:
                return "from", "money is not less than nothing here", "write 0 or more"
        if least is not None and most is not None:
            if least > most:
                return (
                    "to",
                    f"this is less than {'nothing' if 'from' not in said else 'what stands at from'}",
                    "swap them",
                )
            # Two amounts that are one step apart may differ by a little less, as floats.
            if 0 < most - least < step * (1 - 1e-9):
                message = f"from {least:g} to {most:g} is less than one step of {step:g}"
                return "to", message, "move them apart, or write a smaller 'round'"
        return None

    def _say(self, path: Path, rule: str, message: str, help: str, *, is_key: bool = False) -> None:
        _say(self.notes, path, rule, message, help, is_key=is_key)
