"""Every channel can be sent on: its request is one, and fills in what there is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from journeys.check.rules import Fault, Folder, of_brand
from journeys.content.message import EMAIL
from journeys.definition.model import Brand, Channel, Path, Request
from journeys.definition.nearest import nearest, shown
from journeys.definition.request import PLACEHOLDERS, Mark, marks, names_of, texts_of
from journeys.definition.written import shorten

_NEEDS = {"http": "the request that sends it", "webhook": "where it goes"}
# What stands before the first placeholder of an address, once the host is over.
_AFTER_HOST = re.compile(r"(?i:https?://[^/?#]+|\$\{[^{}]*\}[^/?#]*)[/?]")
_HOLDS_STRUCTURE = re.compile(r"\s*[<{\[](?!\{)")
_STRUCTURE_KIND = re.compile(r"(?i:json|xml|html|form-urlencoded)")
_UNSAID = "nobody could say which value is meant"
_UNFILLED = "the provider would get the sign itself, and with it every customer"


@of_brand()
def unknown_placeholder(folder: Folder, brand: Brand) -> Iterator[Fault]:
    """What a request fills in is known.

    PASS    json: {to: "{{ address }}", text: "{{ text }}"}
    FAIL    json: {to: "{{ adress }}", text: "{{ text }}"}
    """
    for path, text in _texts(brand):
        for mark in marks(text):
            if not mark.is_sound:
                yield _unsound(mark, path, shown(shorten(text[mark.start : mark.end])))


def _unsound(mark: Mark, path: Path, written: str) -> Fault:
    if mark.kind == "variable":
        message = f"{written} names no environment variable"
        why, help = _UNSAID, 'write its name, of letters, digits and _, as in "${SMS_TOKEN}"'
    elif not mark.is_closed:
        message, why, help = f"{written} is not closed", _UNFILLED, "end it in '}}'"
    else:
        message = f"{written} is filled with nothing: a request knows no such value"
        why, help = _UNFILLED, nearest(mark.name, PLACEHOLDERS)
    return Fault(path=path, offset=mark.start, length=mark.end - mark.start, message=message, why=why, help=help)


@of_brand()
def placeholder_place(folder: Folder, brand: Brand) -> Iterator[Fault]:
    """A value is filled in where it can only be a value: no host, no name, no text that a program takes apart.

    PASS    url: "${SMS_URL}/send/{{ address }}"
    PASS    json: {text: "{{ text }}"}
    FAIL    url: "https://{{ address }}/send"
    FAIL    body: '{"text": "{{ text }}"}'
    """
    for _, request, path in _requests(brand):
        first = next((mark for mark in marks(request.url) if mark.kind == "placeholder"), None)
        if first is not None and not _AFTER_HOST.match(request.url[: first.start]):
            yield Fault(
                path=(*path, "url"),
                offset=first.start,
                length=first.end - first.start,
                message="here a value would choose the host",
                why="a customer's address could send what we say, and our secrets, to somebody else",
                help="let the host be written, or be in a variable, and fill in after the '/' that follows it",
            )
        for at, name in names_of(request):
            if any(marks(name)):
                yield Fault(
                    path=(*path, *at),
                    at="key",
                    message=f"{shown(name)} is a name, and only what follows a name is filled in",
                    why="the provider would get the sign itself",
                    help="write the name that the provider wants, and what is filled in after it",
                )
        yield from _pasted(request, (*path, "body"))


def _pasted(request: Request, path: Path) -> Iterator[Fault]:
    body = request.body
    mark = next((mark for mark in marks(body or "") if mark.kind == "placeholder"), None)
    kind = next((text for name, text in request.headers.items() if name.lower() == "content-type"), "")
    if body is not None and mark is not None and (_HOLDS_STRUCTURE.match(body) or _STRUCTURE_KIND.search(kind)):
        yield Fault(
            path=path,
            offset=mark.start,
            length=mark.end - mark.start,
            message="a value would be pasted into a text that a program takes apart",
            why="a quote in a customer's name would break it, or make it say something else",
            help="write 'json' or 'form', where values are escaped; a 'body' is plain text",
        )


@of_brand()
def channel_request(folder: Folder, brand: Brand) -> Iterator[Fault]:
    """A channel has the request that its way of sending needs, and no other.

    PASS    sms: {via: http, address: customer.phone, request: {url: "${SMS_URL}", json: {text: "{{ text }}"}}}
    FAIL    sms: {via: http, address: customer.phone}
    FAIL    email: {via: smtp, address: customer.email, request: {url: "${MAIL_URL}"}}
    """
    for channel in brand.channels.values():
        path: Path = ("channels", channel.name)
        needs = _NEEDS.get(channel.via)
        if needs is not None and channel.request is None and folder.is_whole(brand.file, path):
            yield Fault(
                path=(*path, "via"),
                message=f"a channel via {channel.via} has a 'request', and {shown(channel.name)} has none",
                why="nothing could be sent on it",
                help=f"add 'request: {{url: …}}', {needs}",
            )
        if needs is None and channel.request is not None:
            yield Fault(
                path=(*path, "request"),
                at="key",
                message=f"a channel via {channel.via} sends no request",
                why="it would be passed over, and whoever wrote it believes that it is used",
                help="write 'via: http', or delete the request",
            )


@of_brand()
def request_content(folder: Folder, brand: Brand) -> Iterator[Fault]:
    """A request carries one content, in one form; a webhook's is ours, and only it is signed.

    PASS    request: {url: "${SMS_URL}", form: {to: "{{ address }}", text: "{{ text }}"}}
    FAIL    request: {url: "${SMS_URL}", form: {to: "{{ address }}"}, body: "{{ text }}"}
    """
    for channel, request, path in _requests(brand):
        said = {"json": request.json, "form": request.form, "body": request.body}
        contents = [name for name, content in said.items() if content is not None]
        if channel.via == "webhook":
            ours = [*contents, *(["method"] if request.method != "POST" else [])]
            for name in ours:
                yield Fault(
                    path=(*path, name),
                    at="key",
                    message=f"a webhook has no '{name}' of its own",
                    why="its receiver knows what is signed by its form, and would refuse another",
                    help="delete it, or write 'via: http'",
                )
            continue
        if request.secret is not None:
            yield Fault(
                path=(*path, "secret"),
                at="key",
                message=f"a request via {channel.via} is not signed",
                why="it would be passed over, and whoever wrote it believes that it protects",
                help="write 'via: webhook', or say it in 'headers', as the provider wants it",
            )
        if len(contents) > 1:
            yield Fault(
                path=(*path, contents[1]),
                at="key",
                message=f"this request has {' and '.join(map(repr, contents))}",
                why="only one of them can be sent, and nobody could say which",
                help="keep the one that the provider wants",
            )
        elif contents and request.method == "GET":
            yield Fault(
                path=(*path, contents[0]),
                at="key",
                message="a GET carries nothing but its address",
                why="most providers would not look at it, and answer as if all were well",
                help="write 'method: POST', or put it into the address, as in \"…?to={{ address }}\"",
            )


@of_brand(severity="warning")
def request_without_address(folder: Folder, brand: Brand) -> Iterator[Fault]:
    """A request tells the provider whom it is for.

    PASS    json: {to: "{{ address }}", text: "{{ text }}"}
    FAIL    json: {text: "{{ text }}"}
    """
    for channel, request, path in _requests(brand):
        told = {mark.name for _, text in texts_of(request) for mark in marks(text) if mark.kind == "placeholder"}
        # Of a misspelt placeholder, and of a key that could not be read, others speak.
        is_whole = told <= PLACEHOLDERS.keys() and folder.is_whole(brand.file, path)
        if channel.via == "http" and is_whole and not told & {"address", "customer"}:
            yield Fault(
                path=path,
                at="key",
                message="this request says nothing of whom it is for",
                why="the provider could reach no customer, or would reach the same one each time",
                help='say it with "{{ address }}", or "{{ customer }}" where the provider knows their id',
            )


def _requests(brand: Brand) -> Iterator[tuple[Channel, Request, Path]]:
    for channel in brand.channels.values():
        if channel.request is not None and channel.via in _NEEDS:
            yield channel, channel.request, ("channels", channel.name, "request")


def _texts(brand: Brand) -> Iterator[tuple[Path, str]]:
    for _, request, path in _requests(brand):
        for at, text in texts_of(request):
            yield (*path, *at), text
    for person in brand.people.values():
        if person.webhook is not None:
            yield ("people", person.name, "webhook"), person.webhook


@of_brand()
def track_of_no_mail(folder: Folder, brand: Brand) -> Iterator[Fault]:
    """Opens and clicks are told of mails: nothing else has links that lead through us, or a picture.

    PASS    email: {via: smtp, address: customer.email, track: [opens, clicks]}
    FAIL    sms: {via: http, address: customer.phone, track: [clicks], request: {…}}
    """
    for name, channel in brand.channels.items():
        if channel.track and name != EMAIL:
            yield Fault(
                path=("channels", name, "track"),
                at="key",
                message=f"what goes by {shown(name)} tells neither of opens nor of clicks",
                why="one would wait for them in vain",
                help=f"say it of the channel '{EMAIL}', or remove it",
            )


RULES = (
    unknown_placeholder,
    placeholder_place,
    channel_request,
    request_content,
    request_without_address,
    track_of_no_mail,
)
