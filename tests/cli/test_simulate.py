"""`journeys simulate`, and `--against` of simulations and replays, as a person and a pipe meet them."""

from __future__ import annotations

import contextlib
import html
import json
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import COMMAND, HERE, REPLAY, environment, run, run_apart, run_at_terminal

Compare = Callable[[str, str], None]

STALL = HERE.parent / "data" / "stall"


@pytest.fixture
def stall(tmp_path: Path) -> Path:
    """A folder of one's own, with the stall's definitions in it."""
    shutil.copytree(STALL, tmp_path / "definitions")
    return tmp_path


def _later(folder: Path) -> None:
    """Says hello a day later."""
    journey = folder / "definitions" / "stall.yaml"
    journey.write_text(journey.read_text("utf-8").replace("after: 1 day}", "after: 2 days}"), "utf-8")


def _git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=Ana", "-c", "user.email=ana@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


SMALL = ("simulate", "stall", "--customers", "500", "--days", "60", "--jobs", "1")


# ---------------------------------------------------------------- what is printed


def test_a_pipe_gets_plain_text_that_fits_80_columns(stall: Path, same_as_kept: Compare) -> None:
    done = run(*SMALL, cwd=stall)

    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    assert "\x1b" not in done.out
    same_as_kept("simulate", done.out)


@pytest.mark.parametrize("columns", [80, 110])
def test_a_terminal_gets_tables_as_wide_as_it_is(columns: int, stall: Path, same_as_kept: Compare) -> None:
    printed = run_at_terminal(*SMALL, columns=columns, cwd=stall)

    printed = re.sub(r"\x1b\[[012]?m", "", printed)
    assert max(map(len, printed.splitlines())) <= columns
    same_as_kept(f"terminal-{columns}-simulate", printed)


def test_processes_print_what_one_prints(stall: Path) -> None:
    assert run_apart(*SMALL[:-1], "2", cwd=stall) == run(*SMALL, cwd=stall)


def test_a_report_for_programs_says_what_was_simulated(stall: Path) -> None:
    done = run(*SMALL, "--json", "report.json", cwd=stall)

    report = json.loads((stall / "report.json").read_text("utf-8"))
    assert done.code == 0
    assert (
        next(iter(report)) == "simulated"
        and report["simulated"]["customers"] == 500
        and report["simulated"]["seed"] == 1
    )
    assert [each["journey"] for each in report["journeys"]] == ["stall"]
    assert report["journeys"][0]["arms"][0]["rate"]["low"] < report["journeys"][0]["arms"][0]["rate"]["parts"]


def test_a_simulated_customer_is_explained(stall: Path) -> None:
    run(*SMALL, "--trace", "trace.jsonl.gz", cwd=stall)

    told = run("explain", "c0000000", "--trace", "trace.jsonl.gz", cwd=stall)

    assert told.code == 0 and "hello" in told.out


def test_a_page_needs_nothing_else(stall: Path) -> None:
    done = run(*SMALL, "--html", "report.html", cwd=stall)

    page = (stall / "report.html").read_text("utf-8")
    assert done.code == 0
    assert "From passing by to coming back" in page and "seed" in page
    assert "<script" not in page and not re.search(r"(src|href)=.?https?:", page)


def test_help_shows_examples() -> None:
    printed = run("simulate", "--help").out

    assert re.search(r"Examples:\n +journeys simulate espresso", printed)
    assert max(map(len, printed.splitlines())) <= 80


def test_who_would_come_only_after_the_end_is_not_in_the_report(stall: Path) -> None:
    population = stall / "definitions" / "stall.population.yaml"
    population.write_text(re.sub("arrive: .*", "arrive: 120 days", population.read_text("utf-8")), "utf-8")

    done = run(*SMALL, "--against", "definitions", "--json", "report.json", "--html", "page.html", cwd=stall)

    report = json.loads((stall / "report.json").read_text("utf-8"))
    came = report["customers"]
    # Half of them, within five standard deviations.
    assert 194 < came < 306 and report["simulated"]["customers"] == 500
    assert report["before"]["customers"] == report["comparison"]["customers"] == came
    said = " ".join(done.out.split())
    assert said.startswith(f"500 simulated customers ({came} came before the end), 60 days from")
    assert f"0 of {came} customers" in said


def test_of_customers_who_all_come_it_is_not_said_how_many_came(stall: Path) -> None:
    assert run(*SMALL, cwd=stall).out.startswith("500 simulated customers, 60 days from")


# ---------------------------------------------------------------- two versions


def test_two_versions_are_told_side_by_side(stall: Path, same_as_kept: Compare) -> None:
    shutil.copytree(stall / "definitions", stall / "before")
    _later(stall)

    done = run(*SMALL, "--against", "before", "--trace", "trace.jsonl.gz", cwd=stall)

    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    same_as_kept("simulate-against", done.out)


def test_a_commit_is_a_version(stall: Path) -> None:
    shutil.copytree(stall / "definitions", stall / "before")
    _git(stall, "init", "-q")
    _git(stall, "add", "definitions")
    _git(stall, "commit", "-q", "-m", "first")
    _git(stall, "tag", "first")
    _later(stall)
    _git(stall, "commit", "-q", "-a", "-m", "later")

    against_tag = run(*SMALL, "--against", "first", cwd=stall)
    against_head = run(*SMALL, "--against", "HEAD", cwd=stall)

    assert against_tag.out.replace("first,", "before,", 1) == run(*SMALL, "--against", "before", cwd=stall).out
    assert "0 of 500 customers (0.0 %) are treated differently" in against_head.out.replace("\n", " ")


def test_a_commit_is_read_as_it_was_committed(stall: Path) -> None:
    (stall / ".gitattributes").write_text("*.yaml filter=odd export-ignore\n", "utf-8")
    (stall / "definitions" / ".link").symlink_to("/etc/hostname")
    _git(stall, "init", "-q")
    _git(stall, "config", "filter.odd.smudge", "touch ran; cat")
    _git(stall, "config", "filter.odd.clean", "cat")
    _git(stall, "add", ".")
    _git(stall, "commit", "-q", "-m", "first")

    done = run(*SMALL, "--against", "HEAD", cwd=stall)

    assert (done.code, done.err) == (0, "")
    assert not (stall / "ran").exists()


def test_a_mistake_in_a_commit_is_told_by_its_name(stall: Path) -> None:
    journey = stall / "definitions" / "stall.yaml"
    good = journey.read_text("utf-8")
    journey.write_text(good.replace("to: need}", "to: neeed}"), "utf-8")
    _git(stall, "init", "-q")
    _git(stall, "add", ".")
    _git(stall, "commit", "-q", "-m", "first")
    journey.write_text(good, "utf-8")

    done = run(*SMALL, "--against", "HEAD", cwd=stall)

    assert done.code == 2 and "HEAD:stall.yaml:7:22: error[unknown-state]" in done.out + done.err


def test_both_stories_of_an_example_can_be_told(stall: Path) -> None:
    shutil.copytree(stall / "definitions", stall / "before")
    _later(stall)

    run(*SMALL, "--against", "before", "--trace", "trace.jsonl.gz", "--json", "report.json", cwd=stall)

    report = json.loads((stall / "report.json").read_text("utf-8"))
    example = report["comparison"]["changes"][0]["examples"][0]
    after = run("explain", example, "--trace", "trace.jsonl.gz", cwd=stall)
    before = run("explain", example, "--trace", "trace.before.jsonl.gz", cwd=stall)
    assert after.code == before.code == 0 and after.out != before.out
    assert report["before"]["journeys"][0]["journey"] == "stall"


@pytest.mark.parametrize("trace", [pytest.param("trace.jsonl.gz", marks=pytest.mark.long), "all of it.jsonl"])
def test_how_an_example_is_explained_is_said_with_the_names_of_the_files(stall: Path, trace: str) -> None:
    shutil.copytree(stall / "definitions", stall / "before")
    _later(stall)

    told = run(*SMALL, "--against", "before", "--trace", trace, "--html", "page.html", cwd=stall)
    untold = run(*SMALL, "--against", "before", cwd=stall)

    commands = re.findall(r"^  (journeys explain .*)$", told.out, re.MULTILINE)
    stories = [run(*shlex.split(command)[1:], cwd=stall) for command in commands]
    assert [story.code for story in stories] == [0, 0]
    assert stories[0].out != stories[1].out
    assert [shlex.split(command)[-1] for command in commands] == [trace.replace(".", ".before.", 1), trace]
    assert html.escape("\n".join(commands), quote=False) in (stall / "page.html").read_text("utf-8")
    assert "journeys explain" not in untold.out


def test_where_nothing_changed_there_is_no_example_to_explain(stall: Path) -> None:
    done = run(*SMALL, "--against", "definitions", "--trace", "trace.jsonl", "--html", "page.html", cwd=stall)

    assert done.code == 0 and "journeys explain" not in done.out
    assert "journeys explain" not in (stall / "page.html").read_text("utf-8")


def test_the_page_of_two_versions_says_what_the_terminal_says(stall: Path) -> None:
    shutil.copytree(stall / "definitions", stall / "before")
    _later(stall)

    done = run(*SMALL, "--against", "before", "--html", "page.html", "--json", "report.json", cwd=stall)

    assert done.code == 0, done.err
    page = (stall / "page.html").read_text("utf-8").replace("\u00a0", " ").replace("\u2212", "-")
    comparison = json.loads((stall / "report.json").read_text("utf-8"))["comparison"]
    assert "<h1>Simulation of stall, before and after</h1>" in page
    assert f"<h2>{comparison['changed']} of 500 customers are treated differently</h2>" in page
    assert "Before is “before”" in page
    for each in comparison["changes"]:
        assert f'<span class="soft">{each["before"]}</span> → {each["after"]}<small' in page
    said = {name: figures for line in done.out.splitlines() for name, figures in [_figures(line)] if figures}
    assert {"customers who entered", "goal reached", "value", "touches sent", "hello sent", "end.done"} <= {*said}
    for name, (before, after, change) in said.items():
        if name in ("cost of channels", "cost of offers", "value"):
            assert f"<dd>{after}</dd>" in page and f"{change} from {before}, " in page
        elif name.startswith(("hello", "end.")):
            assert f"<td>{before}</td><td>{after}</td><td>{change}</td>" in page
        else:
            assert f"<dt>{name}</dt><dd>{after}</dd>" in page
    pattern = r"(-?[\d.]+) points of all customers, 95 % interval (\S+) to (\S+?)\.$"
    [told] = re.findall(pattern, " ".join(done.out.split()))
    points, low, high = [f"{float(each):+.2f}" for each in told]
    assert f"{points} points of all customers, and anything from {low} to {high}" in page


def _figures(line: str) -> tuple[str, tuple[str, ...]]:
    """A row of the table side by side: its name, and what it says before, after, and changed."""
    name, *figures = re.split(r"  +", line.strip().replace(" EUR", ""))
    return name, tuple(figures) if len(figures) == 3 and re.fullmatch(r"[-+]?[\d,.]+", figures[2]) else ()


def test_a_page_says_the_day_on_which_the_simulation_begins_where_the_brand_is(stall: Path) -> None:
    run(*SMALL, "--html", "page.html", cwd=stall)

    assert "<dt>simulated from</dt><dd>2026-03-01</dd>" in (stall / "page.html").read_text("utf-8")


def test_a_replay_is_compared_too(tmp_path: Path, same_as_kept: Compare) -> None:
    other = tmp_path / "other"
    for folder in ("definitions", "other"):
        shutil.copytree(HERE / "definitions", tmp_path / folder)
    for file in ("events.jsonl", "customers.jsonl", "assume.yaml"):
        shutil.copy(HERE / file, tmp_path)
    journey = other / "first-cup.yaml"
    changed = re.sub(
        r"after: (\d+) days?", lambda found: f"after: {int(found[1]) + 1} days", journey.read_text("utf-8")
    )
    journey.write_text(changed, "utf-8")

    done = run(*REPLAY, "--against", "other", cwd=tmp_path)

    assert (done.code, done.err) == (0, "")
    same_as_kept("replay-against", done.out)


def test_the_page_of_a_replay_does_not_claim_what_the_change_did(tmp_path: Path) -> None:
    other, page = tmp_path / "other", tmp_path / "page.html"
    shutil.copytree(HERE / "definitions", other)
    journey = other / "first-cup.yaml"
    journey.write_text(journey.read_text("utf-8").replace("within: 30 days", "within: 1 minute"), "utf-8")

    done = run(*REPLAY, "--against", str(other), "--html", str(page))

    assert done.code == 0, done.err
    assert "<h1>Replay of first-cup, before and after</h1>" in page.read_text("utf-8")
    assert "is the same in both" in page.read_text("utf-8")
    assert "is the same in both" in " ".join(done.out.split())
    assert "points of all customers" not in page.read_text("utf-8") + done.out


def test_a_replay_against_itself_treats_nobody_otherwise() -> None:
    done = run(*REPLAY, "--against", "definitions")

    assert " 0 of " in done.out and "(0.0 %) are treated differently" in done.out.replace("\n", " ")


@pytest.mark.parametrize(
    ("against", "complaint"),
    [
        ("nowhere", "'nowhere' is no folder, and no commit, branch or tag of a Git repository that holds definitions"),
        ("--output=x", "'--output=x' is no folder"),
        ("", "'' is no folder"),
        ("touched/definitions/touches", "brand.yaml"),
    ],
    ids=["nowhere", "an option", "nothing", "no definitions"],
)
def test_what_is_no_version_is_told(stall: Path, against: str, complaint: str) -> None:
    shutil.copytree(stall / "definitions", stall / "touched" / "definitions")

    done = run(*SMALL, f"--against={against}", cwd=stall)

    assert done.code == 2
    assert complaint in done.err and "Traceback" not in done.err


def test_a_version_without_the_journey_is_told(stall: Path) -> None:
    shutil.copytree(stall / "definitions", stall / "before")
    for name in ("stall.yaml", "stall.population.yaml"):
        (stall / "before" / name).unlink()

    done = run(*SMALL, "--against", "before", cwd=stall)

    assert done.code == 2
    assert "there is no journey 'stall' in 'before': there is nothing to compare it with" in done.err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--json", "x.before.jsonl"), "the trace before, for --against, and --json are both x.before.jsonl"),
        (("--html", "x.before.jsonl"), "the trace before, for --against, and --html are both x.before.jsonl"),
    ],
    ids=["report", "page"],
)
def test_the_trace_before_takes_the_place_of_no_other_file(stall: Path, words: tuple[str, ...], complaint: str) -> None:
    done = run(*SMALL, "--against", "definitions", "--trace", "x.jsonl", *words, cwd=stall)

    assert (done.code, done.out) == (2, "")
    assert complaint in done.err


def test_the_trace_before_takes_the_place_of_no_recording(tmp_path: Path) -> None:
    recording = tmp_path / "x.before.jsonl"
    shutil.copy(HERE / "events.jsonl", recording)
    trace = tmp_path / "x.jsonl"

    done = run("replay", "first-cup", "--events", str(recording), "--against", "definitions", "--trace", str(trace))

    assert (done.code, done.out) == (2, "")
    assert f"{recording} is read here: write somewhere else" in done.err
    assert recording.read_bytes() == (HERE / "events.jsonl").read_bytes()


# ---------------------------------------------------------------- the wrong ways


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("simulate",), "missing argument 'NAME'"),
        (("simulate", "stal"), "there is no journey 'stal'"),
        (
            ("simulate", "stall", "--customers", "0"),
            "--customers: a whole number is wanted, 1 to 100,000,000, and not '0'",
        ),
        (("simulate", "stall", "--customers", "many"), "a whole number is wanted, 1 to 100,000,000, and not 'many'"),
        (("simulate", "stall", "--customers", "9" * 99), "a whole number is wanted, 1 to 100,000,000, and not '99999"),
        (("simulate", "stall", "--days", "-1"), "--days: a whole number is wanted, 1 to 3,650, and not '-1'"),
        (("simulate", "stall", "--days", "1.5"), "--days: a whole number is wanted, 1 to 3,650, and not '1.5'"),
        (("simulate", "stall", "--days", "1_000"), "a whole number is wanted, 1 to 3,650, and not '1_000'"),
        (("simulate", "stall", "--days", "10,00"), "a whole number is wanted, 1 to 3,650, and not '10,00'"),
        (("simulate", "stall", "--days", " 5 "), "a whole number is wanted, 1 to 3,650, and not ' 5 '"),
        (("simulate", "stall", "--days", "٣"), "a whole number is wanted, 1 to 3,650, and not '٣'"),
        (("simulate", "stall", "--days"), "option '--days' requires an argument (see journeys simulate --help)"),
        (("simulate", "stall", "--jobs", "0"), "--jobs: a whole number is wanted, 1 to 256, and not '0'"),
        (("simulate", "stall", "--seed", "-5"), "--seed: a whole number is wanted, 0 or more, and not '-5'"),
        (("simulate", "stall", "--on", "scheduler:8786"), "is no address of a cluster: write dask://HOST:PORT"),
        (
            ("simulate", "stall", "--on", "dask://a:1", "--jobs", "2"),
            "--jobs is for processes of this machine, and --on",
        ),
        (("simulate", "stall", "--html", ""), "--html: '' names no file and no folder"),
        (("simulate", "stall", "--json", ""), "--json: '' names no file and no folder"),
        (("simulate", "stall", "--trace", ""), "--trace: '' names no file and no folder"),
        (("simulate", "stall", "--definitions", ""), "--definitions: '' names no file and no folder"),
        (("simulate", "stall", "--trace", "x", "--json", "x"), "--trace and --json are both x"),
        (("simulate", "stall", "--html", "definitions"), "definitions is a folder, and a file is wanted"),
        (("simulate", "stall", "--json", "no/x.json"), "there is no folder no"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_command_line_that_makes_no_sense_is_told(stall: Path, words: tuple[str, ...], complaint: str) -> None:
    done = run(*words, cwd=stall)

    assert (done.code, done.out) == (2, "")
    assert complaint in done.err and done.err.count("\n") == 1


def test_a_number_may_be_written_as_our_own_words_write_it(stall: Path) -> None:
    plain, written = (
        run("simulate", "stall", "--customers", many, "--jobs", "1", cwd=stall) for many in ("1200", "1,200")
    )

    assert (written.code, written.err) == (0, "")
    assert written == plain


def test_a_page_says_the_name_of_a_folder_that_is_no_text(stall: Path) -> None:
    before = Path(os.fsdecode(os.fsencode(stall) + b"/bef\xffore"))
    shutil.copytree(stall / "definitions", before)

    done = run(*SMALL, "--against", before.name, "--html", "page.html", "--json", "report.json", cwd=stall)

    assert (done.code, done.err) == (0, "")
    assert "Before is “bef\\udcffore”" in (stall / "page.html").read_text("utf-8")


@pytest.mark.parametrize("option", ["--html", "--json", "--trace"])
def test_a_file_that_is_replaced_keeps_its_rights(stall: Path, option: str) -> None:
    (stall / "written").touch()
    (stall / "written").chmod(0o640)

    for name in ("written", "new"):
        assert run(*SMALL, option, name, cwd=stall).code == 0

    (stall / "usual").touch()
    assert (stall / "written").stat().st_mode & 0o777 == 0o640
    assert (stall / "new").stat().st_mode == (stall / "usual").stat().st_mode


def test_help_says_what_numbers_are_allowed_and_that_a_cluster_takes_no_jobs() -> None:
    printed = " ".join(run("simulate", "--help").out.split())

    assert "--days N How long, from the population's start, 1 to 3,650. [default: 180]" in printed
    assert "--seed N Another is another world, 0 or more. [default: 1]" in printed
    assert "--on dask://HOST:PORT Walk on a Dask cluster instead, without --jobs." in printed


@pytest.mark.parametrize("option", ["--html", "--json", "--trace"])
def test_a_full_disk_is_told_in_the_same_words_whatever_is_written(stall: Path, option: str) -> None:
    done = run(*SMALL, option, "/dev/full", cwd=stall)

    assert (done.code, done.out) == (3, "")
    assert done.err == "journeys: /dev/full cannot be written: no space left on device\n"


@pytest.mark.parametrize(
    "before", [pytest.param(None, marks=pytest.mark.long), "yesterday's"], ids=["nothing", "another"]
)
@pytest.mark.parametrize(
    "option", ["--trace", *[pytest.param(each, marks=pytest.mark.long) for each in ("--html", "--json")]]
)
def test_a_disk_without_room_keeps_what_it_had_and_no_half_file(stall: Path, option: str, before: str | None) -> None:
    if before is not None:
        (stall / "written").write_text(before)

    # No file of this process may be longer: the same as a disk with so much room.
    done = subprocess.run(
        [*COMMAND, *SMALL, option, "written"],
        cwd=stall,
        env=environment() | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        preexec_fn=_leave_little_room,
    )

    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "journeys: written cannot be written: file too large\n"
    assert sorted(path.name for path in stall.iterdir()) == ["definitions", *([] if before is None else ["written"])]
    assert before is None or (stall / "written").read_text() == before


def _leave_little_room() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))


@pytest.mark.parametrize("option", ["--html", "--json", "--trace"])
@pytest.mark.parametrize("file", ["brand.yaml", "stall.population.yaml", "touches/hello.md", "../before/stall.yaml"])
def test_what_is_read_is_not_written_over(stall: Path, option: str, file: str) -> None:
    shutil.copytree(stall / "definitions", stall / "before")
    path = stall / "definitions" / file
    was = path.read_bytes()

    done = run(*SMALL, "--against", "before", option, f"definitions/{file}", cwd=stall)

    assert done.code == 2 and "is read here: write somewhere else" in done.err
    assert path.read_bytes() == was


def test_a_journey_without_a_population_is_told(stall: Path) -> None:
    (stall / "definitions" / "stall.population.yaml").unlink()

    done = run(*SMALL, cwd=stall)

    assert done.code == 2
    assert done.err == "journeys: 'stall' has no population: write stall.population.yaml beside stall.yaml\n"


def test_a_population_with_a_mistake_is_not_simulated(stall: Path) -> None:
    population = stall / "definitions" / "stall.population.yaml"
    population.write_text(
        population.read_text("utf-8").replace("passed: 1 per 7 days, looked", "pased: 1 per 7 days, looked")
    )

    done = run(*SMALL, cwd=stall)

    assert done.code == 2
    assert "stall.population.yaml:" in done.err and "did you mean 'passed'?" in done.err


def test_ctrl_c_ends_all_processes_without_a_word(stall: Path) -> None:
    words = ("simulate", "stall", "--customers", "5000000", "--jobs", "2", "--trace", "trace.jsonl")
    process = subprocess.Popen(
        [*COMMAND, *words],
        cwd=stall,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        # Who runs the tests in the background may have told them to ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        # The trace is written under a passing name as the first chunks come in: then all are at work.
        part, tick = None, threading.Event()
        while part is None or part.stat().st_size < 1_000:
            assert process.poll() is None
            tick.wait(0.05)
            part = next(iter(stall.glob(".trace.jsonl.*.part")), None)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    assert (process.returncode, out, err) == (130, b"", b"")
    assert not [*stall.glob("*trace*"), *stall.glob(".trace*")]
