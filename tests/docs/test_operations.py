"""What docs/operations.md hands out works: alarms, the dashboard, and a backup that is restored."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
import tomllib
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from journeys.clock import now
from journeys.core.calendar import SECOND
from journeys.runtime.figures import Figures, Way
from journeys.store.database import open_database
from tests.databases import binaries

from .test_serving import ROOT, Engine, block

PAGE = "docs/operations.md"
FILES = ROOT / "docs" / "operations"
SMALL = ROOT / "tests" / "cli" / "definitions"  # an engine of which begins the sooner

needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="Prometheus' own reader of its rules")
needs_sqlite = pytest.mark.skipif(shutil.which("sqlite3") is None, reason="SQLite's own program takes the backup")


def told(folder: Path) -> set[str]:
    """The names of all figures, as they are told once everything has happened."""
    database = open_database(f"sqlite:///{folder / 'journeys.db'}")
    database.migrate()
    figures = Figures()
    figures.running = lambda: 1
    figures.ways = lambda: [Way(channel="email", is_left_alone=True)]
    figures.count_events("accepted", 1)
    figures.count_request(route="/v1/events", method="POST", status=202, took=SECOND)
    figures.count_too_often("key")
    figures.count_turns("worker", 1)
    figures.count_decided(heard_after=[SECOND], due_after=[SECOND])
    figures.count_sent("email", SECOND)
    lines = figures.tell(database, now).decode().splitlines()
    database.close()
    names = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    return names | {"journeys_outbox_waiting", "journeys_outbox_late_seconds", "journeys_outbox_failed"}


def looked_at(path: Path) -> set[str]:
    """The figures that a file asks for; a histogram is asked for by its buckets."""
    return {name.removesuffix("_bucket") for name in re.findall(r"\b(?:journeys|process)_[a-z_]+", path.read_text())}


@needs_promtool
def test_each_alarm_is_raised_by_what_it_is_for_and_by_nothing_else(tmp_path: Path) -> None:
    shutil.copy(FILES / "alerts.yaml", tmp_path)
    shutil.copy(Path(__file__).parent / "operations" / "alerts.test.yaml", tmp_path)

    for command in (["check", "rules", "alerts.yaml"], ["test", "rules", "alerts.test.yaml"]):
        done = subprocess.run(["promtool", *command], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_the_alarms_and_the_dashboard_look_at_is_told(tmp_path: Path) -> None:
    names = told(tmp_path)
    alarms, board = looked_at(FILES / "alerts.yaml"), looked_at(FILES / "dashboard.json")

    assert alarms
    assert alarms <= names
    assert board <= names
    assert {name for name in names if name.startswith("journeys_")} <= board, "and all that is told is shown"


def test_the_page_lists_the_alarms_that_there_are() -> None:
    alarms = re.findall(r"^ +- alert: (\w+)$", (FILES / "alerts.yaml").read_text(), re.MULTILINE)
    listed = re.findall(r"^\| `(Journeys\w+)` \|", (ROOT / PAGE).read_text(), re.MULTILINE)

    assert listed == alarms


def test_no_panel_of_the_dashboard_lies_over_another() -> None:
    panels: list[dict[str, Any]] = json.loads((FILES / "dashboard.json").read_text())["panels"]
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in panels}) == len(panels)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd's own reader of its units")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "journeys@web.service"
    written = (FILES / "journeys@.service").read_text()
    unit.write_text(written.replace("/opt/journeys/bin/journeys", "/bin/true"))  # it is not installed there
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_image_is_made_of_all_that_the_package_is_made_of_and_on_a_python_that_it_takes() -> None:
    lines = (FILES / "Containerfile").read_text().splitlines()
    copied = {name for line in lines if re.match(r"COPY (?!--)", line) for name in line.split()[1:-1]}
    made = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project, wheel = made["project"], made["tool"]["hatch"]["build"]["targets"]["wheel"]
    pythons = {line.split()[1] for line in lines if line.startswith("FROM ")}
    taken = {f"python:{each.rpartition(' ')[2]}-slim" for each in project["classifiers"]}

    assert copied == {"pyproject.toml", project["readme"], *project["license-files"], *wheel["packages"]}
    assert len(pythons) == 1, "what was installed by one Python is run by it"
    assert pythons <= taken


class Live:
    """The whole engine, on a database, with one customer who is made known."""

    def __init__(self, folder: Path, url: str, key: str | None = None) -> None:
        self.engine = Engine(folder, "journeys serve --port 0", JOURNEYS_DATABASE_URL=url)
        address = next(line.split()[1] for line in self.engine.said if line.startswith("listening"))
        self.key = key or self.engine.key
        self._client = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {self.key}"})

    def say(self, customer: str) -> None:
        self._client.put(f"/v1/customers/{customer}", json={"attributes": {"first_name": "Ana"}}).raise_for_status()

    def is_known(self, customer: str) -> bool:
        return self._client.get(f"/v1/customers/{customer}").status_code == 200

    def knows(self, customer: str, within: float = 30) -> bool:
        tick = threading.Event()
        while not self.is_known(customer) and within > 0:
            tick.wait(0.1)
            within -= 0.1
        return within > 0

    def stop(self) -> None:
        self._client.close()
        assert self.engine.stop() == 0


def run(lines: str, folder: Path, **variables: str) -> None:
    place = binaries()
    path = os.pathsep.join([*([] if place is None else [str(place)]), os.environ["PATH"]])
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", lines], cwd=folder, check=True, env={**os.environ, "PATH": path, **variables}
    )


@needs_sqlite
def test_a_backup_of_sqlite_taken_while_it_runs_is_restored(tmp_path: Path) -> None:
    shutil.copytree(SMALL, tmp_path / "definitions")
    url = "sqlite:///journeys.db"
    live = Live(tmp_path, url)
    live.say("ana")
    assert live.knows("ana")

    run(block("backup sqlite", PAGE), tmp_path)
    live.say("ben")
    assert live.knows("ben")
    live.stop()
    run(block("restore sqlite", PAGE), tmp_path)

    again = Live(tmp_path, url, live.key)
    assert again.is_known("ana")
    assert not again.is_known("ben")
    again.say("ben")  # it goes on
    assert again.knows("ben")
    again.stop()


@pytest.mark.long
def test_a_backup_of_postgres_taken_while_it_runs_is_restored(tmp_path: Path, postgres_url: str) -> None:
    shutil.copytree(SMALL, tmp_path / "definitions")
    live = Live(tmp_path, postgres_url)
    live.say("ana")
    assert live.knows("ana")

    run(block("backup postgres", PAGE), tmp_path, JOURNEYS_DATABASE_URL=postgres_url)
    live.say("ben")
    assert live.knows("ben")
    live.stop()
    name = psycopg.conninfo.conninfo_to_dict(postgres_url)["dbname"]
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}_restored" TEMPLATE template0')
    restored = postgres_url.replace(str(name), f"{name}_restored")
    try:
        run(block("restore postgres", PAGE), tmp_path, RESTORED_URL=restored)
        again = Live(tmp_path, restored, live.key)
        assert again.is_known("ana")
        assert not again.is_known("ben")
        again.say("ben")
        assert again.knows("ben")
        again.stop()
    finally:
        with psycopg.connect(postgres_url, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}_restored" WITH (FORCE)')
