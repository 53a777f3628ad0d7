"""Publications and settings: numbered, kept whole, made once."""

from __future__ import annotations

from journeys.store.database import Database
from journeys.store.publications import Publication, layout_of_number, newest, publication, publish
from journeys.store.settings import secret

from .making import EVERY_BYTE


def test_each_publication_has_the_next_number_and_stays_as_it_was(database: Database):
    with database.writing() as connection:
        assert newest(connection) is None
        assert publish(connection, "f1", b"l1", EVERY_BYTE, 10) == 1
        assert publish(connection, "f2", b"l2", b"files", 20) == 2
        assert publish(connection, "f1", b"l1", EVERY_BYTE, 30) == 3

    with database.reading() as connection:
        first = Publication(number=1, fingerprint="f1", at=10, layout=b"l1", files=EVERY_BYTE)
        assert publication(connection, 1) == first
        assert newest(connection) == Publication(number=3, fingerprint="f1", at=30, layout=b"l1", files=EVERY_BYTE)
        assert layout_of_number(connection, 2) == b"l2"
        assert (publication(connection, 4), layout_of_number(connection, 4)) == (None, None)


def test_what_is_published_unchanged_is_no_new_publication(database: Database):
    with database.writing() as connection:
        assert publish(connection, "f1", b"l1", b"files", 10) == 1
        assert publish(connection, "f1", b"l1", b"files", 20) == 1
        assert publish(connection, "f1", b"l1", b"other words", 30) == 2


def test_a_secret_is_made_once(database: Database):
    with database.writing() as connection:
        salt, links = secret(connection, "salt"), secret(connection, "links")
    with database.writing() as connection:
        assert (secret(connection, "salt"), secret(connection, "links")) == (salt, links)

    assert (len(salt), len(links)) == (32, 32)
    assert salt != links
