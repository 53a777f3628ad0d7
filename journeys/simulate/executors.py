"""Executors: who walks the chunks. Processes of this machine, or a Dask cluster that is there already."""

from __future__ import annotations

import gc
import multiprocessing
import re
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

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

    Raises InputError for an address that is none, ConfigurationError where Dask is not installed or nobody
    answers.
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
        with client.get_executor(pure=False) as executor:
            yield Crew(executor=executor, jobs=threads)
