"""Circles within one instant: what brings itself about again.

The graph is `instant.py`'s.  Here its knots are found (what follows from itself), and for each
move or entry that takes part in one the shortest way round.  Whether that is a mistake, and
which, the rules in `circles.py` say.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from journeys.check.instant import Enters, Happens, Hears, Instants, Node, Stands, Takes
from journeys.definition.model import Definitions, Path

# In a tangle every pair of moves may make a circle; so many tell enough.
_TOLD_MAX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """One way round, beginning with a move or an entry of `journey` at `path`."""

    journey: str
    path: Path
    steps: tuple[Node, ...]
    words: tuple[str, ...]

    @property
    def journeys(self) -> set[str]:
        return {step.journey for step in self.steps if not isinstance(step, Happens)}

    @property
    def events(self) -> tuple[str, ...]:
        """The engine events without which it would not close."""
        return tuple(dict.fromkeys(step.event for step in self.steps if isinstance(step, Hears | Happens)))


def find_circles(definitions: Definitions) -> Iterator[Circle]:
    """A circle for every move and entry that takes part in one, each told once."""
    graph = Instants(definitions)
    order = {node: number for number, node in enumerate(graph.roots)}
    for knot in _knots(graph, order):
        begins = sorted((node for node in knot if node in order), key=order.__getitem__)
        covered: set[tuple[str, Path]] = set()
        told = 0
        for begin in begins:
            if told == _TOLD_MAX:
                break
            place = graph.place(begin)
            if place is None or place in covered:
                continue
            steps = _shortest(graph, begin, knot)
            covered.update(found for step in steps if (found := graph.place(step)) is not None)
            told += 1
            yield Circle(journey=place[0], path=place[1], steps=steps, words=tuple(_words(graph, steps)))


def _knots(graph: Instants, roots: dict[Node, int]) -> Iterator[frozenset[Node]]:
    """The strongly connected parts that hold a circle.  Tarjan's, without recursion: a journey may be long."""
    number: dict[Node, int] = {}
    lowest: dict[Node, int] = {}
    stack: list[Node] = []
    on_stack: set[Node] = set()
    for root in roots:
        if root in number:
            continue
        number[root] = lowest[root] = len(number)
        stack.append(root)
        on_stack.add(root)
        walk: list[tuple[Node, Iterator[Node]]] = [(root, graph.after(root))]
        while walk:
            node, followers = walk[-1]
            for follower in followers:
                if follower not in number:
                    number[follower] = lowest[follower] = len(number)
                    stack.append(follower)
                    on_stack.add(follower)
                    walk.append((follower, graph.after(follower)))
                    break
                if follower in on_stack:
                    lowest[node] = min(lowest[node], number[follower])
            else:
                walk.pop()
                if walk:
                    parent = walk[-1][0]
                    lowest[parent] = min(lowest[parent], lowest[node])
                if lowest[node] == number[node]:
                    part: list[Node] = []
                    while not part or part[-1] != node:
                        part.append(stack.pop())
                    on_stack.difference_update(part)
                    if len(part) > 1:
                        yield frozenset(part)


def _shortest(graph: Instants, begin: Node, knot: frozenset[Node]) -> tuple[Node, ...]:
    came_from: dict[Node, Node] = {}
    waiting = deque([begin])
    while waiting:
        node = waiting.popleft()
        for follower in graph.after(node):
            if follower == begin:
                way = [node]
                while way[-1] != begin:
                    way.append(came_from[way[-1]])
                return tuple(reversed(way))
            if follower in knot and follower not in came_from:
                came_from[follower] = node
                waiting.append(follower)
    return (begin,)


def _words(graph: Instants, steps: tuple[Node, ...]) -> Iterator[str]:
    journeys = {step.journey for step in steps if not isinstance(step, Happens)}
    for step in (*steps, steps[0]):
        match step:
            case Takes(journey, state, _):
                yield f"{journey} {state}" if len(journeys) > 1 else state
            case Enters(journey, place):
                yield f"entry {place + 1} of {journey}"
            case Hears(event=event) | Happens(event=event):
                yield event
            case Stands():
                pass
