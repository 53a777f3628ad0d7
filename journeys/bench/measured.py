"""What a measurement comes to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How much in a second, and the floor's; 0 where there is none."""

    name: str
    a_second: float
    floor: float
    p50: float | None = None
    p99: float | None = None

    @property
    def ratio(self) -> float | None:
        """To the floor."""
        return self.a_second / self.floor if self.floor else None


def share(sorted_spans: list[float], percent: int) -> float:
    """What so many of them are not longer than."""
    return sorted_spans[min(len(sorted_spans) - 1, len(sorted_spans) * percent // 100)]
