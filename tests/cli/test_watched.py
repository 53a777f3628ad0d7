"""Each role of a real engine can be watched: processes that are asked over HTTP how they are."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from journeys.clock import now
from journeys.store.database import open_database
from journeys.store.keys import make_key
from tests.core.walk import ANA, journey, lay
from tests.faults.processes import Process

from .conftest import run

WELCOME = journey("need: {rest: true, send: [spark]}")
COMMAND = ("-c", "import sys; from journeys.cli.main import main; sys.exit(main())", "serve")
WITHIN = 60.0  # seconds


class Engine:
    """A process for each role, on one database."""

    def __init__(self, url: str, folder: Path) -> None:
        self.environment = {"JOURNEYS_DATABASE_URL": url, "JOURNEYS_PUBLIC_URL": "https://kaffa.example"}
        self.roles = {
            "web": self.process("web", "listening", "--port", "0"),
            "worker": self.process("worker", "watched", "--port", "0"),
            "relay": self.process("relay", "watched", "--outbox", str(folder / "outbox"), METRICS_PORT="0"),
        }

    def process(self, role: str, ready: str, *arguments: str, METRICS_PORT: str = "") -> Process:
        environment = {**self.environment, "JOURNEYS_METRICS_PORT": METRICS_PORT}
        return Process(role, [*COMMAND, "--role", role, *arguments], ready, environment)

    def url(self, role: str) -> str:
        said = "\n".join(self.roles[role].lines)
        found = re.search(r"^(?:listening|watched) +(http://127\.0\.0\.1:\d+)(?:/metrics)?$", said, re.MULTILINE)
        assert found is not None, said
        return found[1]

    def figures(self, role: str) -> dict[str, float]:
        answer = httpx.get(f"{self.url(role)}/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=")
        return {
            " ".join([sample.name, *sample.labels.values()]): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }


@contextmanager
def running(engine: Engine) -> Iterator[None]:
    try:
        for each in engine.roles.values():
            each.start()
        for each in engine.roles.values():
            assert each.up.wait(WITHIN), each.lines
        yield
    finally:
        for each in engine.roles.values():
            each.kill()


@pytest.mark.parametrize("database_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.long)], indirect=True)
def test_each_role_tells_how_it_is_and_what_it_did(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNEYS_DATABASE_URL", database_url)
    lay(tmp_path / "definitions", WELCOME)
    assert run("publish", cwd=tmp_path).code == 0
    database = open_database(database_url)
    with database.writing() as connection:
        key = make_key(connection, "test", ["ingest"], now())
    database.close()
    engine = Engine(database_url, tmp_path)
    events = [
        {"id": "1", "name": "profile.updated", "customer": "ana", "properties": ANA},
        {"id": "2", "name": "consent.given", "customer": "ana", "properties": {"purpose": "offers"}},
        {"id": "3", "name": "began", "customer": "ana"},
    ]

    with running(engine):
        for role in engine.roles:
            assert httpx.get(f"{engine.url(role)}/healthz").json() == {"status": "ok"}
            assert httpx.get(f"{engine.url(role)}/readyz").json() == {"status": "ok"}
        taken = httpx.post(f"{engine.url('web')}/v1/events", json=events, headers={"Authorization": f"Bearer {key}"})
        relayed = figures_with(engine, "relay", "journeys_touches_total email sent")
        decided = engine.figures("worker")
        received = engine.figures("web")
        refused = httpx.post(f"{engine.url('worker')}/v1/events", json=events)
        ended = [engine.roles[role].stop() for role in ("worker", "relay", "web")]

    assert taken.status_code == 202
    assert relayed["journeys_touches_total email sent"] == 1
    assert relayed["journeys_due_to_sent_seconds_count email"] == 1
    assert relayed["journeys_provider_left_alone email "] == 0
    assert decided["journeys_turns_total worker"] >= 1
    assert decided["journeys_event_to_decision_seconds_count"] >= 1
    assert received["journeys_events_received_total accepted"] == 3
    for found in (relayed, decided, received):
        assert found["journeys_database_up"] == 1
        assert found["journeys_publication_running"] == found["journeys_publication_newest"] == 1
        assert found["process_resident_memory_bytes"] > 0
    assert refused.status_code == 404, "a worker takes no events"
    assert ended == [0, 0, 0]


def figures_with(engine: Engine, role: str, name: str) -> dict[str, float]:
    """What a role tells, once it tells of this."""
    tick, waited = threading.Event(), 0.0
    while name not in (found := engine.figures(role)):
        assert waited < WITHIN, found
        tick.wait(0.1)
        waited += 0.1
    return found


@pytest.mark.parametrize("port", ["abc", "-1", "70000", "8 1", "²"])
def test_a_port_that_is_none_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("JOURNEYS_DATABASE_URL", f"sqlite:///{tmp_path / 'journeys.db'}")
    monkeypatch.setenv("JOURNEYS_METRICS_PORT", port)
    lay(tmp_path / "definitions", WELCOME)
    run("publish", cwd=tmp_path)

    done = run("serve", "--role", "worker", cwd=tmp_path)

    assert done.code == 3
    assert f"JOURNEYS_METRICS_PORT: {port!r} is no port" in done.err
