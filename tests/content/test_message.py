"""A message says what its author wrote, and no value can make it say or do anything else."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shop import CATALOG, touch, values

from journeys.content.footer import Footer
from journeys.content.message import Message, compose
from journeys.content.values import one_line, printable
from journeys.definition.model import Words
from tests.streams import relaxed


class Page(HTMLParser):
    """The tags of a document with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def links(self) -> list[str | None]:
        return [attributes["href"] for tag, attributes in self.tags if tag == "a"]


def mail(body: str, *, subject: str = "Hello", footer: Footer | None = None, **more: object) -> Message:
    return compose(touch(body, subject=subject), channel="email", words="a", values=values(**more), footer=footer)


def page(body: str, **more: object) -> Page:
    return Page(mail(body, **more).html or "")


def named(name: str) -> dict[str, object]:
    return {"first_name": name}


def test_a_mail_has_a_subject_a_plain_part_and_html():
    message = mail(
        "# Hi {{ customer.first_name }}\n\nYou looked at *{{ journey.category }}*.\n\n"
        "{% for item in recommended %}\n- [{{ item.title }}]({{ item.url }}), {{ item.price }}\n{% endfor %}\n\n"
        "1. one\n2. two\n   - deeper\n\n> quoted\n> twice\n\n---\n\n`code` [us](mailto:hi@kaffa.example) <https://kaffa.example>",
        subject="For {{ customer.first_name }}",
        footer=Footer(lines=("Kaffa, Madrid",)),
        recommended=CATALOG.rows,
    )

    assert message.subject == "For Ana"
    assert message.text == (
        "Hi Ana\n\nYou looked at espresso.\n\n"
        "- A grinder (https://kaffa.example/grinder), €89.00\n"
        "- A kettle (https://kaffa.example/kettle), €49.00\n"
        "- Scales (https://kaffa.example/scales?a=1&b=2), €19.50\n\n"
        "1. one\n2. two\n   - deeper\n\n> quoted\n> twice\n\n---\n\n"
        "code us (hi@kaffa.example) https://kaffa.example\n\n-- \nKaffa, Madrid"
    )
    html = Page(message.html or "")
    assert html.links == [
        "https://kaffa.example/grinder",
        "https://kaffa.example/kettle",
        "https://kaffa.example/scales?a=1&b=2",
        "mailto:hi@kaffa.example",
        "https://kaffa.example",
    ]
    assert [tag for tag, _ in html.tags if tag in ("h1", "em", "ul", "ol", "blockquote", "hr", "code")] == [
        "h1", "em", "ul", "ol", "ul", "blockquote", "hr", "code",
    ]  # fmt: skip
    assert "Kaffa, Madrid" in html.text


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("[refund](http://evil.example)", id="a link"),
        pytest.param("<script>alert(1)</script>", id="a script"),
        pytest.param("{{ customer.budget }} {% include 'x' %}", id="Liquid"),
        pytest.param("**Ana** _x_ `y` # z", id="marks"),
        pytest.param("&lt;b&gt; &amp; \"'", id="entities and quotes"),
        pytest.param("1. Ana", id="a numbered line"),
        pytest.param("http://evil.example", id="a bare address"),
        pytest.param("\ue0000\ue001", id="a forged token"),
        pytest.param("أنا Ána 👩‍👩‍👧 ☕", id="right to left and emoji"),
        pytest.param("\u202eanA", id="a mark that turns the line around"),
        pytest.param("\\[x\\]", id="backslashes"),
    ],
)
def test_a_name_comes_out_as_it_is(name):
    body = "{{ customer.first_name }} and **{{ customer.first_name }}**, `{{ customer.first_name }}`"

    message = mail(body, subject="{{ customer.first_name }}", customer=named(name))

    assert message.subject == name
    assert message.text == f"{name} and {name}, {name}"
    html = Page(message.html or "")
    assert f"{name} and {name}, {name}" in html.text
    assert html.links == []
    assert not any(tag == "script" for tag, _ in html.tags)


BODY = (
    "{{ customer.first_name }}\n\n- {{ customer.first_name }}\n\n> *{{ customer.first_name }}*\n\n"
    "[a {{ customer.first_name }}](https://kaffa.example/p/{{ customer.first_name }}?q={{ customer.first_name }})"
    ' ![{{ customer.first_name }}](https://kaffa.example/i.png "{{ customer.first_name }}")\n\n'
    "    {{ customer.first_name }}\n"
)
SHAPE = [tag for tag, _ in Page(mail(BODY, customer=named("Ana")).html or "").tags]


# A character takes up to twelve signs of an address, and this name stands in one twice: longer ones are not sent.
@relaxed(300)
@given(st.text(min_size=1, max_size=80).filter(lambda name: printable(name).strip()))
@example('"><a href="javascript:alert(1)">x</a>')
@example("](javascript:alert(1))")
@example("\ud800\x00\r\nBcc: all@kaffa.example")
@example("\u2028x\x85y")
def test_any_name_is_escaped_once_and_adds_neither_tag_nor_link(name):
    message = mail(BODY, subject="Hi {{ customer.first_name }}!", customer=named(name))
    clean = printable(name)

    html = Page(message.html or "")
    assert [tag for tag, _ in html.tags] == SHAPE
    assert len(html.links) == 1
    assert re.match(r"https://kaffa\.example/p/[^/?&#\"'<>]*\?q=[^/?&#\"'<>]*$", html.links[0] or "")
    assert clean.strip() in unescape(message.html or "")
    assert f"- {one_line(clean)}".rstrip() in message.text
    assert len(re.split("[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]", message.subject or "")) == 1
    assert message.subject == one_line(f"Hi {clean}!")
    message.text.encode()
    (message.html or "").encode()


def test_what_no_mail_may_carry_is_left_out_of_a_name():
    message = mail("{{ customer.first_name }}", customer=named("A\x07n\x00a\x1b[31m\x9b \ud800"))

    assert message.text == "Ana[31m \ufffd"
    assert '<p style="margin:0 0 16px">Ana[31m \ufffd</p>' in (message.html or "")


@pytest.mark.parametrize(
    ("body", "name"),
    [
        pytest.param("[x](javascript:alert(1))", "", id="written"),
        pytest.param("[x](JaVaScRiPt&#58;alert(1))", "", id="written as an entity"),
        pytest.param("<javascript:alert(1)>", "", id="as an autolink"),
        pytest.param("[x]({{ customer.first_name }})", "javascript:alert(1)", id="in a value"),
        pytest.param("[x]({{ customer.first_name }})", " java\nscript:alert(1)", id="with a break in it"),
        pytest.param("[x](java{{ customer.first_name }})", "script:alert(1)", id="in two halves"),
        pytest.param("[x]({{ customer.first_name }})", "data:text/html,<script>", id="as data"),
        pytest.param("[x][r]\n\n[r]: {{ customer.first_name }}", "vbscript:x", id="by reference"),
        pytest.param("![x]({{ customer.first_name }})", "javascript:alert(1)", id="in an image"),
        pytest.param("[x]({{ customer.first_name }})", "//evil.example", id="without a scheme"),
        pytest.param("[x](https://kaffa.example{{ customer.first_name }})", ".evil.example/", id="another host"),
        pytest.param(
            "[x](https://kaffa.example{{ customer.first_name }})", "@evil.example/", id="a host behind a user"
        ),
        pytest.param("[x](https://{{ customer.first_name }}/)", "evil.example", id="a host of its own"),
        pytest.param("[x](https://[::1)", "", id="half a host"),
        pytest.param("[x](/relative)", "", id="relative"),
        pytest.param("![x](mailto:a@kaffa.example)", "", id="a mail address for an image"),
        pytest.param("[x](https://kaffa.example/{{ customer.first_name }})", "é" * 400, id="too long"),
    ],
)
def test_a_link_that_may_not_be_followed_leaves_only_its_title(body, name):
    message = mail(body, customer=named(name))

    html = Page(message.html or "")
    assert html.links == []
    assert not any(tag == "img" for tag, _ in html.tags)
    assert "x" in html.text
    assert "(" not in message.text or "<" in body or "javascript" in message.text


@pytest.mark.parametrize(
    ("address", "name", "final"),
    [
        pytest.param(
            "{{ customer.first_name }}", "https://a.example/é?x=1&y=2", "https://a.example/%C3%A9?x=1&y=2", id="whole"
        ),
        pytest.param(
            "https://a.example/?q={{ customer.first_name }}",
            "a&b=c#d",
            "https://a.example/?q=a%26b%3Dc%23d",
            id="a part",
        ),
        pytest.param("https://a.example{{ customer.first_name }}", "/p/q", "https://a.example/p/q", id="a path"),
        pytest.param(
            "https://a.example/x/{{ customer.first_name }}", "../y", "https://a.example/x/..%2Fy", id="no climbing"
        ),
        pytest.param("mailto:{{ customer.first_name }}", "a@b.example", "mailto:a@b.example", id="a mail address"),
        pytest.param(
            "{{ customer.first_name }}?utm=x", "https://ü.example/", "https://xn--tda.example/?utm=x", id="begun"
        ),
    ],
)
def test_a_value_in_a_link_is_part_of_the_address_and_nothing_more(address, name, final):
    assert page(f"[x]({address})", customer=named(name)).links == [final]


def test_html_in_the_source_is_text():
    html = page("<b onclick='x'>bold</b>\n\n<script>1</script>")

    assert not any(tag in ("b", "script") for tag, _ in html.tags)
    assert "<b onclick='x'>bold</b>" in html.text


def test_what_is_captured_is_a_value_and_no_markdown():
    html = page("{% capture x %}[{{ customer.first_name }}](https://a.example){% endcapture %}{{ x | upcase }}")

    assert html.links == []
    assert "[ANA](HTTPS://A.EXAMPLE)" in html.text


def test_a_paragraph_of_nothing_is_left_out():
    message = mail("one\n\n{{ customer.website }}\n\ntwo")

    assert (message.html or "").count("<p ") == 2
    assert message.text == "one\n\ntwo"


def test_push_takes_its_own_words_and_sms_the_plain_text_in_one_line():
    short = touch("Hi **{{ customer.first_name }}**\n\n- a\n- b", short={"push": "For {{ customer.first_name }}:\nnow"})
    ana = values(customer=named("A&B\n<c>"))

    push = compose(short, channel="push", words="a", values=ana)
    sms = compose(short, channel="sms", words="a", values=ana)
    task = compose(short, channel="task", words="a", values=ana)

    assert push == Message(channel="push", subject="Better coffee", text="For A&B <c>: now", html=None)
    assert sms.text == "Hi A&B <c> - a - b"
    assert task.text == "Hi A&B <c>\n\n- a\n- b"


def test_a_variant_says_what_differs_and_generic_words_borrow_nothing():
    spark = touch(
        "first",
        subject="one",
        variants={"b": Words(subject="two", body="", short={})},
        generic=Words(subject=None, body="for all", short={}),
    )

    b = compose(spark, channel="email", words="b", values=values())
    generic = compose(spark, channel="email", words="generic", values=values())

    assert (b.subject, b.text) == ("two", "first")
    assert (generic.subject, generic.text) == (None, "for all")


def test_the_sheet_escapes_what_it_is_given():
    subject = "<s> & {{ customer.first_name }} $body"

    html = mail("x", subject=subject, footer=Footer(lines=('<f> "q"\nsecond',)), customer=named("<i>")).html or ""

    assert "<title>&lt;s&gt; &amp; &lt;i&gt; $body</title>" in html
    assert "&lt;f&gt; &quot;q&quot;<br>\nsecond" in html
