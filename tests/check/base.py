"""A small folder without a problem, and a way to break it in one place.

`write` lays it down; a case of `cases.txt` replaces some lines by others, or adds a file, and says
with `«…»` which characters the caret must underline.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

BRAND = """\
brand: Kaffa
timezone: Europe/Madrid
currency: EUR
sender: {name: Kaffa, email: hello@kaffa.example}
purposes:
  offers: {class: marketing, words: "We may send you offers."}
  orders: {class: service}
  alerts: {class: requested}
  team: {class: internal}
  personalization: {class: data, words: "We may use what you do with us."}
fields:
  language: {type: text}
  first_name: {type: text, kind: demographic, purpose: personalization}
  email: {type: email, address: true}
  phone: {type: phone, address: true}
  rep_email: {type: email, address: true}
  open_tickets: {type: number, counts: {up: ticket_created, down: ticket_closed, by: ticket_id}}
events:
  looked: {keep: 1 year, properties: {sku: text}}
  ordered: {properties: {order_id: text, total: money}}
  ticket_created: {properties: {ticket_id: text}}
  ticket_closed: {properties: {ticket_id: text}}
  trial_started: {properties: {trial_id: text, ends_at: moment}}
people:
  lead: {email: lead@kaffa.example}
  rep: {field: customer.rep_email, else: lead}
  crm: {webhook: "${CRM_URL}"}
channels:
  email: {via: smtp, address: customer.email}
  sms: {via: http, address: customer.phone, request: {url: "${SMS_URL}", json: {token: "{{ address }}"}}}
caps:
  - {most: 3, per: 7 days, class: marketing}
quiet: {from: "21:00", to: "08:00", spread: 30 minutes}
holdout: 2%
suppress:
  - {if: 'customer.open_tickets > 2', purposes: [offers], channels: [email], because: a burning ticket}
segments:
  fans: 'sum("ordered.total", "365 days") >= 1000'
scores:
  intent: {half_life: 14 days, add: {looked: 5}, becomes: {ordered: 0}}
catalog: catalog.csv
"""

A = """\
journey: a
title: A
owner: a@kaffa.example
audience: b2c
enter:
  - {on: looked, to: need}
goal: {on: ordered, within: 30 days, value: event.total}
arms: {holdout: 5%, generic: 10%}
hold: {while: 'customer.open_tickets > 0', at_most: 30 days}
anywhere:
  - {on: trial_started, to: end.tried, send: [thanks]}
stages:
  need:
    send:
      - spark
      - {touch: note, to: lead}
      - {touch: [spark, more], every: 7 days}
      - {touch: more, every: 30 days, times: 3}
    move:
      - {on: ordered, if: 'event.total > 100', to: selection}
      - {if: 'score("intent") >= 40', to: research}
      - {after: 30 days, to: end.lapsed}
  research:
    send:
      - {touch: spark, after: 2 days, if: 'in_segment("fans")', else: more}
    move:
      - {on: looked, to: again, keep: {sku: event.sku}}
      - {after: 30 days, to: end.lapsed}
  selection:
    steps:
      paid:
        send: [thanks]
        move:
          - {after: 10 days, to: selection.settling}
      settling:
        move:
          - {after: 10 days, to: loyalty}
    move:
      - {on: spark.declined, to: research}
  support:
    send: [spark]
    move:
      - {on: ticket_closed, to: loyalty}
      - {after: 60 days, to: loyalty}
  loyalty:
    rest: true
    move:
      - {on: ticket_created, to: support}
"""

B = """\
journey: b
key: event.trial_id
enter:
  - {on: trial_started, to: evaluation, keep: {ends_at: event.ends_at}}
stages:
  evaluation:
    send:
      - {touch: thanks, due: 'journey.ends_at - days(3)', repeat_on_change: true}
    move:
      - {on: trial_started, key: any, to: feedback}
      - {due: 'journey.ends_at', to: feedback}
      - {after: 90 days, to: end.lapsed}
  feedback:
    move:
      - {after: 9 days, to: end.done}
"""

SCENARIOS = """\
scenario: someone looks and orders
customer: {first_name: Ana, consent: [offers], email: ana@example.com}
start: 2026-03-23T10:00:00+01:00
steps:
  - event: {looked: {sku: S1}}
  - expect: {state: need, sent: [spark], channel: email}
  - event: {ordered: {order_id: A1, total: 20}}
  - expect: {never_sent: more}
"""

SOURCES = """\
sources:
  shop:
    preset: shopify
    secret: "${SHOP_SECRET}"
    customer: to_string(body.customer.id)
    events:
      orders/create: {name: ordered, properties: {order_id: to_string(body.id), total: body.total_price}}
      customers/update: {name: profile.updated, properties: {first_name: body.first_name}}
  crm:
    secret: "${CRM_SECRET}"
    signed: {by: hmac, header: x-crm-signature, prefix: sha256=}
    each: body.things
    id: item.id
    name: item.kind
    customer: item.contact
    at: item.when
    properties: item.more
    events:
      deal.won: ordered
"""

POPULATION = """\
population: a
start: 2026-01-12T00:00:00+01:00
consents: {offers: 70%}
fields: {email: {id: mail}}
events:
  ordered: {with: {order_id: {id: o}, total: {from: 5, to: 90}}}
  ticket_created:
    with: {ticket_id: {id: t}}
    then: [{event: ticket_closed, after: 1 day, with: {ticket_id: {same: ticket_id}}}]
  spark.redeemed: {then: ordered}
rates:
  before: {looked: 1 per 10 days}
  need: {looked: 4 per 7 days, ordered: 1 per 30 days}
  selection.paid: {ticket_created: 1 per 60 days}
  end: {consent.withdrawn: {rate: 1 per 90 days, with: {purpose: offers}}}
any_touch: {opened: 20%}
touches:
  spark: {opened: 40%, redeemed: 5%, lift: {looked: 2}}
"""

SPARK = """\
---
purpose: offers
channels: [email, sms]
subject: Something new
sms: Something new
most: 1 per 90 days
recommend: {items: 3, by: popular, least: 1}
offer: {percent: 10, code: unique, expires: 7 days}
generic:
  subject: Something new
---
Hi {{ customer.first_name | default: 'there' }}, look.

--- generic ---
Look.
"""

MORE = """\
---
purpose: offers
channels: [email]
subject: More
generic: {subject: More}
---
More.

--- generic ---
More.
"""
THANKS = MORE.replace("offers", "orders").replace("More", "Thanks")
NOTE = "---\npurpose: team\nchannels: [email]\nsubject: Note\n---\nCall them.\n"

FILES = {
    "brand.yaml": BRAND,
    "sources.yaml": SOURCES,
    "catalog.csv": "id,title,price,stock,popularity\nm1,Machine,100,5,10\n",
    "a.yaml": A,
    "b.yaml": B,
    "a.scenarios.yaml": SCENARIOS,
    "a.population.yaml": POPULATION,
    "touches/spark.md": SPARK,
    "touches/more.md": MORE,
    "touches/thanks.md": THANKS,
    "touches/note.md": NOTE,
}


def write(folder: Path, files: dict[str, str]) -> Path:
    """Lays the files down in the folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@dataclass(frozen=True, kw_only=True)
class Case:
    """What `cases.txt` says of one mistake: the rule that tells it, and the files as they are then."""

    what: str
    rule: str
    file: str
    files: dict[str, str]
    marked: str  # the file's text with «what the caret underlines»


def read_cases(path: Path) -> list[Case]:
    """Each case of the file; one whose lines do not stand in the folder exactly once is refused."""
    return [_case(block) for block in path.read_text(encoding="utf-8").split("\n== ")[1:]]


def _case(block: str) -> Case:
    what, *lines = block.rstrip("\n").split("\n")
    rule, first = lines[0].split(" in ")
    marked = dict(FILES)
    while lines:
        file = lines.pop(0).split(" in ")[1]
        old, new = _taken(lines, "-"), _taken(lines, "+")
        text = marked.get(file, "")
        assert old == "" or ("\n" + text).count("\n" + old) == 1, f"{what}: {old!r}"
        marked[file] = ("\n" + text).replace("\n" + old, "\n" + new)[1:] if old else text + new
    files = {name: text.replace("«", "").replace("»", "") for name, text in marked.items()}
    return Case(what=what, rule=rule, file=first, files=files, marked=marked[first])


def _taken(lines: list[str], sign: str) -> str:
    taken = ""
    while lines and lines[0].startswith(sign):
        taken += lines.pop(0)[1:] + "\n"
    return taken
