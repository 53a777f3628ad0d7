"""Private networks: no request goes into one unless the environment names the host.

Who writes brand.yaml may write any address, and the engine stands where addresses lead that its writer cannot
reach: the machine itself, its neighbours, the metadata of a cloud.  So whoever runs the engine says which of them are
meant.

An address that says where it leads is refused at the start.  What a name leads to is seen at the other end of a
connection that is there, before a byte is sent: whatever is asked of a name beforehand may be answered otherwise
the next time (DNS rebinding).
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

from journeys.errors import ConfigurationError, Transient

PRIVATE_HOSTS: Final = "JOURNEYS_PRIVATE_HOSTS"
_ALL: Final = "*"
# All of IPv6 that leads to one machine anywhere in the world.
_WORLD: Final = IPv6Network("2000::/3")
# An IPv4 address as a translator of an IPv6 network has it (RFC 6052).
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")


class Allowed:
    """The hosts that may be in a private network: those that JOURNEYS_PRIVATE_HOSTS names, or all of them by `*`."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._hosts = frozenset(environment.get(PRIVATE_HOSTS, "").lower().replace(",", " ").split())

    def see_host(self, host: str) -> None:
        """Raises ConfigurationError for a host that is in a private network by what it is called."""
        if not self._allows(host) and _is_private_by_name(host):
            raise ConfigurationError(_refusal(host))

    def watch(self) -> _Watch:
        """For one request: httpcore calls it as its `trace`, with each thing that it begins and has done."""
        return _Watch(self)

    def see_end(self, host: str, address: str) -> None:
        if not self._allows(host) and not is_public(address):
            # Of our setup, and of no touch: it waits, and whoever runs the engine is told why.
            raise Transient(_refusal(host))

    def _allows(self, host: str) -> bool:
        return _ALL in self._hosts or host.lower().strip("[]") in self._hosts


class _Watch:
    def __init__(self, allowed: Allowed) -> None:
        self._allowed = allowed
        self._host = ""

    def __call__(self, event: str, said: Mapping[str, Any]) -> None:
        if event.endswith(".connect_tcp.started"):
            self._host = said["host"]
        elif event.endswith(".connect_tcp.complete"):
            connection = said["return_value"]
            try:
                self._allowed.see_end(self._host, connection.get_extra_info("server_addr")[0])
            except BaseException:
                connection.close()  # nobody else has it yet
                raise


def is_public(address: str) -> bool:
    """Whether an address is one machine's in the world at large, however it is written."""
    at: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(at, IPv6Address):
        if at not in _WORLD and at not in _TRANSLATED and at.ipv4_mapped is None:
            return False
        at = at.ipv4_mapped or at.sixtofour or (IPv4Address(int(at) & 0xFFFF_FFFF) if at in _TRANSLATED else at)
    return at.is_global and not at.is_multicast


def _is_private_by_name(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not is_public(host)
    except ValueError:  # a name like any other: where it leads is seen when it is gone to
        return False


def _refusal(host: str) -> str:
    return (
        f"{host} is in a private network, and nothing is sent there: if it is meant, name it in {PRIVATE_HOSTS} "
        f"({PRIVATE_HOSTS}={host})"
    )
