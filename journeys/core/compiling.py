"""Compiling: a folder's definitions become a `Program`.

The brand first (touches with their caps and rules), then each journey, then who may enter and
what is followed.  Nothing here is on the way of an event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from journeys.definition.model import (
    Definitions,
    Entry,
    Touch,
)

from .compiling_journey import JourneyCompiler
from .conditions import Test, compile_any, compile_condition
from .names import Names
from .program import (
    ASKS_SEGMENTS,
    ASKS_TRIGGERS,
    BUCKETS,
    COUNTED,
    ENTERS,
    INTERNAL,
    MARKETING,
    NEEDS_CONSENT,
    OF_TOUCH,
    REQUESTED,
    SERVICE,
    SPECIAL,
    EntryProgram,
    JourneyProgram,
    Program,
    RuleProgram,
    ScopeProgram,
    TouchProgram,
)

_CLASSES: Final = {"marketing": MARKETING, "service": SERVICE, "requested": REQUESTED, "internal": INTERNAL, "data": -1}


def compile_program(
    definitions: Definitions,
    *,
    salt: str,
    journeys: Sequence[str] | None = None,
    numbers: Mapping[str, int] | None = None,
) -> Program:
    """Compiles a folder; `journeys` limits which of its journeys customers may enter (None: all).

    `numbers` are those of the newest versions, 1 where they do not say.  Nobody enters an earlier one.
    """
    names = Names(definitions)
    program = Program(definitions, names, salt)
    _compile_brand(program)
    for index, (definition, earlier) in enumerate(names.versions):
        version = (numbers or {}).get(definition.name, 1) if earlier is None else earlier.version
        journey = JourneyProgram(definition, index, names.journeys[definition.name], version, earlier)
        program.journeys.append(JourneyCompiler(program, journey).compile())
    _compile_choices(program)
    active = set(definitions.journeys if journeys is None else journeys)
    for journey in program.journeys:
        if journey.name in active and journey.earlier is None:
            _open_entries(program, journey)
    _compile_watches(program)
    return program


def _compile_brand(program: Program) -> None:
    definitions, names = program.definitions, program.names
    brand = definitions.brand
    topics = {name: index for index, name in enumerate(definitions.topics)}
    for index, rule in enumerate(brand.suppress):
        test = compile_condition(rule.condition, names)
        program.rules.append(RuleProgram(index, test, _mask(rule.channels, names.channels), rule.wait))
    scopes = _compile_caps(program)
    program.data_purposes = _mask(
        [purpose.name for purpose in brand.purposes.values() if purpose.class_ == "data"], names.purposes
    )
    bounces, complaints = [], []
    stops: dict[tuple[int, ...], Test | None] = {}
    parts: dict[str, dict[str, int]] = {name: {} for name in definitions.touches}
    for event_name, event in names.events.items():
        of, _, part = event_name.rpartition(".")
        if of in parts:
            parts[of][part] = event
    for index, (name, touch) in enumerate(definitions.touches.items()):
        compiled = TouchProgram(touch, index)
        class_ = brand.purposes[touch.purpose].class_
        compiled.class_ = _CLASSES[class_]
        compiled.keeps_quiet = compiled.class_ in (MARKETING, REQUESTED) and brand.quiet is not None
        compiled.purpose = names.purposes[touch.purpose]
        compiled.consent = 1 << compiled.purpose
        compiled.personal = _mask(_purposes_read(definitions, touch), names.purposes) or program.data_purposes
        compiled.channels = [names.channels[channel] for channel in touch.channels]
        compiled.topic = -1 if touch.topic is None else topics[touch.topic]
        if touch.most is not None:
            compiled.most, compiled.most_per = touch.most.count, -1 if touch.most.per is None else touch.most.per
        under = [scope for scope, cap in scopes if _falls_under(touch, class_, cap)]
        for channel in {*compiled.channels, -1}:
            compiled.scopes[channel] = [
                (scope, bucket_of(scope, compiled, channel))
                for scope in under
                if not scope.channels or (channel >= 0 and scope.channels >> channel & 1)
            ]
        # A rule that names no purposes speaks of marketing; a service needs to be named.
        rules = [
            rule
            for rule in program.rules
            if touch.purpose in (purposes := brand.suppress[rule.index].purposes)
            or (not purposes and class_ == "marketing")
        ]
        compiled.rules = rules
        # Nearly always none holds, which one look tells.
        asked = tuple([rule.index for rule in rules])
        if asked not in stops:
            stops[asked] = compile_any([brand.suppress[index].condition for index in asked], names)
        compiled.stops = stops[asked]
        compiled.events = parts[name]
        for event in compiled.events.values():
            program.touch_of[event] = index
        bounces.append(compiled.events["bounced"])
        complaints.append(compiled.events["complained"])
        program.touches.append(compiled)
    program.bounces, program.complaints = frozenset(bounces), frozenset(complaints)


def _purposes_read(definitions: Definitions, touch: Touch) -> list[str]:
    """The data purposes of the fields that the personalized words mention.

    A word of the template is enough: naming a field one does not print errs on the safe side.
    """
    brand = definitions.brand
    sources: list[str] = []
    for language in (touch, *touch.translations.values()):
        for words in language.words.values():
            sources += [words.subject or "", words.body, *words.short.values()]
    text = "\n".join(sources)
    found = []
    for field in brand.fields.values():
        if field.purpose is not None and not field.address and brand.purposes[field.purpose].class_ == "data":
            if f"customer.{field.name}" in text:
                found.append(field.purpose)
    return found


def _compile_caps(program: Program) -> list[tuple[ScopeProgram, Any]]:
    """Lines of one scope together: those with a condition first, since they replace the other where they hold."""
    names = program.names
    scopes: dict[Any, tuple[ScopeProgram, Any]] = {}
    for index, cap in enumerate(program.definitions.brand.caps):
        key: tuple[Any, ...] = (cap.each, cap.per, cap.class_, cap.purposes, cap.channels, cap.topics)
        if cap.condition is None and key in scopes and any(line[0] is None for line in scopes[key][0].lines):
            key = (*key, index)
        if key not in scopes:
            scopes[key] = (ScopeProgram(len(scopes), cap.each, cap.per, _mask(cap.channels, names.channels)), cap)
        test = None if cap.condition is None else compile_condition(cap.condition, names)
        scope = scopes[key][0]
        scope.lines.append((test, cap.most, index))
        scope.lines.sort(key=lambda line: (line[0] is None, line[2]))
        scope.longest = max(scope.longest, cap.most)
        scope.least = min(scope.least, cap.most)
    return list(scopes.values())


def bucket_of(scope: ScopeProgram, touch: TouchProgram, channel: int) -> int:
    """Where sends are counted together: scope * BUCKETS + channel, topic or touch."""
    part = {"channel": channel, "topic": touch.topic, "touch": touch.index}.get(scope.each or "", -1)
    return scope.index * BUCKETS + part + 1


def _falls_under(touch: Touch, class_: str, cap: Any) -> bool:
    """Only marketing is capped: the other classes ignore caps and use none up."""
    return (
        class_ == "marketing"
        and cap.class_ in (None, class_)
        and (not cap.purposes or touch.purpose in cap.purposes)
        and (not cap.topics or touch.topic in cap.topics)
        and (cap.each != "topic" or touch.topic is not None)
    )


def _compile_choices(program: Program) -> None:
    """What touches may recommend, in each journey that sends them: compiled with the rest, for it may ask for facts."""
    definitions, names = program.definitions, program.names
    sent: set[tuple[int, int]] = set()
    for journey in program.journeys:
        for item in journey.items:
            if item.send is not None:
                also = [] if item.send.otherwise is None else [item.send.otherwise]
                sent |= {(touch.index, journey.index) for touch in [*item.send.touches, *also]}
    unsent = {(touch.index, -1) for touch in program.touches} - {(touch, -1) for touch, _ in sent}
    for touch, index in sorted(sent | unsent):
        recommend = definitions.touches[program.touches[touch].name].recommend
        if recommend is not None and recommend.condition is not None:
            source = program.journeys[index].definition if index >= 0 else None
            program.choices[touch, index] = compile_condition(recommend.condition, names, journey=source)


def _mask(chosen: Sequence[str], indexes: dict[str, int]) -> int:
    return sum([1 << indexes[name] for name in set(chosen)])


def _open_entries(program: Program, journey: JourneyProgram) -> None:
    compiler = JourneyCompiler(program, journey)
    for index, entry in enumerate(journey.definition.enter):
        for name in compiler.events_of(entry.on) if entry.on else [None]:
            compiled = _compiled_entry(compiler, journey, entry, index, name)
            if name is None:
                program.triggers.append(compiled)
            else:
                program.enter_on.setdefault(program.names.events[name], []).append(compiled)


def _compiled_entry(
    compiler: JourneyCompiler, journey: JourneyProgram, entry: Entry, index: int, event: str | None
) -> EntryProgram:
    compiled = EntryProgram(index, journey, compiler.destination_of(entry.to)[0], entry.path)
    compiled.condition = None if entry.condition is None else compiler.test_of(entry.condition, event)
    compiled.keep = compiler.keep_of(entry.keep, event)
    compiled.at = -1 if entry.at is None else entry.at
    return compiled


def _compile_watches(program: Program) -> None:
    """Segments are followed only where somebody hears them; so it is with each engine event."""
    names = program.names
    heard: set[int] = set()
    for journey in program.journeys:
        for state in journey.states:
            heard |= set(state.on)
        if journey.goal is not None:
            heard |= set(journey.goal.tests)
    heard |= set(program.enter_on)
    for bit, (name, condition) in enumerate(program.definitions.brand.segments.items()):
        entered, left = names.events[f"{name}.entered"], names.events[f"{name}.left"]
        if entered in heard or left in heard:
            program.segments.append((1 << bit, compile_condition(condition, names), entered, left))
    asks: set[int] = set()
    watched: set[int] = set()
    for _, test, _, _ in program.segments:
        asks |= test.events
        watched |= test.journeys
    program.segment_asks = frozenset(asks)
    asks = set()
    for trigger in program.triggers:
        if trigger.condition is not None:
            asks |= trigger.condition.events
            watched |= trigger.condition.journeys
    program.watched = frozenset(watched)
    program.trigger_asks = frozenset(asks)
    heard |= set(names.fed) | names.counted
    for event in range(len(names.events)):
        program.fed[event] = names.fed.get(event, [])
        program.is_heard[event] = event in heard
        program.concerns[event] = (
            (COUNTED if event in names.counted else 0)
            | (SPECIAL if event in program.special else 0)
            | (ENTERS if event in program.enter_on else 0)
            | (ASKS_SEGMENTS if event in program.segment_asks else 0)
            | (ASKS_TRIGGERS if event in program.trigger_asks else 0)
            | (OF_TOUCH if event in program.touch_of else 0)
            | (NEEDS_CONSENT if program.event_masks[event] else 0)
        )
    for touch in program.touches:
        touch.is_sent_heard = program.is_heard[touch.events["sent"]]
        touch.is_withheld_heard = program.is_heard[touch.events["withheld"]]
