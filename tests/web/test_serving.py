"""A server says where it is, is honest when it cannot be there, and ends without dropping anyone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import httpx
import msgspec
import pytest
from fastapi import FastAPI

from journeys.errors import ConfigurationError
from journeys.store.database import open_database
from journeys.store.inbox import backlog
from journeys.store.keys import make_key
from journeys.web.serving import listen, serve
from tests.web.house import NOW, House, event


def test_a_port_that_is_taken_is_told_of(house: House):
    with pytest.raises(ConfigurationError, match=r"cannot listen on 127\.0\.0\.1, port \d+: Address already in use$"):
        listen("127.0.0.1", int(house.url.rpartition(":")[2]))


@pytest.mark.parametrize(
    ("host", "port"),
    [("no-such-host.invalid", 0), ("127.0.0.1", 70_000), ("192.0.2.1", 0), ("", 0), ("", -1), ("a" * 300, 0)],
)
def test_a_place_that_is_none_is_told_of(host: str, port: int):
    with pytest.raises(ConfigurationError, match="cannot listen on"):
        listen(host, port)


def test_it_is_there_on_the_newer_internet_too():
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    ready: Queue[Any] = Queue()
    thread = Thread(target=serve, args=(FastAPI(), listen("::1", 0)), kwargs={"on_ready": ready.put})
    thread.start()
    serving = ready.get(timeout=60)

    assert serving.url.startswith("http://[::1]:")
    assert httpx.get(serving.url).status_code == 404
    serving.stop()
    thread.join()


# A process of its own, as `journeys serve` will be: it says where it is, and at its end what ended it.
PROCESS = """\
import sys
from journeys.store.database import open_database
from journeys.web.serving import listen, serve
from tests.web.house import app_of

database = open_database(sys.argv[1])
ended = serve(app_of(database), listen("127.0.0.1", 0), on_ready=lambda serving: print(serving.url, flush=True))
print("ended", ended, flush=True)
"""


@pytest.mark.parametrize(
    "number",
    [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.long)],
    ids=lambda number: number.name,
)
def test_a_signal_lets_who_is_in_finish(tmp_path: Path, number: signal.Signals):
    """A request of which half has come when the signal does is answered, and is durable."""
    url = f"sqlite:///{tmp_path / 'journeys.db'}"
    database = open_database(url)
    database.migrate()
    with database.writing() as connection:
        key = make_key(connection, "test", ["ingest"], NOW)
    run = [sys.executable, "-c", PROCESS, url]
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        try:
            assert process.stdout is not None
            host, port = process.stdout.readline().strip().removeprefix("http://").split(":")
            answer_half_a_request(process, host, int(port), f"Bearer {key}", number)
            assert process.stdout.read() == f"ended {int(number)}\n"
            assert process.wait(60) == 0
        finally:
            process.kill()
    with database.reading() as connection:
        assert backlog(connection, NOW).pending == 1
    database.close()


def answer_half_a_request(process: subprocess.Popen[str], host: str, port: int, key: str, number: int) -> None:
    body = msgspec.json.encode(event())
    head = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: {key}\r\nContent-Length: {len(body)}\r\n"
    with socket.create_connection((host, port), timeout=60) as connection, connection.makefile("rb") as answers:
        connection.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        # The server asks for the body: the request is in.
        assert answers.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert answers.readline() == b"\r\n"
        process.send_signal(number)
        wait_until_refused(host, port)
        connection.sendall(body)

        assert answers.readline() == b"HTTP/1.1 202 Accepted\r\n"


def wait_until_refused(host: str, port: int) -> None:
    """Until nobody new is let in: the server has seen the signal."""
    while True:
        try:
            socket.create_connection((host, port), timeout=60).close()
        except ConnectionError:
            return
        os.sched_yield()


def test_who_is_in_a_hurry_is_shown_no_trace(tmp_path: Path):
    """A second signal cuts off what is open, and that is no failure of anybody's."""
    url = f"sqlite:///{tmp_path / 'journeys.db'}"
    database = open_database(url)
    database.migrate()
    database.close()
    run = [sys.executable, "-c", PROCESS, url]
    with subprocess.Popen(
        run, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as process:
        try:
            assert process.stdout is not None
            host, port = process.stdout.readline().strip().removeprefix("http://").split(":")
            with socket.create_connection((host, int(port)), timeout=60) as connection:
                connection.sendall(b"POST /unsubscribe/x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n")
                process.send_signal(signal.SIGINT)
                wait_until_refused(host, int(port))
                process.send_signal(signal.SIGINT)
                said, complained = process.communicate(timeout=60)
        finally:
            process.kill()

    assert (said, complained, process.returncode) == (f"ended {int(signal.SIGINT)}\n", "", 0)


def test_a_head_without_end_is_read_no_further_than_it_may_be(house: House):
    host, port = house.url.removeprefix("http://").split(":")
    sent = 0
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ")
        try:
            while sent < 20_000_000:
                sent += connection.send(b"x" * 10_000)
        except ConnectionError:
            pass

    assert sent < 20_000_000


def test_what_is_no_http_is_refused_by_the_server_itself(house: House):
    host, port = house.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection, connection.makefile("rb") as answer:
        connection.sendall(b"BREW /coffee HTCPCP/1.0\r\n\r\n")

        assert answer.readline() == b"HTTP/1.1 400 Bad Request\r\n"


def test_what_the_server_complains_of_is_a_line_of_our_log(house: House, capfd: pytest.CaptureFixture[str]):
    host, port = house.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection, connection.makefile("rb") as answer:
        connection.sendall(b"no HTTP of anybody's\r\n\r\n")
        assert answer.readline() == b"HTTP/1.1 400 Bad Request\r\n"
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
    assert house.client.get("/healthz", headers=upgrade).status_code == 200

    told = "".join(capfd.readouterr())
    assert "server_complained" in told and "Invalid HTTP request received" in told
    assert "Unsupported upgrade" not in told and "uvicorn" not in told


def test_a_long_head_is_read_whole_if_it_is_in_bounds(house: House):
    answers = [house.client.get("/healthz", headers={"X-Long": "x" * 60_000}) for _ in range(2)]

    assert [each.status_code for each in answers] == [200, 200]


@pytest.mark.long
@pytest.mark.parametrize("said", [b"", b"GET /heal", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ", b"\r\n"])
@pytest.mark.parametrize("before", [b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"], ids=["new", "answered once"])
def test_whoever_takes_too_long_to_say_what_they_want_is_hung_up_on(house: House, before: bytes, said: bytes):
    """It takes ten seconds; without it the connection would stay for as long as its other end lives."""
    host, port = house.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(before)
        while before and not connection.recv(10_000).endswith(b'{"status":"ok"}'):
            pass
        connection.sendall(said)

        assert connection.recv(1) == b""
