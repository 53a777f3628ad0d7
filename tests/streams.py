"""Random customers and streams of events that keep the journeys busy, as hypothesis strategies.

A stream is made of *lives*: a guide and then weeks of silence, carts filled and emptied, a
trial that is extended, a committee that signs, a year of shopping.  Hypothesis draws which lives a customer leads,
when each begins and a seed for its details; the lives are then mixed, with noise, and some
are pressed onto few instants, so that several things happen at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from journeys.core.calendar import DAY, HOUR, MINUTE, format_moment, parse_moment
from journeys.core.compiling import compile_program
from journeys.core.customer import Customer, Event
from journeys.core.intake import make_event, new_customer
from journeys.core.program import Program
from journeys.definition.load import Reading, read_folder
from journeys.definition.model import Arms, Definitions, Quiet

FOLDERS = {
    "shipped": Path(__file__).parents[1] / "definitions",
    "workshop": Path(__file__).parent / "data" / "workshop",
}
ZONES = ("Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia")

# Shortly before the clocks change in one of the zones, a leap day, and the day that Apia never had.
STARTS = tuple(
    parse_moment(text)
    for text in (
        "2026-03-07T10:00:00Z",
        "2026-03-28T10:00:00Z",
        "2026-04-03T10:00:00Z",
        "2026-10-02T10:00:00Z",
        "2026-10-24T10:00:00Z",
        "2026-10-31T10:00:00Z",
        "2028-01-29T10:00:00Z",
        "2028-02-27T10:00:00Z",
        "2011-12-28T10:00:00Z",
    )
)
MIXED = -1
SPAN = 110 * DAY  # from the start of a stream to the instant up to which it is played


class Raw(NamedTuple):
    """An event before it is compiled; `delay` is how late it reaches us."""

    name: str
    at: int
    properties: dict[str, Any]
    id: str
    delay: int


Happening = tuple[str, int, dict[str, Any]]
Life = Callable[[Random, int], Iterator[Happening]]


def relaxed(examples: int = 50) -> settings:
    """So many examples where the hypothesis profile tries a hundred of a plain test: `tests/conftest.py` has them."""
    number = max(5, examples * (settings.default.max_examples if settings.default else 100) // 100)
    return settings(max_examples=number, deadline=None, suppress_health_check=list(HealthCheck))


@cache
def reading(folder: str) -> Reading:
    """What many tests only look at is read once: a second each time would add up."""
    return read_folder(FOLDERS[folder])


@cache
def definitions(folder: str) -> Definitions:
    found = reading(folder).definitions
    assert found is not None
    return found


@cache
def program(
    folder: str = "shipped",
    *,
    arm: int | None = None,
    journeys: tuple[str, ...] | None = None,
    quiet: tuple[int, int, int] | None = None,
) -> Program:
    """A compiled folder; `arm` is everyone's, `quiet` other quiet hours: from, to, and the spread in minutes.

    With the arm MIXED each journey has an arm of its own for most customers.
    """
    found = definitions(folder)
    if arm == MIXED:
        arms = Arms(holdout=400_000, generic=200_000)
        found = replace(found, journeys={name: replace(each, arms=arms) for name, each in found.journeys.items()})
    if quiet is not None:
        hours = Quiet(from_=quiet[0], to=quiet[1], spread=quiet[2] * MINUTE)
        found = replace(found, brand=replace(found.brand, quiet=hours))
    compiled = compile_program(found, salt="test", journeys=journeys)
    compiled.arm = None if arm == MIXED else arm
    return compiled


# ---------------------------------------------------------------- lives through the shipped journeys


def reader(r: Random, at: int) -> Iterator[Happening]:
    """Downloads a guide, perhaps reads on, and is then silent for weeks."""
    yield "guide_downloaded", at, {"guide": "espresso"}
    if r.random() < 0.3:
        yield "comparison_opened", at + r.randrange(30) * DAY, {}
    if r.random() < 0.3:
        yield "guide_downloaded", at + 100 * DAY, {"guide": "espresso"}


def buyer(r: Random, at: int) -> Iterator[Happening]:
    """Looks, compares, buys, is delivered to, and perhaps answers, returns or invites."""
    for _ in range(r.randrange(1, 5)):
        yield "product_viewed", at, {"category": r.choice(["espresso", "espresso", "grinder"])}
        at += r.choice([0, HOUR, DAY, 3 * DAY])
    yield r.choice(["guide_opened", "review_read", "comparison_opened"]), at, {}
    if r.random() < 0.5:
        yield "comparison_opened", at + DAY, {}
        at += r.randrange(1, 20) * DAY
        if r.random() < 0.3:
            yield "first-order-offer.declined", at, {}
    order = r.choice("AB")
    if r.random() < 0.7:
        yield "order_placed", at, {"order_id": order, "total": r.choice([24.5, 649, 1200]), "categories": ["coffee"]}
        yield "order_delivered", at + r.randrange(1, 4) * DAY, {"order_id": order}
        at += r.randrange(3, 30) * DAY
        if r.random() < 0.2:
            yield "order_returned", at, {"order_id": order}
        yield "how-was-it.answered", at + 12 * DAY, {"answer": r.randrange(11)}
        yield "friend_invited", at + 20 * DAY, {"friend_id": "f"}
        yield "friend_joined", at + 25 * DAY, {"friend_id": "f"}
        yield "friend_joined", at + 26 * DAY, {"friend_id": r.choice("fg")}


def filler_of_carts(r: Random, at: int) -> Iterator[Happening]:
    """A few carts, each filled in steps, left, emptied, reminded of, checked out or ordered."""
    for cart in "cde"[: r.randrange(1, 4)]:
        now = at + r.randrange(5) * DAY + r.choice([0, HOUR, 9 * HOUR])
        for _ in range(r.randrange(1, 6)):
            yield "cart_updated", now, {"cart_id": cart, "items": r.choice([0, 1, 2, 3]), "total": 30}
            now += r.choice([0, 20 * MINUTE, HOUR, 5 * HOUR, 3 * DAY])
            if r.random() < 0.3:
                remind_at = format_moment(now + r.choice([-HOUR, 3 * HOUR, 15 * HOUR, 4 * DAY]))
                yield "cart_reminder_asked", now, {"cart_id": cart, "remind_at": remind_at}
        if r.random() < 0.3:
            yield "checkout_started", now, {"cart_id": cart}
        if r.random() < 0.4:
            yield "order_placed", now + HOUR, {"order_id": "C", "total": 90, "cart_id": r.choice([cart, cart, None])}


def trial_office(r: Random, at: int) -> Iterator[Happening]:
    """A trial of four weeks, used or not, made longer or shorter, decided or not."""
    ends_at = at + r.choice([2, 14, 28]) * DAY
    yield "trial_started", at, {"plan": "small", "ends_at": format_moment(ends_at)}
    for _ in range(r.randrange(4)):
        yield "cup_brewed", at + r.randrange(10) * DAY, {"cups": r.choice([5, 12, 30])}
    for _ in range(r.randrange(3)):
        now = at + r.randrange(40) * DAY
        ends_at += r.choice([-7, 7, 14]) * DAY
        yield r.choice(["trial_extended", "trial_shortened"]), now, {"ends_at": format_moment(ends_at)}
    if r.random() < 0.3:
        yield "plan_chosen", at + r.randrange(50) * DAY, {"plan": "large", "price": 189}
    yield "trial-why.answered", at + 33 * DAY, {"answer": "price"}


def answerer(r: Random, at: int) -> Iterator[Happening]:
    """Is delivered to and asked; answers, changes the answer within half an hour, or is late."""
    yield "order_delivered", at, {"order_id": "N"}
    now = at + r.choice([5, 6, 11, 30]) * DAY + r.randrange(24) * HOUR
    for _ in range(r.randrange(1, 4)):
        yield r.choice(["nps-ask.answered", "nps-remind.answered"]), now, {"answer": r.choice([0, 6, 7, 9, 10])}
        now += r.choice([0, 10 * MINUTE, 29 * MINUTE, 30 * MINUTE, DAY])
    if r.random() < 0.5:
        yield "ticket_created", at + r.randrange(6) * DAY, {"ticket_id": "n"}
        yield "ticket_closed", at + r.randrange(6, 12) * DAY, {"ticket_id": "n"}


def shopper(r: Random, at: int) -> Iterator[Happening]:
    """Shops for months, with mailings and coupons, and stays away for a while."""
    end = at + r.choice([60, 110, 365]) * DAY
    every = r.choice([3, 6, 9])
    total = r.choice([20, 60])
    yield "campaign_received", at, {"campaign": 1, "kind": "Type A", "ends_at": format_moment(at + 30 * DAY)}
    while at < end:
        categories = ["coffee"] if r.random() < 0.4 else ["milk"]
        yield "order_placed", at, {"order_id": f"G{at}", "total": total, "categories": categories}
        if r.random() < 0.2:
            yield "coupon_redeemed", at, {"campaign": 1, "coupon": "x"}
        if r.random() < 0.1:
            ends_at = format_moment(at + r.randrange(40) * DAY)
            yield "campaign_received", at, {"campaign": 2, "kind": r.choice(["Type A", "B"]), "ends_at": ends_at}
        at += every * DAY + r.randrange(2 * DAY // MINUTE) * MINUTE
        if r.random() < 0.05:
            at += 50 * DAY
            yield "did-we-slip.answered", at - DAY, {"answer": r.choice(["freshness", "moved away"])}
            yield "come-back-offer.declined", at - HOUR, {}


def committee(r: Random, at: int) -> Iterator[Happening]:
    """A company that reads, tries, puts it off or signs, is well or not, and renews or leaves."""
    for member, role in zip("tuvw", r.sample(["facilities", "finance", "people", "it"], 4), strict=True):
        yield "committee_member_joined", at + r.randrange(20) * DAY, {"member_id": member, "role": role}
    yield r.choice(["article_read", "white_paper_requested", "proposal_requested"]), at, {"paper": "costs", "seats": 90}
    at += r.randrange(20) * DAY
    yield "pilot_started", at, {"site": "x", "ends_at": format_moment(at + r.choice([5, 42]) * DAY)}
    at += r.randrange(20) * DAY
    yield r.choice(["pilot_extended", "pilot_stopped"]), at, {"ends_at": format_moment(at + 9 * DAY)}
    yield r.choice(["decision_postponed", "ws-volume.declined"]), at, {"until": format_moment(at + 30 * DAY)[:10]}
    yield "contract_sent", at + DAY, {"valid_until": format_moment(at + 9 * DAY)[:10], "seats": 150}
    yield r.choice(["deal_lost", "contract_sent"]), at + r.randrange(12) * DAY, {"reason": "price"}
    renews_on = format_moment(at + r.choice([60, 130, 400]) * DAY)[:10]
    yield "contract_signed", at + 5 * DAY, {"value": 9000, "seats": 150, "renews_on": renews_on}
    yield r.choice(["kickoff_held", "site_went_live"]), at + 8 * DAY, {}
    yield "site_went_live", at + 9 * DAY, {"site": "x"}
    for _ in range(r.randrange(6)):
        at += r.randrange(20) * DAY
        yield "health_checked", at, {"score": r.choice([40, 65, 75, 92])}
        name = r.choice(["ws-checkin.answered", "advisory_board_joined", "reference_agreed", "contract_renewed"])
        yield name, at, {"answer": r.randrange(11), "seats": 90, "renews_on": format_moment(at + 100 * DAY)[:10]}
        yield "reference_given", at, {"reference_id": r.choice("xy")}
    if r.random() < 0.3:
        yield "contract_cancelled", at, {"reason": "moving"}


def complainer(r: Random, at: int) -> Iterator[Happening]:
    """Opens tickets, several at once, and has them closed, or not."""
    for ticket in "pqrs"[: r.randrange(1, 5)]:
        yield "ticket_created", at, {"ticket_id": ticket}
        if r.random() < 0.8:
            yield "ticket_closed", at + r.choice([0, HOUR, DAY, 9 * DAY, 40 * DAY]), {"ticket_id": ticket}
        at += r.choice([0, HOUR, DAY])
    if r.random() < 0.3:
        yield "complaint_raised", at, {"about": "x"}


# ---------------------------------------------------------------- lives through the workshop


def bencher(r: Random, at: int) -> Iterator[Happening]:
    """Begins, moves the end about, takes steps, goes back, asks."""
    yield "begun", at, {"until": format_moment(at + r.choice([1, 6, 12]) * DAY)}
    for _ in range(r.randrange(2, 12)):
        at += r.choice([0, HOUR, 7 * HOUR, DAY, 2 * DAY, 6 * DAY])
        name = r.choice(["noted", "stepped", "stepped", "stepped", "went_back", "asked", "looked", "bought"])
        yield name, at, {"until": format_moment(at + r.choice([-2, 1, 5, 9]) * DAY), "total": 60, "thing": "x"}
    if r.random() < 0.5:
        yield "question.answered", at + DAY, {"answer": 7}
        yield "daily.opened", at + DAY, {}
    if r.random() < 0.3:
        yield "stopped", at + 3 * DAY, {}


def potter(r: Random, at: int) -> Iterator[Happening]:
    """Several jobs at once, touched again and again."""
    for job in "jklm"[: r.randrange(1, 5)]:
        now = at + r.randrange(3) * DAY + r.choice([0, HOUR, 10 * HOUR])
        yield "job_opened", now, {"job_id": job}
        for _ in range(r.randrange(4)):
            now += r.choice([0, 30 * MINUTE, HOUR, 5 * HOUR, DAY])
            yield r.choice(["job_touched", "job_touched", "job_done", "job_opened"]), now, {"job_id": job}


# ---------------------------------------------------------------- lives through any of them


def changer(r: Random, at: int) -> Iterator[Happening]:
    """Moves to other zones, changes addresses, gives consent and takes it back."""
    for _ in range(r.randrange(1, 6)):
        at += r.choice([0, 3 * HOUR, 2 * DAY, 9 * DAY])
        what = r.randrange(4)
        if what == 0:
            yield "profile.updated", at, {"timezone": r.choice(ZONES), "level": r.randrange(5)}
        elif what == 1:
            yield "profile.updated", at, {"email": r.choice([None, "b@example.com"]), "level": r.randrange(5)}
        else:
            name = r.choice(["consent.given", "consent.given", "consent.withdrawn"])
            yield name, at, {"purpose": r.choice(["offers", "surveys", "insights", "personalization", "watching"])}


def leaver(r: Random, at: int) -> Iterator[Happening]:
    """Goes, and is perhaps forgotten."""
    yield r.choice(["account_closed", "stopped"]), at + 40 * DAY, {}
    if r.random() < 0.5:
        yield "customer.erased", at + r.choice([40, 50]) * DAY, {}


SHIPPED_LIVES = (reader, buyer, filler_of_carts, trial_office, answerer, shopper, committee)
WORKSHOP_LIVES = (bencher, bencher, potter)
ANY_LIVES = (complainer, changer, changer, leaver)


def noise(r: Random, folder: str, start: int) -> Iterator[Happening]:
    """Declared events and what may come back about touches, with properties at random."""
    heard = definitions(folder).heard
    names = [*definitions(folder).brand.events]
    names += [
        f"{touch}.{part}"
        for touch in definitions(folder).touches
        for part in ("opened", "answered", "declined", "bounced", "complained")
    ]
    for _ in range(r.randrange(8)):
        name = r.choice(names)
        at = start + r.randrange(60) * DAY + r.choice([0, HOUR, 13 * HOUR + 7 * MINUTE])
        yield name, at, {key: _value(r, kind) for key, kind in heard[name].properties.items()}


def _value(r: Random, kind: str) -> Any:
    if kind in ("money", "number"):
        return r.choice([0, 1, 3, 9])
    if kind == "moment":
        return "2026-04-10T23:30:00Z"
    if kind == "date":
        return "2026-04-30"
    return [] if kind.startswith("list of") else r.choice(["c", "j", "A", "p"])


@st.composite
def streams(
    draw: st.DrawFn, folder: str, start: int, *, is_punctual: bool = True, hears_back: bool = True
) -> list[Raw]:
    """Events of a customer's lives.

    Not punctual: some reach us hours after they happened.  `hears_back` false: none is about a touch.
    """
    own = SHIPPED_LIVES if folder == "shipped" else WORKSHOP_LIVES
    lives = draw(st.lists(st.sampled_from([*own, *own, *ANY_LIVES]), min_size=1, max_size=6))
    seed = draw(st.integers(0, 1 << 30))
    grid = draw(st.sampled_from([1, HOUR, 12 * HOUR, DAY]))
    r = Random(seed)
    declared = definitions(folder).heard
    happenings: list[Happening] = []
    for life in [own[r.randrange(len(own))], *lives]:
        happenings += life(r, start + r.choice([0, 0, 5 * DAY, 11 * HOUR, 20 * HOUR, 35 * DAY]))
    happenings += noise(r, folder, start)
    found = []
    for name, at, properties in happenings:
        if name not in declared or (not hears_back and name.split(".")[0] in definitions(folder).touches):
            continue
        if properties.get("purpose", "offers") not in definitions(folder).brand.purposes:
            continue
        kinds = declared[name].properties
        if name != "profile.updated":
            properties = {key: _fitting(kinds[key], value) for key, value in properties.items() if key in kinds}
        delay = 0 if is_punctual or r.random() < 0.7 else r.choice([MINUTE, 2 * HOUR, 13 * HOUR, 30 * HOUR])
        # Ids are drawn too, so that they say nothing about the order in which things were made.
        found.append(Raw(name, start + (at - start) // grid * grid, properties, f"{r.randrange(1 << 40):x}", delay))
    return found


def _fitting(kind: str, value: Any) -> Any:
    return str(value) if kind == "text" and value is not None else value


def to_events(compiled: Program, raw: Sequence[Raw]) -> list[Event]:
    events = []
    for each in raw:
        event = make_event(compiled, each.name, each.at, each.properties, id=each.id)
        assert event is not None
        events.append(event)
    return events


def deliveries(raw: Sequence[Raw]) -> list[tuple[int, list[Raw]]]:
    """What reaches us when, in batches of one instant."""
    batches: dict[int, list[Raw]] = {}
    for each in raw:
        batches.setdefault(each.at + each.delay, []).append(each)
    return sorted(batches.items())


@st.composite
def customers(draw: st.DrawFn, compiled: Program, start: int) -> Customer:
    fields: dict[str, Any] = {"first_name": "Ana", "budget": draw(st.sampled_from([100, 600]))}
    for name, value in (("email", "a@example.com"), ("phone", "+34600"), ("device", "token")):
        if draw(st.integers(0, 5)):
            fields[name] = value
    if draw(st.booleans()):
        fields["interests"] = ["coffee"]
    fields["level"] = draw(st.sampled_from([0, 1, 2, 3, 4]))
    purposes = [
        name for name in ("offers", "surveys", "personalization", "watching") if name in compiled.names.purposes
    ]
    consents = [purpose for purpose in purposes if draw(st.integers(0, 7))]
    name = f"c{draw(st.integers(0, 200))}"
    return new_customer(compiled, name, fields, at=start, consents=consents, timezone=draw(st.sampled_from(ZONES)))
