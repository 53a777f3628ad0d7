"""A second count: the report's numbers out of the rows of a trace file, with nothing of ours but the format.

It reads JSON lines, groups them by enrollment and counts.  Neither the core, the tally nor the
report is asked anything.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

Row = dict[str, Any]
PHASES = {
    "need": "awareness",
    "research": "awareness",
    "evaluation": "consideration",
    "selection": "decision",
    "support": "retention",
    "feedback": "retention",
    "loyalty": "retention",
    "advocacy": "retention",
}
STAGES = [*PHASES]


def read_rows(path: Path) -> tuple[Row, list[Row]]:
    content = path.read_bytes()
    header, *rows = map(json.loads, (gzip.decompress(content) if path.suffix == ".gz" else content).splitlines())
    return header, rows


def minutes_of(begun: str, over: str) -> int:
    span = datetime.fromisoformat(over) - datetime.fromisoformat(begun)
    minutes = int(span.total_seconds() // 60)
    return minutes if minutes < 2 * 24 * 60 else minutes - minutes % 60


class Recount:
    """`places` has an entry for each place of the funnel, `touches` one for each touch key."""

    def __init__(self, rows: list[Row], journey: str) -> None:
        self.reached: Counter[str] = Counter()
        self.now: Counter[str] = Counter()
        self.left: Counter[tuple[str, str]] = Counter()
        self.stays: dict[str, list[int]] = {}
        self.ends: Counter[str] = Counter()
        self.entered: Counter[str] = Counter()
        self.goals: Counter[str] = Counter()
        self.converted: dict[str, set[str]] = {}
        self.value = 0
        self.touches: dict[tuple[object, ...], list[Row]] = {}
        self.arms: dict[tuple[str, str], str] = {}
        self.own = [row for row in rows if row.get("enrollment", "").startswith(f"{journey}#")]
        enrollments: dict[tuple[str, str], list[Row]] = {}
        for row in self.own:
            enrollments.setdefault((row["customer"], row["enrollment"]), []).append(row)
        for name, own in enrollments.items():
            self._walk(name, own)

    def _walk(self, name: tuple[str, str], rows: list[Row]) -> None:
        assert rows[0]["kind"] == "entered"
        self.arms[name] = arm = rows[0]["arm"]
        self.entered[arm] += 1
        places = self._places(rows[0]["state"])
        since = [rows[0]["arrived_at"]] * 3
        seen = set(places)
        is_over = False
        for row in rows[1:]:
            if row["kind"] == "touch":
                key = (*name, row["entry"], row["visit"], row["occurrence"])
                self.touches.setdefault(key, []).append(row)
            elif row["kind"] == "moved" and row["to"] != "stay":
                assert not is_over
                for level, place in enumerate(self._places(row["to"])):
                    if place != places[level]:
                        self.left[places[level], place] += 1
                        self.stays.setdefault(places[level], []).append(minutes_of(since[level], row["arrived_at"]))
                        since[level] = row["arrived_at"]
                places = self._places(row["to"])
                seen.update(places)
            elif row["kind"] == "ended":
                is_over = True
                self.ends[row["reason"]] += 1
                for level, place in enumerate(places):
                    self.left[place, f"end.{row['reason']}"] += 1
                    self.stays.setdefault(place, []).append(minutes_of(since[level], row["arrived_at"]))
            elif row["kind"] == "goal":
                self.goals[arm] += 1
                self.converted.setdefault(arm, set()).add(name[0])
                self.value += row.get("value", 0)
        self.reached.update(seen)
        if not is_over:
            self.now.update(places)

    @staticmethod
    def _places(state: str) -> tuple[str, str, str]:
        """State, stage and phase, as different names even where a stage has no steps."""
        stage = state.split(".")[0]
        return f"state {state}", stage, PHASES[stage]

    def place(self, name: str, is_step: bool) -> dict[str, Any]:
        """What the report says of a place."""
        key = f"state {name}" if is_step else name
        left = {to.removeprefix("state "): count for (place, to), count in self.left.items() if place == key}
        stays = sorted(self.stays.get(key, []))
        order = STAGES if name in STAGES else [*dict.fromkeys(PHASES.values())]
        back = 0 if is_step else sum([n for to, n in left.items() if to in order[: order.index(name)]])
        quarters = {
            f"{name}_minutes": stays[(quarter * len(stays) - 1) // 4] if stays else None
            for quarter, name in ((1, "quarter"), (2, "median"), (3, "three_quarter"))
        }
        return {"reached": self.reached[key], "now": self.now[key], "left": left, "back": back, **quarters}

    def customers(self, arm: str) -> set[str]:
        return {customer for (customer, _), each in self.arms.items() if each == arm}

    def touches_by_customer(self) -> dict[str, int]:
        """How many customers got how many touches themselves: what goes to somebody else says to whom."""
        last = [(key[0], rows[-1]) for key, rows in self.touches.items()]
        sent = Counter(customer for customer, row in last if row["answer"] == "sent" and "to" not in row)
        counts = Counter(sent[customer] for customer in {customer for customer, _ in self.arms})
        return {str(touches): count for touches, count in sorted(counts.items())}

    def touched(self, **wanted: str) -> dict[str, Any]:
        """What the report says became of touches: of one `touch`, or in one `arm`, or of all."""
        counts: Counter[str] = Counter()
        withheld: Counter[str] = Counter()
        deferred_by: Counter[str] = Counter()
        channels: Counter[str] = Counter()
        words: Counter[str] = Counter()
        for key, rows in self.touches.items():
            last = rows[-1]
            told = {"touch": last["touch"], "arm": self.arms[key[0], key[1]]}  # type: ignore[index]
            if any(told[name] != value for name, value in wanted.items()):
                continue
            counts["due"] += 1
            reasons = {row["because"] for row in rows if row["answer"] == "deferred"}
            deferred_by.update(reasons)
            counts["deferred"] += bool(reasons)
            if last["answer"] == "sent":
                counts["sent"] += 1
                channels[last.get("channel", "none")] += 1
                words[last["words"] + (f" {last['variant']}" if "variant" in last else "")] += 1
            elif last["answer"] == "deferred":
                counts["waiting"] += 1
            else:
                withheld[last["because"]] += 1
        numbers = {name: counts[name] for name in ("due", "sent", "deferred", "waiting")}
        return {**numbers, "withheld": withheld, "deferred_by": deferred_by, "channels": channels, "words": words}
