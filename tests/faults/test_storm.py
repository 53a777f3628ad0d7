"""Storms: whatever is killed and whatever a provider does, nothing is lost and nothing is done twice.

The sample of every day; `python -m tests.faults.storm --kills 50` is the whole.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from .storm import storm


def weathers(url: str, folder: Path, *, customers: int, kills: int) -> None:
    seed = Random().randrange(1_000_000)
    print(f"seed {seed}")

    figures = storm(url, folder, customers=customers, kills=kills, seed=seed)

    print(figures.row())
    assert figures.problems == []
    assert figures.answers["sent"] > customers


def test_nothing_is_lost_and_nothing_goes_twice_in_a_storm(database_url: str, tmp_path: Path) -> None:
    weathers(database_url, tmp_path, customers=60, kills=5)


@pytest.mark.long
def test_nothing_is_lost_and_nothing_goes_twice_in_a_great_storm(database_url: str, tmp_path: Path) -> None:
    weathers(database_url, tmp_path, customers=600, kills=20)
