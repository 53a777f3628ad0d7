"""The commands as a person and a pipe meet them: what they print, and how they end."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import COMMAND, HERE, REPLAY, environment, run, run_apart, run_at_terminal

Compare = Callable[[str, str], None]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    shutil.copytree(HERE / "definitions", tmp_path / "definitions")
    return tmp_path


def break_journey(folder: Path, before: str, after: str, file: str = "first-cup.yaml") -> None:
    path = folder / "definitions" / file
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


# ---------------------------------------------------------------- what is printed

PRINTED = {
    "check": ("check",),
    "test": ("test",),
    "show": ("show", "first-cup"),
    "replay": REPLAY,
}


@pytest.mark.parametrize("name", PRINTED)
def test_a_pipe_gets_plain_text_that_fits_80_columns(name: str, same_as_kept: Compare) -> None:
    done = run(*PRINTED[name])

    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    assert "\x1b" not in done.out
    same_as_kept(name, done.out)


@pytest.mark.parametrize("columns", [80, 110])
@pytest.mark.parametrize("name", ["show", "replay"])
def test_a_terminal_gets_tables_as_wide_as_it_is(name: str, columns: int, same_as_kept: Compare) -> None:
    printed = run_at_terminal(*PRINTED[name], columns=columns)

    printed = re.sub(r"\x1b\[[012]?m", "", printed)  # bold and dim are no colours
    assert "\x1b" not in printed
    assert max(map(len, printed.splitlines())) <= columns
    same_as_kept(f"terminal-{columns}-{name}", printed)


def test_a_terminal_gets_colours_unless_they_are_not_wanted(copied: Path) -> None:
    assert "\x1b[32m" in run_at_terminal("check", colours=True, cwd=copied)
    assert "\x1b[32m" not in run_at_terminal("check", cwd=copied)


@pytest.mark.parametrize("customer", ["ana", "ben", "eva"])
def test_a_customers_story_is_told(customer: str, trace: Path, same_as_kept: Compare) -> None:
    done = run("explain", customer, "--trace", str(trace))

    assert (done.code, done.err) == (0, "")
    same_as_kept(f"explain-{customer}", done.out)


@pytest.mark.parametrize("form", ["mermaid", "dot"])
def test_a_diagram_names_every_state(form: str) -> None:
    done = run("show", "first-cup", "--format", form)

    assert done.code == 0
    assert all(word in done.out for word in ("need", "paid", "brewing", "loyalty", "lapsed", "order_placed"))


@pytest.mark.parametrize("command", ["check", "test", "show", "replay", "explain", "schema"])
def test_every_command_shows_examples_in_its_help(command: str) -> None:
    printed = run(command, "--help").out

    assert re.search(rf"Examples:\n  +journeys {command}", printed)
    assert max(map(len, printed.splitlines())) <= 80


@pytest.mark.parametrize(
    "command",
    ["new", "check", "test", "show", "preview", "privacy", "replay", "simulate", "explain", "schema", "serve",
     "publish", "status", "bench", "retrace"],
)  # fmt: skip
def test_help_names_what_is_wanted_and_no_types_of_ours(command: str) -> None:
    done = run(command, "--help")

    assert done.code == 0
    assert not re.search(r"list\[|<str>|<int>|<[Pp]ath>", done.out)


@pytest.mark.parametrize("kind", ["journey", "brand", "scenarios", "population", "touch"])
def test_the_schema_of_each_kind_of_file_is_json(kind: str) -> None:
    assert json.loads(run("schema", kind).out)["title"] == f"Journeys: {kind}"


def test_a_bare_call_says_how_to_call_it() -> None:
    assert run() == run("--help")


# ---------------------------------------------------------------- problems in files


def test_problems_are_told_and_end_with_2(copied: Path, same_as_kept: Compare) -> None:
    break_journey(copied, "to: loyalty}", "to: loyality}")
    break_journey(copied, "touch: refill", "touch: refil")

    done = run("check", cwd=copied)

    assert done.code == 2
    same_as_kept("check-problems", done.out)


def test_problems_for_programs_carry_the_same(copied: Path) -> None:
    break_journey(copied, "to: loyalty}", "to: loyality}")

    done = run("check", "--format", "json", cwd=copied)

    told = json.loads(done.out)
    assert done.code == 2
    assert told["errors"] >= 1
    assert told["problems"][0]["file"] == "definitions/first-cup.yaml"
    assert run("check", "--json", cwd=copied).out == done.out


def test_a_file_that_is_no_text_counts_as_looked_at(tmp_path: Path) -> None:
    (tmp_path / "definitions").mkdir()
    (tmp_path / "definitions" / "brand.yaml").write_bytes(bytes(range(128, 256)))

    done = run("check", cwd=tmp_path)

    assert done.code == 2
    assert done.out.splitlines()[-1] == "checked 1 file: 1 error"


def test_where_there_is_no_file_none_was_looked_at(tmp_path: Path) -> None:
    (tmp_path / "definitions").mkdir()

    assert run("check", cwd=tmp_path).out.splitlines()[-1] == "checked 0 files: 1 error"


def test_one_file_shows_only_its_own_problems(copied: Path) -> None:
    break_journey(copied, "to: loyalty}", "to: loyality}")

    done = run("check", "definitions/touches/hello.md", cwd=copied)

    assert done.code == 0
    assert done.out.startswith("checked definitions/touches/hello.md: no problems\n")
    assert "in other files of definitions not shown" in done.out


def test_nothing_runs_on_files_with_errors(copied: Path) -> None:
    break_journey(copied, "to: loyalty}", "to: loyality}")

    for command in (("test",), ("show", "first-cup"), ("replay", "first-cup", "--events", str(HERE / "events.jsonl"))):
        done = run(*command, cwd=copied)
        assert (done.code, done.out) == (2, ""), command
        assert "error[unknown-state]" in done.err
        assert done.err.endswith("to mend first\n")


def test_a_failed_scenario_says_what_happened_instead_and_why(copied: Path, same_as_kept: Compare) -> None:
    break_journey(copied, "expect: {deferred: hello", "expect: {sent: hello", "first-cup.scenarios.yaml")
    break_journey(copied, ", because: quiet}", "}", "first-cup.scenarios.yaml")

    done = run("test", cwd=copied)

    assert done.code == 2
    same_as_kept("test-failed", done.out)
    told = json.loads(run("test", "--json", cwd=copied).out)
    assert (told["passed"], told["failed"], told["failures"][0]["line"]) == (1, 1, 18)


def test_the_scenarios_of_one_file_or_of_one_journey_are_chosen_by_path() -> None:
    by_file = run("test", "definitions/first-cup.scenarios.yaml")

    assert by_file == run("test", "definitions/first-cup.yaml") == run("test", "--reference")
    assert run("test", "definitions/brand.yaml").err == "journeys: 'definitions/brand.yaml' has no scenarios\n"


# ---------------------------------------------------------------- replay and explain


def test_a_report_for_programs_tells_the_same_counts(tmp_path: Path) -> None:
    path = tmp_path / "report.json"

    done = run(*REPLAY, "--json", str(path))

    told = json.loads(path.read_text())
    assert done.code == 0
    assert told["events"] == {
        "read": 15,
        "repeated": 1,
        "undeclared": {"page_seen": 1},
        "bad": 0,
        "heard": 12,
        "unheard": {"consent": 1},
        "own": 0,
    }
    assert [journey["journey"] for journey in told["journeys"]] == ["first-cup"]
    assert told["journeys"][0]["entered"] == 6


def test_bad_lines_are_named_and_left_out_only_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text((HERE / "events.jsonl").read_text() + "nonsense\n")

    refused = run("replay", "first-cup", "--events", str(path))
    skipped = run("replay", "first-cup", "--events", str(path), "--skip-bad")

    assert refused.code == 2
    assert f"{path}:16: " in refused.err
    assert skipped.code == 0
    assert "Skipped 1 bad line:\n  line 16: " in skipped.out


def test_the_machine_itself_comes_to_the_same_report() -> None:
    assert run(*REPLAY, "--reference") == run(*REPLAY)


def test_a_misspelt_assumption_is_told_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "assume.yaml"
    path.write_text("consent: [offfers]\n")

    done = run("replay", "first-cup", "--events", "events.jsonl", "--assume", str(path))

    assert done.code == 2
    assert f"{path}:1:11: error[unknown-purpose]" in done.err
    assert "did you mean 'offers'?" in done.err


def test_a_story_for_programs_holds_each_row_with_its_words(trace: Path) -> None:
    told = json.loads(run("explain", "ana", "--trace", str(trace), "--json").out)

    assert [chapter["enrollment"] for chapter in told["chapters"]] == ["first-cup#1", "first-cup#2"]
    assert told["chapters"][0]["rows"][0]["words"] == "Heard tea_tasted."
    assert told["chapters"][0]["outcome"] == "Over: ended done."


# ---------------------------------------------------------------- garbage

GARBAGE = {
    "a command that is none": (("shwo",), "no such command 'shwo'"),
    "an option that is none": (("check", "--fast"), "no such option: --fast"),
    "a journey that is none": (("show", "first-cap"), "there is no journey 'first-cap': did you mean 'first-cup'?"),
    "a format that is none": (("show", "first-cup", "--format", "pdf"), "'pdf' is not one of"),
    "a missing folder": (("check", "nowhere"), "there is no file or folder 'nowhere'"),
    "a file of something else": (("check", "{tmp}/README.md"), "README.md' is no file of definitions in the folder"),
    "a file that is not read": (
        ("check", "{tmp}/binary.jsonl"),
        "binary.jsonl' is no file of definitions",
    ),
    "a journey's file for its name": (("show", "definitions/first-cap.yaml"), "did you mean 'first-cup'?"),
    "a file for a folder": (("show", "x", "--definitions", "events.jsonl"), "'events.jsonl' is a file"),
    "no events": (("replay", "first-cup"), "missing option '--events'"),
    "missing events": (("replay", "first-cup", "--events", "nowhere.jsonl"), "there is no file nowhere.jsonl"),
    "a folder of events": (("replay", "first-cup", "--events", "definitions"), "definitions is a folder"),
    "empty events": (("replay", "first-cup", "--events", "{tmp}/empty.jsonl"), "there is no event in it"),
    "binary events": (("replay", "first-cup", "--events", "{tmp}/binary.jsonl"), "binary.jsonl:1: "),
    "a trace in no folder": ((*REPLAY, "--trace", "nowhere/t.jsonl"), "there is no folder nowhere"),
    "a trace over the events": (
        ("replay", "first-cup", "--events", "{tmp}/empty.jsonl", "--trace", "{tmp}/empty.jsonl"),
        "is read here: write somewhere else",
    ),
    "a trace and a report in one": ((*REPLAY, "--trace", "{tmp}/x", "--json", "{tmp}/x"), "a file of its own"),
    "no trace at all": (("explain", "ana", "--trace", "events.jsonl"), "events.jsonl:1: this is not a trace"),
    "a missing trace": (("explain", "ana", "--trace", "nowhere"), "there is no file nowhere"),
    "an empty trace": (("explain", "ana", "--trace", "{tmp}/empty.jsonl"), "empty.jsonl is empty"),
    "a binary trace": (("explain", "ana", "--trace", "{tmp}/binary.jsonl"), "binary.jsonl:1: this is not a trace"),
    "a folder of traces": (("explain", "ana", "--trace", "definitions"), "definitions is a folder"),
    "a customer who is none": (("explain", "anna", "--trace", "{trace}"), "did you mean 'ana'?"),
    "a schema that is none": (("schema", "jurney"), "journeys: KIND: 'jurney' is not one of 'journey', 'brand'"),
    "a folder without a name": (("check", ""), "PATH: '' names no file and no folder"),
    "events without a name": (("replay", "first-cup", "--events", ""), "--events: '' names no file and no folder"),
    "a page without a name": (("preview", "hello", "--html", ""), "--html: '' names no file and no folder"),
    "too many customers": (
        ("show", "first-cup", "--format", "html", "--customers", "1e9"),
        "--customers: a whole number is wanted, 0 to 100,000,000, and not '1e9'",
    ),
    "two formats": (("check", "--json", "--format", "text"), "--json and --format text are two formats"),
}


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_gets_one_clear_line_and_a_2(garbage: str, tmp_path: Path, trace: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "README.md").touch()
    (tmp_path / "binary.jsonl").write_bytes(bytes(range(128, 256)))
    arguments, words = GARBAGE[garbage]

    done = run(*(argument.format(tmp=tmp_path, trace=trace) for argument in arguments))

    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[-1].startswith("journeys: ")
    assert words in done.err
    assert len(done.err.splitlines()) <= (2 if garbage == "binary events" else 1)


def test_a_trace_that_was_cut_short_is_told_with_its_line(trace: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(trace.read_bytes()[:-40])

    done = run("explain", "zoe", "--trace", str(cut))

    assert done.code == 2
    assert re.search(r"cut\.jsonl\.gz:\d+: the compressed file is damaged or cut short", done.err)


def test_the_exit_code_and_the_complaint_leave_the_process() -> None:
    assert run_apart("show", "first-cap") == run("show", "first-cap")


def test_our_own_failure_ends_with_1_and_a_traceback(tmp_path: Path) -> None:
    broken = "from journeys.cli import app\nimport journeys.cli.main, sys\n"
    broken += "app.call = lambda arguments: 1 / 0\nsys.exit(journeys.cli.main.main())"

    done = subprocess.run([COMMAND[0], "-c", broken], env=environment(), capture_output=True, text=True)

    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr


# ---------------------------------------------------------------- as Unix tools do


@pytest.mark.parametrize("command", [pytest.param(("schema",), marks=pytest.mark.long), ("--help",), REPLAY])
def test_a_closed_pipe_is_no_news(command: tuple[str, ...]) -> None:
    theirs, ours = os.pipe()
    os.close(theirs)

    done = subprocess.run(
        [*COMMAND, *command], cwd=HERE, stdout=ours, stderr=subprocess.PIPE, env=environment(), text=True
    )

    os.close(ours)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_full_disk_is_told_in_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*COMMAND, "schema"], stdout=full, stderr=subprocess.PIPE, env=environment(), text=True)

    assert (done.returncode, done.stderr) == (3, "journeys: cannot write any more: no space left on device\n")


def test_output_that_was_closed_from_the_start_goes_nowhere() -> None:
    done = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *COMMAND, "check"],
        cwd=HERE,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_the_folder_of_touches_stands_for_the_folder_that_it_is_in() -> None:
    whole = run("check").out
    assert run("check", "definitions/touches").out == whole

    touch = min(path.name for path in (HERE / "definitions" / "touches").iterdir())
    apart = subprocess.run(
        [*COMMAND, "check", touch],
        cwd=HERE / "definitions" / "touches",
        capture_output=True,
        env=environment(),
        text=True,
    )
    assert apart.stdout.startswith(f"checked ../touches/{touch}: ")


def test_ctrl_c_ends_with_130_and_without_a_traceback(tmp_path: Path) -> None:
    # A recording that never ends: the replay waits for its next line.
    pipe = tmp_path / "events.jsonl"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [*COMMAND, "replay", "first-cup", "--events", str(pipe)],
        cwd=HERE,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    # Opening waits until the other end is open, too.
    with pipe.open("w"):
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)

    assert (process.returncode, out, err.strip()) == (130, "", "")


def test_a_compressed_trace_reads_like_a_plain_one(trace: Path, tmp_path: Path) -> None:
    plain = tmp_path / "trace.jsonl"
    plain.write_bytes(gzip.decompress(trace.read_bytes()))

    assert run("explain", "ana", "--trace", str(plain)) == run("explain", "ana", "--trace", str(trace))
