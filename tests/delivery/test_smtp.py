"""To a real mail server, on its good days and on the others."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy

import pytest

from journeys.delivery.parcel import Accepted
from journeys.delivery.smtp import SmtpProvider, server_of
from journeys.errors import ConfigurationError, Permanent, Transient

from .parts import KEY, PASSWORD, USER, MailServer, Mouth, Postbox, free_port, parcel

_MADE: list[SmtpProvider] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while _MADE:
        _MADE.pop().close()


def provider(server: MailServer, *, scheme: str = "smtp", who: str = "", timeout_s: float = 10.0) -> SmtpProvider:
    return made(f"{scheme}://{who}localhost:{server.port}", timeout_s=timeout_s)


def made(url: str, *, timeout_s: float = 10.0) -> SmtpProvider:
    _MADE.append(SmtpProvider(url, variable="JOURNEYS_SMTP_URL", timeout_s=timeout_s))
    return _MADE[-1]


SIGNED_IN = f"{USER}:{PASSWORD.replace(' ', '%20')}@"


def test_a_mail_arrives_with_both_bodies() -> None:
    with MailServer() as server:
        accepted = provider(server).send(parcel(headers={"List-Unsubscribe": "<https://kaffa.example/u/1>"}))

    (envelope,) = server.box.taken
    mail = message_from_bytes(envelope.content, policy=policy.default)  # type: ignore[arg-type]
    assert accepted == Accepted(receipt="2.0.0 OK queued as 4XyZ")
    assert (envelope.mail_from, envelope.rcpt_tos) == ("hello@kaffa.example", ["ana@example.com"])
    assert mail["message-id"] == f"<{KEY}@kaffa.example>"
    assert mail["list-unsubscribe"] == "<https://kaffa.example/u/1>"
    assert mail.get_body(("plain",)).get_content() == "Grüße, Ana.\r\n"
    assert "<b>Ana</b>" in mail.get_body(("html",)).get_content()


def test_a_second_attempt_is_the_same_mail_to_the_last_byte() -> None:
    with MailServer(Postbox(answers=["drop"])) as server:
        one = provider(server)
        with pytest.raises(Transient):
            one.send(parcel())
        one.send(parcel())
        one.send(parcel())

    first, second = server.box.taken
    assert first.content == second.content


def test_a_mail_with_lines_of_dots_and_without_end_arrives_whole() -> None:
    text = ".\n..\n.hidden\n" + "x" * 5_000
    with MailServer() as server:
        provider(server).send(parcel(text=text))

    mail = message_from_bytes(server.box.taken[0].content, policy=policy.default)  # type: ignore[arg-type]
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n") == text + "\n"
    assert max(map(len, server.box.taken[0].content.split(b"\r\n"))) < 998  # type: ignore[union-attr]


def test_a_connection_is_kept_and_begun_anew_where_it_was_lost() -> None:
    port = free_port()
    with MailServer(port=port) as server:
        one = provider(server)
        one.send(parcel())
        one.send(parcel())
    with MailServer(port=port) as again:
        one.send(parcel())

    assert server.box.connections == 1
    assert (len(server.box.taken), len(again.box.taken)) == (2, 1)


def test_several_threads_may_send_at_once() -> None:
    with MailServer() as server, ThreadPoolExecutor(4) as threads:
        one = provider(server)
        outcomes = list(threads.map(lambda number: one.send(parcel(to=f"c{number}@example.com")), range(40)))

    assert len(outcomes) == 40
    assert {envelope.rcpt_tos[0] for envelope in server.box.taken} == {f"c{number}@example.com" for number in range(40)}
    assert server.box.connections <= 4


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param("451 4.3.0 try later", Transient, id="not now"),
        pytest.param("550 5.1.1 nobody of that name", Permanent, id="never"),
        pytest.param("554 nobody", Permanent, id="never, in few words"),
        pytest.param("421 4.3.2 closing", Transient, id="it closes"),
        pytest.param("530 5.7.0 sign in first", Transient, id="it wants us to sign in"),
        pytest.param("535 who are you", Transient, id="it knows us no more"),
        pytest.param("553 5.1.8 no such sender", Transient, id="it knows our sender not"),
        pytest.param("550 5.7.1 this mailbox takes no mail of yours", Permanent, id="they want none of ours"),
    ],
)
def test_what_the_server_answers_decides(stage: str, answer: str, kind: type[Exception]) -> None:
    if stage == "MAIL":
        # Whom it is for was not said yet: it is about us, whatever it is.
        kind = Transient
    with MailServer(Postbox(answers=[answer], stage=stage)) as server:
        one = provider(server)
        with pytest.raises(kind, match=f"the mail server answered {answer[:3]}") as caught:
            one.send(parcel())
        one.send(parcel())

    assert caught.value.said == answer[4:]  # type: ignore[attr-defined]
    assert not getattr(caught.value, "is_unsure", False)
    assert len(server.box.taken) == 1


@pytest.mark.parametrize("stage", ["RCPT", "DATA"])
def test_whoever_refuses_everybody_by_policy_refuses_us_until_a_mail_is_taken(stage: str) -> None:
    denied = "554 5.7.1 relay access denied"
    box = Postbox(answers=[denied] * 11, stage=stage)
    with MailServer(box) as server:
        one = provider(server)
        kinds = []
        for number in range(11):
            with pytest.raises((Permanent, Transient)) as caught:
                one.send(parcel(to=f"c{number}@example.com"))
            kinds.append(caught.type)
        one.send(parcel())
        box.answers += [denied]
        with pytest.raises(Permanent):
            one.send(parcel(to="ben@example.com"))

    assert kinds == [*[Permanent] * 9, *[Transient] * 2]


def test_what_the_server_says_is_kept_without_the_address() -> None:
    box = Postbox(answers=["550 5.1.1 <ana@example.com>: no such user"])
    with MailServer(box) as server, pytest.raises(Permanent) as caught:
        provider(server).send(parcel())

    assert caught.value.said == "5.1.1 <…>: no such user"
    assert "ana" not in str(caught.value)


def test_a_connection_that_breaks_under_way_leaves_nobody_knowing() -> None:
    with MailServer(Postbox(answers=["drop"])) as server, pytest.raises(Transient, match="handed over") as caught:
        provider(server).send(parcel())

    assert caught.value.is_unsure


def test_a_server_that_hangs_is_left_and_nobody_knows() -> None:
    with MailServer(Postbox(answers=["hang"])) as server, pytest.raises(Transient, match="handed over") as caught:
        provider(server, timeout_s=0.3).send(parcel())

    assert caught.value.is_unsure


@pytest.mark.parametrize(
    ("lines", "kind", "problem"),
    [
        pytest.param(["554 not you"], Transient, "greets with 554", id="it wants nothing to do with us"),
        pytest.param(["I am a web server"], Transient, "cannot be reached|greets with -1", id="it is none"),
        pytest.param(["220 hi", "250 hi"], Transient, "broke", id="it hangs up after its greeting"),
        pytest.param(["220 hi", "250 hi", "yes", "250 x", "250 x"], Transient, "answered -1", id="it babbles"),
        pytest.param(
            ["220 hi", "250 hi", "250 x", "250 x", "554 no", "250 x"], Permanent, "answered 554", id="it wants no mail"
        ),
    ],
)
def test_a_strange_server_is_no_crash(lines: list[str], kind: type[Exception], problem: str) -> None:
    with Mouth(*lines) as server:
        one = made(f"smtp://127.0.0.1:{server.port}")
        with pytest.raises(kind, match=problem) as caught:
            one.send(parcel())
        one.close()

    assert not getattr(caught.value, "is_unsure", False)


def test_letters_beyond_ascii_are_not_sent_to_a_server_that_does_not_know_them() -> None:
    with Mouth("220 hi", "250 hi") as server, pytest.raises(Permanent, match="letters beyond ASCII"):
        made(f"smtp://127.0.0.1:{server.port}").send(parcel(to="jörg@example.com"))


def test_a_kept_connection_that_refuses_to_begin_anew_is_left() -> None:
    with Mouth("220 hi", "250 hi", "250 x", "550 no", "452 full") as server:
        one = made(f"smtp://127.0.0.1:{server.port}")
        with pytest.raises(Permanent):
            one.send(parcel())
        server._listening.close()
        with pytest.raises(Transient, match="cannot be reached"):
            one.send(parcel())


def test_a_server_that_is_not_there_has_surely_not_accepted() -> None:
    with pytest.raises(Transient, match="cannot be reached") as caught:
        made(f"smtp://localhost:{free_port()}").send(parcel())

    assert not caught.value.is_unsure


def test_a_name_that_no_server_has_is_transient() -> None:
    with pytest.raises(Transient, match="cannot be reached"):
        made("smtps://no-such-host.invalid").send(parcel())


def test_starttls_is_taken_and_the_password_goes_through_it(trusted: ssl.SSLContext) -> None:
    with MailServer(context=trusted, asks_who=True) as server:
        provider(server, who=SIGNED_IN).send(parcel())

    assert len(server.box.taken) == 1
    assert len(server.box.signed_in) == 1


def test_a_server_that_speaks_tls_from_the_first_byte_is_spoken_to(trusted: ssl.SSLContext) -> None:
    with MailServer(context=trusted, is_wrapped=True) as server:
        provider(server, scheme="smtps").send(parcel())

    assert len(server.box.taken) == 1


@pytest.mark.parametrize("is_wrapped", [True, False], ids=["from the first byte", "STARTTLS"])
def test_a_certificate_that_nobody_vouches_for_is_refused(
    trusted: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, is_wrapped: bool
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with MailServer(context=trusted, is_wrapped=is_wrapped) as server:
        one = provider(server, scheme="smtps" if is_wrapped else "smtp", who=SIGNED_IN)
        with pytest.raises(Transient, match="SSLCertVerificationError"):
            one.send(parcel())

    assert server.box.taken == []
    assert server.box.signed_in == []


def test_a_wrong_password_is_no_fault_of_the_mail(trusted: ssl.SSLContext) -> None:
    refuses = "refuses the user or the password of JOURNEYS_SMTP_URL"
    with MailServer(context=trusted, asks_who=True) as server, pytest.raises(Transient, match=refuses) as caught:
        provider(server, who="kaffa:hunter2@").send(parcel())

    assert "hunter2" not in f"{caught.value} {caught.value.said}"


def test_a_password_goes_to_no_server_that_takes_none() -> None:
    with MailServer() as server, pytest.raises(Transient, match="lets nobody sign in"):
        provider(server, who=SIGNED_IN).send(parcel())

    assert server.box.taken == []


def test_nothing_goes_in_the_clear_to_another_host_unless_told_so() -> None:
    # Written so it is found in the same way, and nobody takes it for this machine.
    with MailServer() as server:
        with pytest.raises(Transient, match="offers no STARTTLS"):
            made(f"smtp://127.1:{server.port}").send(parcel())
        made(f"smtp://127.1:{server.port}?starttls=no").send(parcel())

    assert len(server.box.taken) == 1


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        pytest.param("mail.example:587", "is not the address of a mail server", id="no scheme"),
        pytest.param("https://mail.example", "is not the address of a mail server", id="not a mail server"),
        pytest.param("smtp://", "is not the address of a mail server", id="no host"),
        pytest.param("smtp://u:hush@mail.example:abc", "cannot be read", id="no port"),
        pytest.param("smtp://u:hush@mail.example:99999999", "cannot be read", id="no such port"),
        pytest.param("smtp://u:hush[@mail.example", "cannot be read", id="garbage"),
        pytest.param("smtp://u:hush/1@mail.example", "cannot be read|is not the address", id="a slash in the password"),
        pytest.param("smtp://u:hush@mail.example?tls=1", "ends in something else", id="an option that is none"),
        pytest.param("smtp://u:hush@mail.example?starttls=maybe", "ends in something else", id="an unknown word"),
        pytest.param("smtp://u:hüsh@mail.example", "beyond ASCII", id="letters that cannot be said"),
        pytest.param("smtp://u:hush%0a@mail.example", "beyond ASCII", id="a line break"),
    ],
)
def test_a_url_that_is_none_is_named_and_not_shown(url: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem) as caught:
        made(url)

    assert "JOURNEYS_SMTP_URL" in str(caught.value)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "where", "port", "user", "password"),
    [
        ("smtp://mail.example", "smtp://mail.example", 587, None, ""),
        ("smtps://a%40b:p%2Fw%20x@mail.example/", "smtps://mail.example", 465, "a@b", "p/w x"),
        ("smtp://u:hush@[::1]:2525", "smtp://[::1]:2525", 2525, "u", "hush"),
    ],
)
def test_a_url_is_understood(url: str, where: str, port: int, user: str | None, password: str) -> None:
    server = server_of(url, variable="X")

    assert (server.where, server.port, server.user, server.password) == (where, port, user, password)
    assert not password or password not in repr(server)


def test_no_password_and_no_address_is_in_a_log_or_a_repr(
    trusted: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="smtplib")
    with MailServer(context=trusted, asks_who=True) as server:
        one = provider(server, who=SIGNED_IN)
        one.send(parcel())

    assert PASSWORD not in f"{one!r} {one._server!r} {one.where}"
    assert "ana@example.com" not in caplog.text


def test_letters_beyond_ascii_reach_a_server_that_knows_them() -> None:
    with MailServer() as server:
        provider(server).send(parcel(to="jörg@straße.de"))

    assert server.box.taken[0].rcpt_tos == ["jörg@xn--strae-oqa.de"]


def test_a_mail_without_a_sender_waits_until_there_is_one() -> None:
    with MailServer() as server, pytest.raises(Transient, match="no address that mails come from"):
        provider(server).send(parcel(sender={"name": "Kaffa"}))

    assert server.box.connections == 0
