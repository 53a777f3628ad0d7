"""Progress: bars on standard error, where somebody watches it, and nothing anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

Tick = Callable[[int, int], None]

# Cells, each with the blank beside it.
_WORDS: Final = 19
_BAR_LEAST: Final = 11
_BAR_MOST: Final = 40


@contextmanager
def watched(tasks: Sequence[str], *, unit: str | None = None) -> Iterator[list[Tick]]:
    """A tick (done, total) for each task; the bar of one appears when it begins and goes when the next one does.

    With a `unit` the bar says how many of them a second.
    """
    if not sys.stderr.isatty():
        yield [_ignore for _ in tasks]
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskProgressColumn, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft
    from rich.table import Column
    from rich.text import Text

    console = Console(stderr=True)

    class Speed(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{int(task.finished_speed or task.speed or 0):,} {unit}/s", style="progress.data.speed")

    columns: list[ProgressColumn] = [TaskProgressColumn(), TimeLeft()]
    if unit is not None:
        columns.insert(1, Speed(Column(no_wrap=True)))
    # How far, how fast and how long stay readable: where there is no room, the bar goes first, and then the words.
    room = console.width - len(" 100% 0:00:00") - (0 if unit is None else len(f" 100,000 {unit}/s"))
    if room >= _WORDS:
        columns.insert(0, TextColumn(f"{{task.description:<{_WORDS - 1}}}"))
    if room >= _WORDS + _BAR_LEAST:
        columns.insert(1, BarColumn(min(room - _WORDS - 1, _BAR_MOST)))
    with Progress(*columns, console=console, transient=True) as progress:
        made = [progress.add_task(task, total=None, visible=place == 0) for place, task in enumerate(tasks)]

        def tick_of(place: int) -> Tick:
            def tick(done: int, total: int) -> None:
                if place:
                    progress.update(made[place - 1], visible=False)
                progress.update(made[place], completed=done, total=total, visible=True)

            return tick

        yield [tick_of(place) for place in range(len(tasks))]


def _ignore(done: int, total: int) -> None:
    """Nobody watches."""
