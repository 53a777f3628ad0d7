"""Definitions that change while customers are on their way."""

from __future__ import annotations

from journeys.runtime.live import Live
from journeys.runtime.publishing import publish
from journeys.runtime.working import Worker
from tests.core.walk import lay
from tests.runtime.house import House

from .resting import WELCOME, see_rests


def test_words_that_change_in_mid_flight_are_the_words_that_go(house: House) -> None:
    house.knows()
    house.on("began")
    house.work()

    lay(house.folder, WELCOME, words={"spark": "The new words.\n\n--- generic ---\nThe new words.\n"})
    publish(house.database, house.folder, house.clock())
    house.live.refresh()
    house.run()
    house.wait(hours=1)
    house.run()

    [spark, thanks] = house.recorder.parcels
    assert "The new words." in spark.message.text
    assert "Hello." in thanks.message.text
    see_rests(house)


def test_a_process_behind_a_publication_loses_nothing_of_what_is_new(house: House) -> None:
    """Another process has taken up the new definitions; this one has not looked yet."""
    house.knows()
    house.run()
    brand = house.folder / "brand.yaml"
    known = brand.read_text(encoding="utf-8")
    brand.write_text(
        known.replace("  plain: {", "  shoe: {type: number}\n  plain: {").replace(
            "  left_us: {", "  came_by: {properties: {note: text}}\n  left_us: {"
        ),
        encoding="utf-8",
    )
    publish(house.database, house.folder, house.clock())
    ahead = Live(house.database, house.clock)
    assert (house.live.engine.publication, ahead.engine.publication) == (1, 2)

    house.on("profile.updated", shoe=38)
    house.on("came_by", note="hello")
    house.work()
    house.on("began")
    Worker(ahead).work()
    house.send()
    house.work()

    customer = house.customer()
    assert customer.fields[house.live.engine.program.names.fields["shoe"]] == 38
    assert [row["event"] for row in house.trace() if row["kind"] == "event"].count("came_by") == 1
    assert house.recorder.sent == ["spark"]
    see_rests(house)


def test_a_relay_behind_a_publication_takes_it_up_before_it_sends_or_settles(house: House) -> None:
    brand = house.folder / "brand.yaml"
    known = brand.read_text(encoding="utf-8")
    house.knows()
    house.run()
    brand.write_text(known.replace("  plain: {", "  shoe: {type: number}\n  plain: {"), encoding="utf-8")
    publish(house.database, house.folder, house.clock())
    ahead = Worker(Live(house.database, house.clock))
    house.on("profile.updated", shoe=38)
    house.on("began")
    ahead.work()

    house.send()

    assert house.live.engine.publication == 2
    assert house.recorder.sent == ["spark"]
    assert house.customer().fields[house.live.engine.program.names.fields["shoe"]] == 38
    see_rests(house)
