"""The clock: the one place that reads the time.

Whoever needs the time is handed a `Clock`, so that a test hands over its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Gives the present instant, in microseconds UTC."""


def now() -> int:
    return time.time_ns() // 1_000
