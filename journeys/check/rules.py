"""What a rule is: a function over the definitions that yields faults, with its own proof.

A rule speaks in paths; its name is its function's name (or that of the rule it continues in
another file), and its docstring shows one text that passes and one that fails.  A rule never
raises, never reads a file and never looks at another rule's faults: where one mistake would
cause many, the rule that would repeat it looks away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from journeys.check.knots import Circle, find_circles
from journeys.check.places import State, sends, states, touches_of
from journeys.definition.model import Brand, Definitions, Finding, Journey, Path, Scenario, Touch
from journeys.definition.population_model import Population
from journeys.errors import Severity


@dataclass(frozen=True, kw_only=True)
class Folder:
    """What the rules look at, and what several of them need, worked out once.

    `unread` are the names whose own file has mistakes that kept it from being read: they
    exist, and naming one is no mistake.  `left_out` says by file what could not be read and is
    missing here: what follows from a thing that is missing is not told.  `texts` are the files
    as written.
    """

    definitions: Definitions
    scenarios: tuple[Scenario, ...] = ()
    populations: Mapping[str, Population] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    left_out: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def brand(self) -> Brand:
        return self.definitions.brand

    def class_of(self, touch: str) -> str | None:
        """The class of a touch's purpose; None where touch or purpose is unknown, of which another rule speaks."""
        found = self.definitions.touches.get(touch)
        purpose = self.brand.purposes.get(found.purpose) if found is not None else None
        return purpose.class_ if purpose is not None else None

    @property
    def has_unread_journey(self) -> bool:
        """Whether some journey, or some line that sends, is missing here."""
        journeys = {journey.file for journey in self.definitions.journeys.values()}
        parts = [part for file in journeys for path in self.left_out.get(file, ()) for part in path]
        lost = {name for name in self.unread if name not in self.definitions.touches}
        return bool(lost) or any(part in ("send", "move", "anywhere", "stages") for part in parts)

    def is_whole(self, file: str, *paths: Path) -> bool:
        """Whether all that stands at or below the paths could be read."""
        missing = self.left_out.get(file, ())
        return not any(gone == () or gone[: len(path)] == path for gone in missing for path in paths)

    def is_lost(self, section: str, name: str) -> bool:
        """Whether brand.yaml declares it in words that could not be read."""
        return not self.is_whole(self.brand.file, (section, name))

    @cached_property
    def senders(self) -> Mapping[str, tuple[Journey, ...]]:
        """The journeys that may send a touch, by its name."""
        found: dict[str, dict[str, Journey]] = {}
        for journey in self.definitions.journeys.values():
            for entry in sends(journey):
                for touch, _ in touches_of(entry):
                    found.setdefault(touch, {})[journey.name] = journey
        return {touch: tuple(journeys.values()) for touch, journeys in found.items()}

    @cached_property
    def circles(self) -> tuple[Circle, ...]:
        return tuple(find_circles(self.definitions))

    @cached_property
    def states(self) -> dict[str, dict[str, State]]:
        """The states of each journey, by name."""
        return {name: states(journey) for name, journey in self.definitions.journeys.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What a rule found, in the author's words.  The rule's name and the file are added around it."""

    path: Path
    message: str
    why: str
    help: str
    at: Literal["key", "value"] = "value"
    offset: int | None = None
    length: int | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`proof` is the docstring: the promise, with its PASS and FAIL lines.

    A rule that hands on what another layer found gives its faults that layer's own names.
    """

    name: str
    severity: Severity
    proof: str
    find: FolderRule

    def findings(self, folder: Folder) -> Iterator[Finding]:
        for file, fault in self.find(folder):
            yield self.finding(file, fault)

    def finding(self, file: str, fault: Fault) -> Finding:
        return Finding(
            file=file,
            path=fault.path,
            rule=fault.rule or self.name,
            message=fault.message,
            why=fault.why,
            help=fault.help,
            severity=self.severity,
            at=fault.at,
            offset=fault.offset,
            length=fault.length,
        )


FolderRule = Callable[[Folder], Iterator[tuple[str, Fault]]]
JourneyRule = Callable[[Folder, Journey], Iterator[Fault]]
TouchRule = Callable[[Folder, Touch], Iterator[Fault]]
BrandRule = Callable[[Folder, Brand], Iterator[Fault]]
ScenarioRule = Callable[[Folder, Scenario], Iterator[Fault]]
PopulationRule = Callable[[Folder, Population], Iterator[Fault]]


def of_journeys(*, severity: Severity = "error", name: str | None = None) -> Callable[[JourneyRule], Rule]:
    """Make a rule of a function that looks at one journey."""

    def make(look: JourneyRule) -> Rule:
        def find(folder: Folder) -> Iterator[tuple[str, Fault]]:
            for journey in folder.definitions.journeys.values():
                for fault in look(folder, journey):
                    yield journey.file, fault

        return _rule(look, find, severity, name)

    return make


def of_touches(*, severity: Severity = "error", name: str | None = None) -> Callable[[TouchRule], Rule]:
    """Make a rule of a function that looks at one touch."""

    def make(look: TouchRule) -> Rule:
        def find(folder: Folder) -> Iterator[tuple[str, Fault]]:
            for touch in folder.definitions.touches.values():
                for fault in look(folder, touch):
                    yield touch.file, fault

        return _rule(look, find, severity, name)

    return make


def of_brand(*, severity: Severity = "error", name: str | None = None) -> Callable[[BrandRule], Rule]:
    """Make a rule of a function that looks at brand.yaml."""

    def make(look: BrandRule) -> Rule:
        def find(folder: Folder) -> Iterator[tuple[str, Fault]]:
            for fault in look(folder, folder.brand):
                yield folder.brand.file, fault

        return _rule(look, find, severity, name)

    return make


def of_scenarios(*, severity: Severity = "error", name: str | None = None) -> Callable[[ScenarioRule], Rule]:
    """Make a rule of a function that looks at one scenario."""

    def make(look: ScenarioRule) -> Rule:
        def find(folder: Folder) -> Iterator[tuple[str, Fault]]:
            for scenario in folder.scenarios:
                for fault in look(folder, scenario):
                    yield scenario.file, fault

        return _rule(look, find, severity, name)

    return make


def of_populations(*, severity: Severity = "error", name: str | None = None) -> Callable[[PopulationRule], Rule]:
    """Make a rule of a function that looks at one population."""

    def make(look: PopulationRule) -> Rule:
        def find(folder: Folder) -> Iterator[tuple[str, Fault]]:
            for population in folder.populations.values():
                for fault in look(folder, population):
                    yield population.file, fault

        return _rule(look, find, severity, name)

    return make


def of_folder(*, severity: Severity = "error", name: str | None = None) -> Callable[[FolderRule], Rule]:
    """Make a rule of a function that looks at all files and says in which each fault is."""

    def make(look: FolderRule) -> Rule:
        return _rule(look, look, severity, name)

    return make


def _rule(look: Callable[..., object], find: FolderRule, severity: Severity, name: str | None) -> Rule:
    return Rule(
        name=name or look.__name__.replace("_", "-"),
        severity=severity,
        proof=look.__doc__ or "",
        find=find,
    )
