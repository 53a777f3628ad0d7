"""Which provider a channel has: by what brand.yaml and the environment say together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from journeys.definition.model import Channel, Person, Request, Via
from journeys.delivery.parcel import Accepted
from journeys.delivery.provider import Provider, missing_of, missing_of_person, provider_of, provider_of_person
from journeys.errors import ConfigurationError
from tests.streams import definitions

from .parts import parcel

ROOT = Path(__file__).parents[2]
WHSEC = "whsec_" + "A" * 32
_MADE: list[Provider] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while _MADE:
        _MADE.pop().close()


def where(via: Via, environment: dict[str, str], request: Request | None = None) -> str:
    channel = Channel(name="c", via=via, address="email", request=request)
    _MADE.append(provider_of(channel, environment=environment, outbox=Path("outbox")))
    return _MADE[-1].where


SMS = Request(url="${SMS_URL}", headers={"authorization": "Bearer ${SMS_TOKEN}"}, json={"to": "{{ address }}"})
SMS_SET = {"SMS_URL": "https://u:p@s.example/x?k=1", "SMS_TOKEN": "t"}
CRM_SET = {"CRM_URL": "http://c.example:81", "CRM_SECRET": WHSEC}
BARE = Request(url="${X_URL}")
CRM = Request(url="${CRM_URL}", secret="${CRM_SECRET}")


def test_with_nothing_configured_every_channel_of_the_shipped_brand_goes_to_files(tmp_path: Path) -> None:
    brand = definitions("shipped").brand

    providers = {
        name: provider_of(channel, environment={}, outbox=tmp_path).where for name, channel in brand.channels.items()
    }

    assert providers == dict.fromkeys(("email", "sms", "push"), f"files in {tmp_path}")


@pytest.mark.parametrize(
    ("via", "environment", "request_", "goes"),
    [
        pytest.param("smtp", {}, None, "files in outbox", id="mail, nothing said"),
        pytest.param("smtp", {"JOURNEYS_SMTP_URL": ""}, None, "files in outbox", id="mail, an empty word"),
        pytest.param("smtp", {"JOURNEYS_SMTP_URL": "smtps://u:p@m.example"}, None, "smtps://m.example", id="mail"),
        pytest.param(
            "http", {"SMS_URL": "https://u:p@s.example/x?k=1", "SMS_TOKEN": "t"}, SMS, "https://s.example", id="http"
        ),
        pytest.param("http", {}, SMS, "files in outbox", id="http, nothing said"),
        pytest.param("http", {}, Request(url="https://s.example/x"), "https://s.example", id="http, nothing to say"),
        pytest.param(
            "webhook", {"CRM_URL": "http://c.example:81", "CRM_SECRET": WHSEC}, CRM, "http://c.example:81", id="webhook"
        ),
        pytest.param("webhook", {"JOURNEYS_WEBHOOK_SECRET": WHSEC}, CRM, "files in outbox", id="webhook, nothing said"),
        pytest.param("in-app", {}, None, "the app, which asks for them", id="in the app"),
        pytest.param("file", {"JOURNEYS_SMTP_URL": "smtp://m.example"}, None, "files in outbox", id="file"),
    ],
)
def test_a_channel_goes_where_it_is_told(
    via: Via, environment: dict[str, str], request_: Request | None, goes: str
) -> None:
    assert where(via, environment, request_) == goes


@pytest.mark.parametrize(
    ("via", "environment", "request_", "named"),
    [
        pytest.param("http", {"SMS_URL": "https://s.example"}, SMS, "SMS_TOKEN", id="a token is missing"),
        pytest.param("http", {"SMS_TOKEN": "t"}, SMS, "SMS_URL", id="an address is missing"),
        pytest.param("webhook", {"CRM_URL": "https://c.example"}, CRM, "CRM_SECRET", id="a secret is missing"),
        pytest.param(
            "webhook",
            {"X_URL": "https://c.example"},
            Request(url="${X_URL}"),
            "JOURNEYS_WEBHOOK_SECRET",
            id="ours is missing",
        ),
        pytest.param("smtp", {"JOURNEYS_SMTP_URL": "mail.example"}, None, "JOURNEYS_SMTP_URL", id="no mail server"),
        pytest.param("http", {}, None, "request", id="a definition that was not checked"),
    ],
)
def test_what_is_half_configured_is_a_mistake_that_is_named(
    via: Via, environment: dict[str, str], request_: Request | None, named: str
) -> None:
    with pytest.raises(ConfigurationError, match=named):
        where(via, environment, request_)


@pytest.mark.parametrize(
    ("via", "environment", "request_", "named"),
    [
        pytest.param("http", {"SMS_URL": "sms"}, SMS, ["SMS_URL", "SMS_TOKEN"], id="http"),
        pytest.param("webhook", {"CRM_URL": "crm"}, CRM, ["CRM_URL", "CRM_SECRET"], id="webhook"),
    ],
)
def test_all_that_is_wrong_with_a_channel_is_told_at_once(
    via: Via, environment: dict[str, str], request_: Request, named: list[str]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        where(via, environment, request_)

    assert [message.split()[0].rstrip(":") for message in caught.value.messages] == named


def test_in_the_app_a_touch_is_there_at_once() -> None:
    channel = Channel(name="banner", via="in-app", address=None)
    provider = provider_of(channel, environment={}, outbox=Path("outbox"))

    assert provider.send(parcel()) == Accepted()
    provider.close()


def test_a_person_who_is_a_machine_has_a_provider_and_others_have_the_channel_s() -> None:
    def of(person: Person, environment: dict[str, str]) -> Provider | None:
        found = provider_of_person(person, environment=environment, outbox=Path("outbox"))
        _MADE.extend([found] if found is not None else [])
        return found

    crm = Person(name="crm", webhook="${CRM_URL}")
    there = of(crm, {"CRM_URL": "https://crm.example/hook", "JOURNEYS_WEBHOOK_SECRET": WHSEC})
    nowhere = of(crm, {})

    assert there is not None
    assert there.where == "https://crm.example"
    assert nowhere is not None
    assert nowhere.where == "files in outbox"
    assert of(Person(name="lead", email="lead@kaffa.example"), {}) is None


@pytest.mark.parametrize(
    ("via", "environment", "request_", "missing"),
    [
        pytest.param("smtp", {}, None, ("JOURNEYS_SMTP_URL",), id="mail"),
        pytest.param("smtp", {"JOURNEYS_SMTP_URL": " "}, None, ("JOURNEYS_SMTP_URL",), id="mail, a blank"),
        pytest.param("smtp", {"JOURNEYS_SMTP_URL": "smtp://m.example"}, None, (), id="mail that goes"),
        pytest.param("http", {}, SMS, ("SMS_URL", "SMS_TOKEN"), id="http"),
        pytest.param("http", {"SMS_TOKEN": "t"}, SMS, (), id="half of it is there: that is a mistake of its own"),
        pytest.param("http", {}, Request(url="https://s.example/x"), (), id="nothing to say"),
        pytest.param("webhook", {}, CRM, ("CRM_URL", "CRM_SECRET"), id="webhook"),
        pytest.param("file", {}, None, (), id="files are meant"),
        pytest.param("in-app", {}, None, (), id="in the app"),
    ],
)
def test_for_want_of_which_variables_a_channel_is_files_can_be_told(
    via: Via, environment: dict[str, str], request_: Request | None, missing: tuple[str, ...]
) -> None:
    channel = Channel(name="c", via=via, address="email", request=request_)

    assert set(missing_of(channel, environment)) == set(missing)


def test_and_so_it_can_of_somebody_of_ours() -> None:
    assert missing_of_person(Person(name="crm", webhook="${CRM_URL}"), {}) == ("CRM_URL",)
    assert missing_of_person(Person(name="crm", webhook="${CRM_URL}"), {"CRM_URL": "https://crm.example"}) == ()
    assert missing_of_person(Person(name="lead", email="lead@kaffa.example"), {}) == ()
