"""The far ends, real ones in threads of this process: a mail server, an HTTP server.  And a parcel for them."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from journeys.content.message import Message
from journeys.delivery.parcel import Parcel

# 2027-01-15T08:00:00Z
AT = 1_800_000_000_000_000
KEY = "3f1d0c77a2b94e5586f0d1c2b3a49586"
POURED_MAX = 50_000_000
USER, PASSWORD = "kaffa", "correct horse"
HTML = "<!doctype html><html><body><p>Grüße, <b>Ana</b>.</p></body></html>"


def parcel(
    *,
    to: str = "ana@example.com",
    channel: str = "email",
    subject: str | None = "Something new",
    text: str = "Grüße, Ana.",
    html: str | None = HTML,
    key: str = KEY,
    sender: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Parcel:
    return Parcel(
        key=key,
        channel=channel,
        to=to,
        message=Message(channel=channel, subject=subject, text=text, html=html),
        sender={"name": "Kaffa", "email": "hello@kaffa.example"} if sender is None else sender,
        headers=headers or {},
        customer="customer-7",
        touch="spark",
        at=AT,
    )


def sms(text: str = 'Say "hi", {{ key }}', to: str = "+34600000001") -> Parcel:
    return parcel(channel="sms", to=to, subject=None, text=text, html=None)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class Postbox:
    """What a mail server does and has taken.  `answers` are given in turn at `stage`, and then 250 to all."""

    answers: list[str] = field(default_factory=list)
    stage: str = "DATA"  # or MAIL, RCPT
    taken: list[Envelope] = field(default_factory=list)
    connections: int = 0
    signed_in: list[str] = field(default_factory=list)
    released: asyncio.Event | None = None

    def _at(self, stage: str) -> str | None:
        return self.answers.pop(0) if stage == self.stage and self.answers else None

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, name: str, said: list[str]) -> Any:
        session.host_name = name
        return said

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refused = self._at("MAIL")
        if refused is not None:
            return refused
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refused = self._at("RCPT")
        if refused is not None:
            return refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self._at("DATA")
        if answer == "hang":
            self.released = asyncio.Event()
            await self.released.wait()
        if answer == "drop":
            server.transport.abort()  # type: ignore[union-attr]
        if answer is None:
            self.taken.append(envelope)
        return answer or "250 2.0.0 OK queued as 4XyZ"


class MailServer:
    """aiosmtpd in a thread.  With `context` it offers STARTTLS; with `is_wrapped` it speaks TLS from the first byte."""

    def __init__(
        self,
        box: Postbox | None = None,
        *,
        context: ssl.SSLContext | None = None,
        is_wrapped: bool = False,
        asks_who: bool = False,
        port: int | None = None,
    ) -> None:
        self.box = box or Postbox()
        more: dict[str, Any] = {}
        if asks_who:
            more = {
                "authenticator": self._sign_in,
                "auth_required": True,
                "auth_require_tls": context is not None,
            }
        self._controller = _Counting(
            self.box,
            hostname="127.0.0.1",
            port=port or free_port(),
            ssl_context=context if is_wrapped else None,
            tls_context=None if is_wrapped else context,
            require_starttls=context is not None and not is_wrapped,
            **more,
        )

    def _sign_in(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        is_known = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
        if is_known:
            self.box.signed_in.append(mechanism)
        return AuthResult(success=is_known, handled=is_known)

    @property
    def port(self) -> int:
        return int(self._controller.port)

    def __enter__(self) -> MailServer:
        self._controller.start()
        self.box.connections = 0  # the controller has looked for itself
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._part(), self._controller.loop).result()
        self._controller.stop()

    async def _part(self) -> None:
        """Hangs up on everyone: the controller stops its loop without."""
        if self.box.released is not None:
            self.box.released.set()
        for session in self._controller.sessions:
            if session.transport is not None:
                session.transport.abort()
        for _ in range(10):
            await asyncio.sleep(0)


class _Counting(Controller):
    def __init__(self, box: Postbox, **options: Any) -> None:
        super().__init__(box, **options)
        self.sessions: list[SMTP] = []

    def factory(self) -> SMTP:
        self.handler.connections += 1
        self.sessions.append(super().factory())
        return self.sessions[-1]


class Mouth:
    """A mail server that says these lines, the first at once and each other after a line it hears, and hangs up."""

    def __init__(self, *lines: str) -> None:
        self._lines = lines
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._speak)

    def __enter__(self) -> Mouth:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        self._listening.close()

    def _speak(self) -> None:
        connection, _ = self._listening.accept()
        with connection, connection.makefile("rwb") as spoken:
            for number, line in enumerate(self._lines):
                if number and not spoken.readline():
                    return
                spoken.write(line.encode() + b"\r\n")
                spoken.flush()


@dataclass(frozen=True)
class Answer:
    """`body` may be what is written for ever: a number of bytes that nobody reads to the end."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    does: str = "answer"  # or hang, drop, flood, stop


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class WebServer:
    """http.server in threads.  It gives its answers in turn, and then 200."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.seen: list[Seen] = []
        self.poured = 0
        self.released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> WebServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler(server: WebServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def _answer(self) -> None:
            length = int(self.headers.get("content-length", 0))
            body = self.rfile.read(length)
            headers = {name.lower(): text for name, text in self.headers.items()}
            server.seen.append(Seen(method=self.command, path=self.path, headers=headers, body=body))
            answer = server.answers.pop(0) if server.answers else Answer()
            if answer.does == "hang":
                server.released.wait()
            if answer.does in ("hang", "drop"):
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, text in answer.headers.items():
                self.send_header(name, text)
            if answer.does == "answer":
                self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
            if answer.does == "stop":
                self.wfile.flush()
                server.released.wait()
            if answer.does == "flood":
                self._pour()

        def _pour(self) -> None:
            self.close_connection = True
            try:
                while server.poured < POURED_MAX:
                    self.wfile.write(b"x" * 65_536)
                    server.poured += 65_536
            except OSError:
                pass

        do_GET = do_POST = do_PUT = do_PATCH = _answer

    return Handler
