"""Problems: every refusal as RFC 9457 has it, and the words of each kind in one place.

A `Refusal` is raised wherever a request turns out to be one that cannot be served, and becomes the answer
at the edge of the application.  It says what is wrong, where in the body (a JSON pointer), and what to do
instead; it never shows what is behind the door: no class of ours, no statement, no trace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import msgspec

CONTENT_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of problem: the last part of its `type`, its title, its status."""

    name: str
    title: str
    status: int

    @property
    def type(self) -> str:
        return f"urn:problem-type:journeys:{self.name}"


BAD_JSON: Final = Kind(name="bad-json", title="This is not JSON that can be read", status=400)
BAD_EVENT: Final = Kind(name="bad-event", title="This event cannot be taken", status=400)
NO_EVENT_TAKEN: Final = Kind(name="no-event-taken", title="None of the events could be taken", status=400)
BAD_CUSTOMER: Final = Kind(name="bad-customer", title="This cannot be said of a customer", status=400)
NO_KEY: Final = Kind(name="no-key", title="A valid key is needed", status=401)
WRONG_SCOPE: Final = Kind(name="wrong-scope", title="This key does not open this door", status=403)
BAD_SIGNATURE: Final = Kind(name="bad-signature", title="This was not signed by its sender", status=401)
UNKNOWN_SOURCE: Final = Kind(name="unknown-source", title="Nobody of this name may tell us anything", status=404)
BAD_LINK: Final = Kind(name="bad-link", title="This link is not one of ours", status=404)
UNKNOWN_CUSTOMER: Final = Kind(name="unknown-customer", title="There is no such customer", status=404)
CHANGED: Final = Kind(name="changed-journey", title="This customer stands in a journey that has changed", status=409)
UNKNOWN_NAME: Final = Kind(name="unknown-name", title="It names what there is not", status=409)
TOO_EARLY: Final = Kind(name="too-early", title="This is told before it happens", status=409)
NO_EVENT_FITS: Final = Kind(name="no-event-fits", title="None of the events could be taken as things stand", status=409)
TOO_SLOW: Final = Kind(name="too-slow", title="The body took too long to arrive", status=408)
TOO_LARGE: Final = Kind(name="too-large", title="This is more than is taken at once", status=413)
WRONG_MEDIA: Final = Kind(name="wrong-content-type", title="A body of this type is not read here", status=415)
BEHIND: Final = Kind(name="behind", title="Too much is waiting already", status=429)
TOO_OFTEN: Final = Kind(name="too-often", title="This is asked too often", status=429)
FAILED: Final = Kind(name="failed", title="Something failed on our side", status=500)
UNAVAILABLE: Final = Kind(name="unavailable", title="Nothing can be kept at the moment", status=503)

KINDS: Final = (
    BAD_JSON, BAD_EVENT, NO_EVENT_TAKEN, BAD_CUSTOMER, NO_KEY, WRONG_SCOPE, BAD_SIGNATURE, UNKNOWN_SOURCE, BAD_LINK,
    UNKNOWN_CUSTOMER, CHANGED, UNKNOWN_NAME, TOO_EARLY, NO_EVENT_FITS, TOO_SLOW, TOO_LARGE, WRONG_MEDIA, BEHIND,
    TOO_OFTEN, FAILED, UNAVAILABLE,
)  # fmt: skip


def kind_of(status: int) -> Kind:
    """What the server itself refuses: a path or a method that is not there, a failure of ours."""
    return Kind(name=f"http-{status}", title=HTTPStatus(status).phrase, status=status)


class Problem(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is wrong with one thing: RFC 9457, with the place in the body as a JSON pointer (RFC 6901)."""

    type: str
    title: str
    detail: str
    pointer: str | None = None


class Refusal(Exception):
    """A request, or one item of it, that is not served.

    `path` says where in the body, as keys and places; None where no place is to blame.  `items` are what became of
    each event, where there were several.
    """

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        path: Sequence[str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        items: list[Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.path = path
        self.headers = headers or {}
        self.items = items

    def problem(self, *, inside: Sequence[str | int] = ()) -> Problem:
        """In words; `inside` is where the item stands, if it is one of several."""
        return Problem(
            type=self.kind.type,
            title=self.kind.title,
            detail=self.detail,
            pointer=None if self.path is None else pointer((*inside, *self.path)),
        )


def pointer(path: Sequence[str | int]) -> str:
    """`("properties", "a/b")` as `/properties/a~1b`; the whole body is the empty text."""
    return "".join([f"/{str(each).replace('~', '~0').replace('/', '~1')}" for each in path])
