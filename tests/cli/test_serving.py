"""`journeys serve` before it begins: a setup that would lose something is refused, and leaves nothing behind."""

from __future__ import annotations

import email
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from email import policy
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from journeys.cli.reached import public_url_of
from journeys.errors import ConfigurationError
from journeys.store.database import open_database
from tests.core.walk import ANA, journey, lay
from tests.faults.processes import JOURNEYS, Process

from .conftest import run

STAY = journey("need: {rest: true, send: [spark], move: [{on: ordered, to: end.bought}]}")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place with definitions, and an environment that says nothing."""
    for name in ("DATABASE_URL", "PUBLIC_URL", "SMTP_URL", "WEBHOOK_SECRET"):
        monkeypatch.delenv(f"JOURNEYS_{name}", raising=False)
    lay(tmp_path / "definitions", STAY)
    return tmp_path


# ---------------------------------------------------------------- for how long


@pytest.mark.parametrize("days", ["0", "1", "3651", "30 days", "-5", "9" * 5_000, "\u0663\u0660"])
def test_for_how_long_events_are_known_is_a_number_of_days(
    folder: Path, monkeypatch: pytest.MonkeyPatch, days: str
) -> None:
    run("publish", cwd=folder)
    monkeypatch.setenv("JOURNEYS_REMEMBER_DAYS", days)

    done = run("serve", "--role", "worker", cwd=folder)

    assert done.code == 3
    assert "JOURNEYS_REMEMBER_DAYS" in done.err
    assert len(done.err) < 500


# ---------------------------------------------------------------- how often, and behind whom


@pytest.mark.parametrize("rate", ["-1", "1.5", "ten", "100001", "9" * 5_000, "\u0663\u0660"])
@pytest.mark.parametrize("name", ["JOURNEYS_SENDER_RATE", "JOURNEYS_VISITOR_RATE"])
def test_a_rate_is_a_number_of_requests(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, rate: str) -> None:
    monkeypatch.setenv(name, rate)

    done = run("serve", cwd=folder)

    assert done.code == 3
    assert f"{name}: '{rate[:10]}" in done.err
    assert len(done.err) < 500


@pytest.mark.parametrize(
    ("proxies", "because"),
    [
        ("nginx", "'nginx' is no address and no network"),
        ("10.0.0.1 10.0.0.300", "'10.0.0.300' is no address"),
        ("10.0.0.1/8", "'10.0.0.1/8' is no address and no network"),
        ("*", "'*' is no address"),
        ("0.0.0.0/0", "'0.0.0.0/0' is everybody"),
        ("::1, ::/0", "'::/0' is everybody"),
    ],
)
def test_a_proxy_is_an_address_and_never_everybodys(
    folder: Path, monkeypatch: pytest.MonkeyPatch, proxies: str, because: str
) -> None:
    monkeypatch.setenv("JOURNEYS_PROXIES", proxies)

    done = run("serve", cwd=folder)

    assert done.code == 3
    assert f"JOURNEYS_PROXIES: {because}" in done.err


def test_what_is_said_of_rates_and_proxies_holds(folder: Path) -> None:
    said = {
        "JOURNEYS_SENDER_RATE": "1",
        "JOURNEYS_VISITOR_RATE": "1",
        "JOURNEYS_PROXIES": "10.0.0.0/24, 127.0.0.1",
    }
    engine = Process("engine", [*JOURNEYS, "serve", "--port", "0"], "listening", said, folder=folder)
    engine.start()
    assert engine.up.wait(60)
    told = dict(line.split()[:2] for line in engine.lines if line.startswith(("listening", "key")))
    headers = {"Authorization": f"Bearer {told['key']}", "X-Forwarded-For": "9.9.9.9"}

    with httpx.Client(base_url=told["listening"], headers=headers) as client:
        paths = ("/v1/customers/x", "/unsubscribe/x")
        asked = [{client.get(path).status_code for _ in range(50)} for path in paths]

    assert engine.stop() == 0
    assert asked == [{404, 429}, {404, 429}]


# ---------------------------------------------------------------- nothing to run


@pytest.mark.parametrize("command", [["serve"], ["publish"]], ids=" ".join)
def test_without_definitions_no_database_is_made(folder: Path, command: list[str]) -> None:
    shutil.rmtree(folder / "definitions")

    done = run(*command, cwd=folder)

    assert done.code == 2
    assert "definitions" in done.err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("command", [["serve"], ["publish"]], ids=" ".join)
def test_with_definitions_that_do_not_check_no_database_is_made(folder: Path, command: list[str]) -> None:
    (folder / "definitions" / "j.yaml").write_text(STAY.replace("end.bought", "nowhere"))

    done = run(*command, cwd=folder)

    assert done.code == 2
    assert "nowhere" in done.err
    assert [path.name for path in folder.iterdir()] == ["definitions"]


@pytest.mark.parametrize("role", ["web", "worker", "relay"])
def test_a_part_of_an_engine_that_is_not_there_makes_no_database(folder: Path, role: str) -> None:
    done = run("serve", "--role", role, cwd=folder)

    assert (done.code, done.out) == (3, "")
    assert "there is no database sqlite:///journeys.db yet: `journeys publish` makes one" in done.err
    assert [path.name for path in folder.iterdir()] == ["definitions"]


# ---------------------------------------------------------------- where links lead


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("hush", id="a word"),
        pytest.param("hush.example", id="no scheme"),
        pytest.param("ftp://hush.example", id="not the web"),
        pytest.param("https://", id="no host"),
        pytest.param("https:///hush", id="a path alone"),
        pytest.param("https://hush.example:99999", id="no port"),
        pytest.param("https://[hush", id="half an address"),
        pytest.param("https://u:hush@x.example", id="a password"),
        pytest.param("https://x.example/?hush=1", id="a question"),
        pytest.param("https://x.example/#hush", id="a place in a page"),
        pytest.param("https://x.example/a hush", id="a blank"),
        pytest.param("https://x.example/\r\nBcc: hush", id="a line break"),
        pytest.param("https://x.example/hush>", id="what ends a link"),
        pytest.param("https://hüsh.example", id="letters beyond ascii"),
        pytest.param("https://x.example/" + "hush" * 100, id="too long"),
    ],
)
def test_a_place_where_no_link_can_lead_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigurationError, match="JOURNEYS_PUBLIC_URL") as caught:
        public_url_of({"JOURNEYS_PUBLIC_URL": url})

    assert "hush" not in str(caught.value)
    assert "sms" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://kaffa.example", "https://kaffa.example"),
        (" https://kaffa.example/news// \n", "https://kaffa.example/news"),
        ("http://localhost:8085/", "http://localhost:8085"),
        ("http://[::1]:8085", "http://[::1]:8085"),
        ("https://xn--strae-oqa.de/a%20b", "https://xn--strae-oqa.de/a%20b"),
        (" ", ""),
    ],
)
def test_a_place_where_links_lead_is_read(url: str, read: str) -> None:
    assert public_url_of({"JOURNEYS_PUBLIC_URL": url}) == read


@pytest.mark.parametrize("role", ["all", "web", "relay"])
def test_the_engine_does_not_begin_with_links_that_lead_nowhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    run("publish", cwd=folder)
    monkeypatch.setenv("JOURNEYS_PUBLIC_URL", "kaffa.example")

    done = run("serve", "--role", role, "--port", "0", cwd=folder)

    assert done.code == 3
    assert "JOURNEYS_PUBLIC_URL" in done.err


def test_where_mails_really_go_out_it_must_be_said_where_their_links_lead(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNEYS_SMTP_URL", "smtp://localhost:1")

    done = run("serve", "--port", "0", cwd=folder)

    assert done.code == 3
    assert "set JOURNEYS_PUBLIC_URL" in done.err


def test_where_nobody_says_where_links_lead_they_lead_to_where_it_listens(folder: Path) -> None:
    engine = Process("engine", [*JOURNEYS, "serve", "--port", "0"], "listening", {}, folder=folder)
    events: list[dict[str, object]] = [
        {"id": "1", "name": "profile.updated", "customer": "ana", "properties": ANA},
        {"id": "2", "name": "consent.given", "customer": "ana", "properties": {"purpose": "offers"}},
        {"id": "3", "name": "began", "customer": "ana"},
    ]
    engine.start()
    assert engine.up.wait(60), engine.lines
    url, key = (
        next(line.split()[1] for line in engine.lines if line.startswith(what)) for what in ("listening", "key")
    )

    httpx.post(f"{url}/v1/events", json=events, headers={"Authorization": f"Bearer {key}"}).raise_for_status()
    tick, looks = threading.Event(), 0
    while not (mails := list((folder / "outbox").glob("*.eml"))):
        looks += 1
        assert looks < 600, engine.lines
        tick.wait(0.1)
    engine.stop()

    mail = email.message_from_bytes(mails[0].read_bytes(), policy=policy.default)
    assert mail["List-Unsubscribe"].startswith(f"<{url}/")


# ---------------------------------------------------------------- nothing is begun that cannot be


@pytest.fixture
def taken() -> Iterator[str]:
    """A port at which somebody listens already."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield str(other.getsockname()[1])


def test_where_the_port_is_taken_nothing_is_published(folder: Path, taken: str) -> None:
    done = run("serve", "--port", taken, cwd=folder)

    assert (done.code, done.out) == (3, "")
    assert f"cannot listen on 127.0.0.1, port {taken}: Address already in use" in done.err
    assert [path.name for path in folder.iterdir()] == ["definitions"]


def test_where_the_port_is_taken_what_is_published_stays(folder: Path, taken: str) -> None:
    run("publish", cwd=folder)
    words = folder / "definitions" / "touches" / "spark.md"
    words.write_text(words.read_text().replace("subject: ", "subject: Now "))

    run("serve", "--port", taken, cwd=folder)

    assert "as publication 2" in run("publish", cwd=folder).out


def test_where_the_outbox_is_a_file_nothing_is_published(folder: Path) -> None:
    (folder / "letters").write_text("")

    done = run("serve", "--port", "0", "--outbox", "letters", cwd=folder)

    assert (done.code, done.out) == (3, "")
    assert "would be files in letters, and letters is no folder: name another with --outbox DIR" in done.err
    assert not (folder / "journeys.db").exists()


@pytest.mark.parametrize("role", ["all", "relay"])
def test_all_that_is_wrong_with_a_setup_is_told_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    run("publish", cwd=folder)
    monkeypatch.setenv("JOURNEYS_SMTP_URL", "mail.example")
    monkeypatch.setenv("SMS_URL", "sms")

    done = run("serve", "--role", role, "--port", "70", "--outbox", "definitions/j.yaml", cwd=folder)

    told = done.err.splitlines()
    assert done.code == 3
    assert [line.split()[1] for line in told] == ["set", "JOURNEYS_SMTP_URL", "SMS_URL"]
    assert "set JOURNEYS_PUBLIC_URL" in told[0]


def test_what_is_wrong_with_a_database_and_a_webhook_is_told_with_the_rest(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brand = folder / "definitions" / "brand.yaml"
    brand.write_text(brand.read_text().replace("people:\n", "people:\n  crm: {webhook: '${CRM_URL}'}\n"))
    monkeypatch.setenv("JOURNEYS_DATABASE_URL", "mysql://x/y")
    monkeypatch.setenv("JOURNEYS_SMTP_URL", "smtp://mail.example")
    monkeypatch.setenv("CRM_URL", "http://127.0.0.1:9")

    done = run("serve", cwd=folder)

    told = done.err.splitlines()
    assert done.code == 3
    assert [line.split()[1].rstrip(":") for line in told] == [
        "JOURNEYS_DATABASE_URL",
        "set",
        "127.0.0.1",
        "JOURNEYS_WEBHOOK_SECRET",
    ]
    assert "JOURNEYS_PRIVATE_HOSTS" in told[2]
    assert told[3].endswith("is not set: webhooks that have no secret of their own are signed with it")


def test_what_numbers_are_wrong_is_told_at_once_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("publish", cwd=folder)
    wrong = {
        "JOURNEYS_PUBLIC_URL": "kaffa",
        "JOURNEYS_METRICS_PORT": "x",
        "JOURNEYS_REMEMBER_DAYS": "1",
        "JOURNEYS_SENDER_RATE": "-1",
        "JOURNEYS_VISITOR_RATE": "often",
        "JOURNEYS_PROXIES": "10.0.0.1, nginx",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)

    done = run("serve", "--role", "worker", cwd=folder)

    assert done.code == 3
    assert [line.split()[1].rstrip(":") for line in done.err.splitlines()] == list(wrong)


def test_the_definitions_are_read_once(folder: Path) -> None:
    """A process that serves is told of each file that it opens."""
    watching = f"""\
import sys
sys.addaudithook(lambda name, given: name == "open" and str(given[0]).endswith("brand.yaml") and print("opened"))
{JOURNEYS[1]}"""
    engine = Process("engine", ["-c", watching, "serve", "--port", "0"], "listening", {}, folder=folder)
    engine.start()

    assert engine.stop() == 0
    assert engine.lines.count("opened") == 1


# ---------------------------------------------------------------- a part that fails


@pytest.mark.parametrize(
    ("arguments", "ready"),
    [
        (["--port", "0"], "listening"),
        pytest.param(["--role", "web", "--port", "0"], "listening", marks=pytest.mark.long),
        pytest.param(["--role", "worker", "--port", "0"], "working", marks=pytest.mark.long),
        (["--role", "worker"], "working"),
    ],
    ids=["all", "web", "a worker that is watched", "a worker"],
)
def test_a_part_that_fails_ends_all_of_the_process_as_our_failure(
    folder: Path, arguments: list[str], ready: str
) -> None:
    run("publish", cwd=folder)
    engine = Process("engine", [*JOURNEYS, "serve", *arguments], ready, {}, folder=folder)
    engine.start()
    try:
        assert engine.up.wait(60), engine.lines
        url = f"sqlite:///{folder / 'journeys.db'}"
        with closing(open_database(url)) as database, database.writing() as connection:
            # What was published last is damaged, and the next look at it fails.
            connection.execute(
                text("INSERT INTO publication SELECT number + 1, fingerprint, at, layout, X'00' FROM publication")
            )
        ended = engine.wait()
    finally:
        engine.end()

    assert ended == 1
    assert [line for line in engine.lines if "event=part_failed" in line and "part=publications" in line]
    assert not [line for line in engine.lines if line.startswith("stopped")]


# ---------------------------------------------------------------- a relay that runs apart


@pytest.fixture
def apart(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    run("publish", cwd=folder)
    monkeypatch.setenv("JOURNEYS_PUBLIC_URL", "https://kaffa.example")
    return folder


def test_a_relay_alone_does_not_write_touches_into_files_that_nobody_meant(apart: Path) -> None:
    done = run("serve", "--role", "relay", cwd=apart)

    assert (done.code, done.out) == (3, "")
    assert "JOURNEYS_SMTP_URL for email" in done.err
    assert "SMS_URL for sms" in done.err
    assert "JOURNEYS_SMTP_URL for people of ours" in done.err
    assert "--outbox DIR" in done.err


def test_a_web_part_prints_no_key_and_says_how_to_make_one(apart: Path) -> None:
    """What one part of several prints is a log."""
    web = Process("web", [*JOURNEYS, "serve", "--role", "web", "--port", "0"], "listening", {}, folder=apart)

    web.start()
    assert web.stop() == 0
    assert [line for line in web.lines if line.startswith("key")] == [
        "key          none yet, so that nobody may call: `journeys key new NAME` makes one"
    ]
    assert "There are no keys yet" in run("key", "list", cwd=apart).out
    assert run("key", "new", "shop", cwd=apart).code == 0
    web.start()
    assert web.stop() == 0
    assert sum(line.startswith("key") for line in web.lines) == 1


def test_it_names_only_what_is_missing(apart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNEYS_SMTP_URL", "smtp://localhost:1")

    done = run("serve", "--role", "relay", cwd=apart)

    assert done.code == 3
    assert "set SMS_URL for sms;" in done.err


def test_a_relay_alone_that_is_told_a_folder_begins_and_says_where_everything_goes(
    apart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brand = apart / "definitions" / "brand.yaml"
    machines = "people:\n  crm: {webhook: '${CRM_URL}'}\n  erp: {webhook: '${ERP_URL}'}\n"
    brand.write_text(brand.read_text().replace("people:\n", machines))
    run("publish", cwd=apart)
    monkeypatch.setenv("CRM_URL", "https://crm.example/touches?key=hush")
    monkeypatch.setenv("JOURNEYS_WEBHOOK_SECRET", f"whsec_{'c2VjcmV0' * 4}")
    relay = Process(
        "relay",
        [*JOURNEYS, "serve", "--role", "relay", "--outbox", "letters"],
        "working",
        {"PYTHONUTF8": "1"},
        folder=apart,
    )
    relay.start()

    assert relay.stop() == 0
    assert "email        files in letters" in relay.lines
    assert "sms          files in letters" in relay.lines
    assert "to us        files in letters" in relay.lines
    assert "crm          https://crm.example" in relay.lines
    assert "erp          files in letters" in relay.lines
