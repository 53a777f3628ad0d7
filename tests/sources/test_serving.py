"""Sources in a real engine: a webhook leads a customer on, and a receipt stops the address."""

from __future__ import annotations

import base64
import hmac
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import standardwebhooks

from tests.cli.conftest import run
from tests.docs.test_serving import ROOT, Engine, written

SECRET = "whsec_" + base64.b64encode(b"a secret of twenty-four bytes").decode()
SOURCES = """\
sources:
  shop:
    preset: shopify
    secret: "${SHOPIFY_SECRET}"
    customer: body.customer.id
    events:
      orders/create: {name: order_placed, properties: {order_id: body.id, total: body.total_price}}
      products/view: {name: product_viewed, properties: {category: body.category}}
  told:
    preset: receipts
    secret: "${TOLD_SECRET}"
  later:
    preset: stripe
    secret: "${STRIPE_WEBHOOK_SECRET}"
    customer: body.data.object.metadata.customer
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("JOURNEYS_DATABASE_URL", raising=False)
    shutil.copytree(ROOT / "definitions", tmp_path / "definitions")
    (tmp_path / "definitions" / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    return tmp_path


@pytest.fixture
def engine(place: Path) -> Iterator[Engine]:
    running = Engine(place, "journeys serve --port 0", SHOPIFY_SECRET="hush", TOLD_SECRET=SECRET)
    yield running
    if running.process.poll() is None:
        running.stop()


def wait_for(is_so: Callable[[], bool], within: float = 30) -> None:
    tick, waited = threading.Event(), 0.0
    while not is_so():
        assert waited < within
        tick.wait(0.1)
        waited += 0.1


def test_a_webhook_leads_a_customer_on_and_a_receipt_stops_the_address(engine: Engine, place: Path) -> None:
    def by_shop(topic: str, **body: object) -> int:
        content = json.dumps({"customer": {"id": 17}, **body}).encode()
        headers = {
            "X-Shopify-Topic": topic,
            "X-Shopify-Webhook-Id": topic,
            "X-Shopify-Hmac-Sha256": base64.b64encode(hmac.digest(b"hush", content, "sha256")).decode(),
        }
        return httpx.post(f"{url}/v1/hooks/shop", content=content, headers=headers).status_code

    def asked(*command: str) -> str:
        done = run(*command, cwd=place)
        assert done.code == 0, done.err
        return done.out

    url = next(line.split()[1] for line in engine.said if line.startswith("listening"))
    said = {line.split()[0]: line.partition(" ")[2].strip() for line in engine.said}
    assert said["shop"] == "heard at /v1/hooks/shop"
    assert said["later"].startswith("closed: STRIPE_WEBHOOK_SECRET is not set")
    known = {"attributes": {"email": "ana@example.com"}, "consents": {"offers": True, "personalization": True}}
    key = {"Authorization": f"Bearer {engine.key}"}
    assert httpx.put(f"{url}/v1/customers/17", json=known, headers=key).status_code == 202

    assert by_shop("products/view", category="espresso") == 202
    wait_for(lambda: '"stage": "need"' in asked("customer", "show", "17", "--json"))
    assert by_shop("orders/create", id=5, total_price="649.00") == 202
    written(place / "outbox")
    wait_for(lambda: "order-thanks" in asked("customer", "explain", "17"))

    body = json.dumps({"type": "bounced", "data": {"customer": "17", "touch": "order-thanks"}})
    at = datetime.now(UTC)
    headers = {
        "webhook-id": "1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": standardwebhooks.Webhook(SECRET).sign("1", at, body),
    }
    answer = httpx.post(f"{url}/v1/hooks/told", content=body, headers=headers)
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
    wait_for(lambda: json.loads(asked("customer", "show", "17", "--json"))["bounced"] == ["email"])
    assert engine.stop() == 0


def test_a_web_part_without_a_sources_secret_does_not_start(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPIFY_SECRET", "hush")
    monkeypatch.setenv("TOLD_SECRET", "not one")
    assert run("publish", cwd=place).code == 0

    done = run("serve", "--role", "web", "--port", "0", cwd=place)

    assert done.code == 3
    assert done.err == "journeys: TOLD_SECRET holds no secret of Standard Webhooks: whsec_, and base64 after it\n"
