"""A story that most of these tests tell, and when an engine has come to rest."""

from __future__ import annotations

from journeys.store.database import Connection
from tests.core.walk import journey
from tests.runtime.house import House

WELCOME = journey("""
need:
  rest: true
  send: [spark]
  move:
    - {on: spark.sent, to: research}
    - {on: ordered, to: end.bought}
research:
  rest: true
  send: [{touch: thanks, after: 1 hour}]
  move: [{on: ordered, to: end.bought}]
""")
WITHIN = 120.0  # seconds that anything may take


def rests(connection: Connection, now: int) -> bool:
    """Whether nothing is to be done now, and nobody is stuck."""
    counts = [
        connection.exec_driver_sql(query).scalar_one()
        for query in (
            "SELECT count(*) FROM inbox WHERE status <> 'taken'",
            "SELECT count(*) FROM outbox WHERE status = 'waiting'",
            f"SELECT count(*) FROM customer WHERE wake_at <= {now}",
            "SELECT count(*) FROM customer WHERE parked_at IS NOT NULL",
        )
    ]
    return counts == [0, 0, 0, 0]


def see_rests(house: House) -> None:
    with house.database.reading() as connection:
        assert rests(connection, house.clock())
