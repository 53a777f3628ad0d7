"""`journeys key`: who may call the HTTP part.  A key is printed when it is made, and never again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from journeys.cli.database import open_here
from journeys.cli.main import FINE
from journeys.cli.moments import say_utc
from journeys.cli.page import Column, Page, print_json
from journeys.clock import now
from journeys.core.intake import NAME_MAX
from journeys.core.telling import moment_or_none
from journeys.definition.nearest import nearest, shown
from journeys.errors import InputError
from journeys.store.keys import ApiKey, find_key, list_keys, make_key, revoke_key

_LISTED: Final = 30  # keys in a message


def new_key(name: str, scopes: Sequence[str], *, is_json: bool) -> int:
    """On its own line and on standard output alone, so that it can be put where it is needed and nowhere else."""
    if not name.strip() or len(name) > NAME_MAX or not name.isprintable():
        raise InputError(f"a key needs a name of 1 to {NAME_MAX} characters, by which it is found again")
    with open_here(is_made=True) as database, database.writing() as connection:
        text = make_key(connection, name, list(dict.fromkeys(scopes)), now())
        made = find_key(connection, text)
    assert made is not None
    if is_json:
        print_json({"key": text, **_as_json(made)})
    else:
        print(text)
    return FINE


def print_keys(*, is_json: bool) -> int:
    with open_here() as database, database.reading() as connection:
        keys = list_keys(connection)
    if is_json:
        print_json({"keys": [_as_json(key) for key in keys]})
        return FINE
    page = Page()
    if not keys:
        page.line("There are no keys yet: `journeys key new NAME` makes one.")
        return FINE
    columns = [
        Column(title="id", is_name=True, style="bold"),
        Column(title="name"),
        Column(title="may"),
        Column(title="made (UTC)", is_number=True),
        Column(title="revoked (UTC)", is_number=True),
    ]
    page.table(
        columns,
        [[key.id, key.name, ", ".join(key.scopes), say_utc(key.made_at), say_utc(key.revoked_at)] for key in keys],
    )
    return FINE


def revoke(asked: str) -> int:
    """By its id, or by a name that no other key has which opens anything.

    Raises InputError for what is no key, or is none any more.
    """
    with open_here() as database, database.writing() as connection:
        keys = {key.id: key for key in list_keys(connection)}
        id = asked if asked in keys else _named(asked, list(keys.values()))
        if not revoke_key(connection, id, now()):
            raise InputError(f"the key {shown(id)} was revoked before, at {say_utc(keys[id].revoked_at)} UTC")
    print(f"revoked {id} ({keys[id].name}): within seconds nobody gets in with it")
    return FINE


def _named(name: str, keys: Sequence[ApiKey]) -> str:
    """The id of the key that has this name.  Raises InputError where none has it, or several."""
    if name.startswith("jrn_"):
        # Not quoted: it holds the secret.
        raise InputError("a key is revoked by its id, which is the part between `jrn_` and the next `_`")
    open_ = [key for key in keys if key.revoked_at is None]
    found = [key.id for key in open_ if key.name == name]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(f"{len(found)} keys are named {shown(name)}: say which by its id: {', '.join(found)}")
    near = nearest(name, [word for key in open_ for word in (key.id, key.name)])
    if near.startswith("known"):
        near = f"known: {', '.join(f'{key.id} ({key.name})' for key in open_[:_LISTED])}"
    raise InputError(f"there is no key {shown(name)}: {near}")


def _as_json(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "made_at": moment_or_none(key.made_at),
        "revoked_at": moment_or_none(key.revoked_at),
    }
