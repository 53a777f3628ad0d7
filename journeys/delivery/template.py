"""A text of brand.yaml, ready to be filled: its variables are in it, its placeholders wait for a parcel.

It is taken apart once, before anything is put in.  So nothing that is put in is ever read as a
placeholder: not what the environment holds, and not what a customer is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from journeys.definition.request import marks
from journeys.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a value goes in."""

    name: str


class Template:
    """`head` is what stands before the first placeholder.  It holds secrets, and so it shows nothing of itself."""

    __slots__ = ("_parts", "head")

    def __init__(self, parts: Sequence[str | Slot]) -> None:
        self._parts = parts
        first = next((place for place, part in enumerate(parts) if isinstance(part, Slot)), len(parts))
        self.head = "".join(part for part in parts[:first] if isinstance(part, str))

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left to be filled."""
        return not any(isinstance(part, Slot) for part in self._parts)

    def filled(self, values: Mapping[str, str], escape: Callable[[str], str] = str) -> str:
        return "".join(part if isinstance(part, str) else escape(values[part.name]) for part in self._parts)


def template_of(text: str, environment: Mapping[str, str]) -> Template:
    """Raises ConfigurationError, which names the variable that is missing."""
    parts: list[str | Slot] = []
    end = 0
    for mark in marks(text):
        parts.append(text[end : mark.start])
        parts.append(Slot(mark.name) if mark.kind == "placeholder" else variable(mark.name, environment))
        end = mark.end
    return Template([*parts, text[end:]])


def variable(name: str, environment: Mapping[str, str]) -> str:
    """What the environment says.  An empty one is as good as none."""
    value = environment.get(name, "")
    if not value.strip():
        raise ConfigurationError(f"{name} is not set: brand.yaml names it, as in ${{{name}}}")
    if any(not char.isprintable() for char in value):
        raise ConfigurationError(f"{name} holds a line break or a control character")
    return value


def filled_json(template: object, values: Mapping[str, str]) -> object:
    """A value of JSON with each text filled.  Only texts are: no value can become a key, a bracket or a number."""
    match template:
        case Template():
            return template.filled(values)
        case list():
            return [filled_json(item, values) for item in template]
        case dict():
            return {key: filled_json(value, values) for key, value in template.items()}
        case _:
            return template


def templates_in_json(value: object, environment: Mapping[str, str]) -> object:
    """A value of JSON with a template for each text."""
    match value:
        case str():
            return template_of(value, environment)
        case list():
            return [templates_in_json(item, environment) for item in value]
        case dict():
            return {key: templates_in_json(item, environment) for key, item in value.items()}
        case _:
            return value
