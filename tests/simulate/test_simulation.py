"""Simulations: the same bytes whoever walks the customers, and honest words when they cannot be walked."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

import journeys
from journeys.check.folder import open_definitions
from journeys.errors import ConfigurationError, InputError
from journeys.simulate.executors import Crew, cluster, processes, see_same
from journeys.simulate.simulation import AHEAD, Plan, simulate

from .stall import SHIPPED, STALL, make_plan, with_population


def _walked(plan: Plan, crew: Crew, trace: Path, chunk: int) -> tuple[object, bytes]:
    """All that a simulation leaves behind."""
    simulated = simulate(plan, executor=crew.executor, jobs=crew.jobs, chunk=chunk, trace=trace)
    report = json.dumps(simulated.report.to_json())
    return (report, simulated.signals, simulated.events), trace.read_bytes()


def test_chunks_and_processes_change_nothing(tmp_path: Path) -> None:
    plan = make_plan(SHIPPED, "espresso", "cart", customers=150, days=60)
    alone = Crew(executor=None, jobs=1)

    whole = _walked(plan, alone, tmp_path / "whole.jsonl", 1_000)

    assert _walked(plan, alone, tmp_path / "in-parts.jsonl", 7) == whole
    with processes(2) as crew:
        assert _walked(plan, crew, tmp_path / "two.jsonl", 20) == whole
        assert _walked(plan, crew, tmp_path / "again.jsonl.gz", 50)[0] == whole[0]
    assert gzip.decompress((tmp_path / "again.jsonl.gz").read_bytes()) == whole[1]


def test_a_plan_of_more_customers_begins_with_those_of_fewer(tmp_path: Path) -> None:
    alone = Crew(executor=None, jobs=1)

    _, few = _walked(make_plan(customers=20), alone, tmp_path / "few.jsonl", 10)
    _, many = _walked(make_plan(customers=40), alone, tmp_path / "many.jsonl", 10)

    assert many.startswith(few) and len(many) > len(few)


def test_no_more_is_under_way_than_can_be_held() -> None:
    plan = make_plan(customers=60, days=5)
    under_way: list[int] = []

    class Counting(ThreadPoolExecutor):
        def submit(self, *given, **named):  # type: ignore[no-untyped-def]
            future = super().submit(*given, **named)
            under_way.append(self._work_queue.qsize())
            return future

    with Counting(1) as executor:
        simulate(plan, executor=executor, jobs=1, chunk=1)

    assert max(under_way) <= AHEAD


def test_progress_is_told_to_the_last_customer() -> None:
    told: list[tuple[int, int]] = []

    simulate(make_plan(customers=25, days=5), chunk=10, on_progress=lambda done, total: told.append((done, total)))

    assert told == [(10, 25), (20, 25), (25, 25)]


def test_a_trace_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        simulate(make_plan(), trace=tmp_path / "no" / "folder" / "trace.jsonl")


# ---------------------------------------------------------------- two versions


def _changed(tmp_path: Path, old: str, new: str) -> Path:
    """The stall with another journey."""
    folder = tmp_path / "changed"
    shutil.copytree(STALL, folder)
    journey = (folder / "stall.yaml").read_text("utf-8")
    assert old in journey
    (folder / "stall.yaml").write_text(journey.replace(old, new), "utf-8")
    return folder


def _against(folder: Path, *, customers: int = 300) -> Plan:
    """The stall, against the version in a folder."""
    return make_plan(customers=customers, before=open_definitions(folder).definitions)


def test_the_same_definitions_treat_nobody_otherwise() -> None:
    simulated = simulate(_against(STALL))

    assert simulated.comparison is not None and simulated.comparison.changed == 0
    assert simulated.before == simulated.report


def test_what_a_change_did_first_is_told_of_each_customer(tmp_path: Path) -> None:
    plan = _against(_changed(tmp_path, "{touch: hello, after: 1 day}", "{touch: hello, after: 2 days}"))

    simulated = simulate(plan, trace=tmp_path / "trace.jsonl")

    comparison = simulated.comparison
    assert comparison is not None and simulated.before is not None
    # What goes after a day went after two: so the first difference is always that it goes, or is withheld.
    assert {change.before for change in comparison.changes} == {"nothing"}
    assert {change.after.partition(" (")[0].partition(" by")[0] for change in comparison.changes} == {
        "hello sent",
        "hello withheld",
    }
    assert {change.where for change in comparison.changes} == {"stall need"}
    assert sum(change.customers for change in comparison.changes) == comparison.changed
    # Nearly everybody who came, and nobody who stayed less than a day.
    entered = {row["customer"] for row in _rows(tmp_path / "trace.jsonl") if row.get("kind") == "entered"}
    assert 0.8 * len(entered) < comparison.changed < len(entered)
    assert all(example in entered for change in comparison.changes for example in change.examples)
    # The trace of each version tells its own story of an example.
    example = comparison.changes[0].examples[0]
    after, before = (
        [row["at"] for row in _rows(path) if row.get("touch") == "hello" and row["customer"] == example]
        for path in (tmp_path / "trace.jsonl", tmp_path / "trace.before.jsonl")
    )
    assert after[0] < before[0]


def test_chunks_and_processes_change_no_comparison(tmp_path: Path) -> None:
    plan = _against(_changed(tmp_path, "reenter: always", "reenter: never"))

    whole = simulate(plan)

    assert whole.comparison is not None and whole.comparison.changed > 10
    assert simulate(plan, chunk=7) == whole
    with processes(2) as crew:
        assert simulate(plan, executor=crew.executor, jobs=2, chunk=20) == whole


def test_a_version_that_declares_less_has_the_same_customers(tmp_path: Path) -> None:
    folder = _changed(tmp_path, "title:", "title:")
    brand = (folder / "brand.yaml").read_text("utf-8")
    without = brand.replace("  passed: {kind: behavioural, properties: {}}\n", "").replace(
        "properties: {basket_id: text, total: money, due_on: date, ready_at: moment}", "properties: {total: money}"
    )
    without = without.replace("  age: {type: number, kind: demographic}\n", "").replace(
        "  phone: {type: phone, address: true}\n", ""
    )
    (folder / "brand.yaml").write_text(without, "utf-8")
    (folder / "baskets.yaml").unlink()
    (folder / "baskets.population.yaml").unlink()
    (folder / "stall.population.yaml").unlink()
    own = with_population(
        tmp_path,
        (STALL / "stall.population.yaml")
        .read_text("utf-8")
        .partition("arrive:")[2]
        .join(["arrive:", ""])
        .replace("any_touch: {opened: 40%,", "any_touch: {opened: 40%,")
        .replace("fields:\n", "fields:\n  age: {from: 18, to: 90}\n  phone: {id: p}\n"),
    )
    plan = make_plan(own, customers=300, before=open_definitions(folder).definitions)

    simulated = simulate(plan)

    assert simulated.comparison is not None and simulated.comparison.changed == 0
    assert simulated.report.journeys[0].goal is not None and simulated.report.journeys[0].goal.reached > 100


def _rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


# ---------------------------------------------------------------- Dask


@contextmanager
def _dask(folder: Path, *, other_code: Path | None = None) -> Iterator[str]:
    """A scheduler and two workers, each a process of its own; the second one finds `other_code` first."""
    pytest.importorskip("distributed", reason="the extra journeys[dask] is not installed")
    scheduler_file = folder / "scheduler.json"
    paths = [os.pathsep.join(sys.path)] * 2 + [os.pathsep.join([str(other_code or ""), *sys.path])]
    environment = os.environ | {"DASK_DISTRIBUTED__DASHBOARD__LINK": ""}
    scheduler = ["-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    worker = ["-m", "distributed.cli.dask_worker", "--nthreads", "2", "--no-dashboard", "--no-nanny"]
    where = ["--scheduler-file", str(scheduler_file)]
    began = [
        subprocess.Popen(
            [sys.executable, *each, *where],
            env=environment | {"PYTHONPATH": path},
            cwd=folder,
            stderr=subprocess.DEVNULL,
        )
        for each, path in zip((scheduler, worker, worker), paths)
    ]
    try:
        from distributed import Client

        with Client(scheduler_file=str(scheduler_file), timeout="60s", set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
            address = client.scheduler.address
        yield address.replace("tcp://", "dask://")
    finally:
        # A worker that says goodbye politely waits long for a scheduler that is gone.
        for process in began:
            process.kill()
            process.wait()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_cluster_gives_the_same_bytes(tmp_path: Path) -> None:
    plan = make_plan(customers=60)
    here = _walked(plan, Crew(executor=None, jobs=1), tmp_path / "here.jsonl", 1_000)

    with _dask(tmp_path) as address, cluster(address) as crew:
        assert crew.jobs == 4
        there = _walked(plan, crew, tmp_path / "there.jsonl", 9)

    assert there == here


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_worker_with_other_code_is_refused_before_the_work(tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(Path(journeys.__file__).parent, other / "journeys")
    life = other / "journeys" / "simulate" / "life.py"
    life.write_text(life.read_text("utf-8").replace("_FADED: Final = 0.03", "_FADED: Final = 0.04"), "utf-8")

    said = r"^the worker tcp://127\.0\.0\.1:\d+ has journeys (\S+) \(code (\w{8})\), and this is journeys \1 \(code "
    with (
        _dask(tmp_path, other_code=other) as address,
        pytest.raises(ConfigurationError, match=said) as refused,
        cluster(address),
    ):
        pass

    theirs, ours = re.findall(r"\(code (\w{8})\)", str(refused.value))
    assert theirs != ours


def test_a_worker_that_has_something_else_is_named_with_both() -> None:
    same, other = "Python 3.11", "Python 3.12"

    see_same({"tcp://a:1": same, "tcp://b:2": same}, same)
    with pytest.raises(ConfigurationError, match=r"the worker tcp://b:2 has Python 3\.12, and this is Python 3\.11"):
        see_same({"tcp://a:1": same, "tcp://b:2": other}, same)


@pytest.mark.parametrize(
    "address",
    [
        "scheduler:8786",
        "dask://scheduler",
        "dask://:8786",
        "dask://a:b",
        "dask://a..b:1",
        "dask://[::1:1",
        "tcp://a:1",
        "",
    ],
)
def test_an_address_that_is_none_is_told(address: str) -> None:
    with pytest.raises(InputError, match="is no address of a cluster: write dask://HOST:PORT"), cluster(address):
        pass


def test_a_cluster_that_is_not_there_is_told() -> None:
    pytest.importorskip("distributed", reason="the extra journeys[dask] is not installed")

    nobody = cluster("dask://127.0.0.1:1", answers_within="1s")
    with pytest.raises(ConfigurationError, match=r"there is no Dask scheduler at dask://127\.0\.0\.1:1"), nobody:
        pass
