"""A folder is checked as a whole: everything at once, in file order, and no mistake twice."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from base import FILES, A, write
from hypothesis import given
from hypothesis import strategies as st

from journeys.check.folder import check_folder, open_definitions
from journeys.definition.model import STAGES
from journeys.errors import DefinitionError, InputError


def _rules(folder: Path, files: dict[str, str]) -> list[tuple[str, int, str]]:
    problems = check_folder(write(folder, files)).problems
    return [(Path(problem.file).name, problem.line, problem.rule) for problem in problems]


def test_every_problem_of_every_file_is_told_at_once_in_file_order(tmp_path: Path) -> None:
    files = {
        **FILES,
        "brand.yaml": FILES["brand.yaml"].replace("address: customer.phone", "address: customer.fone"),
        "a.yaml": A.replace("      - spark\n", "      - sparc\n").replace("on: ticket_closed", "on: ticket_close"),
        "touches/more.md": FILES["touches/more.md"].replace("offers", "ofers"),
    }

    assert _rules(tmp_path, files) == [
        ("brand.yaml", 30, "unknown-field"),
        ("a.yaml", 15, "unknown-touch"),
        ("a.yaml", 43, "unknown-event"),
        ("more.md", 2, "unknown-purpose"),
    ]


def test_what_follows_from_a_misspelt_state_is_not_told(tmp_path: Path) -> None:
    files = {**FILES, "a.yaml": A.replace("to: loyalty}\n    move:", "to: loyalti}\n    move:")}

    assert [rule for _, _, rule in _rules(tmp_path, files)] == ["unknown-state"]


def test_what_follows_from_a_line_that_could_not_be_read_is_not_told(tmp_path: Path) -> None:
    files = {**FILES, "b.yaml": FILES["b.yaml"].replace("after: 9 days", "after: 9 daze")}

    assert [rule for _, _, rule in _rules(tmp_path, files)] == ["span"]


def test_a_file_that_could_not_be_read_is_no_unknown_name_elsewhere(tmp_path: Path) -> None:
    files = {**FILES, "touches/more.md": "---\npurpose: [offers\n---\nMore.\n"}

    assert {name for name, _, _ in _rules(tmp_path, files)} == {"more.md"}


def test_a_journey_that_could_not_be_read_sends_what_nothing_else_sends(tmp_path: Path) -> None:
    files = {**FILES, "a.yaml": A.replace("title: A", "title: {A")}

    rules = {rule for _, _, rule in _rules(tmp_path, files)}

    assert "touch-never-sent" not in rules


def test_what_a_journey_keeps_that_could_not_be_read_is_no_unknown_name_in_words(tmp_path: Path) -> None:
    words = FILES["touches/more.md"] + "\n{{ journey.items }}\n{{ customer.nothing }}\n"
    files = {**FILES, "touches/more.md": words, "a.yaml": A.replace("title: A", "title: {A")}

    messages = [problem.message for problem in check_folder(write(tmp_path, files)).problems]

    assert [message for message in messages if "'journey'" in message] == []
    assert [message for message in messages if "'nothing'" in message]


def test_a_quote_that_is_not_closed_is_shown_where_it_opens(tmp_path: Path) -> None:
    text = "journey: a\nenter:\n  - {on: looked, if: 'event.n > 0, to: need}\n  - {on: looked, if: 'event.n > 1'}\n"

    problem = check_folder(write(tmp_path, {**FILES, "a.yaml": text})).problems[0]

    assert (problem.line, problem.column, problem.rule) == (3, 22, "yaml")
    assert problem.message == "this quote is not closed in its line"


def test_a_declaration_that_could_not_be_read_is_no_unknown_purpose_elsewhere(tmp_path: Path) -> None:
    files = {
        **FILES,
        "brand.yaml": FILES["brand.yaml"].replace("alerts: {class: requested}", "alerts: {class: wanted}"),
    }
    files["touches/more.md"] = FILES["touches/more.md"].replace("offers", "alerts")

    assert [(name, rule) for name, _, rule in _rules(tmp_path, files) if rule == "unknown-purpose"] == []


def test_a_secret_is_told_and_not_shown(tmp_path: Path) -> None:
    files = {**FILES, "brand.yaml": FILES["brand.yaml"].replace("${CRM_URL}", "https://crm:hunter2@crm.example")}

    problem = check_folder(write(tmp_path, files)).problems[0]

    assert problem.rule == "secret-in-file"
    assert "hunter2" not in repr(problem)
    assert problem.source == '  crm: {webhook: "https://crm:*******@crm.example"}'


def test_definitions_open_without_errors_though_there_are_warnings(tmp_path: Path) -> None:
    write(tmp_path, {**FILES, "touches/other.md": FILES["touches/more.md"]})

    reading = open_definitions(tmp_path)

    assert reading.definitions is not None
    assert set(reading.definitions.journeys) == {"a", "b"}


def test_definitions_with_errors_do_not_open_and_all_errors_are_carried(tmp_path: Path) -> None:
    write(tmp_path, {**FILES, "a.yaml": A.replace("else: more", "else: mor").replace("to: lead", "to: led")})

    with pytest.raises(DefinitionError) as raised:
        open_definitions(tmp_path)

    assert [problem.rule for problem in raised.value.problems] == ["unknown-person", "unknown-touch"]


def test_a_folder_that_is_not_there_is_the_callers_mistake(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        check_folder(tmp_path / "nowhere")


def test_without_a_brand_there_is_one_problem_and_no_crash(tmp_path: Path) -> None:
    assert [rule for _, _, rule in _rules(tmp_path, {"a.yaml": A})] == ["missing-brand"]


@pytest.mark.parametrize("name", ["a.population.yaml", "a.scenarios.yaml"])
def test_a_file_that_sends_nothing_hides_no_touch_that_is_never_sent(tmp_path: Path, name: str) -> None:
    files = {**FILES, "touches/stray.md": FILES["touches/more.md"], name: "start: ["}

    assert [rule for _, _, rule in _rules(tmp_path, files)] == ["yaml", "touch-never-sent"]


def _chain(length: int) -> str:
    steps = "".join(
        f"      s{place}:\n        move:\n"
        f"          - {{if: 'customer.open_tickets > {place}', to: need.s{place + 1}}}\n"
        f"          - {{on: spark.sent, to: need.s{place + 1}, send: [spark]}}\n"
        "          - {after: 3 days, to: end.lapsed}\n"
        for place in range(length)
    )
    head = "journey: a\nenter:\n  - {on: looked, to: need}\nstages:\n  need:\n    steps:\n"
    return f"{head}{steps}      s{length}: {{rest: true}}\n"


def test_a_journey_longer_than_the_stack_is_deep_is_checked(tmp_path: Path) -> None:
    # Five lines a step; and longer than Python's stack is deep, so that nothing may recurse.
    long = _chain(1_500)
    write(tmp_path, {**FILES, "a.yaml": _chain(400), "a.scenarios.yaml": "", "a.population.yaml": ""})

    problems = check_folder(tmp_path).errors
    deep = check_folder(write(tmp_path, {"a.yaml": long})).errors

    assert {problem.rule for problem in problems} <= {"empty-file"}
    assert {problem.rule for problem in deep} <= {"empty-file"}


def test_a_tangle_of_moves_is_told_in_bounded_time_and_space(tmp_path: Path) -> None:
    names = [f"s{place}" for place in range(40)]
    steps = "".join(
        f"      {name}:\n        move:\n"
        + "".join(f"          - {{if: 'customer.open_tickets > 0', to: need.{other}}}\n" for other in names)
        for name in names
    )
    text = f"journey: a\nenter:\n  - {{on: looked, to: need}}\nstages:\n  need:\n    steps:\n{steps}"

    problems = check_folder(write(tmp_path, {**FILES, "a.yaml": text})).problems

    assert 1 <= sum(problem.rule == "circle-of-moves" for problem in problems) <= 10


def test_a_hostile_text_is_searched_for_secrets_in_bounded_time(tmp_path: Path) -> None:
    hostile = "brand: x\n# " + "eyJ-" * 40_000 + " " + "https://a" * 20_000 + "+a" * 40_000 + " bearer" * 20_000 + "\n"

    checked = check_folder(write(tmp_path, {"brand.yaml": hostile}))

    assert checked.errors


Edges = set[tuple[str, str]]
EDGES = st.sets(st.tuples(st.sampled_from(STAGES), st.sampled_from(STAGES)).filter(lambda e: e[0] != e[1]), max_size=14)


def _journey_of(edges: Edges, trigger: str) -> str:
    lines = ["journey: a", "enter:", "  - {on: looked, to: need}", "stages:"]
    for stage in STAGES:
        lines += [f"  {stage}:", "    rest: true", "    move:", "      - {on: ordered, to: end.done}"]
        lines += [f"      - {{{trigger}, to: {to}}}" for source, to in sorted(edges) if source == stage]
    return "\n".join(lines) + "\n"


def _reached(edges: Edges, starts: set[str]) -> set[str]:
    reached = set(starts)
    for _ in STAGES:
        reached |= {to for source, to in edges if source in reached}
    return reached


@given(edges=EDGES)
def test_a_circle_is_told_exactly_when_some_stage_leads_back_to_itself(edges: Edges) -> None:
    leads_back = any(stage in _reached(edges, {to for source, to in edges if source == stage}) for stage in STAGES)

    with TemporaryDirectory() as folder:
        text = _journey_of(edges, "if: 'customer.open_tickets > 0'")
        rules = {rule for _, _, rule in _rules(Path(folder), {"brand.yaml": FILES["brand.yaml"], "a.yaml": text})}

    assert ("circle-of-moves" in rules) == leads_back


@given(edges=EDGES)
def test_a_stage_is_told_as_unreachable_exactly_when_no_way_leads_there(edges: Edges) -> None:
    with TemporaryDirectory() as folder:
        text = _journey_of(edges, "on: looked")
        write(Path(folder), {"brand.yaml": FILES["brand.yaml"], "a.yaml": text})
        problems = check_folder(Path(folder)).problems

    told = {problem.source.strip(" :") for problem in problems if problem.rule == "unreachable-state"}
    assert told == set(STAGES) - _reached(edges, {"need"})


def test_problems_of_a_file_come_in_the_order_of_its_lines(tmp_path: Path) -> None:
    text = A.replace("research}", "reserch}").replace("spark", "sparc").replace("loyalty}", "loyalti}")

    lines = [line for name, line, _ in _rules(tmp_path, {**FILES, "a.yaml": text}) if name == "a.yaml"]

    assert len(lines) > 5
    assert all(earlier <= later for earlier, later in pairwise(lines))


@pytest.mark.parametrize(
    ("circling", "chained", "told"),
    [
        (101, 99, "101 events bring each other in circles, and 100 are the most"),
        (1_000, 1_000, "2,000 events follow from others, and 200 are the most"),
    ],
    ids=["a great circle", "endlessly many"],
)
def test_what_many_events_bring_is_not_followed_for_ever(
    tmp_path: Path, circling: int, chained: int, told: str
) -> None:
    events = "".join(f"  e{at}: {{then: {{event: e{(at + 1) % circling}, after: 1 day}}}}\n" for at in range(circling))
    chain = "".join(f"  c{at}: {{then: c{at + 1}}}\n" for at in range(chained))
    names = [*(f"e{at}" for at in range(circling)), *(f"c{at}" for at in range(chained + 1))]
    declared = "".join(f"  {name}: {{}}\n" for name in names)
    brand = FILES["brand.yaml"].replace("people:\n", declared + "people:\n")
    population = "population: a\nstart: 2026-01-12T00:00:00Z\nrates: {before: {looked: 1 per 9 days}}\nevents:\n"
    files = {**FILES, "brand.yaml": brand, "a.population.yaml": population + events + chain}

    (problem,) = check_folder(write(tmp_path, files)).problems

    assert problem.message == told
