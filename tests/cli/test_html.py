"""`--html` writes the report as one page, and refuses at once where it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import REPLAY, run


def test_a_replay_is_written_as_a_page(tmp_path: Path) -> None:
    path = tmp_path / "report.html"

    done = run(*REPLAY, "--html", str(path))

    assert done.code == 0, done.err
    page = path.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "<h1>Replay of first-cup</h1>" in page
    assert "<dt>recorded in</dt><dd>events.jsonl</dd>" in page
    assert "From a taste to the second order" in page
    # What customers did was known before: no arm may claim it.
    assert "what lies between the arms is chance" in page


def test_bad_lines_that_were_skipped_are_said(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text((Path(__file__).parent / "events.jsonl").read_text() + "nonsense\n")
    path = tmp_path / "report.html"

    done = run("replay", "first-cup", "--events", str(events), "--skip-bad", "--html", str(path))

    assert done.code == 0, done.err
    assert "<dt>bad lines skipped</dt><dd>1</dd>" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(("--html", "nowhere/page.html"), "there is no folder nowhere", id="no folder"),
        pytest.param(("--html", "definitions"), "definitions is a folder", id="a folder"),
        pytest.param(("--html", "events.jsonl"), "events.jsonl is read here", id="what is read"),
        pytest.param(
            ("--html", "{tmp}/x", "--json", "{tmp}/x"), "--json and --html are both", id="a report and a page in one"
        ),
    ],
)
def test_a_page_that_cannot_be_written_is_refused_before_the_work(
    arguments: tuple[str, ...], complaint: str, tmp_path: Path
) -> None:
    done = run(*REPLAY, *[argument.format(tmp=tmp_path) for argument in arguments])

    assert done.code == 2
    assert complaint in done.err
    assert done.out == ""
