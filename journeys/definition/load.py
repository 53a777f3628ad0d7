"""A folder to its definitions: every file read, every mistake of shape and type told at once.

The order is the point.  First each file is read as written, whatever the others say; then the
names of all are known, and with them what a condition may read; then conditions are read
where they stand.  A folder with mistakes still gives the best that could be made of it, so
that the check can find the others too.  Nothing runs on definitions with an error.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from journeys.definition.brand import NOT_FOR_NAMES, build_brand, decide_brand
from journeys.definition.catalog import read_catalog
from journeys.definition.heard import hear
from journeys.definition.journey import build_journey, states_of
from journeys.definition.model import Brand, Catalog, Definitions, Event, Finding, Journey, Scenario, Touch
from journeys.definition.nearest import nearest, shown
from journeys.definition.population import build_population
from journeys.definition.population_model import Population
from journeys.definition.scalars import read_name
from journeys.definition.scenario import read_scenarios
from journeys.definition.schema import BRAND, JOURNEY, POPULATION, SOURCES, touch_record, translation_record
from journeys.definition.scope import Scope
from journeys.definition.shapes import Fields, Record, read_record
from journeys.definition.source import compose, read_text
from journeys.definition.sources import build_sources
from journeys.definition.sources_model import Source
from journeys.definition.touch import Sheet, answers_of, build_touch, build_translation, cut_touch
from journeys.definition.written import Document, Notes
from journeys.errors import InputError, Problem

_BRAND = "brand.yaml"
_SOURCES = "sources.yaml"
_TOUCHES = "touches"
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
_NO_CATALOG = Catalog(columns={}, rows=())
# A folder of more files than this was not written by people.
_FILES_MAX = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a folder says, and what is wrong with how it says it.

    `definitions` is None only where brand.yaml cannot be read, and so is `scope`, which is what any condition may
    read.  `populations` are by the journey's name.  `problem` gives any finding that speaks in these files' paths its
    line, one of the check's as well.
    """

    definitions: Definitions | None
    scope: Scope | None = field(default=None, repr=False)
    scenarios: tuple[Scenario, ...]
    populations: Mapping[str, Population]
    findings: tuple[Finding, ...]
    files: tuple[str, ...]
    documents: Mapping[str, Document] = field(repr=False)

    def problem(self, finding: Finding) -> Problem:
        document = self.documents.get(finding.file)
        if document is None:
            document = Document(file=finding.file, text="", root=None)
        return document.problem(finding)


def read_folder(folder: Path) -> Reading:
    """Raises `InputError` if there is no such folder; whatever is wrong inside is a finding."""
    loading = _Loading(folder)
    loading.list_files()
    loading.read_files()
    definitions = loading.define()
    return loading.reading(definitions)


class _AnyName(Collection[str]):
    """The states of a journey that cannot be read: whichever one names may well be there."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@dataclass(slots=True)
class _File:
    """One file on its way: what was found wrong, what is written, and (if it has a record) what that says."""

    path: Path
    notes: Notes
    document: Document | None = None
    fields: Fields | None = None
    sheet: Sheet | None = None


class _Loading:
    """Where each file of the folder is on its way from bytes to the model."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._brand: _File | None = None
        self._sources: _File | None = None
        self._journeys: dict[str, _File] = {}
        self._scenarios: dict[str, _File] = {}
        self._populations: dict[str, _File] = {}
        self._touches: dict[str, _File] = {}
        self._translations: dict[tuple[str, str], _File] = {}  # by touch and language
        self._csv: dict[str, _File] = {}
        self._catalog: _File | None = None
        self._strange: list[_File] = []
        self._found: Brand | None = None
        self._told: tuple[Scenario, ...] = ()
        self._peopled: dict[str, Population] = {}
        self._scope: Scope | None = None

    # ------------------------------------------------------------ which files there are

    def list_files(self) -> None:
        for name in self._names_in(self._folder):
            self._sort_in(name)
        touches = self._folder / _TOUCHES
        if touches.is_dir() and self._is_inside(touches):
            for name in self._names_in(touches):
                file = self._file(touches / name)
                touch, dot, language = name.removesuffix(".md").partition(".")
                if name.endswith(".md") and dot:
                    self._translations[touch, language] = file
                elif name.endswith(".md"):
                    self._touches[touch] = file
                else:
                    self._do_not_read(file, "a touch is a file 'NAME.md'")

    def _names_in(self, folder: Path) -> list[str]:
        try:
            names = sorted(path.name for path in folder.iterdir() if not path.name.startswith((".", "README")))
        except FileNotFoundError:
            raise InputError(f"there is no folder '{folder}'") from None
        except NotADirectoryError:
            raise InputError(f"'{folder}' is a file, and the definitions are a folder") from None
        except (OSError, ValueError) as error:
            raise InputError(f"the folder '{folder}' cannot be read: {error}") from None
        if len(names) > _FILES_MAX:
            raise InputError(f"'{folder}' holds more than {_FILES_MAX:,} files: it is no folder of definitions")
        return names

    def _sort_in(self, name: str) -> None:
        file = self._file(self._folder / name)
        if name == _BRAND:
            self._brand = file
        elif name == _SOURCES:
            self._sources = file
        elif name == _TOUCHES:
            if not file.path.is_dir() or not self._is_inside(file.path):
                self._do_not_read(file, "'touches' is a folder beside brand.yaml, with a file 'NAME.md' for each")
        elif name.endswith(".population.yaml"):
            self._populations[name.removesuffix(".population.yaml")] = file
        elif name.endswith(".scenarios.yaml"):
            self._scenarios[name.removesuffix(".scenarios.yaml")] = file
        elif name.endswith(".yaml"):
            self._journeys[name.removesuffix(".yaml")] = file
        elif name.endswith(".csv"):
            self._csv[name] = file
        else:
            help = f"rename it to '{name.removesuffix('.yml')}.yaml'" if name.endswith(".yml") else "move it elsewhere"
            self._do_not_read(file, help)

    def _file(self, path: Path) -> _File:
        # A name that is no text would break whatever prints it.
        return _File(path=path, notes=Notes(str(path).encode("utf-8", "replace").decode("utf-8")))

    def _do_not_read(self, file: _File, help: str) -> None:
        _say(
            file,
            "unknown-file",
            "this file is none of the language's, and is not read",
            "what it says would reach no customer",
            help,
            is_warning=True,
        )
        self._strange.append(file)

    def _is_inside(self, path: Path) -> bool:
        """Whether what is listed in the folder, or in its touches when they were found inside, stays in it."""
        if not path.is_symlink():
            return True
        try:
            return path.resolve().is_relative_to(self._folder.resolve())
        except (OSError, RuntimeError):
            return True  # A link that leads in a circle: it cannot be read, and that is what will be told.

    # ------------------------------------------------------------ as written

    def read_files(self) -> None:
        if self._brand is not None:
            self._read_record(self._brand, BRAND)
        if self._sources is not None:
            self._read_record(self._sources, SOURCES)
        for name, file in self._journeys.items():
            self._check_name(name, file)
            self._read_record(file, JOURNEY)
            self._check_own_name(file, "journey", name)
        for file in self._scenarios.values():
            self._read_yaml(file)
        for name, file in self._populations.items():
            self._read_record(file, POPULATION)
            self._check_own_name(file, "population", name)
        brand = self._brand.fields if self._brand is not None else None
        short = tuple(brand.get("channels", ())) if brand is not None else ()
        record = touch_record(short)
        for name, file in self._touches.items():
            self._check_name(name, file)
            self._read_touch(file, record)
        record = translation_record(short)
        for (name, language), file in self._translations.items():
            if self._is_translation(name, language, file):
                self._read_touch(file, record)

    def _read_text(self, file: _File) -> str | None:
        if not self._is_inside(file.path):
            message = "this leads out of the folder, and is not followed"
            _say(
                file, "outside-file", message, "a folder would say something else on each machine", "put the file here"
            )
            return None
        text = read_text(file.path, file.notes)
        if text is not None:
            file.document = Document(file=file.notes.file, text=text, root=None)
        return text

    def _read_yaml(self, file: _File) -> None:
        text = self._read_text(file)
        if text is None:
            return
        root = compose(text, file.notes)
        if root is None and not any(finding.severity == "error" for finding in file.notes.findings):
            _say(
                file,
                "empty-file",
                "nothing is written here",
                "no customer would be served by it",
                "write it, or remove it",
            )
        file.document = Document(file=file.notes.file, text=text, root=root)

    def _read_record(self, file: _File, record: Record) -> None:
        self._read_yaml(file)
        if file.document is not None:
            file.fields = read_record(file.document.root, record, (), file.notes)

    def _read_touch(self, file: _File, record: Record) -> None:
        text = self._read_text(file)
        file.sheet = cut_touch(text, file.notes) if text is not None else None
        if text is not None and file.sheet is not None:
            file.document = Document(file=file.notes.file, text=text, root=file.sheet.tree)
            file.fields = read_record(file.sheet.front, record, (), file.notes)

    def _is_translation(self, name: str, language: str, file: _File) -> bool:
        if name not in self._touches:
            message = f"there is no touch {shown(name)} that this could translate"
            _say(file, "translation", message, "nobody would ever read it", nearest(name, self._touches))
        elif not _LANGUAGE.fullmatch(language):
            message = f"{shown(language)} is no language that a file can be in"
            help = "a language, or one of a country: spark.de.md, spark.pt_BR.md"
            _say(file, "translation", message, "nobody would ever read it", help)
        else:
            return True
        return False

    def _check_name(self, name: str, file: _File) -> None:
        try:
            read_name(name)
            if name in NOT_FOR_NAMES:
                raise ValueError(f"'{name}' is taken: what begins with '{name}.' is heard from the engine")
        except ValueError as error:
            _say(file, "name", str(error), "no condition and no move could name it", "rename the file")

    def _check_own_name(self, file: _File, key: str, name: str) -> None:
        if file.fields is not None and file.fields.get(key, name) != name:
            written = shown(file.fields[key])
            file.notes.say(
                (key,),
                f"{key}-name",
                f"this {key} calls itself {written}, and its file is '{file.path.name}'",
                why="other files could not know it by one name",
                help=f"write '{key}: {name}', or rename the file",
            )

    # ------------------------------------------------------------ as meant

    def define(self) -> Definitions | None:
        brand_file = self._brand
        if brand_file is None or brand_file.fields is None:
            self._tell_scenarios(None)
            return None
        fields = brand_file.fields
        brand = build_brand(fields, brand_file.notes)
        for name in fields.get("segments", {}):
            if name in NOT_FOR_NAMES:
                reason = f"'{name}' is taken: what begins with '{name}.' is heard from the engine"
                why = "nobody could say which of the two is meant"
                brand_file.notes.say(
                    ("segments", name), "reserved-name", reason, why=why, help="choose another name", is_key=True
                )
        catalog = self._read_catalog(fields, brand)
        # A file with mistakes still has its name: to call what others say of it unknown would only confuse.
        segments = tuple(fields.get("segments", {}))
        answers = {
            name: answers_of(file.fields) if file.fields is not None else None for name, file in self._touches.items()
        }
        heard = hear(declared=brand.events, answers=answers, segments=segments, journeys=self._journeys)
        scope = Scope(
            fields=brand.fields,
            heard=heard,
            touches=answers,
            scores=brand.scores,
            segments=segments,
            purposes=brand.purposes,
            journeys={
                name: states_of(file.fields) if file.fields is not None else _AnyName()
                for name, file in self._journeys.items()
            },
            decimals=brand.decimals,
        )
        self._scope = scope
        brand = decide_brand(brand, fields, scope, brand_file.notes)
        journeys = {
            name: build_journey(file.fields, name=name, scope=scope, notes=file.notes)
            for name, file in self._journeys.items()
            if file.fields is not None
        }
        touches = self._build_touches(brand, journeys, catalog, scope)
        self._tell_scenarios(brand)
        self._people(brand, heard)
        return Definitions(
            heard=heard,
            brand=brand,
            journeys=journeys,
            touches=touches,
            catalog=catalog,
            sources=self._build_sources(),
        )

    def _build_sources(self) -> dict[str, Source]:
        file = self._sources
        return {} if file is None or file.fields is None else build_sources(file.fields, file.notes)

    def _build_touches(
        self, brand: Brand, journeys: Mapping[str, Journey], catalog: Catalog, scope: Scope
    ) -> dict[str, Touch]:
        # A touch may be sent by any journey, so what one of them keeps may be read, and is missing in the others.
        kept = {name: type_ for journey in journeys.values() for name, type_ in journey.kept.items()}
        item_scope = replace(scope, item=catalog.columns, in_journey=True, kept=kept)
        short = tuple(brand.channels)
        touches = {
            name: build_touch(name, file.fields, file.sheet, scope=item_scope, short=short, notes=file.notes)
            for name, file in self._touches.items()
            if file.fields is not None and file.sheet is not None
        }
        translations: dict[str, dict[str, Touch]] = {}
        for (name, language), file in self._translations.items():
            if name in touches and file.fields is not None and file.sheet is not None:
                translations.setdefault(name, {})[language] = build_translation(
                    touches[name], language, file.fields, file.sheet, short=short, notes=file.notes
                )
        return {
            name: replace(touch, translations=translations[name]) if name in translations else touch
            for name, touch in touches.items()
        }

    def _read_catalog(self, fields: Fields, brand: Brand) -> Catalog:
        name: str | None = fields.get("catalog")
        if name is None or self._brand is None:
            return _NO_CATALOG
        file = self._csv.pop(name, None)
        if file is None:
            message = f"there is no file {shown(name)} beside brand.yaml"
            if "/" in name or "\\" in name:
                message = f"{shown(name)} leads out of the folder, and is not followed"
            self._brand.notes.say(
                ("catalog",),
                "catalog-file",
                message,
                why="there would be nothing to recommend",
                help="write the name of a CSV file in this folder, such as catalog.csv",
            )
            return _NO_CATALOG
        self._catalog = file
        text = self._read_text(file)
        return read_catalog(text, decimals=brand.decimals, notes=file.notes) if text is not None else _NO_CATALOG

    def _tell_scenarios(self, brand: Brand | None) -> None:
        told: list[Scenario] = []
        for name, file in self._scenarios.items():
            if file.document is None or file.document.root is None:
                continue
            scenarios = read_scenarios(file.document, journey=name, brand=brand, notes=file.notes)
            told.extend(scenarios)
            missing = next((one.journey for one in scenarios if one.journey not in self._journeys), None)
            if missing is not None:
                message = f"there is no journey {shown(missing)} in this folder for these scenarios"
                help = "name the file like the journey's, or say 'journey: NAME' in the scenario"
                _say(file, "scenario-without-journey", message, "they would prove nothing", help)
        self._told = tuple(told)

    def _people(self, brand: Brand, heard: Mapping[str, Event]) -> None:
        for name, file in self._populations.items():
            if name not in self._journeys:
                message = f"there is no journey {shown(name)} in this folder for this population"
                help = f"name the file like the journey's; {nearest(name, self._journeys)}"
                _say(file, "population-without-journey", message, "there would be nothing to simulate", help)
            elif file.fields is not None:
                self._peopled[name] = build_population(
                    file.fields, name=name, brand=brand, heard=heard, notes=file.notes
                )

    # ------------------------------------------------------------ the answer

    def reading(self, definitions: Definitions | None) -> Reading:
        if self._brand is None:
            self._brand = self._file(self._folder / _BRAND)
            message = "there is no brand.yaml in this folder"
            why = "without it nothing is known of customers, purposes and channels, and nothing can run"
            _say(self._brand, "missing-brand", message, why, "write one, with 'brand', 'timezone' and 'currency'")
        for file in self._csv.values():
            self._do_not_read(file, f"name it in brand.yaml: 'catalog: {file.path.name}'")
        catalog = (self._catalog,) if self._catalog is not None else ()
        files = (
            self._brand,
            *([self._sources] if self._sources is not None else []),
            *self._journeys.values(),
            *self._scenarios.values(),
            *self._populations.values(),
            *self._touches.values(),
            *self._translations.values(),
            *catalog,
            *self._strange,
        )
        documents = {file.notes.file: file.document for file in files if file.document is not None}
        return Reading(
            definitions=definitions,
            scope=self._scope,
            scenarios=self._told,
            populations=self._peopled,
            findings=tuple(finding for file in files for finding in _in_file_order(file)),
            files=tuple(documents),
            documents=documents,
        )


def _in_file_order(file: _File) -> list[Finding]:
    findings = file.notes.findings
    if file.document is None:
        return findings
    # The last of too many says that more follow, and belongs to the end.
    return sorted(findings, key=lambda one: (one.rule == "too-many-problems", file.document.locate(one)))  # type: ignore[union-attr]


def _say(file: _File, rule: str, message: str, why: str, help: str, *, is_warning: bool = False) -> None:
    file.notes.add(
        Finding(
            file=file.notes.file,
            path=(),
            rule=rule,
            message=message,
            why=why,
            help=help,
            severity="warning" if is_warning else "error",
        )
    )
