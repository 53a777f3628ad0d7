"""What an operator asks and does, on a real database with real customers."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from journeys.clock import now
from journeys.delivery.parcel import Parcel
from journeys.errors import Permanent, Transient
from journeys.runtime.nightly import Nightly
from journeys.runtime.retaining import JOB, Retaining
from journeys.store.claiming import claim
from journeys.store.customers import park
from journeys.store.database import Database, open_database
from journeys.store.jobs import finish_job, leave_job, take_up_job
from journeys.store.keys import find_key
from tests.core.walk import journey
from tests.runtime.house import DAY, HOUR, MINUTE, House

from .conftest import Ran, run_at_terminal
from .conftest import run as run_here

WELCOME = journey("""
need:
  rest: true
  send:
    - spark
    - {touch: more, after: 2 days}
  move:
    - {on: spark.sent, to: research}
research:
  rest: true
  send: [{touch: thanks, after: 1 hour}]
  move: [{on: ordered, to: end.bought}]
""")


class Desk:
    """An operator's place: the folder they sit in, and the engine that they answer for."""

    def __init__(self, folder: Path, database: Database, journey: str = WELCOME) -> None:
        self.folder = folder
        self.house = House(database, folder / "definitions", journey)

    def run(self, *arguments: str) -> Ran:
        return run_here(*arguments, cwd=self.folder)

    def json(self, *arguments: str, code: int = 0) -> Any:
        done = self.run(*arguments, "--json")
        assert (done.code, done.err) == (code, "")
        return json.loads(done.out)

    def refused(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert (done.code, done.out) == (2, "")
        return done.err

    def refuse_ana(self) -> None:
        """Her touch is refused by its provider, in words that name her."""

        def failure(parcel: Parcel) -> Exception:
            return Permanent("the mail server answered 550", said=f"no such user {parcel.to}")

        self.house.knows()
        self.house.on("began")
        self.house.recorder.failure = failure
        self.house.run()


@pytest.fixture
def desk(tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.delenv("JOURNEYS_DATABASE_URL", raising=False)
    shutil.copy(migrated_sqlite, tmp_path / "journeys.db")
    database = open_database(f"sqlite:///{tmp_path / 'journeys.db'}")
    yield Desk(tmp_path, database)
    database.close()


# ---------------------------------------------------------------- the database


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["outbox"],
        ["outbox", "retry", "--all"],
        ["key", "list"],
        ["customer", "show", "ana"],
        ["customer", "erase", "ana", "--yes"],
        ["import", "events", "events.jsonl"],
        ["export", "signals", "ana", "signals.jsonl"],
    ],
    ids=" ".join,
)
def test_a_command_that_reads_makes_no_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.delenv("JOURNEYS_DATABASE_URL", raising=False)
    (tmp_path / "events.jsonl").write_text("")

    done = run_here(*command, cwd=tmp_path)

    assert (done.code, done.out) == (3, "")
    assert "there is no database sqlite:///journeys.db yet: `journeys publish` makes one" in done.err
    assert not (tmp_path / "journeys.db").exists()


def test_a_database_without_tables_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNEYS_DATABASE_URL", "sqlite:///empty.db")
    (tmp_path / "empty.db").touch()

    done = run_here("status", cwd=tmp_path)

    assert done.code == 3
    assert "the database sqlite:///empty.db is empty: `journeys publish` brings it up to date" in done.err


def test_a_database_of_a_newer_release_is_not_asked(desk: Desk) -> None:
    with desk.house.database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'from_the_future'")

    done = desk.run("status")

    assert done.code == 3
    assert "made by a newer version of journeys (its form is from_the_future" in done.err


@pytest.mark.parametrize("command", [["publish"], ["key", "new", "shop"], ["status"]], ids=" ".join)
def test_a_database_of_another_program_is_refused_and_left_as_it_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    path = desk.folder / "theirs.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE orders (id text)")
    connection.close()
    before = path.read_bytes()
    monkeypatch.setenv("JOURNEYS_DATABASE_URL", "sqlite:///theirs.db")

    done = run_here(*command, cwd=desk.folder)

    assert (done.code, done.out) == (3, "")
    assert done.err == (
        "journeys: JOURNEYS_DATABASE_URL: sqlite:///theirs.db is the database of another program (it holds orders), "
        "and is left as it is: name a file of its own for journeys, which `journeys publish` makes\n"
    )
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "command",
    [["customer", "show", "ana"], ["key", "list"], ["key", "new", "shop"], ["outbox"], ["status"]],
    ids=" ".join,
)
def test_a_database_that_is_damaged_is_told_of(desk: Desk, command: list[str]) -> None:
    desk.house.database.close()
    path = desk.folder / "journeys.db"
    with sqlite3.connect(path) as connection:
        [[size]] = connection.execute("PRAGMA page_size")
        of_rows = "SELECT rootpage FROM sqlite_master WHERE tbl_name IN ('customer', 'api_key', 'outbox')"
        pages = [page for (page,) in connection.execute(of_rows)]
    connection.close()
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * size)
            file.write(b"\xff" * size)

    done = desk.run(*command)

    assert (done.code, done.out) == (3, "")
    assert "sqlite:///journeys.db is damaged: database disk image is malformed\n" in done.err
    assert len(done.err.splitlines()) == 1


# ---------------------------------------------------------------- keys


def test_a_key_is_printed_once_and_opens_what_it_was_made_for(desk: Desk) -> None:
    made = desk.run("key", "new", "shop", "--scope", "read", "--scope", "ingest")

    with desk.house.database.reading() as connection:
        key = find_key(connection, made.out.strip())
    assert key is not None
    assert (key.name, key.scopes) == ("shop", ("read", "ingest"))
    listed = desk.run("key", "list").out
    assert key.id in listed and "read, ingest" in listed
    assert made.out.strip().split("_", 2)[2] not in listed


def test_a_key_opens_as_little_as_it_can_unless_told(desk: Desk) -> None:
    assert desk.json("key", "new", "shop")["scopes"] == ["ingest"]


def test_a_key_can_be_made_before_there_is_anything_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOURNEYS_DATABASE_URL", raising=False)

    assert run_here("key", "list", cwd=tmp_path).code == 3
    assert run_here("key", "new", "shop", cwd=tmp_path).code == 0
    assert "shop" in run_here("key", "list", cwd=tmp_path).out


def test_a_revoked_key_opens_nothing_and_stays_in_the_list(desk: Desk) -> None:
    made = desk.json("key", "new", "shop")

    done = desk.run("key", "revoke", made["id"])

    with desk.house.database.reading() as connection:
        assert find_key(connection, made["key"]) is None
    assert (done.code, done.out) == (0, f"revoked {made['id']} (shop): within seconds nobody gets in with it\n")
    [listed] = desk.json("key", "list")["keys"]
    assert listed["revoked_at"] is not None
    assert "was revoked before" in desk.refused("key", "revoke", made["id"])


def test_a_key_is_revoked_by_a_name_that_no_other_open_one_has(desk: Desk) -> None:
    first, second = desk.json("key", "new", "shop"), desk.json("key", "new", "shop")
    desk.json("key", "new", "dashboard")

    refusal = desk.refused("key", "revoke", "shop")
    desk.run("key", "revoke", first["id"])
    done = desk.run("key", "revoke", "shop")

    assert f"2 keys are named 'shop': say which by its id: {first['id']}, {second['id']}" in refusal
    assert done.out == f"revoked {second['id']} (shop): within seconds nobody gets in with it\n"
    [still] = [each for each in desk.json("key", "list")["keys"] if each["revoked_at"] is None]
    assert f"there is no key 'shop': known: {still['id']} (dashboard)" in desk.refused("key", "revoke", "shop")
    assert "did you mean 'dashboard'?" in desk.refused("key", "revoke", "dashbord")


def test_what_is_no_key_is_not_revoked_and_a_secret_is_not_repeated(desk: Desk) -> None:
    made = desk.json("key", "new", "shop")

    assert f"did you mean '{made['id']}'?" in desk.refused("key", "revoke", made["id"][:-1])
    refusal = desk.refused("key", "revoke", made["key"])

    assert "the part between `jrn_` and the next `_`" in refusal
    assert made["key"] not in refusal


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 201], ids=["none", "blank", "two lines", "too long"])
def test_a_key_needs_a_name_to_be_found_by(desk: Desk, name: str) -> None:
    assert "a key needs a name" in desk.refused("key", "new", name)


# ---------------------------------------------------------------- outbox


def test_the_outbox_shows_what_waits_what_went_and_what_failed_without_address_or_words(desk: Desk) -> None:
    desk.refuse_ana()
    desk.house.recorder.failure = lambda parcel: None
    desk.house.knows("ben")
    desk.house.on("began", customer="ben")
    desk.house.run()
    desk.house.knows("cleo")
    desk.house.on("began", customer="cleo")
    desk.house.work()

    shown = desk.run("outbox").out
    told = desk.json("outbox")

    assert "Waiting, the next first" in shown and "Sent lately" in shown and "Failed:" in shown
    assert [(touch["customer"], touch["touch"], touch["channel"]) for touch in told["waiting"]] == [
        ("cleo", "spark", "email")
    ]
    assert [touch["customer"] for touch in told["sent"]] == ["ben"]
    [failed] = told["failed"]
    assert (failed["customer"], failed["why"]) == ("ana", "the mail server answered 550")
    assert "the mail server answered 550" in " ".join(shown.split())
    for said in (shown, json.dumps(told)):
        assert "@" not in said


@pytest.mark.parametrize("columns", [40, 80])
def test_what_is_copied_is_printed_whole(desk: Desk, columns: int) -> None:
    long = "https://crm.example/people/90210-of-the-house-on-the-hill"
    desk.house.recorder.failure = lambda parcel: Permanent("the mail server answered 550 and many words more")
    desk.house.knows(long)
    desk.house.on("began", customer=long)
    desk.house.run()
    with desk.house.database.writing() as connection:
        park(connection, long, "she does not fit", desk.house.clock())

    sent = _seen(run_at_terminal("outbox", columns=columns, cwd=desk.folder))
    told = _seen(run_at_terminal("status", columns=columns, cwd=desk.folder, code=1))

    assert f"{long}/1/0/1/0\n" in sent
    assert f"\n{long}" in told
    assert max(len(line) for line in told.splitlines() if line != long) <= columns
    if columns == 40:
        assert "keys        none: `journeys key new\n            NAME` makes one\n" in told


def _seen(printed: str) -> str:
    """Without what makes it bold or dim."""
    return re.sub(r"\x1b\[[0-9;]*m", "", printed)


def test_only_failures_are_shown_where_only_they_are_asked_for(desk: Desk) -> None:
    assert desk.run("outbox", "--failed").out == "Nothing has failed.\n"
    desk.refuse_ana()

    assert list(desk.json("outbox", "--failed")) == ["failed", "more"]
    assert "Waiting" not in desk.run("outbox", "--failed").out


def test_what_failed_is_tried_again_by_its_key(desk: Desk) -> None:
    desk.refuse_ana()
    [failed] = desk.json("outbox", "--failed")["failed"]
    desk.house.recorder.failure = lambda parcel: None

    again = desk.run("outbox", "retry", failed["key"])
    waiting = desk.json("outbox")["waiting"]

    assert again.out == "1 touch will be tried again\n"
    assert [touch["key"] for touch in waiting] == [failed["key"]]
    assert "none of these has failed" in desk.refused("outbox", "retry", failed["key"])


def test_all_that_failed_is_tried_again(desk: Desk) -> None:
    desk.refuse_ana()

    assert desk.run("outbox", "retry", "--all").out == "1 touch will be tried again\n"
    assert desk.run("outbox", "retry", "--all").out == "0 touches will be tried again\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "say which"),
        (["ana/1/2/0/0", "--all"], "say which"),
        (["ana"], "is no key of a touch"),
        (["ana/1/2/x/0"], "is no key of a touch"),
        (["/1/2/0/0"], "is no key of a touch"),
        (["ana/1/2/0/²"], "is no key of a touch"),
        (["ana/1/2/0/99999999999999999999999999"], "none of these has failed"),
        (["a/b/1/2/0/0"], "none of these has failed"),
    ],
    ids=["nothing", "both", "a customer", "no number", "nobody", "a raised digit", "a huge number", "unknown"],
)
def test_what_cannot_be_tried_again_is_said(desk: Desk, arguments: list[str], message: str) -> None:
    assert message in desk.refused("outbox", "retry", *arguments)


# ---------------------------------------------------------------- status


def test_status_tells_what_waits_and_where(desk: Desk) -> None:
    desk.refuse_ana()
    desk.house.knows("cleo")
    desk.house.on("began", customer="cleo")
    desk.house.work()
    desk.house.on("ordered", customer="dora")
    with desk.house.database.writing() as connection:
        park(connection, "ben", "InputError: it does not fit", desk.house.clock())
    desk.run("key", "new", "shop")

    told = desk.json("status", code=1)
    shown = desk.run("status").out

    assert told["database"] == "sqlite:///journeys.db"
    assert told["publication"]["number"] == 1
    assert told["inbox"]["pending"] == 1
    # The house's clock stands in March: by this one both are late.
    assert told["due"]["customers"] == 2
    assert [(each["customer"], each["because"]) for each in told["parked"]] == [("ben", "InputError: it does not fit")]
    assert [(each["channel"], each["waiting"], each["failed"]) for each in told["outbox"]] == [("email", 1, 1)]
    assert told["outbox"][0]["problem"] == "the mail server answered 550"
    assert [(key["name"], key["scopes"]) for key in told["keys"]] == [("shop", ["ingest"])]
    assert "publication 1, since 2026-03-02 09:00 UTC" in shown
    assert "1 event for a worker" in shown
    assert "1 (1 ingest)" in shown
    assert "Parked: 1 customer whose turn fails" in shown
    assert [each.partition(":")[0] for each in told["wants"]][:2] == ["1 customer parked", "1 dead letter"]
    assert all(each in " ".join(shown.split()) for each in told["wants"])
    assert "@" not in shown and "no such user" not in shown + json.dumps(told)


def test_status_of_an_engine_that_has_nothing_to_do(desk: Desk) -> None:
    lines = desk.run("status").out.splitlines()

    assert lines == [
        "database    sqlite:///journeys.db",
        "publication 1, since 2026-03-02 09:00 UTC",
        "inbox       nothing waits",
        "due         nobody",
        "keys        none: `journeys key new NAME` makes one",
        "parked      nobody",
        "outbox      nothing waits or has failed",
    ]


def test_what_mends_itself_wants_nobody(desk: Desk) -> None:
    desk.house.clock.now = now() - 10 * MINUTE
    desk.house.recorder.failure = lambda parcel: Transient("the mail server does not answer", said="ana@example.com")
    desk.house.knows()
    desk.house.on("began")
    desk.house.run()
    desk.house.clock.now = now()
    desk.house.run()

    told = desk.json("status", code=0)

    assert told["wants"] == []
    [channel] = told["outbox"]
    assert (channel["waiting"], channel["retried"], channel["failed"]) == (1, 1, 0)
    assert channel["problem"] == "the mail server does not answer"
    assert channel["tries_most"] == 2


def test_a_provider_that_refuses_again_and_again_wants_somebody(desk: Desk) -> None:
    desk.house.clock.now = now() - 2 * DAY
    desk.house.recorder.failure = lambda parcel: Transient("the mail server refuses us", said="ana@example.com")
    desk.house.knows()
    desk.house.on("began")
    for _ in range(10):
        desk.house.run()
        desk.house.clock.now += 2 * HOUR

    told = desk.json("status", code=1)

    assert "touches by email were tried 10 times: the mail server refuses us" in told["wants"]


@pytest.mark.parametrize(
    ("minutes", "wants"),
    [(4, []), (6, ["events have waited for 6 minutes: does a worker run?"])],
    ids=["just now", "too long"],
)
def test_what_nobody_takes_up_wants_somebody(desk: Desk, minutes: int, wants: list[str]) -> None:
    desk.house.clock.now = now() - minutes * MINUTE
    desk.house.on("began")

    assert desk.json("status", code=1 if wants else 0)["wants"] == wants


def test_a_database_in_which_nothing_is_published_wants_somebody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JOURNEYS_DATABASE_URL", raising=False)
    run_here("key", "new", "shop", cwd=tmp_path)

    done = run_here("status", cwd=tmp_path)

    assert done.code == 1
    assert "- nothing is published: `journeys publish`" in done.out


def test_nightly_jobs_are_told_and_one_that_fails_wants_somebody(desk: Desk) -> None:
    at = desk.house.clock()
    with desk.house.database.writing() as connection:
        shift = take_up_job(connection, "retain", due_at=at, now=at, until=at + MINUTE)
        assert shift is not None
        finish_job(connection, shift, at)
    done = desk.run("status")
    with desk.house.database.writing() as connection:
        shift = take_up_job(connection, "retain", due_at=at + 1, now=at + MINUTE, until=at + 2 * MINUTE)
        assert shift is not None
        leave_job(connection, shift, again_at=at + 9 * MINUTE, problem="ValueError at forget:7")
    failed = desk.json("status", code=1)

    assert (done.code, done.err) == (0, "")
    assert "retain      done 2026-03-02 09:00 UTC" in done.out
    assert failed["wants"] == ["the nightly job 'retain' fails: ValueError at forget:7"]
    [job] = failed["jobs"]
    assert (job["name"], job["ran_at"], job["problem"]) == ("retain", "2026-03-02T09:00:00Z", "ValueError at forget:7")


def test_where_customers_stand_is_counted_where_it_is_asked_for(desk: Desk) -> None:
    for customer in ("ana", "ben", "cleo"):
        desk.house.knows(customer)
    for customer in ("ana", "ben"):
        desk.house.on("began", customer=customer)
    desk.house.run()
    desk.house.on("began", customer="cleo")
    desk.house.run()
    desk.house.on("ordered", customer="cleo")
    desk.house.knows("dora", consent=())
    desk.house.on("began", customer="dora")
    desk.house.work()
    with desk.house.database.writing() as connection:
        connection.exec_driver_sql("UPDATE customer SET value = x'90' WHERE id = 'ben'")

    told = desk.json("status", "--stages", code=1)["stages"]
    shown = desk.run("status", "--stages").out

    assert told == {
        "customers": 4,
        "in_no_journey": 1,
        "unreadable": 1,
        "places": [
            {"journey": "j", "version": 1, "stage": "need", "customers": 1},
            {"journey": "j", "version": 1, "stage": "research", "customers": 1},
        ],
    }
    assert "Where 4 customers stand" in shown
    assert "stages" not in desk.json("status", code=1)


# ---------------------------------------------------------------- a customer


def test_a_customer_is_shown_with_where_they_stand_and_what_they_allowed(desk: Desk) -> None:
    desk.house.knows()
    desk.house.on("began")
    desk.house.run()
    desk.house.on("consent.withdrawn", purpose="offers")
    desk.house.run()

    told = desk.json("customer", "show", "ana")
    shown = desk.run("customer", "show", "ana").out

    assert [(each["journey"], each["state"]) for each in told["enrollments"]] == [("j", "research")]
    assert told["attributes"]["email"] == "ana@example.com"
    assert told["consents"]["personalization"] and not told["consents"]["offers"]
    assert [(each["purpose"], each["is_given"]) for each in told["consent_ledger"]] == [
        ("offers", True),
        ("personalization", True),
        ("offers", False),
    ]
    assert "research" in shown and "Allowed now: personalization." in shown
    assert "address  email" in shown


def test_the_why_of_every_touch_is_told_from_what_was_kept(desk: Desk) -> None:
    desk.house.knows()
    desk.house.on("began")
    desk.house.work()
    under_way = desk.run("customer", "explain", "ana").out
    desk.house.send()
    desk.house.work()

    story = desk.run("customer", "explain", "ana").out

    assert "spark is on its way." in under_way
    assert "Let spark go by email: it waits for its provider." in story
    assert "Sent spark by email" in story
    assert "Moved from need to research" in story
    assert "is on its way" not in story


def test_what_was_given_up_is_told_with_its_problem_and_without_the_provider_s_words(desk: Desk) -> None:
    desk.refuse_ana()

    story = desk.run("customer", "explain", "ana").out
    [chapter] = [each for each in desk.json("customer", "explain", "ana")["chapters"] if each["enrollment"]]
    desk.run("outbox", "retry", "--all")
    tried_again = desk.run("customer", "explain", "ana").out

    assert "Gave up spark by email: the mail server answered 550." in story
    assert "touches: 0 sent, 0 deferred, 0 withheld, 1 failed." in " ".join(story.split())
    assert chapter["outcome"].endswith("spark failed.")
    assert [row["answer"] for row in chapter["rows"] if row["kind"] == "touch"] == ["admitted", "failed"]
    assert "no such user" not in story
    assert "Gave up" not in tried_again and "spark is on its way." in tried_again


def test_one_touch_is_explained_alone(desk: Desk) -> None:
    desk.house.knows()
    desk.house.on("began")
    desk.house.run()
    desk.house.wait(hours=1)
    desk.house.run()

    chapters = desk.json("customer", "explain", "ana", "thanks")["chapters"]

    assert {row["touch"] for chapter in chapters for row in chapter["rows"]} == {"thanks"}
    assert "did you mean 'thanks'?" in desk.refused("customer", "explain", "ana", "thank")


def test_everything_kept_of_a_customer_is_handed_out(desk: Desk) -> None:
    desk.refuse_ana()
    desk.house.on("ordered", total=20)

    done = desk.run("customer", "export", "ana", "ana.json")

    assert (done.code, done.err) == (0, "")
    told = json.loads((desk.folder / "ana.json").read_text())
    assert told["attributes"]["email"] == "ana@example.com"
    assert [(event["name"], event["status"]) for event in told["events"]][-1] == ("ordered", "pending")
    assert [each["purpose"] for each in told["consent_ledger"]] == ["offers", "personalization"]
    assert [(touch["touch"], touch["status"]) for touch in told["touches"]] == [("spark", "failed")]
    assert "no such user" in told["touches"][0]["problem"]
    assert told["decisions"] == desk.house.trace()
    assert stat.S_IMODE((desk.folder / "ana.json").stat().st_mode) == 0o600


def test_an_erased_customer_leaves_nothing_that_tells_of_them(desk: Desk) -> None:
    desk.refuse_ana()

    done = desk.run("customer", "erase", "ana", "--yes")
    # The word was said now, and the house's clock stands in March.
    desk.house.wait(days=10_000)
    desk.house.run()

    assert done.out == "ana will be erased by their next turn, which is at once where `journeys serve` runs\n"
    assert desk.json("customer", "show", "ana")["is_erased"]
    assert "they were erased" in desk.refused("customer", "explain", "ana")
    desk.house.database.close()
    rows = _all_values(desk.folder / "journeys.db")
    assert "ana" in rows
    assert "ana@example.com" not in rows and "Ana" not in rows


def test_an_erasure_is_done_by_who_means_it(desk: Desk) -> None:
    desk.house.knows()
    desk.house.work()

    assert "say --yes" in desk.refused("customer", "erase", "ana")
    with desk.house.database.writing() as connection:
        assert claim(connection, desk.house.clock(), 10) == []


def test_whoever_is_parked_is_let_go(desk: Desk) -> None:
    desk.house.knows()
    desk.house.work()
    with desk.house.database.writing() as connection:
        park(connection, "ana", "she does not fit", desk.house.clock())

    shown = desk.run("customer", "show", "ana").out
    erased = desk.run("customer", "erase", "ana", "--yes").out
    done = desk.run("customer", "unpark", "ana")

    assert "Parked: their turn fails" in " ".join(shown.split())
    assert "`journeys customer unpark ana` lets them go on" in erased
    assert (done.code, done.out) == (0, "ana goes on with the next turn\n")
    assert "'ana' is not parked: nobody is" in desk.refused("customer", "unpark", "ana")


@pytest.mark.parametrize("id", ["nobody", "", "a\0b", "\udcff", "x" * 5_000])
@pytest.mark.parametrize(
    "command",
    [["show"], ["explain"], ["export", "out.json"], ["erase", "--yes"], ["unpark"]],
    ids=["show", "explain", "export", "erase", "unpark"],
)
def test_nothing_is_known_of_whom_nothing_was_heard(desk: Desk, command: list[str], id: str) -> None:
    name, *rest = command

    refusal = desk.refused("customer", name, id, *rest)

    assert "is not parked" in refusal if name == "unpark" else "nothing is known of a customer" in refusal
    assert not (desk.folder / "out.json").exists()


def test_what_nobody_sees_is_printed_as_it_is_written(desk: Desk) -> None:
    assert r"a customer 'a\x1b[2J\u202eb'" in desk.refused("customer", "show", "a\x1b[2J\u202eb")
    desk.house.on("profile.updated", first_name="\x1b]0;owned\x07Ana\u202e")
    desk.house.work()

    assert r"\x1b]0;owned\x07Ana\u202e" in desk.run("customer", "show", "ana").out


def test_a_customer_whose_events_only_wait_is_said_to_have_had_no_turn(desk: Desk) -> None:
    desk.house.knows()

    assert "'ana' has had no turn yet" in desk.refused("customer", "show", "ana")
    assert "'ana' has had no turn yet" in desk.refused("export", "signals", "ana", "out.jsonl")
    assert desk.run("customer", "export", "ana", "ana.json").code == 0
    assert [event["status"] for event in json.loads((desk.folder / "ana.json").read_text())["events"]] == [
        "pending"
    ] * 3


# ---------------------------------------------------------------- signals


def test_the_signals_of_a_customer_are_written_in_their_order(desk: Desk) -> None:
    desk.house.knows()
    desk.house.on("began")
    desk.house.work()
    desk.house.wait(hours=2)
    desk.house.run()

    done = desk.run("export", "signals", "ana", "signals.jsonl")

    lines = [json.loads(line) for line in (desk.folder / "signals.jsonl").read_text().splitlines()]
    assert (done.code, done.err) == (0, "")
    assert lines.pop(0).keys() == {"customer", "salt", "versions"}
    kinds = [line.get("name", line.get("signal", "decided")) for line in lines]
    assert kinds[:5] == ["profile.updated", "consent.given", "consent.given", "began", "instant"]
    assert "asked" in kinds and "accepted" in kinds
    accepted = lines[kinds.index("accepted")]["touch"]
    assert (accepted["enrollment"], accepted["entry"], accepted["visit"], accepted["occurrence"]) == (1, 0, 1, 0)
    assert [line["turn"] for line in lines] == sorted(line["turn"] for line in lines)


def test_signals_of_which_something_is_kept_no_longer_say_so(desk: Desk) -> None:
    desk.house.knows()
    desk.house.on("profile.updated", interests=["tea"])
    desk.house.work()
    desk.house.wait(days=100)
    Nightly(desk.house.live, JOB, Retaining(desk.house.live).run).look()

    done = desk.run("export", "signals", "ana", "signals.jsonl")
    desk.run("customer", "export", "ana", "ana.json")

    lines = [json.loads(line) for line in (desk.folder / "signals.jsonl").read_text().splitlines()]
    assert "what 1 event said is kept no longer: this history cannot be walked again\n" in done.out
    assert [line["forgotten"] for line in lines if "forgotten" in line] == [["interests"]]
    assert [line["signal"] for line in lines if "signal" in line][-1] == "forgotten"
    assert len(json.loads((desk.folder / "ana.json").read_text())["events"]) == 4


def test_there_are_no_signals_of_nobody(desk: Desk) -> None:
    assert "nothing is known of a customer 'nobody'" in desk.refused("export", "signals", "nobody", "out.jsonl")
    assert not (desk.folder / "out.jsonl").exists()


def _all_values(path: Path) -> str:
    """Every value of every row, as text."""
    with sqlite3.connect(path) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [
            row for table in tables if table != "publication" for row in connection.execute(f'SELECT * FROM "{table}"')
        ]
    connection.close()
    return " ".join(
        value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for row in rows for value in row
    )
