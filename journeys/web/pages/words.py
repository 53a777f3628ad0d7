"""What the pages say, in each language that we have: whole phrases, since languages differ in more than words.

A brand whose language is not among them gets English.  Another language is another entry of the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """`{brand}` is the brand's name."""

    language: str
    # unsubscribing
    unsubscribe_from: str
    you_agreed: str
    no_more_of_this: str
    unsubscribe: str
    unsubscribed: str
    no_longer_holds: str
    nothing_else_to_do: str
    not_unsubscribed: str
    # answering
    your_answer: str
    choose: str
    send: str
    answered: str
    answered_more: str
    no_question: str
    no_question_more: str
    not_answered: str
    # what goes wrong
    link_is_bad: str
    link_is_bad_because: str
    failed: str
    try_again: str


def phrases(language: str) -> Phrases:
    return _PHRASES.get(language, _PHRASES["en"])


_PHRASES: Final = {
    each.language: each
    for each in (
        Phrases(
            language="en",
            unsubscribe_from="Unsubscribe from {brand}?",
            you_agreed="You agreed to this:",
            no_more_of_this="You will get no more messages of this kind.",
            unsubscribe="Unsubscribe",
            unsubscribed="You are unsubscribed",
            no_longer_holds="This no longer holds:",
            nothing_else_to_do="You need do nothing else. A message that is on its way already may still arrive.",
            not_unsubscribed="You are not unsubscribed yet.",
            your_answer="Your answer to {brand}",
            choose="Choose one",
            send="Send",
            answered="Thank you",
            answered_more="We have your answer: {answer}. To change it, go back and send another.",
            no_question="This question is closed",
            no_question_more="It takes no more answers. Thank you for wanting to give one.",
            not_answered="Your answer is not with us yet.",
            link_is_bad="This link does not work",
            link_is_bad_because="It is not whole, or not one of ours. Try it again from the message that it came with.",
            failed="This did not work just now",
            try_again="Please try again in a minute.",
        ),
        Phrases(
            language="de",
            unsubscribe_from="Von {brand} abmelden?",
            you_agreed="Sie haben zugestimmt:",
            no_more_of_this="Sie bekommen keine Nachrichten dieser Art mehr.",
            unsubscribe="Abmelden",
            unsubscribed="Sie sind abgemeldet",
            no_longer_holds="Das gilt nicht mehr:",
            nothing_else_to_do="Mehr ist nicht zu tun. Eine Nachricht, die schon unterwegs ist, kann noch ankommen.",
            not_unsubscribed="Sie sind noch nicht abgemeldet.",
            your_answer="Ihre Antwort an {brand}",
            choose="Wählen Sie eine Antwort",
            send="Senden",
            answered="Vielen Dank",
            answered_more="Ihre Antwort ist angekommen: {answer}. Um sie zu ändern, gehen Sie zurück und senden Sie eine andere.",
            no_question="Diese Frage ist abgeschlossen",
            no_question_more="Sie nimmt keine Antworten mehr an. Danke, dass Sie antworten wollten.",
            not_answered="Ihre Antwort ist noch nicht bei uns.",
            link_is_bad="Dieser Link funktioniert nicht",
            link_is_bad_because="Er ist nicht vollständig oder nicht von uns. Öffnen Sie ihn noch einmal aus der Nachricht, in der er stand.",
            failed="Das hat gerade nicht geklappt",
            try_again="Bitte versuchen Sie es in einer Minute noch einmal.",
        ),
        Phrases(
            language="es",
            unsubscribe_from="¿Darse de baja de {brand}?",
            you_agreed="Usted aceptó lo siguiente:",
            no_more_of_this="No recibirá más mensajes de este tipo.",
            unsubscribe="Darse de baja",
            unsubscribed="Se ha dado de baja",
            no_longer_holds="Esto ya no es válido:",
            nothing_else_to_do="No tiene que hacer nada más. Un mensaje que ya esté en camino aún puede llegar.",
            not_unsubscribed="Todavía no se ha dado de baja.",
            your_answer="Su respuesta a {brand}",
            choose="Elija una respuesta",
            send="Enviar",
            answered="Gracias",
            answered_more="Hemos recibido su respuesta: {answer}. Para cambiarla, vuelva atrás y envíe otra.",
            no_question="Esta pregunta está cerrada",
            no_question_more="Ya no admite respuestas. Gracias por querer responder.",
            not_answered="Todavía no tenemos su respuesta.",
            link_is_bad="Este enlace no funciona",
            link_is_bad_because="No está completo o no es nuestro. Ábralo de nuevo desde el mensaje en el que venía.",
            failed="No ha funcionado en este momento",
            try_again="Inténtelo de nuevo dentro de un minuto.",
        ),
        Phrases(
            language="fr",
            unsubscribe_from="Se désabonner de {brand} ?",
            you_agreed="Vous aviez accepté ceci :",
            no_more_of_this="Vous ne recevrez plus de messages de ce type.",
            unsubscribe="Se désabonner",
            unsubscribed="Vous êtes désabonné(e)",
            no_longer_holds="Ceci n’est plus valable :",
            nothing_else_to_do="Vous n’avez rien d’autre à faire. Un message déjà envoyé peut encore arriver.",
            not_unsubscribed="Vous n’êtes pas encore désabonné(e).",
            your_answer="Votre réponse à {brand}",
            choose="Choisissez une réponse",
            send="Envoyer",
            answered="Merci",
            answered_more="Nous avons votre réponse : {answer}. Pour la modifier, revenez en arrière et envoyez-en une autre.",
            no_question="Cette question est close",
            no_question_more="Elle n’accepte plus de réponses. Merci d’avoir voulu répondre.",
            not_answered="Nous n’avons pas encore votre réponse.",
            link_is_bad="Ce lien ne fonctionne pas",
            link_is_bad_because="Il est incomplet ou ne vient pas de nous. Ouvrez-le à nouveau depuis le message qui le contenait.",
            failed="Cela n’a pas fonctionné",
            try_again="Veuillez réessayer dans une minute.",
        ),
        Phrases(
            language="it",
            unsubscribe_from="Annullare l’iscrizione a {brand}?",
            you_agreed="Ha accettato quanto segue:",
            no_more_of_this="Non riceverà più messaggi di questo tipo.",
            unsubscribe="Annulla l’iscrizione",
            unsubscribed="L’iscrizione è annullata",
            no_longer_holds="Questo non vale più:",
            nothing_else_to_do="Non deve fare altro. Un messaggio già in viaggio può ancora arrivare.",
            not_unsubscribed="L’iscrizione non è ancora annullata.",
            your_answer="La sua risposta a {brand}",
            choose="Scelga una risposta",
            send="Invia",
            answered="Grazie",
            answered_more="Abbiamo ricevuto la sua risposta: {answer}. Per cambiarla, torni indietro e ne invii un’altra.",
            no_question="Questa domanda è chiusa",
            no_question_more="Non accetta più risposte. Grazie per aver voluto rispondere.",
            not_answered="La sua risposta non è ancora arrivata.",
            link_is_bad="Questo link non funziona",
            link_is_bad_because="Non è completo o non è nostro. Lo riapra dal messaggio in cui si trovava.",
            failed="In questo momento non ha funzionato",
            try_again="Riprovi tra un minuto.",
        ),
        Phrases(
            language="nl",
            unsubscribe_from="Uitschrijven bij {brand}?",
            you_agreed="U bent hiermee akkoord gegaan:",
            no_more_of_this="U krijgt geen berichten van deze soort meer.",
            unsubscribe="Uitschrijven",
            unsubscribed="U bent uitgeschreven",
            no_longer_holds="Dit geldt niet meer:",
            nothing_else_to_do="U hoeft verder niets te doen. Een bericht dat al onderweg is, kan nog aankomen.",
            not_unsubscribed="U bent nog niet uitgeschreven.",
            your_answer="Uw antwoord aan {brand}",
            choose="Kies een antwoord",
            send="Versturen",
            answered="Dank u wel",
            answered_more="We hebben uw antwoord: {answer}. Wilt u het wijzigen, ga dan terug en stuur een ander.",
            no_question="Deze vraag is gesloten",
            no_question_more="Er worden geen antwoorden meer aangenomen. Dank u dat u wilde antwoorden.",
            not_answered="We hebben uw antwoord nog niet.",
            link_is_bad="Deze link werkt niet",
            link_is_bad_because="Hij is niet volledig of niet van ons. Open hem opnieuw vanuit het bericht waarin hij stond.",
            failed="Dit lukte zojuist niet",
            try_again="Probeer het over een minuut nog eens.",
        ),
    )
}
LANGUAGES: Final = frozenset(_PHRASES)
