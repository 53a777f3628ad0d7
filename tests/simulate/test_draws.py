"""What simulated customers are and carry is what their population says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from statistics import NormalDist, fmean, median
from typing import Any

from journeys.core.calendar import DAY, HOUR, date_of, parse_moment
from journeys.definition.scalars import read_web_address

from .stall import World, make_plan, with_population

NUMBER = 4_000


def _values(tmp_path: Path, field: str, draw: str) -> list[Any]:
    world = World(make_plan(with_population(tmp_path, f"fields: {{{field}: {draw}}}\nrates: {{}}\n"), days=1))
    place = world.program.names.fields[field]
    return [customer.fields[place] for customer, _ in world.lives(NUMBER)]


def _is_share(count: int, share: float, of: int = NUMBER) -> bool:
    """Within what chance alone does once in ten thousand times."""
    return abs(count - share * of) <= 4 * (of * share * (1 - share)) ** 0.5


def test_each_of_several_values_has_its_share(tmp_path: Path) -> None:
    counts = Counter(_values(tmp_path, "first_name", "{one_of: {Ana: 50%, Ben: 30%, Chloé: 20%}}"))

    assert set(counts) == {"Ana", "Ben", "Chloé"}
    assert _is_share(counts["Ana"], 0.5) and _is_share(counts["Ben"], 0.3) and _is_share(counts["Chloé"], 0.2)


def test_what_is_known_of_some_is_missing_of_the_others(tmp_path: Path) -> None:
    values = _values(tmp_path, "first_name", "{one_of: [Ana, Ben], known: 70%}")

    assert _is_share(values.count(None), 0.3)
    assert _is_share(values.count("Ana"), 0.35) and _is_share(values.count("Ben"), 0.35)


def test_a_list_has_each_of_its_items_for_itself(tmp_path: Path) -> None:
    values = _values(tmp_path, "likes", "{some_of: {cherries: 50%, apples: 20%}}")

    assert _is_share(sum("cherries" in each for each in values), 0.5)
    assert _is_share(sum("apples" in each for each in values), 0.2)
    assert _is_share(values.count(("cherries", "apples")), 0.1)


def test_numbers_between_two_bounds_are_whole_and_even(tmp_path: Path) -> None:
    counts = Counter(_values(tmp_path, "age", "{from: 1, to: 5}"))

    assert set(counts) == {1, 2, 3, 4, 5}
    assert all(_is_share(count, 0.2) for count in counts.values())


def test_numbers_come_in_steps(tmp_path: Path) -> None:
    assert set(_values(tmp_path, "age", "{from: 0, to: 1, round: 0.25}")) == {0, 0.25, 0.5, 0.75, 1}


def test_money_is_in_minor_units(tmp_path: Path) -> None:
    values = _values(tmp_path, "budget", "{from: 1, to: 2}")

    assert min(values) >= 100 and max(values) <= 200
    assert all(type(value) is int for value in values) and len(set(values)) > 90


def test_money_in_steps_begins_at_its_least(tmp_path: Path) -> None:
    assert set(_values(tmp_path, "budget", "{from: 9.99, to: 29.99, round: 10}")) == {999, 1999, 2999}


def test_a_normal_draw_has_its_mean_and_its_width(tmp_path: Path) -> None:
    values = _values(tmp_path, "budget", "{around: 700, spread: 200, from: 0, to: 2000}")

    fitted = NormalDist.from_samples(values)
    assert abs(fitted.mean - 70_000) < 1_300 and abs(fitted.stdev - 20_000) < 900


def test_a_lognormal_draw_has_two_thirds_within_its_factor(tmp_path: Path) -> None:
    values = _values(tmp_path, "budget", "{median: 100, times: 2}")

    assert abs(median(values) - 10_000) < 600
    assert _is_share(sum(5_000 < value < 20_000 for value in values), 0.6827)


def test_what_falls_out_of_bounds_is_drawn_to_them(tmp_path: Path) -> None:
    values = _values(tmp_path, "budget", "{around: 700, spread: 200, from: 600, to: 800}")

    assert min(values) == 60_000 and max(values) == 80_000
    assert _is_share(values.count(60_000), NormalDist(700, 200).cdf(600))


def test_ids_and_addresses_are_each_for_one_customer(tmp_path: Path) -> None:
    mails = _values(tmp_path, "email", "{id: mail}")
    phones = _values(tmp_path, "phone", "{id: p}")

    assert len(set(mails)) == len(set(phones)) == NUMBER
    # No mail reaches anybody: the domain is kept for examples (RFC 2606), and no country has the code.
    assert all(mail.startswith("mail") and mail.endswith("@example.com") for mail in mails)
    assert all(phone.startswith("+999") for phone in phones)


def test_an_id_that_is_an_address_on_the_web_is_one(tmp_path: Path) -> None:
    folder = with_population(tmp_path, "fields: {page: {id: p}}\nrates: {}\n")
    brand = folder / "brand.yaml"
    text = brand.read_text(encoding="utf-8")
    brand.write_text(text.replace("\nfields:\n", "\nfields:\n  page: {type: url}\n", 1), encoding="utf-8")
    world = World(make_plan(folder, days=1))
    place = world.program.names.fields["page"]

    pages = {customer.fields[place] for customer, _ in world.lives(10)}

    assert len(pages) == 10
    assert all(read_web_address(page).startswith("https://example.com/p") for page in pages)


def test_moments_and_dates_lie_as_far_off_as_they_say(tmp_path: Path) -> None:
    folder = with_population(
        tmp_path,
        "zones: {Pacific/Apia: 100%}\n"
        "rates: {before: {bought: {rate: 1 per 2 days, with: {due_on: {in: 3 days}, "
        "ready_at: {in: {from: 1 hour, to: 5 hours}}}}}}\n",
    )
    world = World(make_plan(folder, days=60))

    later = []
    for customer, events in world.lives(200):
        for event in events:
            assert world.value(event, "due_on") == date_of(customer.zone, event.at + 3 * DAY)
            ready = world.value(event, "ready_at")
            assert isinstance(ready, int)
            later.append(ready - event.at)
    assert min(later) >= HOUR and max(later) <= 5 * HOUR
    assert abs(fmean(later) - 3 * HOUR) < HOUR / 10


def test_the_same_is_what_a_property_last_was(tmp_path: Path) -> None:
    folder = with_population(
        tmp_path,
        "events: {basket_begun: {with: {basket_id: {id: b}}}}\n"
        "rates: {before: {basket_begun: 1 per 3 days, "
        "bought: {rate: 1 per 3 days, with: {basket_id: {same: basket_id}}}}}\n",
    )
    world = World(make_plan(folder, days=60))

    seen = 0
    for _, events in world.lives(100):
        last = None
        for event in events:
            basket = world.value(event, "basket_id")
            if world.name(event) == "basket_begun":
                assert basket != last
                last = basket
            else:
                assert basket == last
                seen += last is not None
    assert seen > 500


def test_personas_have_their_shares_and_their_own(tmp_path: Path) -> None:
    folder = with_population(
        tmp_path,
        "consents: {offers: 50%}\nfields: {first_name: Ana, age: 30}\nzones: {Europe/Madrid: 100%}\n"
        "personas:\n"
        "  old: {share: 20%, fields: {age: 70}, consents: {personal: 100%}, zones: {Asia/Kolkata: 100%}}\n"
        "  young: {share: 80%}\nrates: {}\n",
    )
    world = World(make_plan(folder, days=1))
    name, age = world.program.names.fields["first_name"], world.program.names.fields["age"]
    offers, personal = (1 << world.program.names.purposes[each] for each in ("offers", "personal"))

    customers = [customer for customer, _ in world.lives(NUMBER)]

    old = [each for each in customers if each.fields[age] == 70]
    assert _is_share(len(old), 0.2)
    assert all(each.fields[name] == "Ana" and each.consents & personal for each in old)
    assert {each.zone.name for each in old} == {"Asia/Kolkata"}
    assert _is_share(sum(each.consents & offers > 0 for each in customers), 0.5)
    assert {each.zone.name for each in customers if each.fields[age] == 30} == {"Europe/Madrid"}


def test_customers_turn_up_evenly(tmp_path: Path) -> None:
    world = World(
        make_plan(with_population(tmp_path, "arrive: 10 days\nrates: {before: {passed: 100 per 1 day}}\n"), days=11)
    )
    start = parse_moment("2026-03-01T00:00:00+01:00")

    first = [world.life.recorded[0].at - start for _ in map(world.life.live, range(300))]

    assert 0 <= min(first) < DAY / 2 and 9.5 * DAY < max(first) < 10 * DAY + HOUR
    assert abs(fmean(first) - 5 * DAY) < 0.7 * DAY
