"""What counts as a link that can be clicked, and what does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from journeys.definition.load import read_folder
from journeys.definition.replying import lets

STALL = Path(__file__).parents[1] / "data" / "stall"


@pytest.mark.parametrize(
    ("body", "is_link"),
    [
        ("[your cherries](https://stall.example)", True),
        ("https://stall.example", True),
        ("mailto:us@stall.example", True),
        ("see www.stall.example", True),
        ("see stall.example/cherries", True),
        ("{{ item.url }}", True),
        ("{{ ask_url | upcase }}", True),
        ("{{ journey.confirm_link }}", True),
        ("fresh hourly", False),
        ("{{ hourly }}", False),
        ("the url and/or the link, 5 km/h", False),
        ("{{ customer.first_name | default: 'url' }}", False),
        ("{{ url.name }}", False),
        ("{{ link_words }}", False),
        ("{% if item.url %}yes{% endif %}", False),
        ("a-" * 50_000 + "{{" * 50_000 + "'" * 50_000, False),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else str(value),
)
def test_what_can_be_clicked_is_a_link(body: str, is_link: bool) -> None:
    definitions = read_folder(STALL).definitions
    assert definitions is not None
    touch = definitions.touches["hello"]
    words = {name: replace(each, body=body, short={}) for name, each in touch.words.items()}

    assert lets(replace(touch, words=words, generic=None), "clicked") is is_link
