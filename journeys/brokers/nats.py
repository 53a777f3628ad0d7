"""NATS JetStream: a durable pull consumer of a subject.  What is refused is terminated, which the server tells of."""

from __future__ import annotations

from typing import Any, Final

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, PullSub
from nats.errors import Error
from nats.js.api import ConsumerConfig
from nats.js.errors import NotFoundError

from journeys.errors import ConfigurationError

from .address import Address
from .hearing import Message, Unheard
from .opening import AT_ONCE, Opened, Wanted, acknowledge, bare, begin

_GATHER_FOR: Final = 0.2  # seconds in which what comes is gathered


async def open_broker(address: Address, wanted: Wanted) -> Opened:
    # By itself it would give up for good after a minute or two.
    broker = NatsBroker(address.url.split(","), max_reconnect_attempts=-1, **bare(address))
    client = await broker.connect()
    stream_context = client.jetstream()
    try:
        stream = await stream_context.find_stream_name_by_subject(wanted.name)
    except NotFoundError:
        await broker.stop()
        raise ConfigurationError(
            f"{address.shown}: no stream of JetStream has the subject {wanted.name!r}: `nats stream add` makes one"
        ) from None

    async def take(raw: Any) -> None:
        messages = [Message(place=f"{stream}/{each.metadata.sequence.stream}", body=each.data) for each in raw]
        try:
            taken = await wanted.hear(messages)
        except Unheard:
            return
        for each, is_taken in zip(raw, taken):
            await acknowledge(each.ack() if is_taken else each.term())

    broker.subscriber(
        wanted.name,
        stream=JStream(stream, declare=False),
        durable=wanted.group,
        config=ConsumerConfig(ack_wait=wanted.again_after),
        pull_sub=PullSub(batch_size=AT_ONCE, timeout=_GATHER_FOR, batch=True),
        ack_policy=AckPolicy.MANUAL,
        no_reply=True,
    )(take)

    async def look() -> None:
        try:
            await stream_context.consumer_info(stream, wanted.group)
        except NotFoundError:
            raise ConfigurationError(f"{address.shown}: the consumer {wanted.group!r} was deleted") from None
        except (Error, TimeoutError):
            pass  # away, and the client connects again

    await begin(broker)
    return Opened(broker=broker, look=look)
