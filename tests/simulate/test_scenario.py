"""The scenario runner: whatever can be expected can fail, at its line, with what happened instead and why."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.check.folder import check_folder, open_definitions
from journeys.errors import DefinitionError
from journeys.simulate.expecting import CLOSER, OF_TOUCHES
from journeys.simulate.scenario import Outcome, run_scenarios
from tests.cli.conftest import run
from tests.streams import definitions, reading, relaxed

FILES = {
    "brand.yaml": """
        brand: Leaf
        timezone: Europe/Madrid
        locale: en
        currency: EUR
        sender: {name: Leaf, email: hello@leaf.example}
        purposes:
          offers: {class: marketing, words: "We may send you offers.", version: 1}
          orders: {class: service}
          personalization: {class: data, words: "We may use what you do with us.", version: 1}
        fields:
          first_name: {type: text, kind: demographic, purpose: personalization}
          email: {type: email, address: true}
          born: {type: date, kind: demographic, purpose: personalization}
        events:
          tasted:
            kind: engagement
            properties: {tea: text, total: money, day: date, until: moment, teas: list of text}
          ordered: {kind: engagement, properties: {total: money}}
          left: {kind: engagement, properties: {}}
        people:
          lead: {email: lead@leaf.example}
        channels:
          email: {via: smtp, address: customer.email, cost: 0.0004}
        quiet: {from: "21:00", to: "08:00"}
        """,
    "tea.yaml": """
        journey: tea
        title: A cup
        owner: tea@leaf.example
        audience: b2c
        enter:
          - on: tasted
            to: need
            keep: {tea: event.tea, total: event.total, day: event.day, until: event.until, teas: event.teas}
        reenter: always
        goal: {on: ordered, within: 30 days}
        anywhere:
          - {on: left, to: end.gone}
        stages:
          need:
            send:
              - {touch: hello, after: 2 hours}
              - {touch: again, every: 1 day}
            move:
              - {on: ordered, to: selection}
              - {after: 30 days, to: end.lapsed}
          selection:
            steps:
              paid:
                send:
                  - {touch: task, to: lead}
                move:
                  - {after: 3 days, to: end.done}
        """,
    "touches/hello.md": """
        ---
        purpose: offers
        channels: [email]
        subject: Hello
        generic: {subject: Good day}
        variants: {b: {subject: Oh hello}}
        ---
        Your tea is {{ journey.tea }}.

        --- generic ---
        Tea.
        """,
    "touches/again.md": """
        ---
        purpose: orders
        channels: [email]
        subject: Again
        generic: {subject: Again}
        ---
        Again.

        --- generic ---
        Again.
        """,
    "touches/task.md": """
        ---
        purpose: orders
        channels: [email]
        subject: Call them
        generic: {subject: Call}
        ---
        Call.

        --- generic ---
        Call.
        """,
}
HEAD = """\
- scenario: it is proved
  customer: {email: ana@example.com, consent: [offers, personalization], timezone: Europe/Madrid}
  start: 2026-03-23T10:00:00+01:00
"""
TASTED = "- event: {tasted: {tea: mate, total: 2.5, day: 2026-04-01, until: 2026-04-02T10:00:00Z, teas: [a, b]}}"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("leaf")
    (made / "touches").mkdir()
    for name, text in FILES.items():
        (made / name).write_text(textwrap.dedent(text).lstrip())
    checked = check_folder(made)
    assert [problem for problem in checked.problems if problem.severity == "error"] == []
    return made


def play(folder: Path, steps: list[str], head: str = HEAD, *, reference: bool = False) -> Outcome:
    """A scenario of these steps; the first of them stands in the line after `steps:`."""
    text = head + "  steps:\n" + "".join([f"    {step}\n" for step in steps])
    (folder / "tea.scenarios.yaml").write_text(text)
    reading = open_definitions(folder)
    assert reading.definitions is not None
    (scenario,) = reading.scenarios
    (outcome,) = run_scenarios(reading.definitions, [scenario], reference=reference)
    return outcome


def lines_of(head: str) -> int:
    return head.count("\n") + 1


# ---------------------------------------------------------------- each expectation holds, and fails

NIGHT = HEAD.replace("T10:", "T21:")
HELD_OUT = HEAD + "  arm: holdout\n"
GENERIC = HEAD + "  arm: generic\n"
NOT_ASKED = HEAD.replace("[offers, personalization]", "[personalization]")
GREETED = [TASTED, "- wait: 3 hours"]
PAID = [TASTED, "- event: ordered"]

# The head, what happens, what holds, what does not, and what is said to have happened instead.
EXPECTATIONS: dict[str, tuple[str, list[str], str, str, str]] = {
    "state": (HEAD, PAID, "state: selection.paid", "state: need", "the customer stands in selection.paid"),
    "a stage as state": (HEAD, PAID, "state: selection", "state: need", "the customer stands in selection.paid"),
    "stage": (HEAD, PAID, "stage: selection", "stage: need", "the customer stands in selection.paid"),
    "state at the end": (HEAD, [TASTED, "- event: left"], "state: end.gone", "state: need", "the journey ended: gone"),
    "state of nobody": (HEAD, [], "state: none", "state: need", "the customer never entered"),
    "no state": (HEAD, [TASTED], "state: need", "state: none", "the customer stands in need"),
    "ended": (HEAD, [*PAID, "- wait: 3 days"], "ended: done", "ended: gone", "the journey ended: done"),
    "ended too early": (HEAD, [TASTED], "state: need", "ended: done", "the customer stands in need"),
    "arm": (GENERIC, [TASTED], "arm: generic", "arm: holdout", "the arm is generic"),
    "sent": (HEAD, GREETED, "sent: hello", "sent: task", "'task' was never due"),
    "several sent": (HEAD, GREETED, "sent: [hello]", "sent: [hello, task]", "'task' was never due"),
    "never_sent": (HEAD, GREETED, "never_sent: task", "never_sent: hello", "'hello' was sent at 2026-03-23 12:00"),
    "times": (HEAD, [TASTED, "- wait: 50 hours"], "sent: again, times: 3", "sent: again, times: 2", "3 times"),
    "times 0": (HEAD, GREETED, "sent: task, times: 0", "sent: hello, times: 0", "once"),
    "channel": (HEAD, GREETED, "sent: hello, channel: email", "channel: email, sent: task", "'task' was never due"),
    "words": (HEAD, GREETED, "sent: hello, words: personalized", "sent: hello, words: generic", "words: personalized"),
    "generic words": (
        GENERIC, GREETED, "sent: hello, words: generic", "sent: hello, words: personalized", "words: generic",
    ),
    "variant": (HEAD, GREETED, "sent: again, variant: a", "sent: again, variant: b", "variant: a"),
    "to": (HEAD, PAID, "sent: task, to: lead", "sent: again, to: lead", "to: None"),
    "withheld": (NOT_ASKED, GREETED, "withheld: hello", "withheld: task", "'task' was never due"),
    "withheld because": (
        NOT_ASKED, GREETED, "withheld: hello, because: consent", "withheld: hello, because: quiet",
        "'hello' was withheld: consent (offers) at 2026-03-23 12:00",
    ),
    "because in detail": (
        NOT_ASKED, GREETED, "withheld: hello, because: offers", "withheld: hello, because: orders", "consent (offers)",
    ),
    "withheld times": (
        NOT_ASKED, GREETED, "withheld: hello, times: 1", "withheld: hello, because: consent, times: 2", "once",
    ),
    "sent but withheld": (NOT_ASKED, GREETED, "withheld: hello", "sent: hello", "'hello' was withheld: consent"),
    "deferred": (
        NIGHT, GREETED, "deferred: hello, because: quiet", "deferred: hello, because: cap",
        "'hello' was deferred until 2026-03-24 08:00: quiet",
    ),
    "until a time": (
        NIGHT, GREETED, 'deferred: hello, until: "08:00"', 'deferred: hello, until: "18:00"', "deferred until",
    ),
    "until a short time": (
        NIGHT, GREETED, 'deferred: hello, until: "8:00"', 'deferred: hello, until: "00"', "deferred until",
    ),
    "until nothing": (NIGHT, GREETED, "deferred: hello", 'deferred: hello, until: ""', "deferred until"),
    "until a moment": (
        NIGHT, GREETED, "deferred: hello, until: 2026-03-24T08:00:00+01:00",
        "deferred: hello, until: 2026-03-25T08:00:00Z", "deferred until 2026-03-24 08:00",
    ),
    "would_send": (HELD_OUT, GREETED, "would_send: hello", "would_send: again", "'again' was sent"),
    "would_send times": (HELD_OUT, GREETED, "would_send: hello, times: 1", "would_send: hello, times: 2", "once"),
    "would_send channel": (HELD_OUT, GREETED, "would_send: hello, channel: email", "would_send: hello, channel: x", ""),
    "not held out": (HEAD, GREETED, "sent: hello", "would_send: hello", "'hello' was sent"),
    "withheld for another reason": (NOT_ASKED, GREETED, "withheld: hello", "would_send: hello", "withheld: consent"),
    "entered": (HEAD, [TASTED], "entered: 1", "entered: 2", "1 entered"),
    "entered at all": (HEAD, [TASTED], "entered: true", "entered: false", "entered once"),
    "reached": (HEAD, PAID, "reached: true", "reached: false", "the goal was reached once"),
    "reached so often": (HEAD, [TASTED], "reached: 0", "reached: 1", "the goal was reached never"),
    "kept text": (HEAD, [TASTED], "kept: {tea: mate}", "kept: {tea: oolong}", "tea is mate"),
    "kept money": (HEAD, [TASTED], "kept: {total: 2.5}", "kept: {total: 250}", "total is 2.5"),
    "kept date": (HEAD, [TASTED], "kept: {day: 2026-04-01}", "kept: {day: 2026-04-02}", "day is 2026-04-01"),
    "kept moment": (
        HEAD, [TASTED], "kept: {until: 2026-04-02T12:00:00+02:00}", "kept: {until: tomorrow}",
        "until is 2026-04-02T10:00:00Z",
    ),
    "kept list": (HEAD, [TASTED], "kept: {teas: [a, b]}", "kept: {teas: [a]}", "teas is ['a', 'b']"),
    "kept nothing": (HEAD, ["- event: {tasted: {}}"], "kept: {tea: null}", "kept: {tea: mate}", "tea is None"),
    "kept by no such name": (HEAD, [TASTED], "kept: {}", "kept: {cup: 1}", "nothing is kept as cup"),
    "kept by nobody": (HEAD, [], "state: none", "kept: {tea: mate}", "the customer never entered"),
}  # fmt: skip


@pytest.mark.parametrize("case", EXPECTATIONS)
def test_an_expectation_holds_or_tells_at_its_line_what_happened_instead(case: str, folder: Path) -> None:
    head, steps, right, wrong, happened = EXPECTATIONS[case]
    if case == "would_send channel":
        wrong, happened = "would_send: hello, times: 3", "once"

    assert play(folder, [*steps, f"- expect: {{{right}}}"], head).failure is None
    failure = play(folder, [*steps, f"- expect: {{{right}}}", f"- expect: {{{wrong}}}"], head).failure

    assert failure is not None
    assert failure.line == lines_of(head) + len(steps) + 2
    assert happened in failure.happened
    assert failure.expected
    # Why: the rows of the touch in question, or the last that happened.
    assert bool(failure.rows) == bool(steps) or "entered" in failure.happened


def test_every_key_of_an_expectation_is_proved_above() -> None:
    from journeys.definition.scenario_schema import EXPECT

    told = " ".join([f"{right} {wrong}" for _, _, right, wrong, _ in EXPECTATIONS.values()])

    assert [key for key in EXPECT.keys if f"{key}:" not in told] == []
    assert {*OF_TOUCHES, *CLOSER} < set(EXPECT.keys)


def test_what_is_said_more_closely_belongs_to_its_touch(folder: Path) -> None:
    both = "- expect: {sent: again, times: 1, channel: email, withheld: hello, because: consent}"

    assert play(folder, [*GREETED, both], NOT_ASKED).failure is None
    failure = play(folder, [*GREETED, both.replace("consent}", "quiet}")], NOT_ASKED).failure

    assert failure is not None
    assert failure.expected == "withheld: hello, because: quiet"
    assert {row.get("touch") for row in failure.rows} == {"hello"}


# ---------------------------------------------------------------- each verb


def test_time_does_not_go_back(folder: Path) -> None:
    failure = play(folder, [TASTED, "- at: 2026-03-22T10:00:00+01:00"]).failure

    assert failure is not None
    assert (failure.line, failure.expected) == (lines_of(HEAD) + 2, "time goes forward to 2026-03-22 10:00")
    assert failure.happened == "it is 2026-03-23 10:00 already"


@pytest.mark.parametrize("step", ["- wait: 3000 weeks", "- wait: 80 months"])
def test_time_ends_in_2100(step: str, folder: Path) -> None:
    outcome = play(folder, ["- at: 2099-12-01T00:00:00Z", step])

    assert outcome.failure is not None
    assert (outcome.failure.line, outcome.failure.expected) == (lines_of(HEAD) + 2, "time before the year 2100")


def test_going_on_to_a_moment_takes_what_is_due_until_then(folder: Path) -> None:
    steps = [TASTED, "- at: 2026-03-23T11:59:59+01:00", "- expect: {never_sent: hello}"]
    steps += ["- at: 2026-03-23T12:00:00+01:00", "- expect: {sent: hello}"]

    assert play(folder, steps).failure is None


def test_what_waits_while_sending_is_paused_goes_through_the_gate_again(folder: Path) -> None:
    paused = [TASTED, "- sending: paused", "- wait: 3 hours", "- expect: {never_sent: hello}"]
    withdrawn = ["- event: {consent.withdrawn: {purpose: offers}}", "- sending: resumed"]

    assert play(folder, [*paused, "- sending: resumed", "- expect: {sent: hello, times: 1}"]).failure is None
    stopped = [*paused, *withdrawn, "- expect: {never_sent: hello, withheld: hello, because: consent}"]
    assert play(folder, stopped).failure is None
    failure = play(folder, [*paused, "- expect: {sent: hello}"]).failure
    assert failure is not None
    assert failure.happened.startswith("'hello' was admitted")


def test_an_event_may_have_happened_earlier(folder: Path) -> None:
    late = [TASTED, "  happened: 90 minutes ago", "- wait: 30 minutes", "- expect: {sent: hello}"]

    assert play(folder, late).failure is None
    assert play(folder, [TASTED, *late[2:]]).failure is not None


def test_an_event_before_1970_is_told_at_its_step(folder: Path) -> None:
    failure = play(folder, [TASTED, "  happened: 3000 weeks ago"]).failure

    assert failure is not None
    assert (failure.line, failure.happened) == (lines_of(HEAD) + 1, "this happened before 1970")


def test_history_that_is_loaded_starts_nothing(folder: Path) -> None:
    assert play(folder, [TASTED, "  import: true", "- expect: {state: none}"]).failure is None


def test_the_same_event_is_taken_once(folder: Path) -> None:
    twice = [TASTED, "  id: t1", "- wait: 1 hour", TASTED, "  id: t1"]
    left = "- event: left"

    assert play(folder, [*twice, "- expect: {entered: 1}"]).failure is None
    assert play(folder, [*twice[:2], left, *twice[2:], "- expect: {entered: 1}"]).failure is None
    assert play(folder, [*twice[:2], left, *twice[2:], "  source: shop", "- expect: {entered: 2}"]).failure is None


# ---------------------------------------------------------------- several customers

TWO = """\
- scenario: it is proved of two
  customers:
    ana: {email: ana@example.com, consent: [offers, personalization]}
    ben: {timezone: America/New_York}
  start: 2026-03-23T10:00:00+01:00
"""


def test_each_of_several_customers_is_played_and_named(folder: Path) -> None:
    steps = ["- ana: {event: tasted}", "- ana: {expect: {state: need}}", "- ben: {expect: {state: none}}"]
    steps += ["- expect: {entered: 1}", "- event: left", "- ben: {event: tasted}", "- expect: {entered: 2}"]
    steps += ["- wait: 3 hours", "- ben: {expect: {withheld: hello, because: consent, entered: 1}}"]

    assert play(folder, steps, TWO).failure is None
    failure = play(folder, [*steps, "- expect: {state: need}"], TWO).failure

    assert failure is not None
    assert (failure.expected, failure.happened) == ("ana: state: need", "the journey ended: gone")
    assert {row["customer"] for row in failure.rows} == {"ana"}


@pytest.mark.parametrize("reference", [False, True], ids=["table", "machine"])
def test_two_customers_of_a_scenario_may_turn_out_to_be_one(reference: bool, folder: Path) -> None:
    steps = ["- ben: {event: tasted}", "- ana: {event: {customer.merged: {from: ben}}}"]
    steps += ["- ana: {expect: {state: need}}", "- ben: {event: left}", "- ana: {expect: {ended: gone}}"]

    assert play(folder, steps, TWO, reference=reference).failure is None


def test_nobody_in_a_scenario_is_merged_with_who_is_not_in_it(folder: Path) -> None:
    failure = play(folder, ["- ana: {event: {customer.merged: {from: cleo}}}"], TWO).failure

    assert failure is not None
    assert failure.happened == "customer.merged: nobody in this scenario is called 'cleo'"


# ---------------------------------------------------------------- what cannot be taken

REFUSED = {
    "a purpose that is none": ("- event: {consent.given: {purpose: everything}}", "`purpose` must be one of offers"),
    "a zone that is none": ("- event: {profile.updated: {timezone: Mars}}", "'Mars' is not a time zone"),
    "a moment that is none": ("- event: {tasted: {until: tomorrow}}", "'tomorrow' is not a moment"),
    "a day that is none": ("- event: {tasted: {day: 2026-02-30}}", "'2026-02-30' is not a day"),
    "a long text": (f"- event: {{tasted: {{tea: {'x' * 4_001}}}}}", "`tasted.tea` is longer than 4000 characters"),
    "money out of bounds": ("- event: {tasted: {total: 9999999999999999}}", "`tasted.total` is out of bounds"),
    "another type": ("- event: {tasted: {total: much}}", "the type is money"),
    "a list for a text": ("- event: {tasted: {tea: [a]}}", "the type is text"),
    "a text for a list": ("- event: {tasted: {teas: a}}", "the type is list of text"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_value_that_cannot_be_taken_is_told_where_it_stands(case: str, folder: Path) -> None:
    """By the check where it can know, else by the run: with its line, and without a traceback."""
    step, words = REFUSED[case]
    text = HEAD + f"  steps:\n    {TASTED}\n    {step}\n"
    (folder / "tea.scenarios.yaml").write_text(text)

    done = run("test", str(folder))

    assert done.code == 2
    assert f"tea.scenarios.yaml:{lines_of(HEAD) + 2}:" in done.out + done.err
    # The page wraps what it says.
    assert words in " ".join((done.out + done.err).split())


def test_a_customer_who_cannot_be_taken_is_told_at_the_scenario(folder: Path) -> None:
    with pytest.raises(DefinitionError) as refused:
        play(folder, [TASTED], HEAD.replace("ana@example.com", "nobody"))

    assert refused.value.problems[0].line == 2


ODD = st.sampled_from(
    """null true [] {} [[]] [1,{}] {a:\xa01} 5 -1 1e9 .nan "" none ~ x "1" 2026-03-24T08:00:00Z end. end.gone hello
    [hello,5] {tea:\xa0[1]} {until:\xa05} {day:\xa0x}""".replace("\n", " ").split(" ")
).map(lambda odd: odd.replace("\xa0", " "))


@relaxed(120)
@given(
    expect=st.dictionaries(
        st.sampled_from([*OF_TOUCHES, *CLOSER, "state", "stage", "arm", "entered", "ended", "reached", "kept"]),
        ODD,
        max_size=4,
    )
)
def test_an_expectation_of_any_values_holds_fails_or_is_refused(expect: dict[str, str], folder: Path) -> None:
    wanted = ", ".join([f"{key}: {value}" for key, value in expect.items()])
    try:
        outcome = play(folder, [*GREETED, f"- expect: {{{wanted}}}"], NIGHT)
    except DefinitionError:
        return

    assert outcome.failure is None or outcome.failure.line == lines_of(HEAD) + 3


# ---------------------------------------------------------------- the shipped ones


@pytest.mark.parametrize("reference", [False, True], ids=["by the table", "by the machine"])
def test_the_shipped_scenarios_pass(reference: bool) -> None:
    scenarios = reading("shipped").scenarios

    outcomes = list(run_scenarios(definitions("shipped"), scenarios, reference=reference))

    assert len(outcomes) > 100
    assert [(one.scenario.name, one.failure) for one in outcomes if one.failure is not None] == []
