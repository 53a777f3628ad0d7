"""What others send, as ours: pure functions from bytes and headers to raw events.

A raw event is a dict as `POST /v1/events` takes it, and is judged as if it had come in there: nothing in here
decides what is kept.
"""
