"""What is read from YAML, and that no file makes the reading long, large or wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.definition.model import Finding
from journeys.definition.source import BYTES_MAX, DEPTH_MAX, compose, read_text
from journeys.definition.written import Document, Notes, plain_value


def read(text: str) -> tuple[object, list[tuple[str, int, int, int]]]:
    """The plain value, and each finding as (rule, line, column, length)."""
    notes = Notes("a.yaml")
    root = compose(text, notes)
    document = Document(file="a.yaml", text=text, root=root)
    problems = [document.problem(finding) for finding in notes.findings]
    return (
        None if root is None else plain_value(root),
        [(one.rule, one.line, one.column, one.length) for one in problems],
    )


def problem_at(text: str, path: tuple[str | int, ...], **where: object) -> tuple[str, int, int]:
    """What is underlined for a finding, with its line and column."""
    document = Document(file="a.yaml", text=text, root=compose(text, Notes("a.yaml")))
    finding = Finding(file="a.yaml", path=path, rule="r", message="m", why="w", help="h", **where)  # type: ignore[arg-type]
    problem = document.problem(finding)
    start = problem.column - 1
    return problem.source[start : start + problem.length], problem.line, problem.column


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("on", "on", id="on is a text"),
        pytest.param("yes", "yes", id="yes is a text"),
        pytest.param("18:00", "18:00", id="a time is no sexagesimal number"),
        pytest.param("010", "010", id="a leading zero is kept"),
        pytest.param("2026-12-25", "2026-12-25", id="a date is a text"),
        pytest.param("0x1F", "0x1F", id="hexadecimal is a text"),
        pytest.param("1_000", "1_000", id="underscores make a text"),
        pytest.param("9" * 5000, "9" * 5000, id="an endless number is a text"),
        pytest.param(".inf", ".inf", id="infinity is a text"),
        pytest.param("e5", "e5", id="an exponent alone is a text"),
        pytest.param(".", ".", id="a point alone is a text"),
        pytest.param("true", True, id="true"),
        pytest.param("'true'", "true", id="true in quotes is a text"),
        pytest.param("12", 12, id="a whole number"),
        pytest.param("-1.5e3", -1500.0, id="a decimal number"),
        pytest.param(".5", 0.5, id="a decimal without a zero"),
        pytest.param("'12'", "12", id="a number in quotes is a text"),
        pytest.param("~", None, id="nothing"),
    ],
)
def test_scalars_are_those_of_yaml_1_2_and_else_as_written(text: str, value: object) -> None:
    assert read(f"key: {text}") == ({"key": value}, [])


def test_the_key_on_is_a_text() -> None:
    assert read("{on: a, off: b, no: c}") == ({"on": "a", "off": "b", "no": "c"}, [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", [("repeated-key", 3, 1, 1)], id="repeated key"),
        pytest.param("x: {b: 1, b: 2, b: 3}", [("repeated-key", 1, 11, 1), ("repeated-key", 1, 17, 1)], id="thrice"),
        pytest.param("a: &x 1\nb: *x\n", [("alias", 1, 4, 4), ("alias", 2, 4, 2)], id="anchor and alias"),
        pytest.param("a: {<<: {b: 1}}", [("merge-key", 1, 5, 2)], id="merge key"),
        pytest.param("a: !!python/object:os.system x", [("tag", 1, 4, 27)], id="tag"),
        pytest.param("a: 1\n---\nb: 1\n", [("several-documents", 2, 1, 3)], id="two documents"),
        pytest.param("a:\n\tb: 1\n", [("tab", 2, 1, 1)], id="tab as indentation"),
        pytest.param("a: [1, 2\nb: 3\n", [("yaml", 1, 4, 1)], id="open bracket, where it opens"),
        pytest.param('a: "x\nb: 1\n', [("yaml", 1, 4, 1)], id="open quote, where it opens"),
        pytest.param('a: "x" in event.y\n', [("yaml", 1, 8, 1)], id="text after a quote"),
        pytest.param("a: b: c\n", [("yaml", 1, 5, 1)], id="two colons"),
        pytest.param("a: {{ b }}\n", [("key-not-text", 1, 5, 5)], id="liquid without quotes"),
        pytest.param("[" * 5000, [("nested-too-deep", 1, DEPTH_MAX + 1, 1)], id="deep nesting"),
        pytest.param("a: @b", [("yaml", 1, 4, 1)], id="a character yaml keeps to itself"),
        pytest.param("", [], id="nothing at all"),
    ],
)
def test_what_is_not_in_the_language_is_told_where_it_stands(
    text: str, expected: list[tuple[str, int, int, int]]
) -> None:
    assert read(text)[1] == expected


def test_an_unquoted_condition_that_breaks_the_line_is_told_to_be_quoted() -> None:
    notes = Notes("a.yaml")

    compose('move:\n  - {if: count("x", "7 days") > 3, to: y}\n', notes)

    assert "put the condition in quotes" in notes.findings[0].help


def test_the_first_of_two_equal_keys_counts() -> None:
    assert read("a: 1\na: 2\n")[0] == {"a": 1}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: &a [x]\n" + "".join(f"k{i}: &k{i} [*a, *a, *a]\n" for i in range(2000)), id="alias bomb"),
        pytest.param("\n".join(f"k{i}: 1" for i in range(150_000)), id="a million keys, as many as fit"),
        pytest.param("a: 1\n" * 300_000, id="one key again and again"),
        pytest.param("{" * 1_000_000, id="a million brackets"),
        pytest.param("- " * 900_000, id="a million dashes"),
        pytest.param("? " * 900_000, id="a million questions"),
        pytest.param("a: " + "x " * 900_000, id="one long text"),
        pytest.param("'" * 1_900_000, id="a million quotes"),
    ],
)
def test_a_hostile_file_is_refused_in_bounded_time(text: str) -> None:
    _, problems = read(text)

    assert len(problems) <= 201


def test_more_values_than_anyone_writes_are_one_finding() -> None:
    assert [rule for rule, *_ in read("[" + "x, " * 150_000 + "]")[1]] == ["file-too-large"]


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        pytest.param(b"a: \xff\xfe", "not-utf-8", id="not utf-8"),
        pytest.param("a: ü".encode("utf-16"), "not-utf-8", id="utf-16"),
        pytest.param(b"\x7fELF\x02\x00\x00", "not-text", id="binary"),
        pytest.param(b"a: b\x00", "not-text", id="nul"),
        pytest.param(b"a: b\x1b[31m", "not-text", id="terminal escape"),
        pytest.param(b"a: 1\n" * (BYTES_MAX // 5 + 1), "file-too-large", id="too large"),
        pytest.param(b"\xef\xbb\xbfa: b", "byte-order-mark", id="byte order mark"),
    ],
)
def test_a_file_that_is_no_text_is_refused_in_words(tmp_path, raw: bytes, rule: str) -> None:
    (tmp_path / "a.yaml").write_bytes(raw)
    notes = Notes("a.yaml")

    text = read_text(tmp_path / "a.yaml", notes)

    assert [one.rule for one in notes.findings] == [rule]
    assert (text is None) == (notes.findings[0].severity == "error")


def test_line_breaks_of_every_system_read_alike(tmp_path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a: 1\r\nb: 2\rc: 3\n")

    assert read_text(tmp_path / "a.yaml", Notes("a.yaml")) == "a: 1\nb: 2\nc: 3\n"


@pytest.mark.parametrize(
    ("text", "offset", "underlined"),
    [
        pytest.param("if: a > wrong\n", 4, ("wrong", 1, 9), id="plain"),
        pytest.param("if: 'a > wrong'\n", 4, ("wrong", 1, 10), id="single quotes"),
        pytest.param('é: 1\nif: "ä > wrong"\n', 4, ("wrong", 2, 10), id="double quotes, after other letters"),
        pytest.param("x: {y: 1, if: 'a > wrong'}\n", 4, None, id="elsewhere"),
        pytest.param("if: |\n  a > wrong\n", 4, ("wrong", 2, 7), id="literal block"),
        pytest.param("if: >\n  a >\n  wrong\n", 4, ("wrong", 3, 3), id="folded block"),
        pytest.param("if: 'a >\n   wrong'\n", 4, ("wrong", 2, 4), id="folded quotes"),
        pytest.param("if: a >\n   wrong\n", 4, ("wrong", 2, 4), id="folded plain"),
        pytest.param("if: 'it''s wrong'\n", 5, ("'it''s wrong'", 1, 5), id="an escape falls back to the start"),
    ],
)
def test_a_part_of_a_text_is_found_again(text: str, offset: int, underlined: tuple[str, int, int] | None) -> None:
    found = problem_at(text, ("if",), offset=offset, length=5)

    assert found == (underlined or (text.rstrip("\n"), 1, 1))


@pytest.mark.parametrize(
    ("path", "where", "underlined"),
    [
        pytest.param(("stages", "need", "move", 0, "to"), {}, ("research", 4, 21), id="value"),
        pytest.param(("stages", "need", "move", 0, "to"), {"at": "key"}, ("to", 4, 17), id="key"),
        pytest.param(("stages", "need", "move", 0, "if"), {}, ("{on: a, to: research}", 4, 9), id="missing in an item"),
        pytest.param(("stages", "need", "send"), {}, ("need", 2, 3), id="missing in a mapping, at its key"),
        pytest.param(("stages", "need", "move", 0, "on", 0), {}, ("a", 4, 14), id="one that stands for a list"),
        pytest.param(("nowhere", "at", 3), {}, ("stages:", 1, 1), id="missing in the file"),
        pytest.param((), {}, ("stages:", 1, 1), id="the file"),
    ],
)
def test_a_path_finds_its_line(path, where, underlined) -> None:  # type: ignore[no-untyped-def]
    text = "stages:\n  need:\n    move:\n      - {on: a, to: research}\n"

    assert problem_at(text, path, **where) == underlined


@given(st.text(max_size=200))
def test_no_text_at_all_makes_the_reading_fail(text: str) -> None:
    notes = Notes("a.yaml")

    root = compose(text, notes)

    document = Document(file="a.yaml", text=text, root=root)
    for finding in notes.findings:
        problem = document.problem(finding)
        assert problem.line >= 1
        assert problem.column >= 1


@given(st.text(alphabet="ab:[]{},'\"-&*!|>#?%@`\n\t <", max_size=60))
def test_no_arrangement_of_yaml_marks_makes_the_reading_fail(text: str) -> None:
    read(text)
