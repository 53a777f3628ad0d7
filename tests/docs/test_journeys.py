"""docs/journeys has a page for each shipped journey: what its file says, and what its customers would do.

The first half is what `journeys show --format markdown` prints, the second the real output of the command above it:
simulated customers, or for `grocery` the real ones of tests/data/complete-journey.  Every day one journey's are walked.
`RENEW=1 pytest -m 'long or not long' tests/docs/test_journeys.py` writes all anew: review the difference as you would
code.
"""

from __future__ import annotations

import os

import pytest

from journeys.cli.markdown import write_journey
from tests.cli.conftest import run
from tests.docs.test_readme import ROOT
from tests.streams import definitions

PAGES = ROOT / "docs" / "journeys"
CUSTOMERS = "500"
YEAR = "tests/data/complete-journey"
RECORDED = ("--events", f"{YEAR}/events.jsonl.gz", "--customers", f"{YEAR}/customers.jsonl.gz", "--assume")
REAL = {"grocery": ("replay", "grocery", *RECORDED, f"{YEAR}/assume.yaml")}

SHIPPED = sorted(definitions("shipped").journeys)


def page_of(name: str) -> str:
    files = [f"[definitions/{name}.yaml](../../definitions/{name}.yaml)"]
    if name in REAL:
        heading, command = "What real customers would have got", REAL[name]
        files.append(f"[{YEAR}](../../{YEAR})")
    else:
        heading, command = "What simulated customers do", ("simulate", name, "--customers", CUSTOMERS)
        files.append(f"[{name}.population.yaml](../../definitions/{name}.population.yaml)")
    shown = printed("show", name, "--format", "markdown")
    block = f"```console\n$ journeys {' '.join(command)}\n{printed(*command)}```"
    return f"{shown}\n## {heading}\n\n{block}\n\nMade from {' and '.join(files)}.\n"


def printed(*arguments: str) -> str:
    done = run(*arguments, cwd=ROOT)
    assert (done.code, done.err) == (0, "")
    return done.out


@pytest.mark.parametrize("name", SHIPPED)
def test_the_page_of_a_journey_shows_what_its_files_say(name: str) -> None:
    if not os.environ.get("RENEW"):
        shown = "\n".join(write_journey(definitions("shipped").journeys[name]))
        assert (PAGES / f"{name}.md").read_text().startswith(f"{shown}\n\n## ")


@pytest.mark.parametrize(
    "name", [name if name == "trial" else pytest.param(name, marks=pytest.mark.long) for name in SHIPPED]
)
def test_the_page_of_a_journey_shows_what_its_files_say_and_do(name: str) -> None:
    page = PAGES / f"{name}.md"
    expected = page_of(name)
    if os.environ.get("RENEW"):
        page.parent.mkdir(exist_ok=True)
        page.write_text(expected)

    assert page.read_text() == expected


def test_there_is_no_page_of_a_journey_that_is_gone() -> None:
    assert sorted(page.stem for page in PAGES.iterdir()) == SHIPPED
