"""A way out that is not configured: nothing goes by it, and whoever would send is told why.

What is published may name a channel that a process which runs already was not set up for.  That stops no other channel,
and no touch is given up at once: somebody sets it up, and starts the process anew.
"""

from __future__ import annotations

from typing import NoReturn

from journeys.delivery.parcel import Parcel
from journeys.errors import ConfigurationError, Transient


class UnreadyProvider:
    knows_keys = True

    def __init__(self, problem: ConfigurationError) -> None:
        self.problem = problem

    @property
    def where(self) -> str:
        return "nowhere: it is not configured"

    def send(self, parcel: Parcel) -> NoReturn:
        raise Transient(f"not configured, {self.problem}")

    def close(self) -> None:
        pass
