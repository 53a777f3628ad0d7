"""README's lines for the engine do what README says, word by word."""

from __future__ import annotations

import email
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from email import policy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="README speaks to the engine with curl")


def block(name: str, page: str = "README.md") -> str:
    """The shell lines that a page marks with a name."""
    found = re.search(rf"<!-- {name} -->\n```sh\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    assert found is not None
    return found[1]


class Engine:
    """What README starts, until it is told to stop."""

    def __init__(self, folder: Path, command: str, **variables: str) -> None:
        environment = {"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8", **variables}
        self.process = subprocess.Popen(
            command.split(), cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.said: list[str] = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.rstrip())
            if line.startswith("listening"):
                break

    @property
    def key(self) -> str:
        return next(line.split()[1] for line in self.said if line.startswith("key"))

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=60)
        return self.process.returncode


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    shutil.copytree(ROOT / "definitions", tmp_path / "definitions")
    # README's lines name the port that is the default: two of them at once would be in each other's way.
    running = Engine(tmp_path, block("serve").strip() + " --port 0")
    yield running
    if running.process.poll() is None:
        running.stop()


def written(folder: Path, within: float = 30) -> Path:
    """The first mail in the outbox, when it is there."""
    tick = threading.Event()
    waited = 0.0
    while not (found := list(folder.glob("*.eml"))):
        assert waited < within, "no mail came"
        tick.wait(0.1)
        waited += 0.1
    return found[0]


@needs_curl
def test_readme_takes_a_real_customer_from_need_to_selection(engine: Engine, tmp_path: Path) -> None:
    url = next(line.split()[1] for line in engine.said if line.startswith("listening"))
    lines = block("live").replace("localhost:8085", url.removeprefix("http://"))

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", lines],
        env={**os.environ, "KEY": engine.key}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    mail = email.message_from_bytes(written(tmp_path / "outbox").read_bytes(), policy=policy.default)
    code = engine.stop()

    assert done.stdout.count('"accepted":1') == 2, done.stdout
    assert mail["To"] == "ana@example.com"
    assert {part.get_content_type() for part in mail.walk()} >= {"text/plain", "text/html"}
    assert code == 0
    told = subprocess.run(
        [BIN / "journeys", "customer", "explain", "ana"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "selection.paid" in told.stdout
    assert "order-thanks" in told.stdout


@needs_curl
@pytest.mark.long
def test_an_app_asks_for_what_it_shows_and_gets_what_the_page_on_operations_says(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "definitions", tmp_path / "definitions")
    names = ("brand.yaml", "espresso.yaml", "touches/order-thanks.md")
    brand, journey, thanks = (tmp_path / "definitions" / name for name in names)
    # One in ten gets the generic words, and the page shows the others.
    journey.write_text(re.sub(r"(?m)^arms:.*\n", "", journey.read_text()))
    brand.write_text(re.sub(r"(?m)^channels:.*$", "channels:\n  banner: {via: in-app}", brand.read_text()))
    thanks.write_text(re.sub(r"(?m)^channels: .*$", "channels: [banner]", thanks.read_text()))
    engine = Engine(tmp_path, block("serve").strip() + " --port 0")
    url = next(line.split()[1] for line in engine.said if line.startswith("listening"))
    asks = block("in-app", "docs/operations.md")

    def say(lines: str) -> str:
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", lines.replace("localhost:8085", url.removeprefix("http://"))],
            env={**os.environ, "KEY": engine.key}, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    try:
        say(block("live"))
        tick, said = threading.Event(), ""
        for _ in range(300):
            said = say(asks)
            if "order-thanks" in said:
                break
            tick.wait(0.1)
        elsewhere = json.loads(say(asks.replace("slot=banner", "slot=nowhere")))
    finally:
        engine.stop()

    found = re.search(r"<!-- answer -->\n```json\n(.*?)```", (ROOT / "docs/operations.md").read_text(), re.DOTALL)
    assert found is not None
    (page,), (told,) = json.loads(found[1])["touches"], json.loads(said)["touches"]
    assert told["text"].startswith(page["text"].removesuffix(" …"))
    assert {**told, "sent_at": page["sent_at"], "text": page["text"]} == page
    assert elsewhere == {"touches": []}
