"""A provider in bad weather: it takes most of what comes, and fails in all the ways that providers fail.

It honours the Idempotency-Key: what comes again under a key that was taken is answered as taken, and not
taken again.
"""

from __future__ import annotations

import json
import socket
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random

HANGS_FOR = 0.8  # seconds, longer than those who send here wait


class Sink:
    """`taken` holds the key of each touch that was taken, `arrivals` how often each key came."""

    def __init__(self, seed: int) -> None:
        self.taken: set[str] = set()
        self.arrivals: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self._random = Random(seed)
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.sink = self
        self.url = f"http://127.0.0.1:{self._server.server_port}/send"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ending.set()
        self._server.shutdown()
        self._server.server_close()

    def weather(self, key: str) -> str:
        """What becomes of this request."""
        with self._lock:
            self.arrivals[key] += 1
            fate = self._random.choices(
                ["taken", "500", "429", "hangs", "taken and hangs", "dropped", "taken and dropped"],
                [78, 6, 6, 1, 2, 3, 4],
            )[0]
            if fate.startswith("taken"):
                if key in self.taken:
                    self.answers["known already"] += 1
                self.taken.add(key)
            self.answers[fate] += 1
        return fate

    def retry_after(self) -> str:
        with self._lock:
            return self._random.choice("01")

    def hang(self) -> None:
        self._ending.wait(HANGS_FOR)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    sink: Sink

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever was killed in the middle of a request is not our failure."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        key = self.headers["idempotency-key"]
        sink = self.server.sink
        fate = sink.weather(key)
        if fate.endswith("hangs"):
            sink.hang()
        if fate.endswith(("dropped", "hangs")):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif fate == "taken":
            self._answer(200, {"id": key[:8]})
        elif fate == "429":
            self._answer(429, {"error": "slowly"}, {"retry-after": sink.retry_after()})
        else:
            self._answer(500, {"error": "it is us"})

    def _answer(self, status: int, said: dict[str, str], headers: dict[str, str] | None = None) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass
