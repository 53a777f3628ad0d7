"""Kafka: a group of consumers.  Offsets go on in order, so what is refused is passed by, and told in the log."""

from __future__ import annotations

from typing import Any

from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from .address import Address
from .hearing import Message, Unheard
from .opening import AT_ONCE, Opened, Wanted, acknowledge, bare, begin


async def open_broker(address: Address, wanted: Wanted) -> Opened:
    broker = KafkaBroker(
        address.url.removeprefix("kafka://").rstrip("/").split(","), consumer_only=True, **bare(address)
    )
    subscriber = broker.subscriber(
        wanted.name,
        group_id=wanted.group,
        batch=True,
        max_records=AT_ONCE,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.MANUAL,
        no_reply=True,
    )

    async def take(raw: Any) -> None:
        messages = [
            Message(place=f"{each.topic}/{each.partition}/{each.offset}", body=each.value or b"") for each in raw
        ]
        try:
            await wanted.hear(messages)
        except Unheard:
            return
        # Nothing more was read meanwhile: how far it read is how far it heard.
        assert subscriber.consumer is not None
        await acknowledge(subscriber.consumer.commit())

    subscriber(take)

    async def look() -> None:
        """The client connects again by itself."""

    await begin(broker)
    return Opened(broker=broker, look=look)
