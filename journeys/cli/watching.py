"""`journeys check --watch`: what changed is checked and tested again, as one types.

What changed is found by looking at the files' names, sizes and times.  The watcher only knocks,
and may knock too often, or miss something: somebody looks once a second anyway.  So a file half
written, renamed or gone is a change like any other, and a folder that vanishes is waited for.

A scenario is run again when something changed that it can notice, and until it passes.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from watchfiles import watch

from journeys.check.folder import Checked
from journeys.cli.checking import check, print_checked
from journeys.cli.page import Page, Style, count_of
from journeys.cli.places import Asked, folders_of
from journeys.cli.testing import print_failure, scenarios_of
from journeys.definition.load import Reading
from journeys.definition.model import Scenario
from journeys.errors import ConfigurationError, InputError
from journeys.simulate.scenario import run_scenarios

Look = dict[str, tuple[int, ...]]

_TOUCHES = "touches"
_LOOK_EVERY = 1_000  # milliseconds
_QUIET_FOR = 50  # milliseconds: an editor that saves in several strokes is one change
_LOOKS_MAX = 10  # until two find the same
_NAMED_MAX = 5  # changed files that are named


def watch_paths(paths: list[Path]) -> int:
    """Prints a block after each change.  Ends by Ctrl-C alone, or where nothing can be watched."""
    page = Page()
    watched = [_Watched(asked) for asked in folders_of(paths)]
    folders = [one.asked.folder for one in watched]
    while True:
        changed = [name for one in watched for name in one.look()]
        if not changed:
            _wait_for_a_knock(folders)
            continue
        page.clear()
        if any(one.rounds for one in watched):
            page.line((f"changed: {_say_names(changed)}", "dim"))
        for one in watched:
            one.take_round(page)
        page.line((f"watching {', '.join(map(str, folders))} until Ctrl-C", "dim"))
        page.line()
        page.stream.flush()


class _Watched:
    """One folder: how it looked, and which of its scenarios have yet to pass."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.rounds = 0
        self._seen: Look | None = None
        self._changed: set[str] = set()  # since the scenarios were last run
        self._failed: set[tuple[str, str]] = set()

    def look(self) -> list[str]:
        """The names of the files that changed; the folder's own, where that went away."""
        before, now = self._seen, _look(self.asked.folder)
        if before == now and self.rounds:
            return []
        for _ in range(_LOOKS_MAX):
            # A file that is renamed while the names are read may be seen under both of its names, or neither.
            last, now = now, _look(self.asked.folder)
            if last == now:
                break
        self._seen = now
        if before == now and self.rounds:
            return []
        if now is None:
            return [str(self.asked.folder)]
        before = before or {}
        changed = sorted(file for file in before.keys() | now.keys() if before.get(file) != now.get(file))
        self._changed.update(changed)
        return [os.path.relpath(file, self.asked.folder) for file in changed] or [str(self.asked.folder)]

    def take_round(self, page: Page) -> None:
        self.rounds += 1
        if self._seen is None:
            page.line((f"the folder '{self.asked.folder}' is gone: waiting for it to come back", "yellow"))
            return
        try:
            checked = check(self.asked)
        except InputError as error:
            # It went away between the look and the reading, or the file that was named did.
            page.line((str(error), "yellow"))
            return
        print_checked(page, self.asked, checked)
        if checked.errors:
            page.line(("the scenarios wait until this is mended", "dim"))
        else:
            self._test(page, checked)

    def _test(self, page: Page, checked: Checked) -> None:
        reading = checked.reading
        assert reading.definitions is not None
        scenarios = scenarios_of(self.asked, reading)
        chosen = [one for one in scenarios if _key(one) in self._failed or _notices(one, self._changed, reading)]
        self._changed.clear()
        self._failed.clear()
        for outcome in run_scenarios(reading.definitions, chosen):
            if outcome.failure is not None:
                self._failed.add(_key(outcome.scenario))
                print_failure(page, reading.definitions, outcome)
        page.line(*_say_total(len(chosen), len(self._failed), len(scenarios)))


def _key(scenario: Scenario) -> tuple[str, str]:
    return scenario.file, scenario.name


def _notices(scenario: Scenario, changed: set[str], reading: Reading) -> bool:
    """Whether a change of these files can change what happens in a scenario, which walks its own journey alone."""
    definitions = reading.definitions
    assert definitions is not None
    journey, brand = definitions.journeys[scenario.journey].file, definitions.brand.file
    if not changed.isdisjoint((scenario.file, journey, brand)) or any(file.endswith(".csv") for file in changed):
        return True
    touches = [re.escape(Path(file).stem) for file in changed if file.endswith(".md")]
    named = re.compile(rf"(?<![\w@-])({'|'.join(touches)})(?![\w@-])")
    return bool(touches) and any(named.search(reading.documents[file].text) for file in (scenario.file, journey, brand))


# ---------------------------------------------------------------- the files


def _look(folder: Path) -> Look | None:
    """Each file's time, size and place on the disk; None where the folder is not there."""
    found: Look = {}
    for place in (folder, folder / _TOUCHES):
        try:
            files = list(place.iterdir())
        except OSError:
            if place == folder:
                return None
            continue
        for file in files:
            try:
                stat = file.stat()
            except OSError:
                continue
            if not file.name.startswith(".") and not file.is_dir():
                found[str(file)] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
    return found


def _wait_for_a_knock(folders: list[Path]) -> None:
    """Until something stirs in the folders that are there just now, or it is time to look anyway."""
    places = [place for folder in folders for place in (folder, folder / _TOUCHES) if place.is_dir()]
    knocks = watch(
        *places,
        watch_filter=None,
        step=_QUIET_FOR,
        rust_timeout=_LOOK_EVERY,
        yield_on_timeout=True,
        recursive=False,
    )
    try:
        next(knocks)
    except FileNotFoundError:
        pass  # It vanished in between, and the next look will see that.
    except (OSError, RuntimeError) as error:  # the latter where the system has no watches left
        raise ConfigurationError(f"cannot watch {', '.join(map(str, places))}: {error}") from None
    finally:
        knocks.close()


# ---------------------------------------------------------------- words


def _say_names(names: list[str]) -> str:
    more = len(names) - _NAMED_MAX
    return ", ".join(names[:_NAMED_MAX]) + (f" and {more} more" if more > 0 else "")


def _say_total(run: int, failed: int, of: int) -> list[str | tuple[str, Style]]:
    if not run:
        return [("no scenario can notice this" if of else "there are no scenarios", "dim")]
    said: tuple[str, Style] = (f"{count_of(run, 'scenario')} passed", "green")
    if failed:
        said = (f"{failed:,} of {count_of(run, 'scenario')} failed", "red")
    others = of - run
    return [said, (f", {count_of(others, 'other')} cannot notice this", "dim") if others else ""]
