"""`journeys new`: a journey to begin with, what was written for it, and what to do next."""

from __future__ import annotations

import shlex
from pathlib import Path

from journeys.cli.main import FINE
from journeys.cli.page import Page
from journeys.starter.branding import Added
from journeys.starter.laying import lay, see_name
from journeys.starter.making import Audience, choose_stages, make

_CUSTOMERS = 500  # enough to see a funnel, and there in seconds


def start_journey(name: str, *, audience: Audience, stages: str | None, folder: Path) -> int:
    """Prints the files, what was added to brand.yaml, and the next commands."""
    see_name(name)
    laid = lay(make(audience, choose_stages(stages, audience)), name, folder)
    page = Page()
    for file in laid.files:
        page.line_to_copy(f"wrote {file}")
    if laid.added:
        page.line(f"added to {folder / 'brand.yaml'}:")
        for line in _lines(laid.added):
            page.line_to_copy(f"  {line}")
    page.heading("Next")
    usual = folder == Path("definitions")
    place = shlex.quote(str(folder))
    page.line_to_copy(f"  journeys check{'' if usual else f' {place}'}")
    page.line_to_copy(f"  journeys test{'' if usual else f' {place}'}")
    where = "" if usual else f" --definitions {place}"
    page.line_to_copy(f"  journeys simulate {name} --customers {_CUSTOMERS}{where}")
    return FINE


def _lines(added: tuple[Added, ...]) -> list[str]:
    """As in the file: what stands below the same keys stands together."""
    lines: list[str] = []
    before: tuple[str, ...] = ()
    for one in added:
        shared = next((n for n, pair in enumerate(zip(before, one.path)) if pair[0] != pair[1]), None)
        depth = min(len(before), len(one.path)) if shared is None else shared
        lines += one.lines()[depth:]
        before = one.path
    return lines
