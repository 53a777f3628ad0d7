"""What the pages say on which customers choose, see what is known of them, and have it erased."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoicePhrases:
    """`{brand}` is the brand's name, `{from_}` and `{to}` are times of day."""

    # choosing
    preferences: str
    goes_first: str
    purposes: str
    data: str
    channels: str
    email: str
    sms: str
    push: str
    topics: str
    often: str
    as_it_comes: str
    daily: str
    weekly: str
    monthly: str
    quiet: str
    usually_quiet: str
    never_quiet: str
    quiet_from: str
    quiet_to: str
    both_times: str
    addressing: str
    by_first_name: str
    formally: str
    language: str
    save: str
    saved: str
    saved_more: str
    not_saved: str
    back: str
    # what is known
    known: str
    nothing_known: str
    as_of: str
    about_you: str
    to_reach_you: str
    to_serve_you: str
    kept_closely: str
    agreed: str
    yes: str
    yes_since: str
    no: str
    happened: str
    sent: str
    because_of: str
    lately: str
    download: str
    too_old: str
    too_old_more: str
    # erasing
    erase: str
    erase_more: str
    erase_surely: str
    erase_now: str
    erased: str
    erased_more: str
    not_erased: str


def choice_phrases(language: str) -> ChoicePhrases:
    return _PHRASES.get(language, _PHRASES["en"])


_PHRASES: Final = {
    "en": ChoicePhrases(
        preferences="Your preferences",
        goes_first="What you choose here goes before anything that {brand} concludes by itself.",
        purposes="What we may write to you about",
        data="What we may know of you",
        channels="How we may write to you",
        email="By e-mail",
        sms="By text message",
        push="By notification on your device",
        topics="Subjects",
        often="How often at most",
        as_it_comes="As it comes",
        daily="Once a day",
        weekly="Once a week",
        monthly="Once a month",
        quiet="When we keep quiet",
        usually_quiet="Usually we do from {from_} to {to}. Leave both empty for that.",
        never_quiet="Leave both empty if any time is fine.",
        quiet_from="From",
        quiet_to="To",
        both_times="Please say both: from when, and until when.",
        addressing="How we address you",
        by_first_name="By my first name",
        formally="Formally",
        language="Language",
        save="Save",
        saved="Saved",
        saved_more="This is how it is from now on. A message that is on its way already may still arrive.",
        not_saved="Your preferences are not saved yet.",
        back="Back to your preferences",
        known="What we know about you",
        nothing_known="Nothing is known about you here.",
        as_of="As of {when}.",
        about_you="About you",
        to_reach_you="so that we can reach you",
        to_serve_you="for what you have with us",
        kept_closely="We keep more that we do not show by a link. Ask us for it.",
        agreed="What you agreed to",
        yes="yes",
        yes_since="yes, since {when}",
        no="no",
        happened="What happened",
        sent="What we sent you, and why",
        because_of="because of",
        lately="These are the last {count}. All of it is in the file.",
        download="Download all of it",
        too_old="This link is too old for that",
        too_old_more="For your safety we show what we know only by the link of a message of the last {days} days.",
        erase="Erase what you know of me",
        erase_more="All that {brand} knows of you here is deleted, for good, and nothing is sent to you any more.",
        erase_surely="Yes, delete all of it",
        erase_now="Erase it now",
        erased="We have your word",
        erased_more="All of it is deleted as soon as we get to it, mostly at once. What is left is that you asked for it, so that nothing comes any more.",
        not_erased="It is not erased yet.",
    ),
    "de": ChoicePhrases(
        preferences="Ihre Einstellungen",
        goes_first="Was Sie hier wählen, geht allem vor, was {brand} von sich aus annimmt.",
        purposes="Worüber wir Ihnen schreiben dürfen",
        data="Was wir über Sie wissen dürfen",
        channels="Wie wir Ihnen schreiben dürfen",
        email="Per E-Mail",
        sms="Per SMS",
        push="Per Mitteilung auf Ihrem Gerät",
        topics="Themen",
        often="Wie oft höchstens",
        as_it_comes="Wie es kommt",
        daily="Einmal am Tag",
        weekly="Einmal in der Woche",
        monthly="Einmal im Monat",
        quiet="Wann wir still sind",
        usually_quiet="Sonst sind wir es von {from_} bis {to}. Lassen Sie dafür beide Felder leer.",
        never_quiet="Lassen Sie beide Felder leer, wenn jede Zeit recht ist.",
        quiet_from="Von",
        quiet_to="Bis",
        both_times="Bitte geben Sie beides an: ab wann und bis wann.",
        addressing="Wie wir Sie ansprechen",
        by_first_name="Mit meinem Vornamen",
        formally="Förmlich",
        language="Sprache",
        save="Speichern",
        saved="Gespeichert",
        saved_more="So gilt es ab jetzt. Eine Nachricht, die schon unterwegs ist, kann noch ankommen.",
        not_saved="Ihre Einstellungen sind noch nicht gespeichert.",
        back="Zurück zu Ihren Einstellungen",
        known="Was wir über Sie wissen",
        nothing_known="Hier ist nichts über Sie bekannt.",
        as_of="Stand: {when}.",
        about_you="Über Sie",
        to_reach_you="damit wir Sie erreichen",
        to_serve_you="für das, was Sie bei uns haben",
        kept_closely="Wir bewahren mehr auf, das wir nicht über einen Link zeigen. Fragen Sie uns danach.",
        agreed="Dem Sie zugestimmt haben",
        yes="ja",
        yes_since="ja, seit {when}",
        no="nein",
        happened="Was geschehen ist",
        sent="Was wir Ihnen geschickt haben, und warum",
        because_of="wegen",
        lately="Das sind die letzten {count}. Alles steht in der Datei.",
        download="Alles herunterladen",
        too_old="Dafür ist dieser Link zu alt",
        too_old_more="Zu Ihrer Sicherheit zeigen wir, was wir wissen, nur über den Link einer Nachricht der letzten {days} Tage.",
        erase="Löschen, was Sie über mich wissen",
        erase_more="Alles, was {brand} hier über Sie weiß, wird endgültig gelöscht, und Sie bekommen nichts mehr geschickt.",
        erase_surely="Ja, alles löschen",
        erase_now="Jetzt löschen",
        erased="Ihr Wunsch ist bei uns",
        erased_more="Alles wird gelöscht, sobald wir dazu kommen, meist sofort. Es bleibt nur, dass Sie darum gebeten haben, damit nichts mehr kommt.",
        not_erased="Es ist noch nicht gelöscht.",
    ),
    "es": ChoicePhrases(
        preferences="Sus preferencias",
        goes_first="Lo que elija aquí va antes que todo lo que {brand} deduzca por su cuenta.",
        purposes="Sobre qué podemos escribirle",
        data="Qué podemos saber de usted",
        channels="Cómo podemos escribirle",
        email="Por correo electrónico",
        sms="Por SMS",
        push="Por notificación en su dispositivo",
        topics="Temas",
        often="Con qué frecuencia, como máximo",
        as_it_comes="Cuando llegue",
        daily="Una vez al día",
        weekly="Una vez a la semana",
        monthly="Una vez al mes",
        quiet="Cuándo guardamos silencio",
        usually_quiet="Normalmente, de {from_} a {to}. Para eso, deje ambos campos vacíos.",
        never_quiet="Deje ambos campos vacíos si cualquier hora está bien.",
        quiet_from="Desde",
        quiet_to="Hasta",
        both_times="Indique ambas cosas: desde cuándo y hasta cuándo.",
        addressing="Cómo nos dirigimos a usted",
        by_first_name="Por mi nombre",
        formally="De manera formal",
        language="Idioma",
        save="Guardar",
        saved="Guardado",
        saved_more="Así será a partir de ahora. Un mensaje que ya esté en camino aún puede llegar.",
        not_saved="Sus preferencias todavía no están guardadas.",
        back="Volver a sus preferencias",
        known="Lo que sabemos de usted",
        nothing_known="Aquí no se sabe nada de usted.",
        as_of="A fecha de {when}.",
        about_you="Sobre usted",
        to_reach_you="para poder contactarle",
        to_serve_you="para lo que tiene con nosotros",
        kept_closely="Guardamos más datos que no mostramos mediante un enlace. Pídanoslos.",
        agreed="Lo que usted aceptó",
        yes="sí",
        yes_since="sí, desde el {when}",
        no="no",
        happened="Lo que ocurrió",
        sent="Lo que le enviamos, y por qué",
        because_of="por",
        lately="Estos son los últimos {count}. Todo está en el archivo.",
        download="Descargarlo todo",
        too_old="Este enlace es demasiado antiguo para eso",
        too_old_more="Por su seguridad, solo mostramos lo que sabemos con el enlace de un mensaje de los últimos {days} días.",
        erase="Borrar lo que saben de mí",
        erase_more="Todo lo que {brand} sabe aquí de usted se borra para siempre, y ya no se le envía nada más.",
        erase_surely="Sí, borrarlo todo",
        erase_now="Borrarlo ahora",
        erased="Hemos recibido su petición",
        erased_more="Todo se borra en cuanto la atendemos, casi siempre al instante. Solo queda que usted lo pidió, para que no le llegue nada más.",
        not_erased="Todavía no está borrado.",
    ),
    "fr": ChoicePhrases(
        preferences="Vos préférences",
        goes_first="Ce que vous choisissez ici passe avant tout ce que {brand} pourrait supposer.",
        purposes="Ce dont nous pouvons vous parler",
        data="Ce que nous pouvons savoir de vous",
        channels="Comment nous pouvons vous écrire",
        email="Par e-mail",
        sms="Par SMS",
        push="Par notification sur votre appareil",
        topics="Sujets",
        often="À quelle fréquence, au plus",
        as_it_comes="Quand cela vient",
        daily="Une fois par jour",
        weekly="Une fois par semaine",
        monthly="Une fois par mois",
        quiet="Quand nous restons silencieux",
        usually_quiet="D’habitude, de {from_} à {to}. Pour cela, laissez les deux champs vides.",
        never_quiet="Laissez les deux champs vides si toute heure convient.",
        quiet_from="De",
        quiet_to="À",
        both_times="Indiquez les deux : à partir de quand et jusqu’à quand.",
        addressing="Comment nous nous adressons à vous",
        by_first_name="Par mon prénom",
        formally="De façon formelle",
        language="Langue",
        save="Enregistrer",
        saved="C’est enregistré",
        saved_more="C’est ainsi désormais. Un message déjà envoyé peut encore arriver.",
        not_saved="Vos préférences ne sont pas encore enregistrées.",
        back="Revenir à vos préférences",
        known="Ce que nous savons de vous",
        nothing_known="Ici, rien n’est connu de vous.",
        as_of="Au {when}.",
        about_you="À propos de vous",
        to_reach_you="pour pouvoir vous joindre",
        to_serve_you="pour ce que vous avez chez nous",
        kept_closely="Nous gardons d’autres données que nous ne montrons pas par un lien. Demandez-les-nous.",
        agreed="Ce que vous avez accepté",
        yes="oui",
        yes_since="oui, depuis le {when}",
        no="non",
        happened="Ce qui s’est passé",
        sent="Ce que nous vous avons envoyé, et pourquoi",
        because_of="en raison de",
        lately="Ce sont les {count} derniers. Tout est dans le fichier.",
        download="Tout télécharger",
        too_old="Ce lien est trop ancien pour cela",
        too_old_more="Pour votre sécurité, nous ne montrons ce que nous savons que par le lien d’un message des {days} derniers jours.",
        erase="Effacer ce que vous savez de moi",
        erase_more="Tout ce que {brand} sait ici de vous est supprimé pour toujours, et plus rien ne vous est envoyé.",
        erase_surely="Oui, tout supprimer",
        erase_now="Effacer maintenant",
        erased="Nous avons votre demande",
        erased_more="Tout est supprimé dès que nous la traitons, le plus souvent aussitôt. Il ne reste que votre demande, pour que plus rien n’arrive.",
        not_erased="Ce n’est pas encore effacé.",
    ),
    "it": ChoicePhrases(
        preferences="Le sue preferenze",
        goes_first="Ciò che sceglie qui viene prima di tutto ciò che {brand} deduce da sé.",
        purposes="Di che cosa possiamo scriverle",
        data="Che cosa possiamo sapere di lei",
        channels="Come possiamo scriverle",
        email="Per e-mail",
        sms="Per SMS",
        push="Con una notifica sul suo dispositivo",
        topics="Argomenti",
        often="Quanto spesso, al massimo",
        as_it_comes="Quando capita",
        daily="Una volta al giorno",
        weekly="Una volta alla settimana",
        monthly="Una volta al mese",
        quiet="Quando non disturbiamo",
        usually_quiet="Di solito dalle {from_} alle {to}. Per questo lasci vuoti entrambi i campi.",
        never_quiet="Lasci vuoti entrambi i campi se ogni ora va bene.",
        quiet_from="Dalle",
        quiet_to="Alle",
        both_times="Indichi entrambi: da quando e fino a quando.",
        addressing="Come ci rivolgiamo a lei",
        by_first_name="Con il mio nome",
        formally="In modo formale",
        language="Lingua",
        save="Salva",
        saved="Salvato",
        saved_more="Da ora in poi è così. Un messaggio già in viaggio può ancora arrivare.",
        not_saved="Le sue preferenze non sono ancora salvate.",
        back="Torna alle sue preferenze",
        known="Che cosa sappiamo di lei",
        nothing_known="Qui non si sa nulla di lei.",
        as_of="Al {when}.",
        about_you="Su di lei",
        to_reach_you="per poterla raggiungere",
        to_serve_you="per ciò che ha con noi",
        kept_closely="Conserviamo altro che non mostriamo con un link. Ce lo chieda.",
        agreed="A che cosa ha acconsentito",
        yes="sì",
        yes_since="sì, dal {when}",
        no="no",
        happened="Che cosa è successo",
        sent="Che cosa le abbiamo inviato, e perché",
        because_of="per",
        lately="Questi sono gli ultimi {count}. Tutto è nel file.",
        download="Scarica tutto",
        too_old="Per questo il link è troppo vecchio",
        too_old_more="Per la sua sicurezza mostriamo ciò che sappiamo solo con il link di un messaggio degli ultimi {days} giorni.",
        erase="Cancellare ciò che sapete di me",
        erase_more="Tutto ciò che {brand} sa qui di lei viene cancellato per sempre, e non le viene più inviato nulla.",
        erase_surely="Sì, cancellare tutto",
        erase_now="Cancella ora",
        erased="Abbiamo la sua richiesta",
        erased_more="Tutto viene cancellato appena la trattiamo, per lo più subito. Resta solo che lo ha chiesto, perché non arrivi più nulla.",
        not_erased="Non è ancora cancellato.",
    ),
    "nl": ChoicePhrases(
        preferences="Uw voorkeuren",
        goes_first="Wat u hier kiest, gaat voor alles wat {brand} zelf aanneemt.",
        purposes="Waarover wij u mogen schrijven",
        data="Wat wij over u mogen weten",
        channels="Hoe wij u mogen schrijven",
        email="Per e-mail",
        sms="Per sms",
        push="Per melding op uw apparaat",
        topics="Onderwerpen",
        often="Hoe vaak ten hoogste",
        as_it_comes="Zoals het komt",
        daily="Eén keer per dag",
        weekly="Eén keer per week",
        monthly="Eén keer per maand",
        quiet="Wanneer wij stil zijn",
        usually_quiet="Anders van {from_} tot {to}. Laat daarvoor beide velden leeg.",
        never_quiet="Laat beide velden leeg als elk moment goed is.",
        quiet_from="Van",
        quiet_to="Tot",
        both_times="Vul beide in: vanaf wanneer en tot wanneer.",
        addressing="Hoe wij u aanspreken",
        by_first_name="Met mijn voornaam",
        formally="Formeel",
        language="Taal",
        save="Opslaan",
        saved="Opgeslagen",
        saved_more="Zo is het vanaf nu. Een bericht dat al onderweg is, kan nog aankomen.",
        not_saved="Uw voorkeuren zijn nog niet opgeslagen.",
        back="Terug naar uw voorkeuren",
        known="Wat wij over u weten",
        nothing_known="Hier is niets over u bekend.",
        as_of="Stand: {when}.",
        about_you="Over u",
        to_reach_you="om u te kunnen bereiken",
        to_serve_you="voor wat u bij ons heeft",
        kept_closely="Wij bewaren meer dat wij niet via een link tonen. Vraag ons erom.",
        agreed="Waarmee u akkoord ging",
        yes="ja",
        yes_since="ja, sinds {when}",
        no="nee",
        happened="Wat er gebeurde",
        sent="Wat wij u stuurden, en waarom",
        because_of="vanwege",
        lately="Dit zijn de laatste {count}. Alles staat in het bestand.",
        download="Alles downloaden",
        too_old="Hiervoor is deze link te oud",
        too_old_more="Voor uw veiligheid tonen wij wat wij weten alleen via de link van een bericht van de laatste {days} dagen.",
        erase="Wissen wat u van mij weet",
        erase_more="Alles wat {brand} hier over u weet, wordt voorgoed gewist, en u krijgt niets meer toegestuurd.",
        erase_surely="Ja, alles wissen",
        erase_now="Nu wissen",
        erased="Wij hebben uw verzoek",
        erased_more="Alles wordt gewist zodra wij eraan toekomen, meestal meteen. Wat blijft, is dat u erom vroeg, zodat er niets meer komt.",
        not_erased="Het is nog niet gewist.",
    ),
}
