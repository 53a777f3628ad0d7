"""Executors: who walks the chunks. Processes of this machine, or a Dask cluster that is there already."""

from __future__ import annotations

import gc
import multiprocessing
import re
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from journeys.errors import ConfigurationError, InputError

_ADDRESS = re.compile(r"dask://([\w-]+(\.[\w-]+)*|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """An executor (None: here and now) and how many chunks it walks at once."""

    executor: Executor | None
    jobs: int


@contextmanager
def processes(jobs: int) -> Iterator[Crew]:
    """As many processes of this machine; one is this very process."""
    if jobs <= 1:
        yield Crew(executor=None, jobs=1)
        return
    # Forking a process whose other threads hold locks (a progress bar's, say) can hang the child.
    spawned = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=spawned, initializer=_settle_in)
    try:
        yield Crew(executor=pool, jobs=jobs)
    finally:
        pool.shutdown(cancel_futures=True)


def _settle_in() -> None:
    """What suits a process that walks customers and does nothing else."""
    # Ctrl-C is for whoever started us; each process would print a traceback of its own.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A customer leaves no cycles behind: looking for them as often as usual costs a fifteenth of the time.
    gc.freeze()
    gc.set_threshold(100_000)


@contextmanager
def cluster(address: str, *, answers_within: str = "20s") -> Iterator[Crew]:
    """The workers of a Dask scheduler at `dask://HOST:PORT`.

    Raises InputError for an address that is none, ConfigurationError where Dask is not installed, nobody
    answers, or a worker has other code than is here.
    """
    if not _ADDRESS.fullmatch(address):
        raise InputError(f"'{address}' is no address of a cluster: write dask://HOST:PORT")
    place = address.removeprefix("dask://")
    try:
        from distributed import Client
    except ImportError:
        raise ConfigurationError("--on needs Dask: pip install distributed") from None
    try:
        client = Client(f"tcp://{place}", timeout=answers_within, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"there is no Dask scheduler at {address}: {error}") from None
    with client:
        workers = len(client.ncores())
        threads = sum(client.ncores().values())
        if not workers:
            raise ConfigurationError(f"the Dask scheduler at {address} has no workers")
        _see_workers(client)
        with client.get_executor(pure=False) as executor:
            yield Crew(executor=executor, jobs=threads)


def _see_workers(client: Any) -> None:
    """Raises ConfigurationError for a worker that would walk customers otherwise than this process would.

    Its Python is asked first, in a way that every Python understands.
    """
    versions = client.get_versions()
    pythons = {worker: _say_python(said) for worker, said in versions["workers"].items()}
    see_same(pythons, _say_python(versions["client"]))
    tell = _code_teller()
    see_same(client.run(tell, on_error="return"), tell())


def see_same(theirs: Mapping[str, object], ours: str) -> None:
    """Raises ConfigurationError for the first worker that has something else."""
    for worker, said in sorted(theirs.items()):
        if said != ours:
            raise ConfigurationError(
                f"the worker {worker} has {said}, and this is {ours}: customers would be walked otherwise there, "
                "so install the same"
            )


def _say_python(told: Mapping[str, Any]) -> str:
    """Of `3.12.1.final.0` what decides how code is read."""
    return "Python " + ".".join(str(told["host"]["python"]).split(".")[:2])


def _code_teller() -> Callable[[], str]:
    """What says which journeys a process has.

    It travels as code, and not by its name: a worker of another version might know no such name.
    """

    def tell() -> str:
        from hashlib import sha256
        from importlib.metadata import PackageNotFoundError, version
        from importlib.util import find_spec
        from pathlib import Path

        found = find_spec("journeys")
        if found is None or found.origin is None:
            return "no journeys"
        # The same number may be on other code, while one works on it.
        folder, digest = Path(found.origin).parent, sha256()
        for path in sorted(folder.rglob("*.py")):
            digest.update(f"{path.relative_to(folder).as_posix()} {path.stat().st_size}\n".encode())
            digest.update(path.read_bytes())
        try:
            number = version("journeys")
        except PackageNotFoundError:
            number = "of no version"
        return f"journeys {number} (code {digest.hexdigest()[:8]})"

    return tell
