"""Load: `python -m journeys.bench.load URL KEY CONNECTIONS REQUESTS EVENTS LABEL`, a process of its own.

Sends requests over connections that stay open, on each the next one once the last was answered, and prints what it
saw as one line of JSON.  It is made of bare sockets: a client library would cost more than the server that is measured.
"""

from __future__ import annotations

import selectors
import socket
import sys
from time import perf_counter
from typing import cast
from urllib.parse import urlsplit

import msgspec

_TYPES = ("product_viewed", {"category": "espresso", "sku": "E1"}), ("order_placed", {"order_id": "A1", "total": 649})


class Seen(msgspec.Struct, kw_only=True):
    """What the sender saw: seconds; how long each request took, in order of their length; answers by status."""

    took: float
    each: list[float]
    statuses: dict[str, int]


def make_requests(path: str, key: str, count: int, events: int, label: str) -> list[bytes]:
    """Whole requests, made before anything is timed: each event is new, and a customer has a few of them."""
    made = []
    for request in range(count):
        items = []
        for place in range(request * events, (request + 1) * events):
            name, properties = _TYPES[place % 2]
            customer, at = f"c{place * 7919 % 20_000:05}", "2026-03-10T08:59:00Z"
            items.append(
                {"id": f"{label}-{place}", "name": name, "customer": customer, "at": at, "properties": properties}
            )
        body = msgspec.json.encode(items if events > 1 else items[0])
        head = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


def send(host: str, port: int, connections: int, requests: list[bytes]) -> Seen:
    waiting = iter(requests)
    each: list[float] = []
    statuses: dict[str, int] = {}
    answers: dict[socket.socket, bytearray] = {}
    sent_at: dict[socket.socket, float] = {}

    with selectors.DefaultSelector() as selector:

        def go_on(connection: socket.socket) -> None:
            request = next(waiting, None)
            if request is None:
                selector.unregister(connection)
                connection.close()
                return
            answers[connection] = bytearray()
            sent_at[connection] = perf_counter()
            connection.sendall(request)

        opened = [socket.create_connection((host, port)) for _ in range(min(connections, len(requests)))]
        start = perf_counter()
        for connection in opened:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection, selectors.EVENT_READ)
            go_on(connection)
        while selector.get_map():
            for ready, _ in selector.select():
                connection = cast(socket.socket, ready.fileobj)
                read = connection.recv(1 << 18)
                assert read, "the server closed a connection"
                answer = answers[connection]
                answer += read
                if not _is_whole(answer):
                    continue
                each.append(perf_counter() - sent_at[connection])
                status = answer[9:12].decode()
                statuses[status] = statuses.get(status, 0) + 1
                go_on(connection)
        took = perf_counter() - start
    return Seen(took=took, each=sorted(each), statuses=statuses)


def _is_whole(answer: bytearray) -> bool:
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    _, _, said = bytes(answer[:end]).lower().partition(b"content-length:")
    return len(answer) >= end + 4 + int(said.partition(b"\r\n")[0])


def main(url: str, key: str, connections: int, count: int, events: int, label: str) -> None:
    split = urlsplit(url)
    assert split.hostname is not None and split.port is not None
    requests = make_requests(split.path, key, count, events, label)
    seen = send(split.hostname, split.port, connections, requests)
    print(msgspec.json.encode(seen).decode())


if __name__ == "__main__":
    try:
        _, url, key, connections, count, events, label = sys.argv
        main(url, key, int(connections), int(count), int(events), label)
    except KeyboardInterrupt:
        sys.exit(130)
