"""Words in other languages are in languages that are known, and somebody reads them."""

from __future__ import annotations

from collections.abc import Iterator

from journeys.check.rules import Fault, Folder, of_brand, of_folder
from journeys.content.language import FIELD, is_known, is_of_brand
from journeys.definition.model import Brand
from journeys.definition.nearest import shown

_UNREAD = "every customer would read the brand's own words"
_WRITE_FIELD = f"declare it: 'fields: {{{FIELD}: {{type: text}}}}', and say it of customers (de, de-AT, pt_BR)"


@of_folder()
def unknown_language(folder: Folder) -> Iterator[tuple[str, Fault]]:
    """A translation is in a language that is known, with its way to write money and dates.

    PASS    touches/spark.de.md
    FAIL    touches/spark.xx.md
    """
    for file, language in _translations(folder):
        if not is_known(language):
            yield (
                file,
                Fault(
                    path=(),
                    message=f"{shown(language)} is no language that is known",
                    why="it would be read by nobody, or with money and dates as in English",
                    help="name the file after the language, or that of a country: spark.de.md, spark.pt_BR.md",
                ),
            )


@of_brand(name="unknown-language")
def unknown_language_of_brand(folder: Folder, brand: Brand) -> Iterator[Fault]:
    """The brand's own words are in such a language as well.

    PASS    locale: pt_BR
    FAIL    locale: portuguese
    """
    if not is_known(brand.locale):
        yield Fault(
            path=("locale",),
            message=f"{shown(brand.locale)} is no language that is known",
            why="customers would read money, dates and the word that unsubscribes as in English",
            help="write the language, or that of a country: de, pt_BR",
        )


@of_folder(severity="warning")
def unread_translation(folder: Folder) -> Iterator[tuple[str, Fault]]:
    """A translation is in another language than the brand's.

    PASS    locale: en        touches/spark.de.md
    FAIL    locale: de        touches/spark.de.md
    """
    for file, language in _translations(folder):
        if is_of_brand(folder.brand, language):
            yield (
                file,
                Fault(
                    path=(),
                    message=f"{shown(language)} is the brand's own language, in which the touch itself is written",
                    why="nobody would ever read it",
                    help="write its words into the touch and delete this file, or mend 'locale' in brand.yaml",
                ),
            )


@of_brand(severity="warning", name="unread-translation")
def translations_for_nobody(folder: Folder, brand: Brand) -> Iterator[Fault]:
    """Where there are translations, a field says which language a customer reads.

    PASS    fields: {language: {type: text}}        touches/spark.de.md
    FAIL    fields: {first_name: {type: text}}      touches/spark.de.md
    """
    field = brand.fields.get(FIELD)
    if not any(_translations(folder)) or (field is not None and field.type == "text"):
        return
    if field is not None:
        message = f"{shown(FIELD)} is no text, and touches are written in other languages"
        yield Fault(path=("fields", FIELD, "type"), message=message, why=_UNREAD, help=_WRITE_FIELD)
    elif folder.is_whole(brand.file, ("fields",)):
        message = f"touches are written in other languages, and no field {shown(FIELD)} says who reads which"
        yield Fault(path=("fields",), at="key", message=message, why=_UNREAD, help=_WRITE_FIELD)


def _translations(folder: Folder) -> Iterator[tuple[str, str]]:
    """Each one's file and language."""
    for touch in folder.definitions.touches.values():
        for language, each in touch.translations.items():
            yield each.file, language


RULES = (unknown_language, unknown_language_of_brand, unread_translation, translations_for_nobody)
