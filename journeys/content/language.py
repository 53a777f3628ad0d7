"""Which language a touch is said in: the customer's, where somebody wrote it in that one, else the brand's.

A customer's language is in the field `language`, as people and programs write it: `de`, `de-AT`, `pt_BR`.  Numbers,
money and dates follow the language of the words, so that nothing is said half in one and half in another.
"""

from __future__ import annotations

from dataclasses import replace

from journeys.definition.model import Brand, Touch

FIELD = "language"


def in_language(touch: Touch, language: object) -> Touch:
    """The touch in the language asked for, or in that of the brand where nobody wrote it in that."""
    if not touch.translations or not isinstance(language, str):
        return touch
    spoken, _, country = language.strip().replace("-", "_").partition("_")
    spoken = spoken.lower()
    exact = f"{spoken}_{country.upper()}"
    return touch.translations.get(exact) or touch.translations.get(spoken) or touch


def speaking(brand: Brand, touch: Touch) -> Brand:
    """The brand as it writes in the language of these words."""
    return brand if touch.language is None else replace(brand, locale=touch.language)
