"""The commands that run the engine: their arguments, their help, and nothing else.

As in `authoring`, each body imports what it needs when it runs.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from journeys.cli.options import HERE, AsJson, Definitions, named, number

running = typer.Typer()


class Role(StrEnum):
    """What a process does."""

    all = "all"
    web = "web"
    worker = "worker"
    relay = "relay"


@running.command(
    short_help="Run the engine: events in, touches out.",
    epilog="""\b
Examples:
  journeys serve
  JOURNEYS_SMTP_URL=smtp://user:password@mail.example:587 journeys serve
  JOURNEYS_DATABASE_URL=postgresql://localhost/journeys journeys serve --role worker

\b
Everything comes from the environment:
  JOURNEYS_DATABASE_URL    sqlite:///journeys.db unless set, or postgresql://…
  JOURNEYS_PUBLIC_URL      where customers reach us, for links in mails
  JOURNEYS_SMTP_URL        where mails go; unset, they are files in the outbox
  JOURNEYS_WEBHOOK_SECRET  whsec_…, by which webhooks are signed
  JOURNEYS_METRICS_PORT    where a worker or relay answers /healthz, /readyz and
                           /metrics, unless --port says it
  JOURNEYS_REMEMBER_DAYS   how long an event is known, so that it is taken once;
                           30 unless set
  JOURNEYS_SENDER_RATE     requests a second by one key or source; 1000 unless
                           set, 0 for any number
  JOURNEYS_VISITOR_RATE    requests a second by the links of one customer, or
                           by an address without a key; 10 unless set
  JOURNEYS_PROXIES         proxies whose X-Forwarded-For is believed
and what brand.yaml names as ${NAME}.  Whoever may call is told by keys:
`journeys key new`; the first one is printed by the first start.

\b
Ctrl-C or SIGTERM stops it: what came in is kept, what is on its way is
waited for, and the next start goes on.""",
)
def serve(
    role: Annotated[
        Role, typer.Option("--role", help="Which part of the engine this process is; all are needed.")
    ] = Role.all,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[
        int | None,
        number("--port", "The port to listen on.  [default: 8085; worker and relay: none]", least=0, most=65_535),
    ] = None,
    outbox: Annotated[
        Path | None,
        typer.Option(
            "--outbox",
            metavar="DIR",
            parser=named,
            help="Where touches go whose provider is not set; a relay alone wants one or the other said.  "
            "[default: outbox]",
        ),
    ] = None,
    definitions: Definitions = HERE,
) -> int:
    """Publish the definitions and run them: HTTP in, decisions, and touches out.

    Only the role `all` publishes; the others run what is published, and take up what is published later.
    """
    from journeys.cli.environment import Asked
    from journeys.cli.serving import run_engine

    return run_engine(Asked(folder=definitions, role=role.value, host=host, port=port, outbox=outbox))


@running.command(
    short_help="Take events from a broker, beside an engine that runs.",
    epilog="""\b
Examples:
  journeys consume nats://localhost:4222 --from shop.events
  journeys consume kafka://one:9092,two:9092 --from events --group crm
  JOURNEYS_BROKER_URL=amqp://user:password@mq/ journeys consume --from events

\b
URL is of Kafka (kafka://), NATS JetStream (nats://, tls://), RabbitMQ
(amqp://, amqps://) or Redis (redis://, rediss://), each an extra:
`pip install 'journeys[nats]'`, or kafka, rabbit, redis.  One with a password
comes from JOURNEYS_BROKER_URL.  The database and where it answers /metrics
come from the environment as those of `journeys serve` do.

\b
A message is one event as JSON, or a list of them, as POST /v1/events takes
them.  It is acknowledged once they are durable.  What is refused is told in
the log by its place in the broker, and does not hold up what follows.

\b
Ctrl-C or SIGTERM stops it: what is being written is written first, and what
was not acknowledged comes again.""",
)
def consume(
    name: Annotated[
        str, typer.Option("--from", metavar="NAME", help="The topic, subject, queue or stream.", show_default=False)
    ],
    url: Annotated[str | None, typer.Argument(metavar="URL", help="Where the broker is.", show_default=False)] = None,
    group: Annotated[
        str,
        typer.Option("--group", metavar="NAME", help="Consumers of one group share what comes; RabbitMQ has none."),
    ] = "journeys",
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Where to answer /metrics.")] = "127.0.0.1",
    port: Annotated[
        int | None, number("--port", "The port to answer /metrics on.  [default: none]", least=0, most=65_535)
    ] = None,
) -> int:
    """Take events from a broker into the inbox, where a worker hears them as it hears those of POST /v1/events."""
    from journeys.cli.consuming import Asked, consume_events

    return consume_events(Asked(url=url, name=name, group=group, host=host, port=port))


@running.command(
    short_help="Let definitions go live.",
    epilog="""\b
Examples:
  journeys publish
  journeys publish --definitions march
  journeys publish --dry-run          what it would mean, and for whom

\b
The processes that run take it up within seconds.  Who is on their way stays
on the version of the journey they entered, with the words and the brand.yaml
of now; who comes takes the newest.  It is refused where that would break a
version that somebody is on their way through.""",
)
def publish(
    definitions: Definitions = HERE,
    is_dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would come of it, and do nothing.")] = False,
    as_json: AsJson = False,
) -> int:
    """Check a folder of definitions and let it go live, under a number; each journey's version has one of its own."""
    from journeys.cli.publishing import publish_folder

    return publish_folder(definitions, is_dry_run=is_dry_run, is_json=as_json)
