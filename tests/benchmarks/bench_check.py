"""What a check costs: `python -m tests.benchmarks.bench_check [ROUNDS]`.

After start-up: the shipped folder, and the same with a journey of 2,000 lines.  The floor is
what any program must do that reads these files: hand them through the YAML parser.  The start
itself is measured as a user meets it, against a Python that does nothing.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import yaml

from journeys.check.folder import check_folder

from .table import Best

DEFINITIONS = Path(__file__).parents[2] / "definitions"
LINES = 2_000
HEAD = """\
journey: long
title: So long that nobody would write it by hand
owner: crm@kaffa.example
audience: b2c

enter:
  - {on: product_viewed, to: need}
goal: {on: order_placed, within: 45 days, value: event.total}
arms: {holdout: 5%, generic: 10%}
hold: {while: 'customer.open_tickets > 0', at_most: 30 days}

stages:
"""
STEP = """\
      s%(here)d:
        send:
          - {touch: why-grind, after: 2 days, if: 'customer.budget >= %(here)d and days_since("order_placed") >= 3'}
        move:
          - {on: product_viewed, if: 'count("product_viewed", "7 days", category="c%(here)d") >= 3', to: %(next)s}
          - {on: order_placed, if: 'event.total >= %(here)d', to: end.bought}
          - {if: 'score("intent") >= %(score)d', to: %(next)s}
          - {after: 30 days, to: %(next)s}
"""


def long_journey() -> str:
    """Steps in four stages, each leading to the next and the last to an end."""
    stages = ("need", "research", "evaluation", "selection")
    each = (LINES - HEAD.count("\n")) // STEP.count("\n") // len(stages)
    text = HEAD
    for place, stage in enumerate(stages):
        text += f"  {stage}:\n    steps:\n"
        after = stages[place + 1] if place + 1 < len(stages) else "end.over"
        for here in range(each):
            to = f"{stage}.s{here + 1}" if here + 1 < each else after
            text += STEP % {"here": here, "next": to, "score": here + 1}
    return text


def _floor(folder: Path) -> float:
    texts = [path.read_text() for path in sorted(folder.glob("*.yaml"))]
    start = perf_counter()
    for text in texts:
        for _ in yaml.parse(text, yaml.CSafeLoader):
            pass
    return perf_counter() - start


def _check(folder: Path) -> float:
    start = perf_counter()
    checked = check_folder(folder)
    spent = perf_counter() - start
    assert checked.errors == (), checked.errors[:3]
    return spent


def _run(*arguments: str) -> float:
    start = perf_counter()
    subprocess.run([sys.executable, "-c", *arguments], check=True, capture_output=True)
    return perf_counter() - start


COMMAND = "import sys; from journeys.cli.main import main; sys.exit(main())"


def main(rounds: int) -> None:
    shipped, long, start = Best("the shipped folder"), Best(f"with a journey of {LINES:,} lines"), Best("the start")
    with TemporaryDirectory() as made:
        folder = Path(made) / "definitions"
        shutil.copytree(DEFINITIONS, folder)
        (folder / "long.yaml").write_text(long_journey())
        for _ in range(rounds):
            shipped.keep("check", _check(DEFINITIONS), 0.5)
            shipped.keep("floor", _floor(DEFINITIONS))
            long.keep("check", _check(folder), 2)
            long.keep("floor", _floor(folder))
            start.keep("journeys --help", _run(COMMAND, "--help"), 0.3)
            start.keep("journeys check", _run(COMMAND, "check", str(DEFINITIONS)))
            start.keep("floor", _run("pass"))
    print(f"best of {rounds}, wall time")
    for best in (shipped, long, start):
        best.show()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
