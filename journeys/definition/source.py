"""YAML in, written values out.  The only home of yaml.

PyYAML's C parser hands us events one by one, and we build the tree ourselves: so the limits
on size, count and depth hold while reading and not after, an alias never expands, and a
repeated key is seen.  No scalar is converted here (YAML 1.1 reads the key `on` as True).
"""

from __future__ import annotations

import re
from pathlib import Path as FilePath

import yaml

from journeys.definition.model import Finding
from journeys.definition.written import ListNode, MappingNode, Notes, Scalar, Written, shorten

BYTES_MAX = 2_000_000
NODES_MAX = 100_000
DEPTH_MAX = 40

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_OPEN_CONDITION = re.compile(r"""\b(if|while|due)\s*:\s*[^'"\s>|]""")


def read_text(path: FilePath, notes: Notes) -> str | None:
    """The text of a file with one kind of line break, or None after saying why it cannot be read."""
    try:
        if not path.is_file():
            what = "a folder" if path.is_dir() else "no ordinary file"
            _refuse(notes, "unreadable-file", f"this is {what}, not a text", "give it another name, or remove it")
            return None
        with path.open("rb") as stream:
            raw = stream.read(BYTES_MAX + 1)
    except OSError as error:
        reason = (error.strerror or "it cannot be opened").lower()
        _refuse(notes, "unreadable-file", f"this file cannot be read: {reason}", "see that it may be read")
        return None
    if len(raw) > BYTES_MAX:
        message = f"this file holds more than {BYTES_MAX // 1_000_000} MB"
        _refuse(notes, "file-too-large", message, "split it, or see whether it is what it should be")
        return None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8").replace("\r\n", "\n")
        message = f"this file is not UTF-8 text (byte {error.start + 1})"
        line = before.count("\n") + 1
        _refuse(
            notes, "not-utf-8", f"{message}, line {line}", "save it as UTF-8; a spreadsheet or a word processor asks"
        )
        return None
    if text.startswith("\ufeff"):
        text = text[1:]
        notes.add(
            Finding(
                file=notes.file,
                path=(),
                rule="byte-order-mark",
                message="this file begins with a byte order mark, an invisible character",
                why="it does no harm here, but other programs stumble over it",
                help="save it as UTF-8 without BOM",
                severity="warning",
            )
        )
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if found := _CONTROL.search(text):
        named = "a NUL" if found.group() == "\0" else f"the control character U+{ord(found.group()):04X}"
        line = text.count("\n", 0, found.start()) + 1
        message = f"there is {named} in line {line}: this is no text"
        _refuse(notes, "not-text", message, "remove it, or see whether this is the right file")
        return None
    return text


def compose(text: str, notes: Notes, *, start: int = 0, end: int | None = None) -> Written | None:
    """What `text[start:end]` says, or None after saying why it cannot be read (or if it says nothing)."""
    builder = _Builder(text, notes, start)
    part = text[start:end]
    try:
        loader = yaml.CSafeLoader(part)
        try:
            while (event := loader.get_event()) is not None and not isinstance(event, yaml.StreamEndEvent):
                builder.take(event)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        _explain(error, part, notes, start)
        return None
    except yaml.YAMLError:
        _refuse(notes, "yaml", "this is not YAML", "compare it with an example")
        return None
    except _Stop:
        return None
    return builder.root


class _Stop(Exception):
    """A limit was met and has been told of; reading on would only cost time."""


class _Builder:
    """Builds the tree from the parser's events without recursion, and watches the limits."""

    def __init__(self, text: str, notes: Notes, start: int) -> None:
        self.root: Written | None = None
        self._text = text
        self._notes = notes
        self._start = start
        self._open: list[tuple[ListNode | MappingNode, Scalar | None]] = []
        self._key: Scalar | None = None
        self._count = 0
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        if event.start_mark is None or event.end_mark is None:
            return
        start, end = event.start_mark.index + self._start, event.end_mark.index + self._start
        match event:
            case yaml.ScalarEvent():
                self._look_at(event, start, end)
                self._place(Scalar(text=event.value, start=start, end=end, is_plain=event.style in (None, "")))
            case yaml.MappingStartEvent():
                self._look_at(event, start, end)
                self._enter(MappingNode(entries={}, start=start, end=end))
            case yaml.SequenceStartEvent():
                self._look_at(event, start, end)
                self._enter(ListNode(items=[], start=start, end=end))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                node, self._key = self._open.pop()
                # A block ends where the next thing begins; what it spans ends with its own last character.
                node.end = max(end, node.start) if event.start_mark.index != event.end_mark.index else node.end
                self._place(node)
            case yaml.AliasEvent():
                message = (
                    f"'*{shorten(event.anchor or '')}' repeats what stands elsewhere: aliases are not in the language"
                )
                self._say("alias", start, end, message, "write it out here")
                self._place(Scalar(text="", start=start, end=end, is_plain=True))
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    message = "'---' starts a second document, and a file holds one"
                    self._say("several-documents", start, end, message, "put it into a file of its own")
                    raise _Stop

    def _look_at(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, start: int, end: int) -> None:
        self._count += 1
        if self._count > NODES_MAX:
            message = f"this file holds more than {NODES_MAX:,} values"
            self._say("file-too-large", start, end, message, "split it, or see whether it is what it should be")
            raise _Stop
        if event.anchor is not None:
            message = f"'&{shorten(event.anchor)}' names this to repeat it: anchors are not in the language"
            self._say("alias", start, end, message, "remove the name, and write out what is repeated")
        if event.tag is not None:
            message = f"'{shorten(event.tag)}' asks for a type: tags are not in the language"
            self._say("tag", start, end, message, "remove it: the language knows what is wanted where")

    def _enter(self, node: ListNode | MappingNode) -> None:
        if len(self._open) >= DEPTH_MAX:
            message = f"this is nested more than {DEPTH_MAX} levels deep"
            help = "nothing in the language is; look for a bracket that is never closed"
            self._say("nested-too-deep", node.start, node.start + 1, message, help)
            raise _Stop
        self._open.append((node, self._key))
        self._key = None

    def _place(self, node: Written) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1][0]
        parent.end = max(parent.end, node.end)
        if isinstance(parent, ListNode):
            parent.items.append(node)
        elif self._key is None:
            self._key = node if isinstance(node, Scalar) else self._refuse_key(node)
        else:
            key, self._key = self._key, None
            self._add(parent, key, node)

    def _refuse_key(self, node: Written) -> Scalar:
        message = "a key must be a text, and here it is a list or a mapping"
        help = 'put words with {{ }} in quotes: "{{ customer.first_name }}"'
        self._say("key-not-text", node.start, node.end, message, help)
        return _NO_KEY

    def _add(self, parent: MappingNode, key: Scalar, value: Written) -> None:
        if key is _NO_KEY:
            return
        if key.is_plain and key.text == "<<":
            message = "'<<' merges another mapping into this one: that is not in the language"
            self._say("merge-key", key.start, key.end, message, "write it out here")
        elif key.text in parent.entries and not self._notes.is_full:
            first = parent.entries[key.text][0]
            line = self._text.count("\n", 0, first.start) + 1
            message = f"'{shorten(key.text)}' is given twice, first in line {line}"
            self._say("repeated-key", key.start, key.end, message, "keep one of the two")
        else:
            parent.entries.setdefault(key.text, (key, value))

    def _say(self, rule: str, start: int, end: int, message: str, help: str) -> None:
        self._notes.add(_finding(self._notes, rule, message, help, start, max(1, end - start)))


_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"\\]|\\.)*["]""", re.DOTALL)
_QUOTED_MAX = 20_000
_NO_KEY = Scalar(text="", start=0, end=0, is_plain=True)

_WHYS = {
    "alias": "a reader would have to look elsewhere to know what a customer gets here",
    "merge-key": "a reader would have to look elsewhere to know what a customer gets here",
    "tag": "it would change what the value means behind the reader's back",
    "repeated-key": "only one of the two can be meant, and customers would get the other",
    "key-not-text": "nobody could say what it means, so it would be passed over",
}


def _finding(
    notes: Notes, rule: str, message: str, help: str, offset: int | None = None, length: int | None = None
) -> Finding:
    why = _WHYS.get(rule, "nothing in this file is read, so no customer would be served by it")
    return Finding(
        file=notes.file, path=(), rule=rule, message=message, why=why, help=help, offset=offset, length=length
    )


def _refuse(notes: Notes, rule: str, message: str, help: str) -> None:
    notes.add(_finding(notes, rule, message, help))


def _explain(error: yaml.MarkedYAMLError, text: str, notes: Notes, start: int) -> None:
    """Says in the author's words what the parser could not read, and where to look."""
    at = error.problem_mark.index if error.problem_mark is not None else 0
    opened = error.context_mark.index if error.context_mark is not None else at
    line_start = text.rfind("\n", 0, at) + 1
    line_end = text.find("\n", at)
    line = text[line_start : line_end if line_end >= 0 else len(text)]
    problem = error.problem or ""
    before = text[line_start:at].rstrip()
    indentation = line[: len(line) - len(line.lstrip())]
    quote_condition = "put the condition in quotes: if: 'event.total > 3'"
    rule, message, help = "yaml", "this line cannot be read as YAML", "compare its indentation, quotes and colons"
    if "\t" in indentation or text[at : at + 1] == "\t":
        rule, message, help, at = (
            "tab",
            "a tab stands where only spaces may",
            "indent with spaces",
            line_start + max(0, line.find("\t")),
        )
    elif "escape" in problem:
        message = "'\\' begins an escape that does not exist"
        help = "write it in 'single quotes', where a backslash is itself"
    elif "end of stream" in problem and "quoted" in (error.context or ""):
        message, help, at = "this quote is never closed", "close it with the same mark", opened
    elif before[-1:] in ("'", '"') and "mapping values" not in problem:
        message = "the text goes on after its closing quote"
        help = "put all of it in quotes; inside 'single quotes' \"double\" ones may stand"
        # One over several lines was meant to end in its first, and took the next one's opening quote for its end.
        *_, quoted = [None, *_QUOTED.finditer(text, opened, at)] if at - opened < _QUOTED_MAX else [None]
        if quoted is not None and "\n" in quoted.group():
            message, help, at = "this quote is not closed in its line", "close it with the same mark", quoted.start()
    elif text[opened : opened + 1] in ("[", "{") and "expected ','" in problem and "\n" in text[opened:at]:
        closing = "]" if text[opened] == "[" else "}"
        message, help, at = f"this '{text[opened]}' is never closed", f"close it with '{closing}'", opened
    elif "expected ','" in problem:
        message, help = "a comma or a closing bracket is missing here", "put a text with , : { } or quotes in quotes"
    elif "mapping values are not allowed" in problem:
        message = "a ':' stands where no key can begin"
        help = "put a text with a colon in quotes; see that the keys of one mapping begin in one column"
    elif "cannot start any token" in problem:
        message, help = f"a text cannot begin with '{text[at : at + 1]}'", "put it in quotes"
    elif "expected ':'" in problem:
        message, help = "this key has no ':'", "write 'key: value'"
    elif "expected '-'" in problem or "did not find expected key" in problem:
        message = "this line does not fit to those above"
        help = "see that the keys of one mapping, or the dashes of one list, begin in one column"
    elif "#" in problem or "directive" in problem:
        message, help = "a line that begins with '%' is a directive", "put the text in quotes"
    if rule == "yaml" and _OPEN_CONDITION.search(line):
        help = quote_condition
    notes.add(_finding(notes, rule, message, help, at + start, 1))
