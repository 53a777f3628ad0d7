"""A brand.yaml that is there gets what it lacks, and keeps every byte that it had."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from journeys.check.folder import check_folder
from journeys.definition.source import compose
from journeys.definition.written import Notes, plain_value
from journeys.errors import InputError
from journeys.starter.branding import Branded, add_to_brand, new_brand
from journeys.starter.laying import lay
from journeys.starter.making import make

STAGES = ("research", "evaluation", "selection", "support", "feedback")
NAMES = make("b2c", STAGES).names()

BLOCK = """\
# Ours.
brand: Leaf
timezone: Europe/Madrid
currency: EUR

purposes:
  offers: {class: marketing}    # with care
  orders:
    class: service
  personalization: {class: data}
fields:
  email: {type: email, address: true}
  first_name: {type: text, kind: demographic, purpose: personalization}   # Not "name"!
events:
  # What the shop says.
  order_placed:
    kind: engagement
    properties:
      order_id: text            # as printed
    # until here
  guide_opened:
    {}
channels:
  email: {via: smtp, address: customer.email}
# The end.
"""

START = "brand: Leaf\ntimezone: UTC\ncurrency: EUR\n"
QUOTED = """\
"events":
  "order_placed": {"properties": {}}
"""
IN_BRACES = """\
events: {
  order_placed: {properties: {order_id: text,}},  # one
  account_closed: {},  # two
}
"""
TEXT_LAST = """\
purposes:
  personalization:
    class: data
    words: |
      We may use what you do with us.
events:
  order_placed: {}
"""
LIST_LAST = """\
events:
  ticket_created: {properties: {ticket_id: text}}
  ticket_closed:
    properties:
      ticket_id:
        text
fields:
  open_tickets:
    type: number
    counts:
      by: ticket_id
      down:
        - ticket_closed
      up:
        - ticket_created
"""
BRANDS = {
    "in lines": BLOCK,
    "with the line breaks of Windows": BLOCK.replace("\n", "\r\n"),
    "without a line break at its end": BLOCK.rstrip("\n"),
    "ending in an entry": BLOCK.removesuffix("# The end.\n").rstrip("\n"),
    "with an end of the document": BLOCK + "...\n",
    "indented by six": BLOCK.replace("\n  ", "\n      "),
    "with almost nothing": START,
    "with empty sections": START + "events: {}   # none yet\nfields: {}\npurposes:\n  {}\n",
    "all in braces": "{brand: Leaf, timezone: UTC, currency: EUR, fields: {first_name: {type: text}}, events: {}}\n",
    "in braces over lines": START + IN_BRACES,
    "with quoted keys": START + QUOTED,
    "with a text over lines": START + TEXT_LAST,
    "with a list last": START + LIST_LAST,
}


def plain(text: str) -> dict[str, Any]:
    notes = Notes("brand.yaml")
    root = compose(text, notes)
    assert root is not None
    assert notes.findings == []
    value = plain_value(root)
    assert isinstance(value, dict)
    return value


def is_within(old: str, new: str) -> bool:
    """Whether nothing of the old text is missing in the new one, or stands elsewhere."""
    rest = iter(new)
    return all(char in rest for char in old)


def see_declares(branded: Branded, names: frozenset[str]) -> None:
    brand, whole = plain(branded.text), plain(new_brand(names).text)
    for section in ("purposes", "fields", "events", "people", "channels"):
        for name, declared in whole[section].items():
            properties = (brand[section][name] or {}).get("properties") or {}
            assert declared.get("properties", {}).items() <= properties.items()


@pytest.mark.parametrize("style", BRANDS)
def test_however_a_brand_is_written_it_is_added_to(style: str, tmp_path: Path) -> None:
    text = BRANDS[style]
    folder = tmp_path / "definitions"
    folder.mkdir()
    (folder / "brand.yaml").write_bytes(text.encode())
    assert check_folder(folder).errors == ()

    branded = add_to_brand(text, NAMES)
    lay(make("b2c", STAGES), "begin", folder)

    assert is_within(text, branded.text)
    assert branded.text[:12] == text[:12]
    assert (folder / "brand.yaml").read_bytes().decode() == branded.text
    assert ("\r\n" in text) == ("\r\n" in branded.text)
    assert "\n" not in branded.text.replace("\r\n", "") or "\r\n" not in text
    see_declares(branded, NAMES)
    assert check_folder(folder).problems == ()


def test_what_is_added_follows_what_is_there() -> None:
    text = add_to_brand(BLOCK, NAMES).text

    assert text.startswith(
        """\
# Ours.
brand: Leaf
timezone: Europe/Madrid
currency: EUR

purposes:
  offers: {class: marketing}    # with care
  orders:
    class: service
  personalization: {class: data}
  surveys: {class: marketing, words: "We may ask you how it was."}
  team: {class: internal}           # to ourselves
fields:
  email: {type: email, address: true}
  first_name: {type: text, kind: demographic, purpose: personalization}   # Not "name"!
  open_tickets: {type: number, kind: engagement, counts: {up: ticket_created, down: ticket_closed, by: ticket_id}}
events:
  # What the shop says.
  order_placed:
    kind: engagement
    properties:
      order_id: text            # as printed
      total: money
    # until here
  guide_opened:
    {}
  comparison_opened: {kind: behavioural, purpose: personalization, keep: 1 year}
"""
    )
    assert text.endswith("# The end.\npeople:\n  care_lead: {email: care@example.com}\n") or text.endswith(
        "# The end.\n"
    )


def test_a_brand_that_lacks_nothing_stays_as_it_is() -> None:
    once = add_to_brand(BLOCK, NAMES)

    again = add_to_brand(once.text, NAMES)

    assert (again.text, again.added) == (once.text, ())


def test_whichever_line_a_brand_lacks_it_gets() -> None:
    whole = new_brand(NAMES).text
    lines = whole.splitlines(keepends=True)
    declared = [place for place, line in enumerate(lines) if re.match(r"  \w", line)]
    alone = [place for place in declared if {place - 1, place + 1}.isdisjoint(declared)]
    assert len(declared) > 15
    for place in set(declared) - set(alone):
        cut = "".join(lines[:place] + lines[place + 1 :])

        assert plain(add_to_brand(cut, NAMES).text) == plain(whole)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("purposes: {offers: {class: service}}", "'purposes.offers': its class is 'service' there, and 'marketing'"),
        ("fields: {first_name: {type: number}}", "'fields.first_name': its type is 'number' there, and 'text'"),
        ("fields: {email: {type: email}}", "'fields.email': its address is not said there, and 'True'"),
        ("fields: {open_tickets: {type: number}}", "'fields.open_tickets': it does not count up with 'ticket_created'"),
        ("events: {order_placed: {properties: {total: text}}}", "'events.order_placed': its total is 'text' there"),
        ("channels: {email: {via: smtp, address: customer.mail}}", "its address is 'customer.mail' there"),
    ],
    ids=["purpose", "field", "address", "counter", "property", "channel"],
)
def test_what_the_brand_means_otherwise_is_refused(line: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        add_to_brand(f"{START}{line}\n", NAMES)

    assert said in str(refused.value)


def test_what_cannot_be_added_safely_is_told_in_lines() -> None:
    text = f"{START}events: ~\n"

    with pytest.raises(InputError) as refused:
        add_to_brand(text, NAMES)

    *lines, message = str(refused.value).split("\n")
    assert message.startswith("as brand.yaml is written, nothing can be added to it safely")
    assert "  guide_opened: {kind: behavioural, purpose: personalization, keep: 1 year}" in lines


def test_a_new_brand_declares_what_is_used_and_no_more() -> None:
    brand = plain(new_brand(make("b2c", ("support",)).names()).text)

    assert list(brand["purposes"]) == ["orders", "personalization"]
    assert list(brand["events"]) == ["ticket_created", "ticket_closed", "account_closed"]
    assert "people" not in brand
