"""Nothing goes into a private network unless whoever runs the engine has named the host."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.definition.model import Request
from journeys.delivery.http import HttpProvider, filled_url
from journeys.delivery.parcel import Accepted
from journeys.delivery.private import PRIVATE_HOSTS, is_public
from journeys.delivery.template import template_of
from journeys.delivery.webhook import WebhookProvider
from journeys.errors import ConfigurationError, Permanent, Transient

from .parts import AT, WebServer, sms


@contextmanager
def provider(url: str, allowed: str = "") -> Iterator[HttpProvider]:
    made = HttpProvider(Request(url=url), environment={PRIVATE_HOSTS: allowed}, clock=lambda: AT)
    try:
        yield made
    finally:
        made.close()


PRIVATE = {
    "this machine": "127.0.0.1",
    "this machine by another number": "127.8.8.8",
    "this machine, version 6": "::1",
    "this machine, as version 6 has it": "::ffff:127.0.0.1",
    "this machine, through a translator": "64:ff9b::7f00:1",
    "this machine, through a tunnel": "2002:7f00:1::1",
    "ten": "10.1.2.3",
    "172.16": "172.31.255.255",
    "192.168": "192.168.0.1",
    "a provider's own": "100.64.0.1",
    "the metadata of a cloud": "169.254.169.254",
    "the metadata of a cloud, as version 6 has it": "::ffff:a9fe:a9fe",
    "the metadata of a cloud, version 6": "fd00:ec2::254",
    "a neighbour": "fe80::1%eth0",
    "a site": "fec0::1",
    "nowhere in particular": "0.0.0.0",
    "nowhere in particular, version 6": "::",
    "many": "224.0.0.1",
    "many, version 6": "ff02::1",
    "all": "255.255.255.255",
    "for books": "203.0.113.7",
}


@pytest.mark.parametrize("address", PRIVATE.values(), ids=PRIVATE)
def test_an_address_of_no_public_machine_is_told_apart(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "172.32.0.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1"],
)
def test_an_address_in_the_world_is_one(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.8", "[::1]", "[::ffff:a9fe:a9fe]", "LocalHost", "x.localhost"])
def test_an_address_that_says_where_it_leads_is_refused_at_the_start(host: str) -> None:
    bare = host.lower().strip("[]")
    told = f"{bare} is in a private network, and nothing is sent there: if it is meant, name it in JOURNEYS_PRIVATE_HOS"

    with pytest.raises(ConfigurationError) as http, provider(f"http://{host}:8080/x?y=1"):
        pass
    with pytest.raises(ConfigurationError) as webhook:
        secret = "whsec_" + "A" * 32
        WebhookProvider(Request(url=f"https://{host}/"), secret=secret, environment={}, clock=lambda: AT)

    assert str(http.value) == str(webhook.value)
    assert str(http.value).startswith(told)
    for allowed in (bare, f"other.example,{bare}", "*"):
        with provider(f"http://{host}:8080/x?y=1", allowed) as one:
            assert one.where == f"http://{host.lower()}:8080"


@contextmanager
def listening() -> Iterator[tuple[int, Callable[[], bytes]]]:
    """A port of this machine, and what whoever called there first has said."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)

        def heard() -> bytes:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(60)
                return connection.recv(100)

        yield server.getsockname()[1], heard


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.0.0.1", "0177.1", "0"])
def test_a_name_that_leads_there_hears_no_byte(host: str) -> None:
    """These are read as names, and the system knows them for this machine's address."""
    for scheme in ("http", "https"):
        with listening() as (port, heard), provider(f"{scheme}://{host}:{port}/") as one:
            with pytest.raises(Transient) as raised:
                one.send(sms())

            assert heard() == b""
        assert str(raised.value) == (
            f"{host} is in a private network, and nothing is sent there: if it is meant, name it in "
            f"JOURNEYS_PRIVATE_HOSTS (JOURNEYS_PRIVATE_HOSTS={host})"
        )
        assert not raised.value.is_unsure


def test_a_name_that_leads_elsewhere_at_the_second_look_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    resolve = socket.getaddrinfo

    def rebinding(host: Any, *args: Any, **more: Any) -> Any:
        if host != "sms.example":
            return resolve(host, *args, **more)
        looks.append(host)
        return resolve("127.0.0.1", *args, **more)

    with WebServer() as server:
        port = urlsplit(server.url).port
        with provider(f"http://sms.example:{port}/") as one:
            monkeypatch.setattr(socket, "getaddrinfo", rebinding)
            for _ in range(2):
                with pytest.raises(Transient, match=r"sms\.example is in a private network"):
                    one.send(sms())
            refused = list(server.seen)
        with provider(f"http://sms.example:{port}/", "SMS.example") as one:
            taken = one.send(sms())

    assert (refused, taken) == ([], Accepted(receipt=None))
    assert len(looks) == 3, "where it leads is looked up once for each connection, and never beforehand"


@given(value=st.text(max_size=30))
@pytest.mark.parametrize("url", ["http://sms.example/{{ text }}", "http://sms.example?to={{ text }}&x"])
def test_no_value_of_a_customer_leads_to_another_host(url: str, value: str) -> None:
    template = template_of(url, {})
    try:
        filled = filled_url(template, {"text": value})
    except Permanent:
        assert value in (".", "..")
        return

    assert urlsplit(filled).netloc == "sms.example"
    assert httpx.URL(filled).netloc == b"sms.example"
