"""Answering: the page that takes the answer to what a touch asks.

A button of the mail leads here with its answer chosen; the page asks once more, and only its own button gives it: what
follows the links of a mail to look for harm would otherwise answer, and always with the last one.  What is taken is an
event as any other, `spark.answered`.  A button that is hit twice within a second gives one; who changes their mind
has said both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from fastapi import FastAPI, Request, Response

from journeys.content.tokens import Named, Use
from journeys.core.calendar import SECOND, format_moment
from journeys.definition.model import Touch
from journeys.measure.html.markup import tag
from journeys.web.parts import Parts
from journeys.web.problems import Refusal

from .describing import PAGES
from .form import read_form
from .link import Link, open_link
from .page import Reader, alert, failed, is_from_elsewhere, page
from .telling import tell

SOURCE: Final = "answer"
_VALUE_MARKS: Final = ("{{", "{%")


def add_answering(app: FastAPI, parts: Parts) -> None:
    @app.get("/answer/{token}", **PAGES["get_answer"])
    async def get_answer(request: Request) -> Response:
        asked = _asked(parts, request)
        if isinstance(asked, Response):
            return asked
        return _ask(asked.link.reader, asked.touch, request.query_params.get("answer"))

    @app.post("/answer/{token}", **PAGES["post_answer"])
    async def post_answer(request: Request) -> Response:
        asked = _asked(parts, request)
        if isinstance(asked, Response):
            return asked
        reader = asked.link.reader
        try:
            [said] = (await read_form(request)).get("answer", [None])[:1]
            answer = next((each for each in asked.touch.ask if str(each) == said), None)
            if answer is None or is_from_elsewhere(parts, request):
                # Nothing was chosen, or nothing that could be; or not here, and so it is asked once more.
                return _ask(reader, asked.touch, said, notice=reader.say.not_answered)
            now = parts.clock()
            await tell(parts, _event(asked.link.named, answer, now), now=now)
        except Refusal as refusal:
            return failed(reader, refusal, reader.say.not_answered)
        return page(reader, reader.say.answered, tag("p", reader.say.answered_more.format(answer=answer)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Whom a link names, and what they are asked."""

    link: Link
    touch: Touch


def _asked(parts: Parts, request: Request) -> _Asked | Response:
    """Or the page that says why nothing is asked."""
    link = open_link(parts, request, Use.ANSWER)
    if isinstance(link, Response):
        return link
    touch = link.reader.program.definitions.touches.get(link.named.names[1])
    return _closed(link.reader) if touch is None or not touch.ask else _Asked(link=link, touch=touch)


def _event(named: Named, answer: int | str, now: int) -> dict[str, Any]:
    customer, touch, key = named.names
    return {
        "id": f"{key}-{answer}-{now // SECOND}"[-200:],
        "source": SOURCE,
        "name": f"{touch}.answered",
        "customer": customer,
        "at": format_moment(now),
        "properties": {"answer": answer},
    }


def _ask(reader: Reader, touch: Touch, chosen: str | None, *, notice: str | None = None) -> Response:
    say = reader.say
    return page(
        reader,
        _question(touch) or say.your_answer.format(brand=reader.program.definitions.brand.name),
        alert(notice),
        tag(
            "form",
            tag(
                "fieldset",
                tag("legend", say.choose),
                tag(
                    "div",
                    [
                        tag(
                            "label",
                            tag(
                                "input",
                                type="radio",
                                name="answer",
                                value=str(each),
                                required="required",
                                checked="checked" if str(each) == chosen else None,
                                # What is required and still empty is told as wrong before anybody did anything.
                                aria_invalid="false" if notice is None else None,
                            ),
                            tag("span", str(each)),
                        )
                        for each in touch.ask
                    ],
                    class_="answers",
                ),
            ),
            tag("button", say.send, type="submit"),
            method="post",
        ),
    )


def _question(touch: Touch) -> str | None:
    """The subject of the mail that asked, where it is the same for everybody: nothing of a customer is shown here."""
    subjects = [words.subject for words in (touch.words.get("a"), touch.generic) if words is not None]
    return next((each for each in subjects if each and not any(mark in each for mark in _VALUE_MARKS)), None)


def _closed(reader: Reader) -> Response:
    return page(reader, reader.say.no_question, tag("p", reader.say.no_question_more))
