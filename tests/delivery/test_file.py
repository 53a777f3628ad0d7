"""To a folder: one file for each touch, and each once."""

from __future__ import annotations

import json
import os
import stat
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from journeys.delivery.file import FileProvider
from journeys.delivery.parcel import Accepted
from journeys.errors import ConfigurationError, Transient

from .parts import KEY, parcel, sms


def test_a_mail_is_a_file_that_any_mail_program_opens(tmp_path: Path) -> None:
    accepted = FileProvider(tmp_path / "outbox").send(parcel())

    (path,) = (tmp_path / "outbox").iterdir()
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert path.name == f"20270115T080000Z-spark-{KEY}.eml"
    assert accepted == Accepted(receipt=path.name)
    assert mail["subject"] == "Something new"


def test_everything_else_is_json(tmp_path: Path) -> None:
    FileProvider(tmp_path).send(sms("Hi"))

    (path,) = tmp_path.iterdir()
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "address": "+34600000001",
        "text": "Hi",
        "customer": "customer-7",
        "touch": "spark",
        "channel": "sms",
        "key": KEY,
        "at": "2027-01-15T08:00:00Z",
        "sender_name": "Kaffa",
        "sender_email": "hello@kaffa.example",
    }


def test_what_is_written_twice_is_there_once(tmp_path: Path) -> None:
    provider = FileProvider(tmp_path)

    assert provider.send(parcel()) == provider.send(parcel())
    assert len(list(tmp_path.iterdir())) == 1


def test_two_touches_are_two_files(tmp_path: Path) -> None:
    provider = FileProvider(tmp_path)
    for key in (KEY, KEY[::-1], "../../etc/passwd", "..", "a" * 300, "ü\ud800"):
        provider.send(parcel(key=key))

    assert len(list(tmp_path.iterdir())) == 6
    assert all(path.parent == tmp_path for path in tmp_path.rglob("*"))


def test_only_we_may_read_what_holds_addresses(tmp_path: Path) -> None:
    FileProvider(tmp_path).send(parcel())

    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_mail_needs_no_sender_to_be_looked_at(tmp_path: Path) -> None:
    FileProvider(tmp_path).send(parcel(sender={}))

    assert len(list(tmp_path.glob("*.eml"))) == 1


def test_what_goes_to_a_machine_and_has_no_address_is_json(tmp_path: Path) -> None:
    FileProvider(tmp_path).send(parcel(to=""))

    assert len(list(tmp_path.glob("*.json"))) == 1


def test_a_folder_that_became_a_file_is_told(tmp_path: Path) -> None:
    provider = FileProvider(tmp_path / "outbox")
    (tmp_path / "outbox").write_text("", encoding="utf-8")

    with pytest.raises(Transient, match="outbox folder cannot be written: File exists"):
        provider.send(parcel())


@pytest.mark.parametrize("folder", ["outbox", "outbox/letters", "outbox/letters/of/march"])
def test_where_a_file_is_in_the_way_nothing_begins(tmp_path: Path, folder: str) -> None:
    (tmp_path / "outbox").write_text("", encoding="utf-8")

    with pytest.raises(ConfigurationError, match=r"outbox is no folder: name another with --outbox DIR$"):
        FileProvider(tmp_path / folder)


def test_a_place_that_cannot_be_reached_is_told_of_before_anything_begins(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="it cannot be reached: file name too long"):
        FileProvider(tmp_path / ("x" * 300))


def test_a_folder_of_others_is_told_of_before_anything_begins() -> None:
    # Root may write anywhere: somebody else tries it.
    child = os.fork()
    if child == 0:
        words = ""
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            FileProvider(Path("/usr/letters/of-march"))
        except ConfigurationError as error:
            words = str(error)
        finally:
            os._exit(0 if "letters/of-march, and /usr may not be written: name another" in words else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_full_disk_leaves_no_half_a_file(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    told = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    # A file that may not grow is what a full disk is to whoever writes.
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(Transient, match="cannot be written"):
            FileProvider(tmp_path).send(parcel())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, told)

    assert list(tmp_path.iterdir()) == []
