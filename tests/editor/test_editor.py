"""docs/editor.md is true: with what it says, yaml-language-server helps whoever writes these files.

YAML_LANGUAGE_SERVER names its program.  .ci/run installs it by npm.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from journeys.definition.model import STAGES
from tests.editor.server import CARET, Server

PROGRAM = os.environ.get("YAML_LANGUAGE_SERVER")
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "editor.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL))

pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="YAML_LANGUAGE_SERVER names no program: npm install yaml-language-server"
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the shipped definitions stand, with the schemas that the page makes."""
    made = tmp_path_factory.mktemp("editor")
    shutil.copytree(ROOT / "definitions", made / "definitions")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["bash", "-euc", BLOCKS["sh"]], cwd=made, env={**os.environ, "PATH": path}, check=True)
    return made


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[Server]:
    assert PROGRAM is not None
    said = json.loads(BLOCKS["json"])
    settings = {"schemas": said["yaml.schemas"], "hover": True, "completion": True, "validate": True}
    with Server(PROGRAM, place, {"yaml": {**settings, "schemaStore": {"enable": False}}}) as started:
        yield started


def journey(*lines: str) -> str:
    return "\n".join(["journey: mine", *lines])


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.long)], ids=lambda every: f"one in {every}")
def test_the_shipped_files_have_nothing_marked(server: Server, place: Path, every: int) -> None:
    files = sorted((place / "definitions").glob("*.yaml"))
    assert len(files) > 15

    marked = {file.name: server.diagnostics(f"definitions/{file.name}", file.read_text()) for file in files[::every]}

    assert {name: marks for name, marks in marked.items() if marks} == {}


def test_the_stages_are_proposed_with_what_they_are(server: Server) -> None:
    proposed = server.completions("definitions/mine.yaml", journey("stages:", f"  {CARET}"))

    assert set(STAGES) <= set(proposed)
    assert "They compare a short list" in proposed["evaluation"]


def test_the_keys_of_a_move_are_proposed_but_for_those_that_are_there(server: Server) -> None:
    text = journey("stages:", "  need:", "    move:", "      - on: order_placed", f"        {CARET}")

    proposed = server.completions("definitions/mine.yaml", text)

    assert {"to", "if", "after", "keep", "send", "for"} <= set(proposed)
    assert not {"on", "every", "stages"} & set(proposed)
    assert "How long it must have held without a break" in proposed["for"]


@pytest.mark.parametrize(
    ("file", "lines", "expected", "words"),
    [
        (
            "mine.yaml",
            ["stages:", "  need:", "    send:", f"      - touch: {CARET}"],
            "cart-reminder",
            "for offers, by",
        ),
        ("mine.yaml", ["stages:", "  need:", f"    send: [{CARET}]"], "spark", "for offers, by"),
        ("mine.yaml", ["enter:", f"  - on: {CARET}"], "order_placed", "total: money"),
        ("mine.yaml", ["goal:", f"  on: [guide_opened, {CARET}]"], "nps-ask.answered", "answer: "),
        ("mine.yaml", ["anywhere:", "  - on: guide_opened", f"    to: {CARET}"], "feedback.asked", ""),
        ("mine.yaml", ["stages:", "  need:", f"    send: [{{touch: nps-rescue, to: {CARET}}}]"], "care_lead", ""),
        ("mine.population.yaml", ["rates:", "  need:", f"    {CARET}"], "product_viewed", ""),
        ("mine.population.yaml", ["touches:", f"  {CARET}"], "cart-reminder", ""),
    ],
    ids=[
        "a touch",
        "a touch in a list",
        "an event",
        "an event of a touch",
        "a state of a journey",
        "one of the people",
        "an event that happens",
        "a touch that moves customers",
    ],
)
def test_the_names_of_the_folder_are_proposed(
    file: str, lines: list[str], expected: str, words: str, server: Server
) -> None:
    proposed = server.completions(f"definitions/{file}", journey(*lines))

    assert words in proposed[expected]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["  customer:", f"    {CARET}"], {"first_name": "text", "timezone": "a time zone such as Europe/Madrid"}),
        (["  customer:", f"    consent: [{CARET}]"], {"offers": "marketing"}),
        (["  steps:", "    - event:", "        order_placed:", f"          {CARET}"], {"total": "money"}),
        (["  steps:", f"    - expect: {{sent: {CARET}}}"], {"spark": "for offers, by email or push"}),
    ],
    ids=["a field of the customer", "a purpose", "a property of the event", "a touch that was sent"],
)
def test_a_scenario_knows_the_brand(lines: list[str], expected: dict[str, str], server: Server) -> None:
    text = "\n".join(["- scenario: something holds", *lines])

    proposed = server.completions("definitions/mine.scenarios.yaml", text)

    assert {name: proposed.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([f"reen{CARET}ter: never"], "When a customer who was in it may enter again"),
        ([f"go{CARET}al: {{on: order_placed}}"], "The outcome it is there to bring"),
        (["stages:", f"  adv{CARET}ocacy: {{send: [spark]}}"], "They tell others"),
    ],
    ids=["a key", "a key with keys in it", "a stage"],
)
def test_a_key_says_what_it_means_where_the_pointer_rests(lines: list[str], expected: str, server: Server) -> None:
    said = server.hover("definitions/mine.yaml", journey(*lines))

    assert expected in said
    assert len(said) < 500


def test_what_is_misspelt_is_marked_where_it_stands(server: Server) -> None:
    marked = server.diagnostics(
        "definitions/mine.yaml",
        journey(
            "enter: [{on: order_placed, to: need}]",
            "reentr: never",
            "stages:",
            "  reserch: {rest: true}",
            "  need:",
            "    move:",
            "      - {on: order_placd, to: end.done}",
            "    send:",
            "      - {touch: sparc}",
        ),
    )

    assert set(marked) == {
        "3: Property reentr is not allowed.",
        "5: Property reserch is not allowed.",
        "8: The folder had no event of this name when its schema was made.",
        "10: The folder had no touch of this name when its schema was made.",
    }


def test_a_first_line_does_where_there_are_no_settings(place: Path) -> None:
    assert PROGRAM is not None
    with Server(PROGRAM, place, {"yaml": {"hover": True, "schemaStore": {"enable": False}}}) as server:
        assert server.hover("definitions/mine.yaml", f"reen{CARET}ter: never\n") == ""
        said = server.hover("definitions/mine.yaml", f"{BLOCKS['yaml']}reen{CARET}ter: never\n")

    assert "When a customer who was in it may enter again" in said


def test_sources_are_completed_and_what_is_misspelt_in_them_is_marked(server: Server) -> None:
    # Several texts, of which only one can have the name that tells what it is.
    said = "# yaml-language-server: $schema=.schemas/sources.json\n"
    page = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    fine = [f"{said}{text}" for text in re.findall(r"<!-- sources -->\n```yaml\n(.*?)```", page, re.DOTALL)]
    wrong = fine[0].replace("preset: stripe", "preset: strip").replace("customer: body.customer.id", "custmer: body.id")

    marked = [server.diagnostics("definitions/sources.yaml", text) for text in (*fine, wrong)]
    proposed = server.completions("definitions/sources.yaml", f"{said}sources:\n  shop:\n    {CARET}\n")

    assert marked[:2] == [[], []]
    assert len(marked[2]) == 2
    assert {"preset", "secret", "customer", "events"} <= set(proposed)
    assert "A sender that is known" in proposed["preset"]
