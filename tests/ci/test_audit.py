"""The look for known holes fails where there is one, and says so where nobody could be asked.

It runs as it lands changes, and asks a list of our own making.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

AUDIT = Path(__file__).parents[2] / ".ci" / "audit.py"
# As OSV tells of a hole, and as npm's registry does.
OF_PYTHON = {
    "id": "HOLE-1",
    "summary": "Whoever asks is told.",
    "affected": [
        {
            "package": {"name": "httpx", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99"}]}],
        }
    ],
}
OF_NPM = {
    "id": 2,
    "url": "https://holes.example/2",
    "title": "Whoever asks is told.",
    "severity": "high",
    "vulnerable_versions": "<99",
    "cwe": [],
    "cvss": {"score": 0, "vectorString": None},
}

pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not here")


@contextmanager
def a_list(*, status: int = 200, of_python: object = None, of_npm: object = None) -> Iterator[str]:
    """Where it can be asked: what it knows of httpx and of cloudevents, which we use."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            asked = json.loads(gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body)
            if "package" in asked:
                self._answer(
                    status, {"vulns": [of_python]} if of_python and asked["package"]["name"] == "httpx" else {}
                )
            else:
                self._answer(status, {"cloudevents": [of_npm]} if of_npm and "cloudevents" in asked else {})

        def do_GET(self) -> None:
            self._answer(404, {})

        def _answer(self, status: int, said: Any) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


def audit(tmp_path: Path, *, python: str, npm: str) -> subprocess.CompletedProcess[str]:
    said = {"npm_config_registry": npm, "npm_config_cache": str(tmp_path), "npm_config_fetch_retries": "0"}
    command = [sys.executable, str(AUDIT), "--osv-url", python, "--cache-dir", str(tmp_path)]
    return subprocess.run(command, env={**os.environ, **said}, capture_output=True, text=True, timeout=120)


@pytest.mark.long
def test_where_nothing_is_known_it_passes(tmp_path: Path) -> None:
    with a_list() as url:
        done = audit(tmp_path, python=url, npm=url)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "No known vulnerabilities found" in done.stdout
    assert "npm: no known holes in" in done.stdout


@pytest.mark.parametrize(
    ("known", "told"),
    [
        pytest.param({"of_python": OF_PYTHON}, "HOLE-1", id="of Python"),
        pytest.param(
            {"of_npm": OF_NPM}, "npm: cloudevents has a known hole (high)", id="of npm", marks=pytest.mark.long
        ),
    ],
)
def test_a_known_hole_fails_and_is_named(tmp_path: Path, known: dict[str, object], told: str) -> None:
    with a_list(**known) as url:
        done = audit(tmp_path, python=url, npm=url)

    assert done.returncode == 1
    assert told in done.stdout


@pytest.mark.long
def test_where_no_list_can_be_reached_it_says_so_in_a_line_and_goes_on(tmp_path: Path) -> None:
    with socket.socket() as closed, a_list(status=405) as without:
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        away = audit(tmp_path, python=nowhere, npm=nowhere)
        has_none = audit(tmp_path, python=nowhere, npm=without)

    for done in (away, has_none):
        assert done.returncode == 0, done.stdout + done.stderr
        lines = done.stdout.splitlines()
        assert [line.partition(" (")[0] for line in lines] == [
            f"{of}: no list of known holes can be reached, and none was looked for" for of in ("Python", "npm")
        ]


@pytest.mark.long
@pytest.mark.parametrize("failing", ["python", "npm"])
def test_whatever_else_goes_wrong_fails(tmp_path: Path, failing: str) -> None:
    with a_list() as sound, a_list(status=500) as broken:
        asked = {"python": sound, "npm": sound, failing: broken}
        done = audit(tmp_path, **asked)

    assert done.returncode == 1
    assert "500" in done.stdout
