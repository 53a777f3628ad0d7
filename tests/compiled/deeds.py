"""What this build does with the shipped journeys: `python -m tests.compiled.deeds` prints a digest of each deed.

A deed is a command; its digest is of all that it prints and writes.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from journeys.cli.main import main
from journeys.core import turn

ROOT = Path(__file__).parents[2]
DEFINITIONS = str(ROOT / "definitions")
YEAR = ROOT / "tests" / "data" / "complete-journey"
DEEDS = {
    "the real year": (
        *("replay", "grocery", "--definitions", DEFINITIONS, "--events", str(YEAR / "events.jsonl.gz")),
        *("--customers", str(YEAR / "customers.jsonl.gz"), "--assume", str(YEAR / "assume.yaml")),
    ),
    "a simulated year": (
        *("simulate", "espresso", "--definitions", DEFINITIONS, "--customers", "200", "--days", "365", "--seed", "7"),
    ),
}


def digest(deed: tuple[str, ...]) -> str:
    printed = io.StringIO()
    with TemporaryDirectory() as made:
        trace, report = Path(made) / "trace.jsonl.gz", Path(made) / "report.json"
        with contextlib.redirect_stdout(printed):
            code = main([*deed, "--trace", str(trace), "--json", str(report)])
        assert code == 0, printed.getvalue()
        written = gzip.decompress(trace.read_bytes()) + report.read_bytes()
    said = printed.getvalue().replace(made, "")
    assert len(written) > 1_000_000
    return hashlib.sha256(written + said.encode()).hexdigest()


if __name__ == "__main__":
    digests = {name: digest(deed) for name, deed in DEEDS.items()}
    print(json.dumps({"core": turn.__file__, **digests}))
