"""Describing the pages: what the OpenAPI document says of customers' own pages."""

from __future__ import annotations

from typing import Any, Final

from journeys.web.describing import answered, operation

_PAGE: Final = {"text/html": {"schema": {"type": "string"}}}
_FORM: Final = "application/x-www-form-urlencoded"
_TOKEN: Final = {"name": "token", "in": "path", "required": True, "schema": {"type": "string"}}
_ANSWER: Final = {
    "name": "answer",
    "in": "query",
    "description": "The answer that is chosen already",
    "schema": {"type": "string"},
}
_NOT_OURS: Final = {
    404: answered("A page: the link is not ours", _PAGE),
    429: answered("A page: it is asked too often", _PAGE),
}
_TOO_OLD: Final = {403: answered("A page: the link is too old", _PAGE)}
_NOT_SHOWN: Final = {status: answered("A page: it cannot be shown just now", _PAGE) for status in (409, 503)}
_NOT_TAKEN: Final = {
    413: answered("A page: it could not be read", _PAGE),
    503: answered("A page: it could not be kept", _PAGE),
}
_KNOWN: Final = {200: answered("A page", _PAGE), **_TOO_OLD, **_NOT_OURS, **_NOT_SHOWN}

PAGES: Final[dict[str, dict[str, Any]]] = {
    "get_unsubscribe": operation(
        "get_unsubscribe",
        "The page behind the link of a mail; it changes nothing",
        answers={200: answered("A page with a button, or that says that it is done", _PAGE), **_NOT_OURS},
        parameters=[_TOKEN],
    ),
    "post_unsubscribe": operation(
        "post_unsubscribe",
        "Take the consent back at once (RFC 8058)",
        answers={
            200: answered("A page: it is done", _PAGE),
            **_NOT_OURS,
            503: _NOT_TAKEN[503],
        },
        parameters=[_TOKEN],
        body={_FORM: {"schema": {"type": "object", "properties": {"List-Unsubscribe": {"const": "One-Click"}}}}},
    ),
    "get_preferences": operation(
        "get_preferences",
        "The page on which a customer chooses; it changes nothing",
        answers={
            200: answered("A page with a form", _PAGE),
            **_NOT_OURS,
            **_NOT_SHOWN,
        },
        parameters=[_TOKEN],
    ),
    "post_preferences": operation(
        "post_preferences",
        "Say what differs from what the page showed",
        answers={
            200: answered("A page: it is kept, or asks again", _PAGE),
            400: answered("A page: something of it cannot be meant", _PAGE),
            **_NOT_OURS,
            **_NOT_SHOWN,
            **_NOT_TAKEN,
        },
        parameters=[_TOKEN],
        body={_FORM: {"schema": {"type": "object", "properties": {"seen": {"type": "string"}}, "required": ["seen"]}}},
    ),
    "get_known": operation(
        "get_known",
        "The page that tells a customer what is known of them, and why",
        answers=_KNOWN,
        parameters=[_TOKEN],
    ),
    "get_download": operation(
        "get_download",
        "All that is known, as a file",
        answers={
            **_KNOWN,
            200: answered("Everything, as JSON has it", {"application/json": {"schema": {"type": "object"}}}),
        },
        parameters=[_TOKEN],
    ),
    "get_erase": operation(
        "get_erase",
        "The page that asks whether to erase; it changes nothing",
        answers={
            200: answered("A page with a form", _PAGE),
            **_TOO_OLD,
            **_NOT_OURS,
        },
        parameters=[_TOKEN],
    ),
    "post_erase": operation(
        "post_erase",
        "Erase all that is known",
        answers={
            200: answered("A page: it is kept, or asks again", _PAGE),
            **_TOO_OLD,
            **_NOT_OURS,
            **_NOT_TAKEN,
        },
        parameters=[_TOKEN],
        body={
            _FORM: {"schema": {"type": "object", "properties": {"surely": {"type": "string"}}, "required": ["surely"]}}
        },
    ),
    "get_answer": operation(
        "get_answer",
        "The page that asks what a touch asks; it changes nothing",
        answers={200: answered("A page with a form", _PAGE), **_NOT_OURS},
        parameters=[_TOKEN, _ANSWER],
    ),
    "post_answer": operation(
        "post_answer",
        "Give the answer",
        answers={
            200: answered("A page: it is kept, or asks again where nothing was chosen", _PAGE),
            **_NOT_OURS,
            **_NOT_TAKEN,
        },
        parameters=[_TOKEN],
        body={
            _FORM: {"schema": {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}}
        },
    ),
    "get_click": operation(
        "get_click",
        "Follow a link of a mail, which is told",
        answers={302: {"description": "Where the link leads"}, **_NOT_OURS},
        parameters=[_TOKEN],
    ),
    "get_open": operation(
        "get_open",
        "The picture of a mail, which tells that it was opened",
        answers={200: answered("A picture that nobody sees", {"image/gif": {"schema": {"type": "string"}}})},
        parameters=[_TOKEN],
    ),
}
