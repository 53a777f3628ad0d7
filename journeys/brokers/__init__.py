"""Events from a broker: Kafka, NATS JetStream, RabbitMQ or Redis streams, each an extra.

Another door into the same house as `POST /v1/events`, and so above it: what is read and judged there is read and
judged here by the same functions.  Only the answer differs.  A message is acknowledged once the inbox has its events,
and until then the broker keeps it.  Home of FastStream.
"""
