"""The shipped definitions, with sources that tell them something, and pages that are viewed."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from journeys.check.folder import open_definitions
from journeys.core.compiling import compile_program
from journeys.core.program import Program
from journeys.definition.sources_model import Source
from tests.streams import FOLDERS

SOURCES = """\
sources:
  billing:
    preset: stripe
    secret: "${STRIPE_WEBHOOK_SECRET}"
    customer: body.data.object.metadata.customer
    events:
      checkout.session.completed:
        - name: order_placed
          when: body.data.object.payment_status == 'paid'
          properties:
            order_id: body.data.object.id
            total: from_minor(body.data.object.amount_total, body.data.object.currency)
        - name: profile.updated
          properties: {email: body.data.object.customer_details.email}
  shop:
    preset: shopify
    secret: "${SHOPIFY_SECRET}"
    customer: body.customer.id
    events:
      orders/create:
        name: order_placed
        properties: {order_id: body.id, total: body.total_price, skus: "body.line_items[].sku"}
  partner:
    preset: standard
    secret: "${PARTNER_SECRET}"
    customer: body.data.customer
  crm:
    secret: "${CRM_SECRET}"
    signed: {by: hmac, header: X-Crm-Signature, prefix: sha256=}
    each: body.things
    id: item.id
    name: item.kind
    customer: item.who
    at: item.when
    properties: item.more
    events:
      asked.out: {name: consent.withdrawn, properties: {purpose: "'offers'"}}
  desk:
    secret: "${DESK_LOGIN}"
    signed: basic
    id: body.id
    name: body.name
    customer: body.customer
    properties: body
  mail:
    preset: postmark
    secret: "${MAIL_LOGIN}"
  bulk:
    preset: sendgrid
    secret: "${SENDGRID_KEY}"
  told:
    preset: receipts
    secret: "${TOLD_SECRET}"
"""
_VIEWS = """\
events:
  page_viewed: {properties: {page: text, category: text, path: text}}
"""
_FIELDS = """\
fields:
  group_name: {type: text}
  group_id: {type: text}
"""


@cache
def program() -> Program:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "definitions"
        shutil.copytree(FOLDERS["shipped"], folder)
        brand = (folder / "brand.yaml").read_text(encoding="utf-8")
        for head, more in (("events:", _VIEWS), ("fields:", _FIELDS)):
            first, _, rest = brand.partition(f"\n{head}")
            brand = f"{first}\n{more.rstrip()}{rest}"
        (folder / "brand.yaml").write_text(brand, encoding="utf-8")
        (folder / "sources.yaml").write_text(SOURCES, encoding="utf-8")
        definitions = open_definitions(folder).definitions
    assert definitions is not None
    return compile_program(definitions, salt="salt")


def source(name: str) -> Source:
    return program().definitions.sources[name]
