"""brand.yaml means what it says: shares, caps, hours, channels, people."""

from __future__ import annotations

from collections.abc import Iterator

from journeys.check.constant import is_never
from journeys.check.rules import Fault, Folder, of_brand, of_journeys
from journeys.definition.model import Brand, Cap, Journey
from journeys.definition.nearest import shown

_MILLION = 1_000_000


@of_journeys()
def arms_over_all(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """The arms of a journey are shares of one whole.

    PASS    arms: {holdout: 5%, generic: 10%}      # the rest is personalized
    FAIL    arms: {holdout: 60%, generic: 50%}
    """
    arms = journey.arms
    if arms.holdout + arms.generic > _MILLION:
        yield Fault(
            path=("arms",),
            at="key",
            message=f"the arms are {_percent(arms.holdout + arms.generic)} together",
            why="nobody would be left for the personalized words, and the last arm would get less than is written",
            help="let them be 100% at most; what is left is personalized",
        )


@of_brand()
def holdout_over_all(folder: Folder, brand: Brand) -> Iterator[Fault]:
    """Somebody is left to talk to.

    PASS    holdout: 2%
    FAIL    holdout: 100%
    """
    if brand.holdout >= _MILLION:
        yield Fault(
            path=("holdout",),
            message=f"{_percent(brand.holdout)} of all customers are held out",
            why="no customer would ever get a marketing touch",
            help="write a small share, such as 2%",
        )


def _percent(parts: int) -> str:
    return f"{parts / 10_000:g}%"


@of_brand(severity="warning")
def cap_admits_nothing(folder: Folder, brand: Brand) -> Iterator[Fault]:
    """A cap leaves room for something.

    PASS    {most: 1, per: 1 day, each: channel}
    FAIL    {most: 0, per: 1 day, each: channel}
    """
    for cap in brand.caps:
        if cap.most == 0:
            yield Fault(
                path=(*cap.path, "most"),
                message="this cap admits nothing",
                why="no customer whom it concerns would ever get a touch that it counts",
                help="say how many may go, or say with 'suppress' whom not to touch, and why",
            )


@of_brand(severity="warning")
def cap_never_binds(folder: Folder, brand: Brand) -> Iterator[Fault]:
    """A cap counts something that caps are for: marketing.

    PASS    {most: 3, per: 7 days, class: marketing}
    FAIL    {most: 3, per: 7 days, class: service}      # service ignores caps
    """
    for cap in brand.caps:
        reason = _unbound(brand, cap)
        if reason is not None:
            key, message = reason
            yield Fault(
                path=(*cap.path, key),
                message=message,
                why="the line would protect nobody",
                help="caps bind marketing touches; delete the line, or let it speak of those",
            )


def _unbound(brand: Brand, cap: Cap) -> tuple[str, str] | None:
    if cap.class_ is not None and cap.class_ != "marketing":
        return "class", f"touches of class {cap.class_} are not capped"
    classes = {brand.purposes[name].class_ for name in cap.purposes if name in brand.purposes}
    if classes and "marketing" not in classes and all(name in brand.purposes for name in cap.purposes):
        return "purposes", "none of these purposes is marketing, and others are not capped"
    if is_never(cap.condition):
        return "if", "its condition can never hold"
    return None


@of_brand()
def quiet_all_day(folder: Folder, brand: Brand) -> Iterator[Fault]:
    """Quiet hours begin and end.

    PASS    quiet: {from: "21:00", to: "08:00"}
    FAIL    quiet: {from: "21:00", to: "21:00"}
    """
    if brand.quiet is not None and brand.quiet.from_ == brand.quiet.to:
        yield Fault(
            path=("quiet", "to"),
            message="the quiet hours end when they begin",
            why="nobody could say whether customers are never touched, or always",
            help="write when customers may be touched again, or delete 'quiet'",
        )


@of_brand()
def quiet_spread_too_wide(folder: Folder, brand: Brand) -> Iterator[Fault]:
    """What is spread after the quiet hours goes out before they begin again.

    PASS    quiet: {from: "21:00", to: "08:00", spread: 30 minutes}
    FAIL    quiet: {from: "21:00", to: "08:00", spread: 14 hours}
    """
    quiet = brand.quiet
    if quiet is not None and quiet.from_ != quiet.to:
        awake = (quiet.from_ - quiet.to) % (24 * 60) * 60_000_000
        if quiet.spread >= awake:
            yield Fault(
                path=("quiet", "spread"),
                message="the spread is as long as the time between the quiet hours, or longer",
                why="some customers' own minute would lie in the next quiet hours, and they would never be touched",
                help="write something shorter, such as 30 minutes",
            )


@of_brand(severity="warning")
def channel_without_address(folder: Folder, brand: Brand) -> Iterator[Fault]:
    """A channel knows where a customer is reached.

    PASS    email: {via: smtp, address: customer.email}
    PASS    banner: {via: in-app}      # the app asks for a customer's own
    FAIL    email: {via: smtp}
    """
    for channel in brand.channels.values():
        path = ("channels", channel.name)
        if channel.address is None and channel.via != "in-app" and folder.is_whole(brand.file, path):
            yield Fault(
                path=path,
                at="key",
                message=f"the channel {shown(channel.name)} has no address",
                why="no customer could be reached on it",
                help="name the field that holds it, as in 'address: customer.email'",
            )


@of_brand()
def counter_stands_still(folder: Folder, brand: Brand) -> Iterator[Fault]:
    """What counts up does not count down as well.

    PASS    counts: {up: ticket_created, down: ticket_closed, by: ticket_id}
    FAIL    counts: {up: ticket_created, down: ticket_created, by: ticket_id}
    """
    for field in brand.fields.values():
        counts = field.counts
        for place, name in enumerate(counts.down) if counts is not None else ():
            if counts is not None and name in counts.up:
                yield Fault(
                    path=("fields", field.name, "counts", "down", place),
                    message=f"{shown(name)} counts up and down",
                    why="nobody could say whether something is still open",
                    help="name the event that closes what the other opens",
                )


@of_brand(severity="warning")
def suppresses_nobody(folder: Folder, brand: Brand) -> Iterator[Fault]:
    """A suppression concerns some customers.

    PASS    {if: 'customer.open_tickets > 2', wait: true, because: a burning ticket}
    FAIL    {if: 'false', because: a burning ticket}
    """
    for rule in brand.suppress:
        if is_never(rule.condition):
            yield Fault(
                path=(*rule.path, "if"),
                message="this can never hold",
                why="the line would protect nobody",
                help="mend the condition, or delete the line",
            )


RULES = (
    arms_over_all,
    holdout_over_all,
    cap_admits_nothing,
    cap_never_binds,
    quiet_all_day,
    quiet_spread_too_wide,
    channel_without_address,
    counter_stands_still,
    suppresses_nobody,
)
