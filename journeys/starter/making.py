"""The making: from an audience and some stages to the files of a starter, still without a name.

The words stand beside this file, in a folder for each audience, as whole files of eight stages.  A
line `#: WORDS` there says when the lines after it belong: when all the words hold, and of `a|b` one.
A word is a stage that was chosen, `-need` (not chosen), `^need` (the first), `loyalty$` (the last),
`need>research` (one right after the other), `need>sale` (the last one before the sale), `presale`
(one before the sale is chosen), `presale>support` (the first one after it; `presale>end`, if there
is none), `one` or `many`.  Nothing here knows a folder of definitions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from string import Template
from typing import Final, Literal

from journeys.definition.model import STAGES
from journeys.definition.nearest import nearest, shown
from journeys.errors import InputError

Audience = Literal["b2c", "b2b"]

# Enough to meet most of the language, and few enough to read in one sitting.
USUAL: Final[Mapping[Audience, tuple[str, ...]]] = {
    "b2c": ("research", "evaluation", "selection", "feedback", "loyalty"),
    "b2b": ("research", "evaluation", "selection", "support", "loyalty"),
}
_HERE: Final = files("journeys.starter")
_PRESALE: Final = STAGES[: STAGES.index("selection")]
_MARK: Final = "#:"
_TOUCH: Final = re.compile(r"\$name-([a-z]+(?:-[a-z]+)*)")
_ASIDE: Final = re.compile(r".*\S(?P<gap> {5,})(?=# )")  # four blanks are a remark that follows its own line
_REMARK: Final = re.compile(r"(?:^|\s)#.*$", re.MULTILINE)
_SPOKEN: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
_SHARES: Final = {"offers": "70%", "surveys": "60%"}
_OTHER_SHARE: Final = "65%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A starter's texts, with `$name` where its name will stand; `touches` by what follows the name."""

    stages: tuple[str, ...]
    journey: str
    scenarios: str
    population: str
    touches: Mapping[str, str]

    def names(self) -> frozenset[str]:
        """Every word that could be a name of the brand: of what is declared there, these are used."""
        texts = [_REMARK.sub("", text) for text in (self.journey, self.scenarios, self.population)]
        for touch in self.touches.values():
            _, front, body = touch.split("---\n", 2)
            texts += [_REMARK.sub("", front), *_SPOKEN.findall(body)]
        return frozenset(re.findall(r"\w+", " ".join(texts)))

    def files(self, name: str, *, consents: Sequence[str], data: Sequence[str]) -> dict[str, str]:
        """What is written, by its path in the folder.  `consents` are the purposes that customers can
        allow, `data` those among them that are not for touches."""
        values = {
            "name": name,
            "first": self.stages[0],
            "last": self.stages[-1],
            "sale": next((stage for stage in self.stages if stage not in _PRESALE), "end.bought"),
            "consents": ", ".join(consents),
            "data": ", ".join(data),
            "consent_shares": ", ".join(f"{one}: {_SHARES.get(one, _OTHER_SHARE)}" for one in consents),
        }
        texts = {
            f"{name}.yaml": self.journey,
            f"{name}.scenarios.yaml": self.scenarios,
            f"{name}.population.yaml": self.population,
        }
        filled = {path: "".join(_fill(text, values)) for path, text in texts.items()}
        return filled | {f"touches/{name}-{slug}.md": text for slug, text in self.touches.items()}


def choose_stages(given: str | None, audience: Audience) -> tuple[str, ...]:
    """The stages that are named, in the order of the lifecycle.  Raises InputError for what is none."""
    if given is None:
        return USUAL[audience]
    named = [word for word in re.split(r"[\s,]+", given) if word]
    for word in named:
        if word not in STAGES:
            raise InputError(f"there is no stage {shown(word)}: {nearest(word, STAGES)}")
    if not named:
        raise InputError(f"--stages names no stage; there are: {', '.join(STAGES)}")
    return tuple(stage for stage in STAGES if stage in named)


def make(audience: Audience, stages: tuple[str, ...]) -> Parts:
    """The parts for stages in the order of the lifecycle, at least one."""
    words = frozenset(_words(stages))
    journey, scenarios, population = (
        _cut(read(audience, f"{kind}.yaml"), words) for kind in ("journey", "scenarios", "population")
    )
    slugs = dict.fromkeys(_TOUCH.findall(journey))
    touches = {slug: read(audience, "touches", f"{slug}.md") for slug in slugs}
    return Parts(stages=stages, journey=journey, scenarios=scenarios, population=population, touches=touches)


def read(*path: str) -> str:
    """One of the files beside this one."""
    return _HERE.joinpath(*path).read_text(encoding="utf-8")


def _words(stages: tuple[str, ...]) -> Iterator[str]:
    """What holds of these stages, in the words of the `#:` lines."""
    yield from stages
    yield from (f"^{stages[0]}", f"{stages[-1]}$")
    yield "one" if len(stages) == 1 else "many"
    yield from (f"{stage}>{after}" for stage, after in pairwise(stages))
    before = [stage for stage in stages if stage in _PRESALE]
    after = [stage for stage in stages if stage not in _PRESALE]
    if before:
        yield from ("presale", f"{before[-1]}>sale", f"presale>{after[0] if after else 'end'}")


def _cut(text: str, words: frozenset[str]) -> str:
    """The lines that belong, without the marks."""
    kept, belongs = [], True
    for line in text.splitlines(keepends=True):
        if line.startswith(_MARK):
            belongs = all(_holds(term, words) for term in line.removeprefix(_MARK).split())
        elif belongs:
            kept.append(line)
    return "".join(kept).rstrip("\n") + "\n"


def _fill(text: str, values: Mapping[str, str]) -> Iterator[str]:
    """Line by line: a remark that stood in the column of its neighbours stands there again."""
    for line in text.splitlines(keepends=True):
        filled = Template(line).substitute(values)
        aside = _ASIDE.match(line)
        if aside is not None and filled != line:
            code, _, remark = filled.rpartition(aside["gap"])
            filled = f"{code.ljust(aside.end() - 2)}  {remark}"
        yield filled


def _holds(term: str, words: frozenset[str]) -> bool:
    return any((word.removeprefix("-") in words) is not word.startswith("-") for word in term.split("|"))
