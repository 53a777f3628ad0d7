"""Answering: the page that takes the answer to what a touch asks.

A button of the mail leads here with its answer chosen; the page asks once more, and only its own button gives it: what
follows the links of a mail to look for harm would otherwise answer, and always with the last one.  What is taken is an
event as any other, `spark.answered`.  A button that is hit twice within a second gives one; who changes their mind
has said both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs

from fastapi import FastAPI, Request, Response

from journeys.content.tokens import Named, Use, read_token
from journeys.core.calendar import SECOND, format_moment
from journeys.core.program import Program
from journeys.definition.model import Touch
from journeys.measure.html.markup import tag
from journeys.web.bodies import read_body
from journeys.web.describing import OPERATIONS
from journeys.web.parts import Parts
from journeys.web.problems import Refusal

from .page import failed, is_from_elsewhere, page, phrases_of, unknown
from .telling import tell

SOURCE: Final = "answer"
_BODY_MAX: Final = 10_000  # bytes
_VALUE_MARKS: Final = ("{{", "{%")


def add_answering(app: FastAPI, parts: Parts) -> None:
    @app.get("/answer/{token}", **OPERATIONS["get_answer"])
    async def get_answer(request: Request) -> Response:
        asked = _asked(parts, request)
        if isinstance(asked, Response):
            return asked
        return _ask(parts.program(), asked.touch, request.query_params.get("answer"))

    @app.post("/answer/{token}", **OPERATIONS["post_answer"])
    async def post_answer(request: Request) -> Response:
        asked = _asked(parts, request)
        if isinstance(asked, Response):
            return asked
        program = parts.program()
        try:
            said = await _read_answer(request)
            answer = next((each for each in asked.touch.ask if str(each) == said), None)
            if answer is None or is_from_elsewhere(request):
                # Nothing was chosen, or nothing that could be; or not here, and so it is asked once more.
                return _ask(program, asked.touch, said, notice=phrases_of(program).not_answered)
            now = parts.clock()
            is_told = await tell(parts, _event(asked.named, answer, now), now)
            assert is_told  # of every touch that there is
        except Refusal as refusal:
            return failed(program, refusal, phrases_of(program).not_answered)
        say = phrases_of(program)
        return page(program, say.answered, tag("p", say.answered_more.format(answer=answer)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Whom a link names, and what they are asked."""

    named: Named
    touch: Touch


def _asked(parts: Parts, request: Request) -> _Asked | Response:
    """Or the page that says why nothing is asked."""
    program = parts.program()
    named = read_token(parts.secret, Use.ANSWER, request.path_params["token"])
    if named is None:
        return unknown(program)
    touch = program.definitions.touches.get(named.names[1])
    return _closed(program) if touch is None or not touch.ask else _Asked(named=named, touch=touch)


async def _read_answer(request: Request) -> str | None:
    """What the form says; None for anything that is no form of ours."""
    body = await read_body(request, most=_BODY_MAX)
    try:
        return parse_qs(body.decode("ascii"), max_num_fields=20).get("answer", [None])[0]
    except ValueError:  # no ASCII, or too many fields
        return None


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


def _ask(program: Program, touch: Touch, chosen: str | None, *, notice: str | None = None) -> Response:
    say = phrases_of(program)
    return page(
        program,
        _question(touch) or say.your_answer.format(brand=program.definitions.brand.name),
        None if notice is None else tag("p", notice, role="alert"),
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


def _closed(program: Program) -> Response:
    say = phrases_of(program)
    return page(program, say.no_question, tag("p", say.no_question_more))
