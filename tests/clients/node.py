"""Clients that others wrote for Node.js, run as they are.

JOURNEYS_CLIENTS names the folder in which `npm ci` has put what package.json lists; .ci/run does.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PLACE = os.environ.get("JOURNEYS_CLIENTS")

NEEDS_NODE = pytest.mark.skipif(
    PLACE is None,
    reason="JOURNEYS_CLIENTS names no folder of Node.js clients: `npm ci` beside a copy of tests/clients/package*.json",
)


def run_node(script: str, said: object) -> Any:
    """What a script of this folder answers to what it is told; both are JSON."""
    assert PLACE is not None
    done = subprocess.run(
        ["node", "-e", (HERE / script).read_text(encoding="utf-8"), json.dumps(said)],
        cwd=PLACE,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
