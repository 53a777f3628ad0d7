"""The end of every mail: who sends it, what the customer agreed to, and where to stop it.

Only marketing has a place to stop: what was ordered or asked for does not end by a click.  The
words of the consent are the brand's own, in its own language; the one word that is ours is
translated here.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """`lines` are plain text; `stop` is the link that ends it, as its word and its address."""

    lines: tuple[str, ...]
    stop: tuple[str, str] | None = None

    @property
    def text(self) -> str:
        stop = () if self.stop is None else (f"{self.stop[0]}: {self.stop[1]}",)
        return "\n".join((*self.lines, *stop))


def footer_of(brand: Brand, touch: Touch, *, stop_url: str | None) -> Footer:
    """The footer of one touch.  `stop_url` is the page that takes back the consent to its purpose."""
    purpose = brand.purposes[touch.purpose]
    who = ", ".join(filter(None, (sender_name(brand), brand.sender.get("email"))))
    if purpose.class_ != "marketing":
        return Footer(lines=(who,))
    language = locale_of(touch.language or brand.locale).language
    return Footer(
        lines=(who, *((purpose.words,) if purpose.words else ())),
        stop=None if stop_url is None else (_STOP.get(language, _STOP["en"]), stop_url),
    )


def sender_name(brand: Brand) -> str:
    """Who an inbox says it is from."""
    return brand.sender.get("name") or brand.name
