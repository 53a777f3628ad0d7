"""What docs/threats.md calls a proof is a test that there is."""

from __future__ import annotations

import re

from .test_serving import ROOT


def test_each_proof_of_a_defence_is_a_test_that_there_is() -> None:
    words = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
    modules = {each.stem: each.read_text(encoding="utf-8") for each in (ROOT / "tests").rglob("test_*.py")}
    tests = re.findall(r"^(?:async )?def (test_\w+)", "\n".join(modules.values()), re.MULTILINE)
    named = re.findall(r"`((?:test_|…)\w+…?)`", words)

    assert len(named) > 20
    for each in named:
        shape = re.compile(each.replace("…", r"\w+"))
        assert each in modules or any(shape.fullmatch(test) for test in tests), each
