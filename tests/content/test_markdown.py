"""What is asked of Markdown for less is what Markdown itself would say."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from journeys.content.lexing import FREED, HELD
from journeys.content.markdown import bodies, refused_addresses, says_something

PIECES = st.sampled_from(
    ("a", "é", "7", " ", "    ", "\t", "\n", "\n\n", "\u00a0", "\u2028", "\\", "&#40;", "&amp;", "*", "_", "`", "```",
     "~~~", "# ", "- ", "1. ", "> ", "---", "===", "|", "!", "![", "[", "[a]", "]", "](", "]:", "][", "(", ")", "<",
     ">", '"t"', "https://brand.example/a", "www.brand.example", "mailto:a@brand.example", "javascript:a", "{{",
     f"{HELD}0{FREED}", f"{HELD}1{FREED}", f"{HELD}2{FREED}")
)  # fmt: skip
SOURCES = st.lists(PIECES, max_size=14).map("".join)
HELDS = st.tuples(
    st.sampled_from(("Ana", "", " \n", "https://brand.example", "javascript:a", "# no title")), st.just("b")
)


@given(SOURCES, HELDS)
@example("[a]: https://brand.example/a 'a\na'", ("", "b"))
@example("[](\na)", ("", "b"))
@example(f"{HELD}0{FREED}", (" \n", "b"))
def test_words_say_something_exactly_if_their_text_does(source: str, held: tuple[str, str]) -> None:
    assert says_something(source, held) == bool(bodies(source, held).text.strip())


@given(SOURCES, HELDS)
@example("a [a](javascript:a)", ("", "b"))
@example("a <javascript:a> [a](https://brand.example/a)", ("", "b"))
@example("[a]\n\n[a]: javascript:a", ("", "b"))
@example("![a](mailto:a@brand.example)", ("", "b"))
@example("[a](javascript&#58;a)", ("", "b"))
@example(f"[a]({HELD}0{FREED})", ("javascript:a", "b"))
def test_the_addresses_refused_are_those_of_the_bodies(source: str, held: tuple[str, str]) -> None:
    assert refused_addresses(source, held) == bodies(source, held).refused
