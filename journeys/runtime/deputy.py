"""The deputy: a process that decides for some of a worker's customers, so that two processors are at work.

What is decided follows from a publication, a customer and what they said, wherever it is done.  So a deputy has no
database: it is given these, and answers with what came of them.  Whom it cannot answer for, because something failed
or it has ended, the worker decides for itself; nothing but time depends on a deputy.
"""

from __future__ import annotations

import signal
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.metadata import version
from multiprocessing import get_context
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final

import msgspec
import structlog

from journeys.errors import InputError, JourneysError
from journeys.store.publications import Publication
from journeys.store.values import Claimed

from .deciding import Decided, decide
from .engine import Engine
from .merging import alone
from .publishing import engine_from

# Said when it has begun, and when it is ready: what was installed since the worker began might decide otherwise.
_HERE: Final = version("journeys").encode()
_ASKED_MAX: Final = 4  # pieces of work: one that it is at, and some to go on with while the worker writes
_ANSWERS_WITHIN: Final = 10.0  # seconds: others wait to write meanwhile, and give up after 30
_ENDS_WITHIN: Final = 5.0  # seconds

_log = structlog.get_logger("journeys")


class _Asked(msgspec.Struct, frozen=True, array_like=True, gc=False):
    claimed: list[Claimed]
    now: int


_encode: Final = msgspec.msgpack.Encoder().encode
_read_asked: Final = msgspec.msgpack.Decoder(_Asked).decode
_read_answers: Final = msgspec.msgpack.Decoder(list[Decided | None]).decode


class Deputy:
    """Of one publication; `salt` is that of the database.  It gets ready while the worker works.

    Raises OSError where there is no room for another process.
    """

    def __init__(self, publication: Publication, salt: str) -> None:
        # Not forked: threads of this process hold locks that nobody would let go of there.
        context = get_context("spawn")
        self.publication = publication.number
        self.has_ended = False
        self._to_give: tuple[Publication, str] | None = (publication, salt)
        self._is_ready = False
        self._asked: deque[list[Claimed]] = deque()
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_answer, args=(theirs,), name="deputy", daemon=True)
        try:
            self._process.start()
        except BaseException:
            self._pipe.close()
            raise
        finally:
            # Held by nobody else, it tells when the other end is gone.
            theirs.close()

    def is_ready(self, *, within: float = 0) -> bool:
        """Whether it can be asked; for what it says until then it is waited so many seconds, each time.

        Raises OSError or EOFError where it has ended.
        """
        # Given at once, what was published would not fit into the pipe, and we would wait until it has begun.
        if self._to_give is not None and self._pipe.poll(within):
            self._hear_that_it_is_here()
            self._pipe.send(self._to_give)
            self._to_give = None
        if self._to_give is None and not self._is_ready and self._pipe.poll(within):
            self._hear_that_it_is_here()
            self._is_ready = True
        return self._is_ready

    def ask(self, claimed: list[Claimed], now: int) -> bool:
        """Whether it will decide for these: not one that is not ready, has enough to do, or has ended."""
        if self.has_ended or len(self._asked) >= _ASKED_MAX:
            return False
        try:
            if not self.is_ready():
                return False
            self._pipe.send_bytes(_encode(_Asked(claimed, now)))
        except (OSError, EOFError):
            self._end()
            return False
        self._asked.append(claimed)
        return True

    def answers(self, *, is_last: bool) -> Iterator[tuple[Claimed, Decided | None]]:
        """What came of those it was asked for, as far as it is done; of all of them where `is_last`.

        None of whom it could not decide for, and of those it still had to do when it ended.
        """
        while self._asked and not self.has_ended:
            try:
                if not self._pipe.poll(_ANSWERS_WITHIN if is_last else 0):
                    if not is_last:
                        return
                    raise TimeoutError  # somebody stopped it, or it is at something that takes as long here
                answers = _read_answers(self._pipe.recv_bytes())
            except (OSError, EOFError):
                self._end()
            else:
                yield from zip(self._asked.popleft(), answers, strict=True)
        while self._asked:
            yield from [(each, None) for each in self._asked.popleft()]

    def forget(self) -> None:
        """What it was asked for in a transaction that was given up is not wanted any more."""
        for _ in self.answers(is_last=True):
            pass

    def close(self) -> None:
        """It ends when nobody is there any more, and takes away first what it laid out to begin with."""
        self._pipe.close()
        self._process.join(_ENDS_WITHIN)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
        self._process.close()

    def _hear_that_it_is_here(self) -> None:
        if self._pipe.recv_bytes() != _HERE:
            raise EOFError

    def _end(self) -> None:
        self.has_ended = True
        self._process.kill()
        _log.info("deputy_ended")


def _answer(worker: Connection) -> None:
    # Ctrl-C is heard by every process of a terminal, and the worker is the one to end this.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Not at once: what is laid out in a folder for a while is taken away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    # The worker is gone; or these definitions cannot be laid out here, and it does without.
    with suppress(EOFError, OSError, JourneysError):
        worker.send_bytes(_HERE)
        engine = engine_from(*worker.recv())
        worker.send_bytes(_HERE)
        # It always listens: were both to write at once what the pipe cannot hold, neither would read.
        heard: SimpleQueue[bytes] = SimpleQueue()
        Thread(target=_listen, args=(worker, heard), daemon=True).start()
        while said := heard.get():
            asked = _read_asked(said)
            worker.send_bytes(_encode([_decided(engine, each, asked.now) for each in asked.claimed]))


def _listen(worker: Connection, heard: SimpleQueue[bytes]) -> None:
    """All that is said, and at its end nothing."""
    with suppress(EOFError, OSError):
        while True:
            heard.put(worker.recv_bytes())
    heard.put(b"")


def _decided(engine: Engine, claimed: Claimed, now: int) -> Decided | None:
    """None of whom there is something to say, which the worker does, and of whom an earlier publication wrote."""
    try:
        return decide(engine, alone(engine, claimed, now), on_unread=_leave)
    except Exception:
        return None


def _leave(raw: Mapping[str, Any]) -> None:
    raise InputError("an event that this publication does not know")
