"""The table a benchmark prints: the best of its rounds, each as a ratio to the floor, and its aim."""

from __future__ import annotations


class Best:
    """Seconds by name; "floor" is what the others are measured against."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.seconds: dict[str, float] = {}
        self.aims: dict[str, float] = {}

    def keep(self, name: str, seconds: float, aim: float | None = None) -> None:
        self.seconds[name] = min(self.seconds.get(name, seconds), seconds)
        if aim is not None:
            self.aims[name] = aim

    def show(self) -> None:
        wide = max(len(self.title), *map(len, self.seconds)) + 2
        print(f"{self.title:{wide}}{'ms':>9}{'x floor':>9}{'aim, ms':>9}")
        for name, seconds in self.seconds.items():
            aim = self.aims.get(name)
            told = "" if aim is None else f"{aim * 1e3:9,.0f} {'met' if seconds < aim else 'MISSED'}"
            print(f"{name:{wide}}{seconds * 1e3:9,.0f}{seconds / self.seconds['floor']:9.1f}{told}")
