"""Redis streams: a group of consumers.  An entry stays in its stream; one that is refused is told in the log by its id.

What a consumer took and never acknowledged, because it ended, Redis hands out again only to whoever claims it.  That is
done here: FastStream would claim one entry at a time.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any, Final

from faststream import AckPolicy
from faststream.redis import BinaryMessageFormatV1, RedisBroker, StreamSub
from redis.exceptions import RedisError, ResponseError

from journeys.errors import ConfigurationError

from .address import Address
from .hearing import Message, Unheard
from .opening import AT_ONCE, Opened, Wanted, acknowledge, bare, begin

_POLL_FOR: Final = 1_000  # milliseconds in which Redis may have nothing for us
_FASTSTREAMS_OWN: Final = b"__data__"


async def open_broker(address: Address, wanted: Wanted) -> Opened:
    broker = RedisBroker(address.url, **bare(address))
    consumer = socket.gethostname()

    async def take(raw: Any) -> None:
        await keep(raw["message_ids"], raw["data"])

    async def keep(ids: Sequence[bytes], entries: Sequence[dict[bytes, bytes]]) -> None:
        messages = [
            Message(place=f"{wanted.name}/{id.decode()}", body=_body(fields)) for id, fields in zip(ids, entries)
        ]
        try:
            await wanted.hear(messages)
        except Unheard:
            return
        await acknowledge(client.xack(wanted.name, wanted.group, *ids))

    stream = StreamSub(
        wanted.name,
        group=wanted.group,
        consumer=consumer,
        batch=True,
        max_records=AT_ONCE,
        polling_interval=_POLL_FOR,
        last_id=">",
    )
    subscriber = broker.subscriber(stream=stream, ack_policy=AckPolicy.MANUAL, no_reply=True)
    subscriber(take)
    client: Any = await broker.connect()

    async def look() -> None:
        if not subscriber.running:
            raise ConfigurationError(f"{address.shown}: the group {wanted.group!r} of {wanted.name!r} was deleted")
        idle_for = round(wanted.again_after * 1_000)
        try:
            _, claimed, *_ = await client.xautoclaim(wanted.name, wanted.group, consumer, idle_for, count=AT_ONCE)
        except RedisError:
            return  # away, and the client connects again
        if claimed:
            await keep(*zip(*claimed))

    # Left to FastStream, a new group would hear nothing of what is there already.
    await begin(broker, lambda: _make_group(client, wanted))
    return Opened(broker=broker, look=look)


async def _make_group(client: Any, wanted: Wanted) -> None:
    try:
        await client.xgroup_create(wanted.name, wanted.group, id="0", mkstream=True)
    except ResponseError as error:
        if "already exists" not in str(error):
            raise


def _body(fields: dict[bytes, bytes]) -> bytes:
    """The JSON is the value of an entry's only field; of FastStream's own publishers it stands within a frame."""
    if len(fields) != 1:
        return b""
    ((name, value),) = fields.items()
    return BinaryMessageFormatV1.parse(value)[0] if name == _FASTSTREAMS_OWN else value
