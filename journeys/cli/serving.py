"""`journeys serve`: the whole engine in one process, or a part of it beside others.

What is said at the start is what an operator asks first: where it listens, which database, which
definitions, and where touches go.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from journeys.check.folder import open_definitions
from journeys.cli.database import open_here
from journeys.cli.ending import End, log_to_stderr, say
from journeys.cli.environment import Asked, Setup, read_setup
from journeys.cli.front import front_of, told_of_sources
from journeys.cli.parts import Parts
from journeys.clock import now
from journeys.runtime.live import Live
from journeys.runtime.publishing import engine_as, publish
from journeys.store.database import Database
from journeys.store.keys import list_keys, make_key
from journeys.web.app import make_watching_app
from journeys.web.serving import Listening, Serving, listen, serve


def run_engine(asked: Asked) -> int:
    """Serves until a signal.  Raises ConfigurationError, and DefinitionError for definitions with errors."""
    log_to_stderr()
    if asked.role == "all":
        _publish_and_run(asked)
    else:
        _run_what_is_published(asked)
    return 0


def _publish_and_run(asked: Asked) -> None:
    # Whatever would be in the way is told of before anything is done: nothing is published, and no database made.
    reading = open_definitions(asked.folder)
    assert reading.definitions is not None
    setup = read_setup(asked, reading.definitions.brand, os.environ)
    with _listening(asked, setup) as listening, open_here(is_made=True) as database:
        database.alone()
        published = publish(database, asked.folder, now(), reading=reading)
        say("definitions", f"{asked.folder}, publication {published.number}{' (new)' if published.is_new else ''}")
        _run(asked, setup, Live(database, now, engine_as(database, published)), listening)


def _run_what_is_published(asked: Asked) -> None:
    with open_here(is_made=True, is_new_allowed=False) as database:
        if asked.decides:
            database.alone()
        live = Live(database, now)
        setup = read_setup(asked, live.engine.program.definitions.brand, os.environ)
        with _listening(asked, setup) as listening:
            _run(asked, setup, live, listening)


@contextmanager
def _listening(asked: Asked, setup: Setup) -> Iterator[Listening | None]:
    if setup.port is None:
        yield None
    else:
        listening = listen(asked.host, setup.port)
        with listening.socket:
            yield listening


def _run(asked: Asked, setup: Setup, live: Live, listening: Listening | None) -> None:
    """Until a signal, or until a part fails."""
    if listening is not None:
        setup = replace(setup, public_url=setup.public_url or listening.url)
    end = End()
    sources = told_of_sources(live, os.environ, is_alone=asked.role == "all") if asked.takes else []
    parts = Parts(asked, setup, live, environment=os.environ, on_failure=end.fail)
    say("database", live.database.shown)
    for name, words in sources:
        say(name, words)
    for whose, where in parts.told:
        say(whose or "to us", where)
    try:
        if listening is None:
            parts.start()
            end.listen()
            say("working", "until Ctrl-C")
            end.wait()
        elif asked.takes:
            _serve(asked, live, setup, listening, parts, end)
        else:
            _serve_watching(live, listening, parts, end)
    finally:
        parts.stop()
    if end.has_failed:
        raise SystemExit(1)
    say("stopped", "nothing is lost: what is under way goes on with the next start")


def _serve(asked: Asked, live: Live, setup: Setup, listening: Listening, parts: Parts, end: End) -> None:
    def begin(serving: Serving) -> None:
        end.stop_serving = serving.stop
        parts.start()
        _see_key(asked, live.database)
        say("listening", serving.url)

    front = front_of(live, setup, figures=parts.figures, on_received=lambda: parts.knock("worker"))
    serve(front, listening, on_ready=begin, proxies=setup.proxies)


def _see_key(asked: Asked, database: Database) -> None:
    """Where nobody may call yet a key is made, but by one part of several, whose words go into a log."""
    with database.writing() as connection:
        if list_keys(connection):
            return
        if asked.role == "all":
            say("key", f"{make_key(connection, 'first', ['admin'], now())}  (shown once; more: journeys key new)")
        else:
            say("key", "none yet, so that nobody may call: `journeys key new NAME` makes one")


def _serve_watching(live: Live, listening: Listening, parts: Parts, end: End) -> None:
    """A worker or a relay that is watched: it answers how it is, and nothing else."""

    def begin(serving: Serving) -> None:
        end.stop_serving = serving.stop
        parts.start()
        say("watched", f"{serving.url}/metrics")
        say("working", "until Ctrl-C")

    watching = make_watching_app(
        database=live.database, clock=now, figures=parts.figures, takes=lambda: not end.has_failed
    )
    serve(watching, listening, on_ready=begin)
