"""A customer who has several ids is asked for and told of by any of them."""

from __future__ import annotations

import pytest

from journeys.core.intake import new_customer
from journeys.store.customers import introduce
from journeys.store.identity import merge
from journeys.store.outbox import Outcome, lease, settle
from tests.web.house import NOW, PROGRAM, House, problem

from .test_touches import touch


@pytest.fixture
def joint(house: House) -> House:
    """One who was `device-1` as well, and was sent something under either id."""
    customer = new_customer(PROGRAM, "c-17", {"first_name": "Ana"}, at=NOW)
    customer.others = (("device-1", 2, 1, NOW),)
    house.save(customer, [touch(1), touch(2, customer="device-1")])
    with house.database.writing() as connection:
        introduce(connection, ["device-1"])
        merge(connection, "device-1", "c-17")
        leased = lease(connection, NOW, 60_000_000, 100)
        settle(connection, [Outcome(key=each.touch.key, attempt=each.attempt, status="sent") for each in leased], NOW)
    return house


@pytest.mark.parametrize("id", ["c-17", "device-1"])
def test_a_customer_is_found_by_any_of_their_ids(joint: House, id: str):
    told = joint.get(f"/v1/customers/{id}").json()

    assert (told["id"], told["other_ids"]) == ("c-17", ["device-1"])


@pytest.mark.parametrize("id", ["c-17", "device-1"])
def test_what_was_sent_under_any_id_is_shown_each_by_a_key_of_its_own(joint: House, id: str):
    told = joint.get(f"/v1/customers/{id}/touches").json()

    assert sorted(each["key"] for each in told["touches"]) == ["1-1-1-0", "3-2-1-0"]


@pytest.mark.parametrize("other", [None, "", 7, "x" * 201, "a\x00b"])
def test_a_merge_names_another_id(house: House, other: object):
    answer = house.post({"id": "m", "name": "customer.merged", "customer": "c-17", "properties": {"from": other}})

    assert answer.status_code == 400
    assert problem(answer)["pointer"] == "/properties/from"


def test_what_a_merge_found_is_for_us_to_say(house: House):
    said = {"id": "m", "name": "customer.merged", "customer": "c-17", "found": "erased before"}

    assert house.post({**said, "properties": {"from": "device-1", "found": "x"}}).status_code == 202

    [kept] = house.inbox()["c-17"]
    assert "found" not in kept and kept["properties"] == {"from": "device-1"}
