"""The address: one URL says which broker it is and where; what of it may be shown is without its secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from journeys.definition.nearest import shown
from journeys.errors import InputError

# By the scheme of its URL: the extra that it takes, and its own word for what is read.
BROKERS: Final = {
    "kafka": ("kafka", "topic"),
    "nats": ("nats", "subject"),
    "tls": ("nats", "subject"),
    "amqp": ("rabbit", "queue"),
    "amqps": ("rabbit", "queue"),
    "redis": ("redis", "stream"),
    "rediss": ("redis", "stream"),
}

_WORDS_MAX: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """`url` may hold a password; `shown` does not."""

    url: str
    shown: str
    broker: str
    word: str
    secrets: tuple[str, ...]

    def words_of(self, error: Exception) -> str:
        """What a client says of why it cannot, on one line, without what it was given to get in."""
        return self.cleaned(" ".join(f"{type(error).__name__}: {error}".split()))[:_WORDS_MAX].rstrip(": ")

    def cleaned(self, words: str) -> str:
        """Without the secrets."""
        for secret in self.secrets:
            words = words.replace(secret, "…")
        return words


def address_of(url: str, *, where: str) -> Address:
    """Raises InputError; `where` is who said it."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  it is read only now
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    if parts.scheme not in BROKERS or not parts.netloc.rpartition("@")[2]:
        raise InputError(
            f"{where}: {shown(_bare(url))} is no address of a broker: kafka://host:9092, nats://host:4222, "
            "amqp://host:5672/ or redis://host:6379/0 is"
        )
    broker, word = BROKERS[parts.scheme]
    if broker == "kafka" and ("@" in parts.netloc or parts.path.strip("/")):
        raise InputError(f"{where}: of Kafka only hosts are said, as kafka://one:9092,two:9092")
    bare = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    user = parts.netloc.rpartition("@")[0]
    said = [*user.split(":", 1), parts.query]
    secrets = {each for text in said for each in (text, unquote(text)) if each}
    return Address(url=url, shown=bare, broker=broker, word=word, secrets=tuple(sorted(secrets, key=len, reverse=True)))


def _bare(url: str) -> str:
    """Without what stands before the host, which may be a password."""
    scheme, mark, rest = url.rpartition("://") if "://" in url else ("", "", url)
    return scheme + mark + rest.rpartition("@")[2]
