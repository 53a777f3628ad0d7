"""sources.yaml: what a source says itself, what its preset says, and what a folder without the file is."""

from __future__ import annotations

from pathlib import Path

from journeys.check.folder import check_folder
from journeys.definition.load import read_folder
from journeys.definition.sources_model import Source

BRAND = "brand: Kaffa\ntimezone: UTC\ncurrency: EUR\nevents: {ordered: {}}\n"


def sources(folder: Path, text: str) -> dict[str, Source]:
    (folder / "brand.yaml").write_text(BRAND, encoding="utf-8")
    (folder / "sources.yaml").write_text(text, encoding="utf-8")
    definitions = read_folder(folder).definitions
    assert definitions is not None
    return dict(definitions.sources)


def test_what_a_source_says_itself_goes_before_its_preset(tmp_path: Path) -> None:
    said = """\
sources:
  plain: {preset: postmark, secret: "${LOGIN}"}
  own:
    preset: postmark
    secret: "${LOGIN}"
    signed: {by: hmac, header: X-Signature, in: base64, digest: sha512}
    id: body.ID
    events:
      Open: ordered
      Inbound: {name: ordered, customer: body.From}
"""

    found = sources(tmp_path, said)

    plain, own = found["plain"], found["own"]
    assert (plain.signed.by, plain.variable, own.signed.by) == ("basic", "LOGIN", "hmac")
    assert (own.signed.header, own.signed.written_in, own.signed.digest) == ("x-signature", "base64", "sha512")
    assert own.id.text == "body.ID"
    assert own.customer == plain.customer
    assert own.events.keys() == plain.events.keys() | {"Inbound"}
    assert [(one.name, one.receipt) for one in own.events["Open"]] == [("ordered", None)]
    assert own.events["Click"] == plain.events["Click"]


def test_a_folder_without_the_file_has_no_sources(tmp_path: Path) -> None:
    assert sources(tmp_path, "sources: {}\n") == {}
    (tmp_path / "sources.yaml").unlink()

    reading = read_folder(tmp_path)

    assert reading.definitions is not None
    assert reading.definitions.sources == {}
    assert all("sources" not in file for file in reading.files)


def test_a_mistake_in_it_hides_none_of_the_other_files(tmp_path: Path) -> None:
    sources(tmp_path, "sources: {crm: 7}\n")
    (tmp_path / "j.yaml").write_text("journey: j\nenter: [{on: orderd, to: need}]\nstages: {need: {rest: true}}\n")

    problems = check_folder(tmp_path).problems

    assert {(Path(one.file).name, one.rule) for one in problems} == {
        ("sources.yaml", "wrong-type"),
        ("j.yaml", "unknown-event"),
    }
