"""Which language a touch is said in: the customer's, where somebody wrote it in that one, else the brand's.

A customer's language is in the field `language`, as people and programs write it: `de`, `de-AT`, `pt_BR`.  Numbers,
money and dates follow the language of the words, so that nothing is said half in one and half in another.
"""

from __future__ import annotations

from dataclasses import replace

from journeys.content.values import known_locale
from journeys.definition.model import Brand, Touch

FIELD = "language"


def in_language(brand: Brand, touch: Touch, language: object) -> Touch:
    """The touch in the language nearest to the one asked for, which may be the brand's, or else in the brand's."""
    if not touch.translations or not isinstance(language, str):
        return touch
    exact = _written(language)
    for near in (exact, exact.partition("_")[0]):
        if is_of_brand(brand, near):
            return touch
        if near in touch.translations:
            return touch.translations[near]
    return touch


def is_of_brand(brand: Brand, language: str) -> bool:
    return _written(language) == _written(brand.locale)


def is_known(language: str) -> bool:
    """Whether money and dates can be written as in it."""
    return known_locale(language) is not None


def speaking(brand: Brand, touch: Touch) -> Brand:
    """The brand as it writes in the language of these words."""
    return brand if touch.language is None else replace(brand, locale=touch.language)


def _written(language: str) -> str:
    """As a file's name has it: `pt_BR` for 'pt-br'."""
    spoken, _, country = language.strip().replace("-", "_").partition("_")
    return f"{spoken.lower()}_{country.upper()}".removesuffix("_")
