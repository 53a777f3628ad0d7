"""The end of every mail: who sends it, what the customer agreed to, and where to stop it.

Only marketing has a place to stop: what was ordered or asked for does not end by a click.  Whoever gets it may also
choose what, how and how often.  The words of the consent are the brand's own, in its own language; the two words that
are ours are translated here.
"""

from __future__ import annotations

from dataclasses import dataclass

from journeys.content.values import locale_of
from journeys.definition.model import Brand, Touch

_STOP = {
    "ca": "Donar-se de baixa", "da": "Afmeld", "de": "Abmelden", "en": "Unsubscribe", "es": "Darse de baja",
    "fi": "Peruuta tilaus", "fr": "Se désabonner", "it": "Annulla l’iscrizione", "ja": "配信停止",
    "nb": "Avslutt abonnement", "nl": "Uitschrijven", "pl": "Wypisz się", "pt": "Cancelar subscrição",
    "sv": "Avsluta prenumerationen",
}  # fmt: skip
_CHOOSE = {
    "ca": "Preferències", "da": "Indstillinger", "de": "Einstellungen", "en": "Preferences", "es": "Preferencias",
    "fi": "Asetukset", "fr": "Préférences", "it": "Preferenze", "ja": "配信設定",
    "nb": "Innstillinger", "nl": "Voorkeuren", "pl": "Preferencje", "pt": "Preferências",
    "sv": "Inställningar",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """`lines` are plain text; `links` are words and where they lead, the one that ends it first."""

    lines: tuple[str, ...]
    links: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        return "\n".join((*self.lines, *[f"{word}: {address}" for word, address in self.links]))


def footer_of(brand: Brand, touch: Touch, *, stop_url: str | None, preferences_url: str | None) -> Footer:
    """The footer of one touch.

    `stop_url` is the page that takes back the consent to its purpose, `preferences_url` the one where all is chosen.
    """
    purpose = brand.purposes[touch.purpose]
    who = ", ".join(filter(None, (sender_name(brand), brand.sender.get("email"))))
    if purpose.class_ != "marketing":
        return Footer(lines=(who,))
    language = locale_of(touch.language or brand.locale).language
    return Footer(
        lines=(who, *((purpose.words,) if purpose.words else ())),
        links=tuple(
            (words.get(language, words["en"]), url)
            for words, url in ((_STOP, stop_url), (_CHOOSE, preferences_url))
            if url is not None
        ),
    )


def sender_name(brand: Brand) -> str:
    """Who an inbox says it is from."""
    return brand.sender.get("name") or brand.name
