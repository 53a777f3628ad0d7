"""yaml-language-server over its standard streams, asked as an editor asks it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

CARET = "‸"  # where the cursor stands in a text

_CAPABILITIES = {
    "workspace": {"configuration": True, "workspaceFolders": True},
    "textDocument": {
        "completion": {"completionItem": {"documentationFormat": ["markdown"], "snippetSupport": False}},
        "hover": {"contentFormat": ["markdown"]},
        "publishDiagnostics": {"versionSupport": True},
    },
}


class Server:
    """One server for one folder.  Every text is a new file in it, which need not be on the disk."""

    def __init__(self, program: str, folder: Path, settings: Mapping[str, Any]) -> None:
        self._folder = folder
        self._settings = settings
        self._asked = 0
        self._opened: list[Path] = []
        self._diagnostics: dict[str, list[dict[str, Any]]] = {}
        self._process = subprocess.Popen([program, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        folders = [{"uri": folder.as_uri(), "name": folder.name}]
        self._ask(
            "initialize",
            {
                "processId": None,
                "rootUri": folder.as_uri(),
                "workspaceFolders": folders,
                "capabilities": _CAPABILITIES,
            },
        )
        self._tell("initialized", {})
        self._tell("workspace/didChangeConfiguration", {"settings": settings})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def completions(self, file: str, text: str) -> dict[str, str]:
        """What is proposed at the caret, with its documentation."""
        found = self._ask("textDocument/completion", self._place(file, text))
        return {item["label"]: _plain(item.get("documentation", "")) for item in found["items"]}

    def hover(self, file: str, text: str) -> str:
        found = self._ask("textDocument/hover", self._place(file, text))
        return "" if found is None else _plain(found["contents"])

    def diagnostics(self, file: str, text: str) -> list[str]:
        """`LINE: message` of each."""
        uri = self._open(file, text)
        while uri not in self._diagnostics:
            self._take(self._read())
        return [f"{one['range']['start']['line'] + 1}: {one['message']}" for one in self._diagnostics[uri]]

    def _place(self, file: str, text: str) -> dict[str, Any]:
        before = text.partition(CARET)[0]
        line = before.count("\n")
        return {
            "textDocument": {"uri": self._open(file, text.replace(CARET, ""))},
            "position": {"line": line, "character": len(before) - before.rfind("\n") - 1},
        }

    def _open(self, file: str, text: str) -> str:
        # A file is opened once: nothing that is said of it can be about an older text.
        path = self._folder / file
        uri = path.with_name(f"{len(self._opened)}-{path.name}").as_uri() if path in self._opened else path.as_uri()
        self._opened.append(path)
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": document})
        return uri

    # ------------------------------------------------------------ messages

    def _ask(self, method: str, params: Mapping[str, Any]) -> Any:
        self._asked += 1
        self._send({"id": self._asked, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == self._asked and "method" not in message:
                assert "error" not in message, message
                return message["result"]
            self._take(message)

    def _take(self, message: Mapping[str, Any]) -> None:
        """What the server says or asks by itself."""
        if message.get("method") == "textDocument/publishDiagnostics":
            self._diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif message.get("method") == "workspace/configuration":
            wanted = [item["section"] for item in message["params"]["items"]]
            self._send({"id": message["id"], "result": [self._settings.get(section, {}) for section in wanted]})
        elif "id" in message:
            self._send({"id": message["id"], "result": None})

    def _tell(self, method: str, params: Mapping[str, Any]) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while (line := self._process.stdout.readline()) != b"\r\n":
            assert line, "the server has ended"
            if line.startswith(b"Content-Length: "):
                length = int(line.removeprefix(b"Content-Length: "))
        message: dict[str, Any] = json.loads(self._process.stdout.read(length))
        return message


def _plain(marked: Any) -> str:
    return str(marked["value"]) if isinstance(marked, dict) else str(marked)
