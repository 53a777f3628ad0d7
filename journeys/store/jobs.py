"""Jobs: what is done each night, once among all processes.

A job is one row.  Whoever takes it up for its due time holds it until an instant, and puts that off as they go on;
who dies or fails puts nothing off, and after it somebody else takes the job up where it was left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from .texts import keepable

# A run that nobody finished comes before the next night's.
_TAKE_UP: Final = text("""
    INSERT INTO job (name, due_at, held_until, run, reached) VALUES (:name, :due_at, :until, 1, :nothing)
    ON CONFLICT (name) DO UPDATE
    SET due_at = excluded.due_at, held_until = excluded.held_until, run = job.run + 1
    WHERE CASE WHEN job.held_until IS NULL THEN job.due_at < excluded.due_at ELSE job.held_until <= :now END
    RETURNING run, reached
""")
_GO_ON: Final = text("UPDATE job SET held_until = :until, reached = :reached WHERE name = :name AND run = :run")
_FINISH: Final = text("""
    UPDATE job SET held_until = NULL, ran_at = :now, problem = NULL WHERE name = :name AND run = :run
""")
_LEAVE: Final = text("UPDATE job SET held_until = :again_at, problem = :problem WHERE name = :name AND run = :run")
_JOBS: Final = text("SELECT name, due_at, held_until, ran_at, problem FROM job ORDER BY name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A run of a job that is ours; `reached` is how far it came before."""

    name: str
    run: int
    reached: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as an operator asks of it.

    `ran_at` is when it was last done, None before the first time.  `held_until` is None unless a run is under way,
    was left or has failed; of one that has, `problem` says why.
    """

    name: str
    due_at: int
    held_until: int | None
    ran_at: int | None
    problem: str | None


def take_up_job(connection: Connection, name: str, *, due_at: int, now: int, until: int) -> Shift | None:
    """None where this due time is somebody's, or done with."""
    asked = {"name": name, "due_at": due_at, "now": now, "until": until, "nothing": b""}
    row = connection.execute(_TAKE_UP, asked).one_or_none()
    return None if row is None else Shift(name=name, run=row.run, reached=row.reached)


def go_on(connection: Connection, shift: Shift, *, until: int, reached: bytes) -> bool:
    """Keeps how far a run came, with what it did; False where it is another's, and the transaction must be given up."""
    asked = {"name": shift.name, "run": shift.run, "until": until, "reached": reached}
    return connection.execute(_GO_ON, asked).rowcount == 1


def finish_job(connection: Connection, shift: Shift, now: int) -> None:
    connection.execute(_FINISH, {"name": shift.name, "run": shift.run, "now": now})


def leave_job(connection: Connection, shift: Shift, *, again_at: int, problem: str | None) -> None:
    """Somebody takes it up again, then or later."""
    said = None if problem is None else keepable(problem)
    connection.execute(_LEAVE, {"name": shift.name, "run": shift.run, "again_at": again_at, "problem": said})


def jobs(connection: Connection) -> list[Job]:
    """All jobs that were ever begun, by name."""
    return [Job(**row._mapping) for row in connection.execute(_JOBS)]
