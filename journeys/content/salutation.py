"""How a customer is addressed: by their first name, or formally where they wish that, in the language of the words.

Languages differ in more than words: which titles there are, and whether "dear" has a gender.  So a title is taken as it
was written, the greetings are those that fit any title, and where a part is missing the next simpler one is said.
"""

from __future__ import annotations

FORMAL = "formal"

# By language: formally, by first name, and to somebody whose name we do not know.
_GREETINGS = {
    "ca": ("Bon dia, {name}", "Hola, {name}", "Hola"),
    "da": ("Goddag {name}", "Hej {name}", "Hej"),
    "de": ("Guten Tag {name}", "Hallo {name}", "Guten Tag"),
    "en": ("Dear {name}", "Hi {name}", "Hello"),
    "es": ("Buenos días, {name}", "Hola, {name}", "Hola"),
    "fi": ("Hyvä {name}", "Hei {name}", "Hei"),
    "fr": ("Bonjour {name}", "Bonjour {name}", "Bonjour"),
    "it": ("Buongiorno {name}", "Ciao {name}", "Buongiorno"),
    "ja": ("{name}様", "{name}さん", "こんにちは"),
    "nb": ("God dag, {name}", "Hei {name}", "Hei"),
    "nl": ("Goedendag {name}", "Hallo {name}", "Goedendag"),
    "pl": ("Dzień dobry, {name}", "Cześć {name}", "Dzień dobry"),
    "pt": ("Bom dia, {name}", "Olá, {name}", "Olá"),
    "sv": ("God dag {name}", "Hej {name}", "Hej"),
}  # fmt: skip


def greeting(language: str, *, first_name: str, last_name: str, title: str, tone: str) -> str:
    """`tone` is "formal" or anything else; each of the others may be empty."""
    formally, by_first_name, to_anybody = _GREETINGS.get(language, _GREETINGS["en"])
    if tone == FORMAL and last_name:
        # Without a title the whole name is formal enough, and no surname stands alone.
        return formally.format(name=f"{title or first_name} {last_name}".strip())
    if tone == FORMAL or not first_name:
        return to_anybody
    return by_first_name.format(name=first_name)
