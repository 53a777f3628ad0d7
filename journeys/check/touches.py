"""What a touch says can be said, to everybody who may get it.

The words themselves are proved by `content`; here they are held against the journeys that send
them and against what the brand declares.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from journeys.check.rules import Fault, Folder, of_folder, of_touches
from journeys.content import proof
from journeys.content.recommend import column_of
from journeys.definition.model import Journey, Touch
from journeys.definition.nearest import nearest, shown

_ALL = 100


@of_folder()
def words_fault(folder: Folder) -> Iterator[tuple[str, Fault]]:
    """Words can be read, read only names that exist, and can be said to somebody about whom nothing is known.

    PASS    Hi {{ customer.first_name | default: 'there' }}
    FAIL    Hi {{ customer.first_nam }}

    The names of its faults say which: `words-syntax`, `unknown-name`, `words-fail`, `unfilled-value`,
    `blank-words`, `no-subject`, `unsafe-link`, `sensitive-field`, `personal-generic`.
    """
    for touch in folder.definitions.touches.values():
        senders = folder.senders.get(touch.name, ())
        for file, fault in faults_of_words(folder, touch, senders or tuple(folder.definitions.journeys.values())):
            # A journey that could not be read may be the one that keeps it, and so may an earlier version of one, where
            # none of this folder sends it.
            if not (_is_of_journey(fault) and (folder.has_unread_journey or not senders)):
                yield file, fault


def faults_of_words(folder: Folder, touch: Touch, senders: Iterable[Journey]) -> Iterator[tuple[str, Fault]]:
    """In every language.  What one of these keeps may be said: for customers of the others it is missing."""
    brand, catalog = folder.brand, folder.definitions.catalog
    kept = {name: type_ for journey in senders for name, type_ in journey.kept.items()}
    for each in (touch, *touch.translations.values()):
        for fault in proof.faults(each, brand=brand, catalog=catalog, kept=kept):
            yield (
                each.file,
                Fault(
                    path=fault.part,
                    offset=fault.at.offset,
                    length=fault.at.length,
                    rule=fault.rule,
                    message=fault.message,
                    why=fault.why,
                    help=fault.help,
                ),
            )


def _is_of_journey(fault: Fault) -> bool:
    return fault.rule == "unknown-name" and fault.message.endswith(" in 'journey'")


@of_touches()
def no_generic_words(folder: Folder, touch: Touch) -> Iterator[Fault]:
    """A touch has words for those who did not consent to personal ones.

    PASS    … --- generic --- Here is how most people start.
    FAIL    (no generic words, in a touch to customers)

    Internal touches are exempt: they go to us.
    """
    class_ = folder.class_of(touch.name)
    if touch.generic is None and class_ in ("marketing", "service", "requested"):
        yield Fault(
            path=("purpose",),
            at="key",
            message=f"{shown(touch.name)} has no generic words",
            why="a customer who did not consent to personalized words, or is in the generic arm, would get nothing",
            help="add a line '--- generic ---' and, below it, words for everybody (and a subject under 'generic:')",
        )


@of_touches(severity="warning")
def touch_never_sent(folder: Folder, touch: Touch) -> Iterator[Fault]:
    """Some journey sends it.

    PASS    need: {send: [spark]}       touches/spark.md
    FAIL    need: {}                    touches/spark.md
    """
    # A journey that could not be read may be the one that sends it.
    if touch.name not in folder.senders and not folder.has_unread_journey:
        yield Fault(
            path=(),
            message=f"no journey sends {shown(touch.name)}",
            why="no customer would ever read it",
            help="name it in a 'send', or delete the file",
        )


@of_touches()
def touch_for_data(folder: Folder, touch: Touch) -> Iterator[Fault]:
    """A purpose of class data allows us to know, not to send.

    PASS    purpose: offers                   # class: marketing
    FAIL    purpose: personalization          # class: data
    """
    if folder.class_of(touch.name) == "data":
        sendable = [purpose.name for purpose in folder.brand.purposes.values() if purpose.class_ != "data"]
        yield Fault(
            path=("purpose",),
            message=f"{shown(touch.purpose)} is a purpose of class data, for which nothing is sent",
            why="customers allowed us to use what we know, not to write to them",
            help=f"choose one of: {', '.join(sendable)}",
        )


@of_touches()
def no_channel(folder: Folder, touch: Touch) -> Iterator[Fault]:
    """A touch has a way out.

    PASS    channels: [email]
    FAIL    channels: []
    """
    if not touch.channels and folder.is_whole(touch.file, ("channels",)):
        yield Fault(
            path=("channels",),
            at="key",
            message="no channel is named",
            why="it could be sent to nobody",
            help=f"name some of: {', '.join(folder.brand.channels)}",
        )


@of_touches()
def unknown_column(folder: Folder, touch: Touch) -> Iterator[Fault]:
    """What recommendations are ordered by is a column of the catalog.

    PASS    recommend: {items: 3, by: popular}      # the catalog has a column 'popularity'
    FAIL    recommend: {items: 3, by: margin}       # it has no column 'margin'
    """
    if touch.recommend is None:
        return
    column = column_of(touch.recommend)
    columns = folder.definitions.catalog.columns
    if column not in columns:
        yield Fault(
            path=("recommend", "by"),
            message=f"the catalog has no column {shown(column)}",
            why="nobody could say which items come first, so there would be nothing to recommend",
            help=nearest(column, columns) if columns else "name a catalog in brand.yaml: 'catalog: catalog.csv'",
        )


@of_touches()
def too_few_items(folder: Folder, touch: Touch) -> Iterator[Fault]:
    """A recommendation asks for no more than it may show.

    PASS    recommend: {items: 3, by: popular, least: 1}
    FAIL    recommend: {items: 3, by: popular, least: 4}
    """
    recommend = touch.recommend
    if recommend is None:
        return
    if recommend.items == 0 or recommend.least > recommend.items:
        key = "items" if recommend.items == 0 else "least"
        yield Fault(
            path=("recommend", key),
            message="it shows no items" if key == "items" else "it needs more items than it shows",
            why="the touch would be withheld from everybody",
            help="let 'items' be at least 1, and 'least' at most 'items'",
        )


@of_touches()
def impossible_offer(folder: Folder, touch: Touch) -> Iterator[Fault]:
    """An offer takes something off, and not more than all.

    PASS    offer: {percent: 10}
    FAIL    offer: {percent: 110}
    """
    offer = touch.offer
    if offer is None:
        return
    if offer.percent is not None and not 0 < offer.percent <= _ALL:
        yield Fault(
            path=("offer", "percent"),
            message=f"{offer.percent:g} percent cannot be taken off",
            why="the customer would be promised what no shop can give",
            help="write a number above 0 and up to 100",
        )
    for key, value in (("amount", offer.amount), ("limit", offer.limit)):
        if value == 0:
            yield Fault(
                path=("offer", key),
                message="this takes nothing off" if key == "amount" else "nobody may have it",
                why="the customer would be promised what nobody can redeem",
                help=f"write something above zero, or remove '{key}'",
            )


@of_touches()
def most_of_none(folder: Folder, touch: Touch) -> Iterator[Fault]:
    """`most` leaves room for one.

    PASS    most: 1 per 90 days
    FAIL    most: 0 per 90 days
    """
    if touch.most is not None and touch.most.count == 0:
        yield Fault(
            path=("most",),
            message="this admits none",
            why="no customer would ever get it",
            help="write how many in which time, such as '1 per 90 days' or '1 ever'",
        )


RULES = (
    words_fault,
    no_generic_words,
    touch_never_sent,
    touch_for_data,
    no_channel,
    unknown_column,
    too_few_items,
    impossible_offer,
    most_of_none,
)
