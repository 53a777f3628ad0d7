"""Redis streams: a group of consumers.  An entry stays in its stream; one that is refused is told in the log by its id.

What a consumer took and never acknowledged, because it ended, Redis hands out again only to whoever claims it: that is
asked for beside what is new.
"""

from __future__ import annotations

import socket
from typing import Any, Final

from faststream import AckPolicy
from faststream.redis import BinaryMessageFormatV1, RedisBroker, StreamSub

from journeys.errors import ConfigurationError

from .address import Address
from .hearing import Message, Unheard
from .opening import AT_ONCE, Opened, Wanted, acknowledge, bare

_POLL_FOR: Final = 1_000  # milliseconds in which Redis may have nothing for us
_FASTSTREAMS_OWN: Final = b"__data__"


async def open_broker(address: Address, wanted: Wanted) -> Opened:
    broker = RedisBroker(address.url, **bare())

    async def take(raw: Any) -> None:
        messages = [
            Message(place=f"{wanted.name}/{id.decode()}", body=_body(fields))
            for id, fields in zip(raw["message_ids"], raw["data"])
        ]
        try:
            await wanted.hear(messages)
        except Unheard:
            return
        await acknowledge(client.xack(wanted.name, wanted.group, *raw["message_ids"]))

    for min_idle_time in (None, round(wanted.again_after * 1_000)):
        broker.subscriber(
            stream=StreamSub(
                wanted.name,
                group=wanted.group,
                consumer=socket.gethostname(),
                batch=True,
                max_records=AT_ONCE,
                polling_interval=_POLL_FOR,
                last_id=">",
                min_idle_time=min_idle_time,
            ),
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
        )(take)
    client = await broker.connect()
    # Left to FastStream, a new group would hear nothing of what is there already.
    await _make_group(client, wanted)

    async def look() -> None:
        if not all(each.running for each in broker.subscribers):
            raise ConfigurationError(f"{address.shown}: the group {wanted.group!r} of {wanted.name!r} was deleted")

    await broker.start()
    return Opened(broker=broker, look=look)


async def _make_group(client: Any, wanted: Wanted) -> None:
    from redis.exceptions import ResponseError

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
