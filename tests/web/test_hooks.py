"""Webhooks: anyone's, as sources.yaml says; signed by the senders' own programs, where there are such."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import standardwebhooks
import stripe
import svix
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sendgrid.helpers.eventwebhook import EventWebhook

from journeys.core.calendar import HOUR, MINUTE
from journeys.store.database import Database
from tests.clients.node import NEEDS_NODE, run_node
from tests.sources.shop import program
from tests.web.house import NOW, House, open_house, problem

SECONDS = NOW // 1_000_000
STANDARD = "whsec_" + base64.b64encode(b"a secret of twenty-four bytes").decode()
OLDER = "whsec_" + base64.b64encode(b"the one that was before it").decode()
SENDGRID = ec.generate_private_key(ec.SECP256R1())
SENDGRID_KEY = base64.b64encode(
    SENDGRID.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
).decode()
ENVIRONMENT = {
    "STRIPE_WEBHOOK_SECRET": "whsec_stripe",
    "SHOPIFY_SECRET": "hush",
    "PARTNER_SECRET": STANDARD,
    "CRM_SECRET": "first, second",
    "DESK_LOGIN": "desk:open sesame:and-more".replace(" ", "-"),
    "MAIL_LOGIN": "postmark:pass",
    "SENDGRID_KEY": SENDGRID_KEY,
    "TOLD_SECRET": STANDARD,
}


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with open_house(database, program=program, environment=ENVIRONMENT, clicks_wait=0.05) as opened:
        yield opened


def body_of(value: object) -> bytes:
    return json.dumps(value).encode()


def post(house: House, source: str, content: bytes, headers: dict[str, str]) -> httpx.Response:
    return house.client.post(f"/v1/hooks/{source}", content=content, headers=headers)


def statuses(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 202, answer.text
    return [each["status"] for each in answer.json()["events"]]


def told(house: House, customer: str) -> list[tuple[str, dict[str, Any]]]:
    return [(each["name"], each["properties"]) for each in house.inbox().get(customer, [])]


# ---------------------------------------------------------------- Stripe

PAID = {
    "id": "evt_1",
    "object": "event",
    "type": "checkout.session.completed",
    "created": SECONDS - 60,
    "data": {
        "object": {
            "id": "cs_1",
            "object": "checkout.session",
            "payment_status": "paid",
            "amount_total": 64_900,
            "currency": "eur",
            "metadata": {"customer": "c-17"},
            "customer_details": {"email": "ana@example.com"},
        }
    },
}


def by_stripe(content: bytes, *, at: int = SECONDS, secret: str = "whsec_stripe") -> dict[str, str]:
    signed = stripe.WebhookSignature._compute_signature(f"{at}.{content.decode()}", secret)
    return {"Stripe-Signature": f"t={at},v1={signed}"}


def test_what_stripe_signs_becomes_what_the_file_makes_of_it(house: House):
    content = body_of(PAID)
    headers = by_stripe(content)
    assert stripe.WebhookSignature.verify_header(content.decode(), headers["Stripe-Signature"], "whsec_stripe")

    answer = post(house, "billing", content, headers)

    assert statuses(answer) == ["accepted", "accepted"]
    order, profile = house.inbox()["c-17"]
    assert order["name"] == "order_placed"
    assert order["properties"] == {"order_id": "cs_1", "total": 649.0}
    assert (order["source"], order["id"], order["at"]) == ("billing", "evt_1:order_placed", "2026-03-10T08:59:00Z")
    assert (profile["name"], profile["properties"]) == ("profile.updated", {"email": "ana@example.com"})
    assert statuses(post(house, "billing", content, headers)) == ["repeated", "repeated"]


def test_what_the_file_says_nothing_of_is_passed_over(house: House):
    unpaid = {**PAID, "data": {"object": {**PAID["data"]["object"], "payment_status": "unpaid"}}}
    guest = {**PAID, "data": {"object": {**PAID["data"]["object"], "metadata": {}}}}
    other = {**PAID, "type": "customer.updated"}

    answers = [statuses(post(house, "billing", body_of(each), by_stripe(body_of(each)))) for each in (other, guest)]

    assert answers == [["ignored"], ["ignored", "ignored"]]
    assert statuses(post(house, "billing", body_of(unpaid), by_stripe(body_of(unpaid)))) == ["accepted"]
    assert told(house, "c-17") == [("profile.updated", {"email": "ana@example.com"})]


@pytest.mark.parametrize("currency", ["jpy", "USD", "xyz"])
def test_an_amount_in_another_currency_is_passed_over_and_told(
    house: House, currency: str, capsys: pytest.CaptureFixture[str]
):
    content = body_of({**PAID, "data": {"object": {**PAID["data"]["object"], "currency": currency}}})

    answer = post(house, "billing", content, by_stripe(content))

    assert statuses(answer) == ["ignored", "accepted"]
    assert answer.json()["events"][0] == {
        "id": "evt_1",
        "status": "ignored",
        "because": f"its amount is in '{currency}', and the brand's are in EUR",
    }
    assert told(house, "c-17") == [("profile.updated", {"email": "ana@example.com"})]
    logged = "".join(capsys.readouterr())
    assert "event_passed_over" in logged and "evt_1" in logged and currency not in logged


def test_what_is_passed_over_is_told_by_its_id_and_why(house: House):
    guest = {**PAID, "data": {"object": {**PAID["data"]["object"], "metadata": {}}}}
    other = {**PAID, "type": "customer.updated"}
    nameless = {**other, "id": {"no": "text"}}

    said = [post(house, "billing", body_of(each), by_stripe(body_of(each))) for each in (guest, other, nameless)]

    assert [[(each["id"], each["because"]) for each in answer.json()["events"]] for answer in said] == [
        [("evt_1", "it names no customer")] * 2,
        [("evt_1", "nothing is said of 'customer.updated'")],
        [(None, "nothing is said of 'customer.updated'")],
    ]


def test_what_is_not_there_takes_nothing_away(house: House):
    unnamed = {**PAID, "data": {"object": {**PAID["data"]["object"], "customer_details": {"email": None}, "id": None}}}

    assert statuses(post(house, "billing", body_of(unnamed), by_stripe(body_of(unnamed)))) == ["accepted", "ignored"]
    assert told(house, "c-17") == [("order_placed", {"total": 649.0})]


# ---------------------------------------------------------------- Shopify

ORDER = {
    "id": 450789469,
    "total_price": "649.00",
    "customer": {"id": 207119551},
    "line_items": [{"sku": "E-1"}, {"sku": "G-2"}],
}


def by_shopify(content: bytes, secret: str = "hush") -> dict[str, str]:
    return {
        "X-Shopify-Hmac-Sha256": base64.b64encode(hmac.digest(secret.encode(), content, "sha256")).decode(),
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "X-Shopify-Triggered-At": "2026-03-10T08:59:30.123456789Z",
    }


def test_what_shopify_sends_is_fitted_to_the_declared_types(house: House):
    content = body_of(ORDER)

    assert statuses(post(house, "shop", content, by_shopify(content))) == ["accepted"]

    (order,) = house.inbox()["207119551"]
    assert order["properties"] == {"order_id": "450789469", "total": 649.0, "skus": ["E-1", "G-2"]}
    assert order["id"] == "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"


@NEEDS_NODE
def test_shopifys_own_library_takes_the_signature_that_ours_takes(house: House):
    content = body_of(ORDER)

    valid = run_node("shopify.js", {"body": content.decode(), "headers": by_shopify(content)})

    assert valid == {"valid": True}
    assert statuses(post(house, "shop", content, by_shopify(content))) == ["accepted"]


# ---------------------------------------------------------------- Standard Webhooks, and Svix

BOUGHT = {"type": "Order Placed", "timestamp": "2026-03-10T08:58:00Z", "data": {"customer": "c-18", "orderId": "A1"}}


def by_standard(content: bytes, *, secret: str = STANDARD, id: str = "msg_1", at: int = SECONDS) -> dict[str, str]:
    moment = datetime.fromtimestamp(at, UTC)
    signed = standardwebhooks.Webhook(secret).sign(id, moment, content.decode())
    return {"webhook-id": id, "webhook-timestamp": str(at), "webhook-signature": signed}


def test_standard_webhooks_may_speak_of_our_events_by_any_spelling(house: House):
    content = body_of(BOUGHT)

    assert statuses(post(house, "partner", content, by_standard(content))) == ["accepted"]

    (order,) = house.inbox()["c-18"]
    assert (order["id"], order["name"], order["properties"]) == ("msg_1", "order_placed", {"order_id": "A1"})


def test_svix_signs_under_names_of_its_own(house: House):
    content = body_of(BOUGHT)
    moment = datetime.fromtimestamp(SECONDS, UTC)
    signed = svix.Webhook(STANDARD).sign("msg_2", moment, content.decode())

    answer = post(
        house,
        "partner",
        content,
        {"svix-id": "msg_2", "svix-timestamp": str(SECONDS), "svix-signature": signed},
    )

    assert statuses(answer) == ["accepted"]


def test_a_secret_is_changed_without_a_gap(database: Database):
    environment = {**ENVIRONMENT, "PARTNER_SECRET": f"{STANDARD} {OLDER}"}
    content = body_of(BOUGHT)
    with open_house(database, program=program, environment=environment) as house:
        new, old = by_standard(content), by_standard(content, secret=OLDER, id="msg_3")
        both = {**new, "webhook-signature": f"{new['webhook-signature']} {old['webhook-signature']}"}
        unknown = by_standard(content, secret="whsec_" + base64.b64encode(b"someone else's").decode())

        answers = [post(house, "partner", content, each).status_code for each in (new, old, both, unknown)]

    assert answers == [202, 202, 202, 401]


# ---------------------------------------------------------------- anyone's


def by_crm(content: bytes, secret: str = "second") -> dict[str, str]:
    return {"x-crm-signature": "sha256=" + hmac.digest(secret.encode(), content, "sha256").hex()}


def test_one_that_is_bad_loses_none_of_the_good(house: House):
    things = [
        {"id": 1, "kind": "order_placed", "who": "c-19", "when": SECONDS, "more": {"orderId": "A1", "total": "12.50"}},
        {"id": 2, "kind": "order_placed", "who": "c-19", "more": {"total": "many"}},
        {"id": 3, "kind": "order_placed", "who": "c-19", "more": "nothing"},
        {"kind": "order_placed", "who": "c-19"},
        {"id": 5, "kind": "order_placed", "who": {"id": "c-19"}},
        {"id": 6, "kind": "order_placed", "who": "c-19", "when": "yesterday"},
        {"id": 7, "kind": "asked.out", "who": "c-19", "when": (SECONDS - 5) * 1_000},
        {"id": 8, "kind": "noticed", "who": "c-19"},
        "nonsense",
    ]
    content = body_of({"things": things})

    answer = post(house, "crm", content, by_crm(content))

    refused = ["refused"] * 5
    assert statuses(answer) == ["accepted", *refused, "accepted", "ignored", "ignored"]
    said = [(each["problem"]["pointer"], each["problem"]["detail"]) for each in answer.json()["events"][1:6]]
    assert [pointer for pointer, _ in said] == ["/1", "/2", "/3", "/4", "/5"]
    assert said[0][1] == "`order_placed.total` must be a number"
    assert said[1][1] == "`item.more` is no object of properties"
    assert said[2][1] == "there is no id at `item.id`"
    assert told(house, "c-19") == [
        ("consent.withdrawn", {"purpose": "offers"}),
        ("order_placed", {"order_id": "A1", "total": 12.5}),
    ]


def test_what_none_could_be_made_of_is_refused_with_what_is_wrong(house: House):
    for value, detail in [
        (
            {"things": [{"id": 1, "kind": "order_placed", "who": "c-1", "more": []}]},
            "each of them says why, in `events`",
        ),
        ({"things": "many"}, "`body.things` is no list"),
        ([], "`body.things` is no list"),
    ]:
        content = body_of(value)
        answer = post(house, "crm", content, by_crm(content))
        assert (answer.status_code, problem(answer)["detail"]) == (400, detail)
    for content in (b"", b"{", b'{"a": 1, "a": 2}', b"\xff", b"[" * 5_000):
        assert post(house, "crm", content, by_crm(content)).status_code == 400
    assert house.inbox() == {}


def test_a_name_and_a_password_may_be_the_signature(house: House):
    content = body_of({"id": 1, "name": "order_placed", "customer": "c-20", "orderId": 17, "noise": None})
    right = base64.b64encode(ENVIRONMENT["DESK_LOGIN"].encode()).decode()

    answers = [
        post(house, "desk", content, {"Authorization": f"Basic {each}"})
        for each in (right, base64.b64encode(b"desk:wrong").decode(), "%%%", "x y")
    ]

    assert [each.status_code for each in answers] == [202, 401, 401, 401]
    assert answers[1].headers["WWW-Authenticate"] == 'Basic realm="journeys"'
    assert told(house, "c-20") == [("order_placed", {"order_id": "17"})]


def test_a_source_that_is_not_there_or_not_set_up_hears_nothing(database: Database):
    with open_house(database, program=program, environment={"PARTNER_SECRET": "not base64!"}) as house:
        answers = [post(house, name, b"{}", {}) for name in ("nobody", "crm", "partner")]

    assert [each.status_code for each in answers] == [404, 503, 503]
    assert "base64" not in answers[2].text


# ---------------------------------------------------------------- what is not signed as it should be

MALFORMED = [
    "",
    "x",
    "t=",
    "v1,",
    "=",
    ",,,",
    "t=1,t=2",
    "v1=é",
    "\x7f",
    "t=99999999999999999999,v1=00",
    "v1,====",
    "0" * 9_000,
]


@pytest.mark.parametrize("source", ["billing", "shop", "partner", "crm", "desk", "bulk"])
def test_a_malformed_signature_is_refused_and_never_our_failure(house: House, source: str):
    names = {
        "billing": ["Stripe-Signature"],
        "shop": ["X-Shopify-Hmac-Sha256"],
        "partner": ["webhook-signature", "webhook-timestamp", "webhook-id"],
        "crm": ["x-crm-signature"],
        "desk": ["Authorization"],
        "bulk": ["x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp"],
    }[source]
    fine = by_standard(b"{}") | by_stripe(b"{}") | by_sendgrid(b"{}")
    fine = {name.lower(): value for name, value in fine.items()}

    for name in names:
        for value in MALFORMED:
            headers = {each.lower(): fine.get(each.lower(), "") for each in names} | {name.lower(): value}
            answer = house.client.post(
                f"/v1/hooks/{source}",
                content=b"{}",
                headers=[(each.encode(), said.encode("latin-1")) for each, said in headers.items()],
            )
            assert answer.status_code in (400, 401) if value == "\x7f" else answer.status_code == 401, (name, value)
    assert house.inbox() == {}


def test_a_body_that_was_changed_on_the_way_is_refused(house: House):
    content, changed = body_of(ORDER), body_of({**ORDER, "total_price": "1.00"})
    things = body_of({"things": []})

    assert post(house, "shop", changed, by_shopify(content)).status_code == 401
    assert post(house, "billing", changed, by_stripe(content)).status_code == 401
    assert post(house, "partner", changed, by_standard(content)).status_code == 401
    assert post(house, "crm", things + b" ", by_crm(things)).status_code == 401
    assert post(house, "bulk", changed, by_sendgrid(content)).status_code == 401


@pytest.mark.parametrize("away", [-6 * MINUTE, 6 * MINUTE], ids=["too old", "ahead of us"])
def test_what_was_caught_cannot_be_sent_again_later(house: House, away: int):
    paid, bought = body_of(PAID), body_of(BOUGHT)
    at = (NOW + away) // 1_000_000

    assert post(house, "billing", paid, by_stripe(paid, at=at)).status_code == 401
    assert post(house, "partner", bought, by_standard(bought, at=at)).status_code == 401
    house.clock.now = NOW + away
    assert post(house, "billing", paid, by_stripe(paid, at=at)).status_code == 202


# ---------------------------------------------------------------- receipts


def by_sendgrid(content: bytes, at: int = SECONDS) -> dict[str, str]:
    signature = SENDGRID.sign(str(at).encode() + content, ec.ECDSA(hashes.SHA256()))
    return {
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": str(at),
    }


def sent(event: str, **more: Any) -> dict[str, Any]:
    return {
        "email": "ana@example.com",
        "timestamp": SECONDS - 10,
        "event": event,
        "sg_event_id": hashlib.sha256(f"{event}{more}".encode()).hexdigest()[:22],
        "customer": "c-21",
        "touch": "spark",
        **more,
    }


def test_sendgrids_receipts_are_what_became_of_the_touch(house: House):
    content = body_of(
        [
            sent("processed"),
            sent("delivered"),
            sent("open", useragent="Mozilla/5.0 (Windows NT 10.0) Thunderbird"),
            sent("open", useragent="Mozilla/5.0 (Windows NT 10.0) Thunderbird", sg_machine_open=True),
            sent("click", url="https://kaffa.example/a", useragent="Mozilla/5.0 (Windows NT 10.0)"),
            sent("bounce", type="blocked"),
            sent("bounce", type="bounce"),
            sent("spamreport"),
            sent("unsubscribe"),
            sent("delivered", touch="somebody-elses"),
            sent("delivered", customer=None),
            sent("unsubscribe", touch="somebody-elses"),
        ]
    )
    headers = by_sendgrid(content)
    reader = EventWebhook(SENDGRID_KEY)
    assert reader.verify_signature(content.decode(), *headers.values())

    answer = post(house, "bulk", content, headers)

    accepted = ["accepted"]
    assert statuses(answer) == [
        *("ignored", *accepted * 2, "machine", *accepted, "ignored", *accepted * 3, *["ignored"] * 3)
    ]
    assert sorted(name for name, _ in told(house, "c-21")) == [
        *("consent.withdrawn", "spark.bounced", "spark.clicked", "spark.complained", "spark.delivered", "spark.opened")
    ]
    assert ("consent.withdrawn", {"purpose": "offers"}) in told(house, "c-21")
    assert 'journeys_events_received_total{status="machine"} 1.0' in house.client.get("/metrics").text


def test_a_replay_of_receipts_is_refused_after_a_day(house: House):
    content = body_of([sent("delivered")])
    headers = by_sendgrid(content)

    house.clock.now = NOW + 24 * HOUR
    assert post(house, "bulk", content, headers).status_code == 202
    house.clock.now = NOW + 26 * HOUR
    assert post(house, "bulk", content, headers).status_code == 401


def postmark(record: str, **more: Any) -> bytes:
    return body_of(
        {
            "RecordType": record,
            "MessageID": "00000000-0000-0000-0000-000000000000",
            "Recipient": "ana@example.com",
            "Metadata": {"customer": "c-22", "touch": "spark"},
            **more,
        }
    )


def test_postmarks_receipts_are_what_became_of_the_touch(house: House):
    login = {"Authorization": "Basic " + base64.b64encode(b"postmark:pass").decode()}
    at = "2026-03-10T08:59:00.0000000Z"
    human = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15"
    bodies = [
        postmark("Delivery", DeliveredAt=at),
        postmark("Open", ReceivedAt=at, UserAgent=human),
        postmark("Click", ReceivedAt=at, UserAgent=human, OriginalLink="https://kaffa.example/"),
        postmark("Click", ReceivedAt=at, UserAgent="Barracuda Sentinel (EE)", OriginalLink="https://kaffa.example/"),
        postmark("Bounce", BouncedAt=at, Type="SoftBounce", ID=1),
        postmark("Bounce", BouncedAt=at, Type="HardBounce", ID=2),
        postmark("SpamComplaint", BouncedAt=at, Type="SpamComplaint", ID=3),
        postmark("SubscriptionChange", ChangedAt=at, SuppressSending=True, SuppressionReason="ManualSuppression"),
        postmark("SubscriptionChange", ChangedAt=at, SuppressSending=False, SuppressionReason=None),
    ]

    answers = [statuses(post(house, "mail", each, login)) for each in bodies]

    assert [each for answer in answers for each in answer] == [
        *("accepted", "accepted", "accepted", "machine", "ignored", "accepted", "accepted", "accepted", "ignored")
    ]
    assert sorted(name for name, _ in told(house, "c-22")) == [
        *("consent.withdrawn", "spark.bounced", "spark.clicked", "spark.complained", "spark.delivered", "spark.opened")
    ]


def clicked(link: str, seconds: int, **more: Any) -> dict[str, Any]:
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36"
    return sent("click", url=link, useragent=agent, timestamp=SECONDS - seconds, **more)


def test_three_links_within_five_seconds_are_a_machines(house: House):
    scan = [clicked("https://kaffa.example/a", 40), clicked("https://kaffa.example/b", 38)]
    scan += [clicked("https://kaffa.example/c", 36), clicked("https://kaffa.example/d", 35)]
    human = [clicked("https://kaffa.example/a", 20), clicked("https://kaffa.example/b", 10)]
    content = body_of([*scan, *human])

    answer = post(house, "bulk", content, by_sendgrid(content))

    assert statuses(answer) == ["machine"] * 4 + ["accepted"] * 2
    assert len(told(house, "c-21")) == 2


def test_sendgrids_largest_batch_is_taken(house: House):
    # Each carries what SendGrid adds to it, and is as short as they are.
    more = {"sg_message_id": "m" * 80, "smtp-id": "<" + "s" * 22 + "@geopod-ismtpd-1>"}
    content = body_of([sent("delivered", email=f"{place}@example.com", **more) for place in range(2_300)])
    assert 700_000 < len(content) < 768_000

    answer = post(house, "bulk", content, by_sendgrid(content))

    assert statuses(answer) == ["accepted"] * 2_300


def test_more_than_one_transaction_takes_is_refused(house: House):
    content = body_of({"things": [{"id": place, "kind": "noticed", "who": "c-19"} for place in range(5_001)]})

    answer = post(house, "crm", content, by_crm(content))

    assert answer.status_code == 413
    assert problem(answer)["detail"] == "these are 5,001 events: send at most 5,000 at once"


def test_the_same_link_three_times_is_an_impatient_human(house: House):
    content = body_of([clicked("https://kaffa.example/a", seconds) for seconds in (12, 11, 10)])

    assert statuses(post(house, "bulk", content, by_sendgrid(content))) == ["accepted"] * 3


def test_links_that_come_one_by_one_wait_for_each_other(database: Database):
    from concurrent.futures import ThreadPoolExecutor

    def click(link: str) -> httpx.Response:
        content = body_of([clicked(link, 3)])
        return post(house, "bulk", content, by_sendgrid(content))

    links = [f"https://kaffa.example/{each}" for each in "abc"]
    with open_house(database, program=program, environment=ENVIRONMENT, clicks_wait=1.0) as house:
        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(click, links))

        assert [statuses(each) for each in answers] == [["machine"]] * 3
        assert told(house, "c-21") == []


def test_receipts_of_ones_own_are_standard_webhooks(house: House):
    for kind in ("delivered", "bounced", "unsubscribed"):
        content = body_of(
            {"type": kind, "timestamp": "2026-03-10T08:59:00Z", "data": {"customer": "c-23", "touch": "spark"}}
        )
        assert statuses(post(house, "told", content, by_standard(content, id=kind))) == ["accepted"]

    assert sorted(name for name, _ in told(house, "c-23")) == ["consent.withdrawn", "spark.bounced", "spark.delivered"]
