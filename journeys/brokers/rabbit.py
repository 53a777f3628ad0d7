"""RabbitMQ: a queue that is there.  What is refused goes where the queue's dead letters go, if it has such a place."""

from __future__ import annotations

from typing import Any

from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue

from .address import Address
from .hearing import Message, Unheard
from .opening import AT_ONCE, Opened, Wanted, acknowledge, bare, begin


async def open_broker(address: Address, wanted: Wanted) -> Opened:
    broker = RabbitBroker(address.url, default_channel=Channel(prefetch_count=AT_ONCE), **bare(address))

    async def take(raw: Any) -> None:
        # Many are handed over side by side, and the writer gathers them into one commit.
        try:
            (is_taken,) = await wanted.hear([Message(place=f"{wanted.name}/{raw.delivery_tag}", body=raw.body)])
        except Unheard:
            return
        await acknowledge(raw.ack() if is_taken else raw.reject(requeue=False))

    # What kind of queue it is, and where its dead letters go, is for whoever made it to say.
    queue = RabbitQueue(wanted.name, declare=False)
    broker.subscriber(queue, ack_policy=AckPolicy.MANUAL, no_reply=True)(take)

    async def look() -> None:
        """The client connects again by itself."""

    await begin(broker)
    return Opened(broker=broker, look=look)
