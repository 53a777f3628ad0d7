"""A real browser: Debian's Chromium, driven by Playwright, which brings none of its own.

A room's conftest.py says `from tests.browser import browser`, and a module's tests share one; each test opens a
window of it for itself, on a device of those below.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM: Final = shutil.which("chromium")
NEEDS_CHROMIUM: Final = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: chromium)")

PHONE: Final = {
    "viewport": {"width": 375, "height": 667},
    "device_scale_factor": 3,
    "is_mobile": True,
    "has_touch": True,
}
DESK: Final = {"viewport": {"width": 1000, "height": 800}}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM is not None
    with sync_playwright() as playwright:
        # In a sandbox it does not run as root.
        opened = playwright.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False)
        yield opened
        opened.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A page that is open, whom it asked for what, and what the browser complains of."""

    page: Page
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, url: str) -> None:
        """Forgets what was before."""
        self.asked.clear()
        self.complaints.clear()
        self.page.goto(url)

    def hear(self, complaint: str) -> None:
        # That an answer is a 404 is no fault of the page that says so.
        if not complaint.startswith("Failed to load resource: the server responded with a status of 4"):
            self.complaints.append(complaint)

    def press(self, name: str | None = None) -> None:
        """Presses a button that leads on, and waits for what it leads to."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name).click()


@contextmanager
def window(browser: Browser, device: Mapping[str, Any], /, **more: Any) -> Iterator[Window]:
    """`more` is what Playwright's `new_context` takes."""
    context = browser.new_context(**device, **more)
    opened = Window(page=context.new_page())
    context.on("request", lambda request: opened.asked.append(request.url))
    context.on("console", lambda message: opened.hear(message.text))
    context.on("weberror", lambda error: opened.complaints.append(str(error.error)))
    try:
        yield opened
    finally:
        context.close()


# What a screen reader makes nothing of, or has heard as the name of what is around it or before it.
_SILENT: Final = {"none", "generic", "InlineTextBox", "LabelText", "Legend", "ListMarker"}
_SAID: Final = ("level", "checked", "pressed", "expanded", "required", "disabled", "invalid", "live")


def told(page: Page) -> str:
    """What a screen reader is told of a page: the browser's own tree, a line for each thing in it."""
    session = page.context.new_cdp_session(page)
    nodes = {each["nodeId"]: each for each in session.send("Accessibility.getFullAXTree")["nodes"]}
    session.detach()
    lines: list[str] = []

    def tell(node: dict[str, Any], depth: int, above: str) -> None:
        role = node["role"]["value"]
        name = node.get("name", {}).get("value", "")
        if not (node["ignored"] or role in _SILENT or (role == "StaticText" and name.strip() in ("", above))):
            lines.append("  " * depth + " ".join([role, *([f'"{name}"'] if name else []), *_properties(node)]))
            depth, above = depth + 1, name
        for id in node.get("childIds", ()):
            tell(nodes[id], depth, above)

    [root] = [each for each in nodes.values() if "parentId" not in each]
    tell(root, 0, "")
    language = page.locator("html").get_attribute("lang")
    return "\n".join([f"language {language}", *lines]) + "\n"


def _properties(node: Mapping[str, Any]) -> Iterator[str]:
    said = {each["name"]: each["value"].get("value") for each in node.get("properties", ())}
    if node.get("description", {}).get("value"):
        yield f'described as "{node["description"]["value"]}"'
    for name in _SAID:
        value = said.get(name)
        if name == "level" and value is not None:
            yield f"level {value}"
        elif value not in (None, False, "false", "off", ""):
            yield name if value in (True, "true") else f"{name} {value}"
