"""To a mail server, over connections that are kept while they last.

What the server says of one mail is told apart from what it says of us: a wrong password, a sender that it
does not take or a server that is closing is no reason to give up a mail, for somebody will mend it.  Where the
connection breaks while the mail itself is under way, nobody knows whether it was taken; that is said, and
it is not tried again here.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections import deque
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

from journeys.delivery.mail import Mail, mail_of
from journeys.delivery.parcel import Accepted, Parcel
from journeys.delivery.said import kept_of
from journeys.delivery.signing import Signer
from journeys.errors import ConfigurationError, Permanent, Transient

_TIMEOUT_S = 10.0  # for each word of the server
# Its last may take so many times as long: it looks at a whole mail before it says that it took it (RFC 5321,
# 4.5.3.2.6, would give it ten minutes), and who does not wait sends it twice.
_LAST_WORD = 6
_CLOSING_S = 1.0
_KEPT_MAX = 8
_PORTS = {"smtp": 587, "smtps": 465}
# It wants us to sign in, or otherwise: of our setup, and of no mail.
_OF_US = (530, 534, 535, 538)
# The same by its enhanced code (RFC 3463): a sender that it does not take.  Many say so only when they hear whom the
# mail is for.
_OF_SENDER = re.compile(rb"5\.1\.[78]\b")
# By policy: this mailbox wants no such mail, or nobody there takes any of ours ("relay access denied"); the words do
# not tell which.  Of one after the other it is us whom they refuse.
_BY_POLICY = re.compile(rb"5\.7\.[0-9]+\b")
_REFUSALS_MAX = 10
_EXAMPLE = "such as smtp://user:password@mail.example:587"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where mails are handed in.  With `may_be_plain` they go in the clear if the server offers nothing better."""

    where: str
    host: str
    port: int
    is_encrypted: bool
    may_be_plain: bool
    user: str | None = field(repr=False)
    password: str = field(repr=False)


class SmtpProvider:
    """Raises ConfigurationError when it is made, which names the variable and shows nothing of what it holds."""

    knows_keys = False

    def __init__(self, url: str, *, variable: str, signer: Signer | None = None, timeout_s: float = _TIMEOUT_S) -> None:
        self._signer = signer
        self._server = server_of(url, variable=variable)
        self._variable = variable
        self._timeout_s = timeout_s
        self._kept: deque[smtplib.SMTP] = deque()
        # In a row, since a mail was taken.  Where two threads count at once, one more or less means nothing.
        self._refusals = 0
        self.where = self._server.where

    def send(self, parcel: Parcel) -> Accepted:
        mail = mail_of(parcel)
        if mail.sender is None:
            raise Transient("brand.yaml says no address that mails come from: 'sender: {email: …}'")
        sender = mail.sender
        if self._signer is not None:
            mail = replace(mail, content=self._signer.sign(mail.content, sender))
        connection = self._connection()
        try:
            code, said, is_of_us = _hand_over(connection, mail, sender)
        except (smtplib.SMTPException, OSError) as error:
            connection.close()
            raise Transient(f"the connection to the mail server broke ({type(error).__name__})") from None
        except (Transient, Permanent):
            connection.close()
            raise
        if code != 421 and len(self._kept) < _KEPT_MAX:
            self._kept.append(connection)
        else:
            connection.close()
        words = kept_of(said, hidden=parcel.personal())
        if 200 <= code < 300:
            self._refusals = 0
            return Accepted(receipt=words)
        if _BY_POLICY.match(said):
            self._refusals += 1
            is_of_us = is_of_us or self._refusals >= _REFUSALS_MAX
        if 500 <= code < 600 and not is_of_us:
            raise Permanent(f"the mail server answered {code}", said=words)
        raise Transient(f"the mail server answered {code}", said=words)

    def close(self) -> None:
        while self._kept:
            _part(self._kept.pop())

    def _connection(self) -> smtplib.SMTP:
        """A kept one, or a new one.  RSET forgets the mail before and tells whether anyone is there."""
        try:
            connection = self._kept.pop()
        except IndexError:
            return self._connect()
        try:
            if connection.rset()[0] == 250:
                return connection
        except (smtplib.SMTPException, OSError):
            pass
        connection.close()
        # What one has lost, the others have: each would be waited for in its turn.
        self.close()
        return self._connect()

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        connection: smtplib.SMTP | None = None
        try:
            if server.is_encrypted:
                context = ssl.create_default_context()
                connection = smtplib.SMTP_SSL(server.host, server.port, timeout=self._timeout_s, context=context)
            else:
                connection = smtplib.SMTP(server.host, server.port, timeout=self._timeout_s)
            self._greet(connection)
        except BaseException as error:
            if connection is not None:
                connection.close()
            if isinstance(error, smtplib.SMTPAuthenticationError):
                raise Transient(f"the mail server refuses the user or the password of {self._variable}") from None
            if isinstance(error, smtplib.SMTPResponseException):
                raise Transient(f"the mail server greets with {error.smtp_code}") from None
            if isinstance(error, smtplib.SMTPNotSupportedError):
                raise Transient(f"the mail server lets nobody sign in, and {self._variable} has a user") from None
            if isinstance(error, OSError):
                raise Transient(f"the mail server cannot be reached ({type(error).__name__})") from None
            raise
        return connection

    def _greet(self, connection: smtplib.SMTP) -> None:
        server = self._server
        connection.ehlo_or_helo_if_needed()
        if not server.is_encrypted:
            if connection.has_extn("starttls"):
                connection.starttls(context=ssl.create_default_context())
            elif not server.may_be_plain:
                raise Transient(
                    "the mail server offers no STARTTLS, and nothing goes to it in the clear: use smtps:// in "
                    f"{self._variable}, or end it in '?starttls=no' if the way there is safe"
                )
        if server.user is not None:
            connection.login(server.user, server.password)


def server_of(url: str, *, variable: str) -> Server:
    """What the URL says.  Raises ConfigurationError."""
    try:
        parts = urlsplit(url)
        port = parts.port
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
    except ValueError:
        raise ConfigurationError(f"{variable} cannot be read: it is an address {_EXAMPLE}") from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.path not in ("", "/") or parts.fragment:
        raise ConfigurationError(
            f"{variable} is not the address of a mail server, {_EXAMPLE}; signs such as '/', '#' and '@' in a password "
            "are written %2F, %23 and %40"
        )
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if options.keys() - {"starttls"} or options.get("starttls", "no") != "no":
        raise ConfigurationError(f"{variable} ends in something else than '?starttls=no', the one thing it may end in")
    if not (user + password).isascii() or not (user + password).isprintable():
        raise ConfigurationError(f"{variable} has a user or a password with letters beyond ASCII, which cannot be said")
    return Server(
        where=f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
        host=parts.hostname,
        port=_PORTS[parts.scheme] if port is None else port,
        is_encrypted=parts.scheme == "smtps",
        may_be_plain=bool(options) or _is_here(parts.hostname),
        user=user or None,
        password=password,
    )


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _hand_over(connection: smtplib.SMTP, mail: Mail, sender: str) -> tuple[int, bytes, bool]:
    """The server's last word, of the mail or of what it stumbled on before; and whether it is of us and not of it."""
    options = ["SMTPUTF8"] if mail.is_wide else []
    if mail.is_wide and not connection.has_extn("smtputf8"):
        raise Permanent("the mail server cannot reach addresses with letters beyond ASCII")
    code, said = connection.mail(sender, options)
    if not 200 <= code < 300:
        return code, said, True  # it does not know yet whom the mail is for
    code, said = connection.rcpt(mail.to)
    if not 200 <= code < 300:
        return code, said, _is_of_us(code, said)
    assert connection.sock is not None
    try:
        connection.sock.settimeout(connection.timeout * _LAST_WORD)
        code, said = connection.data(mail.content)
        connection.sock.settimeout(connection.timeout)
    except smtplib.SMTPDataError as error:  # it did not even want to hear it
        code = error.smtp_code
        said = error.smtp_error if isinstance(error.smtp_error, bytes) else error.smtp_error.encode()
    except (smtplib.SMTPException, OSError) as error:
        problem = f"the connection broke while the mail was handed over ({type(error).__name__})"
        raise Transient(problem, is_unsure=True) from None
    return code, said, _is_of_us(code, said)


def _is_of_us(code: int, said: bytes) -> bool:
    return code in _OF_US or _OF_SENDER.match(said) is not None


def _part(connection: smtplib.SMTP) -> None:
    """Says goodbye, to a server that may be gone."""
    try:
        if connection.sock is not None:
            connection.sock.settimeout(_CLOSING_S)
        connection.quit()
    except (smtplib.SMTPException, OSError):
        connection.close()
