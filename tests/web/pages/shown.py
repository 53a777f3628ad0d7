"""The pages that are looked at in a browser, and what is done on each to come to its states.

Another page is another line of PAGES: everything that test_in_a_browser.py promises of all is then asked of it as well.
`RENEW=1 pytest -m 'long or not long' tests/web/pages` writes what a screen reader is told of it: review that as you
would code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import pytest

from journeys.content.tokens import Use, make_token
from journeys.core.calendar import DAY
from tests.browser import Window
from tests.web.house import NOW, SECRET

KNOWN: Final = "c-17"  # a customer of whom something is known

Act = Callable[[Window], object]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A page, where it lies, and the way to each of its states once it is open."""

    name: str
    path: str
    states: Mapping[str, Act]


def answer_page(customer: str, touch: str, answer: str = "") -> str:
    token = make_token(SECRET, Use.ANSWER, customer, touch, "0" * 32)
    return f"/answer/{token}" + (f"?answer={answer}" if answer else "")


def unsubscribe_page(customer: str, purpose: str) -> str:
    return f"/unsubscribe/{make_token(SECRET, Use.UNSUBSCRIBE, customer, purpose)}"


def preferences_page(part: str = "", customer: str = KNOWN, made_at: int = NOW) -> str:
    return f"/preferences/{make_token(SECRET, Use.PREFERENCES, customer, str(made_at))}{part}"


def look(window: Window) -> None:
    """As it is when it opens."""


def press(window: Window) -> None:
    window.press()


def press_without_choosing(window: Window) -> None:
    """In a browser that does not know that something must be chosen."""
    window.page.evaluate("document.forms[0].noValidate = true")
    window.press()


def send_too_much(window: Window) -> None:
    """More than is read, so that nothing is taken."""
    window.page.evaluate("document.querySelector(':checked').value = '9'.repeat(60_000)")
    window.press()


def say_one_time(window: Window) -> None:
    """When quiet hours begin, and not when they end."""
    window.page.locator("[name=from]").fill("20:00")
    window.press()


def tick_and_press(window: Window) -> None:
    window.page.get_by_role("checkbox").check()
    window.press()


PAGES: Final = (
    Shown(name="answer", path=answer_page("c-1", "nps-ask"), states={"asked": look, "refused": press_without_choosing}),
    Shown(name="answer-chosen", path=answer_page("c-1", "nps-ask", "9"),
          states={"asked": look, "taken": press, "failed": send_too_much}),
    Shown(name="answer-in-words", path=answer_page("c-1", "did-we-slip"), states={"asked": look}),
    Shown(name="answer-closed", path=answer_page("c-1", "spark"), states={"told": look}),
    Shown(name="unsubscribe", path=unsubscribe_page("c-1", "offers"), states={"asked": look, "taken": press}),
    Shown(name="unsubscribe-wordless", path=unsubscribe_page("c-1", "orders"), states={"asked": look}),
    Shown(name="preferences", path=preferences_page(), states={"asked": look, "taken": press, "refused": say_one_time}),
    Shown(name="known", path=preferences_page("/known"), states={"told": look}),
    Shown(name="erase", path=preferences_page("/erase"), states={"asked": look, "taken": tick_and_press}),
    Shown(name="too-old", path=preferences_page("/known", made_at=NOW - 31 * DAY), states={"told": look}),
    Shown(name="unknown", path="/answer/x", states={"told": look}),
)  # fmt: skip

# Every day each page as it opens, but for those that say a few words as others do, and of the other states these.
AT_LENGTH: Final = ("unsubscribe-wordless", "too-old", "unknown")
DAILY: Final = ("answer-chosen-taken", "unsubscribe-taken", "preferences-refused")
EACH: Final = [
    pytest.param(
        (f"{page.name}-{state}", page.path, act),
        id=f"{page.name}-{state}",
        marks=[]
        if (act is look and page.name not in AT_LENGTH) or f"{page.name}-{state}" in DAILY
        else pytest.mark.long,
    )
    for page in PAGES
    for state, act in page.states.items()
]
