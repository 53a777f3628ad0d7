"""`journeys key`: who may call the HTTP part.  A key is printed when it is made, and never again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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


def revoke(id: str) -> int:
    """Raises InputError for what is no key, or is none any more."""
    with open_here() as database, database.writing() as connection:
        keys = {key.id: key for key in list_keys(connection)}
        if id not in keys:
            if id.startswith("jrn_"):
                # Not quoted: it holds the secret.
                raise InputError("a key is revoked by its id, which is the part between `jrn_` and the next `_`")
            raise InputError(f"there is no key {shown(id)}: {nearest(id, keys)}")
        if not revoke_key(connection, id, now()):
            raise InputError(f"the key {shown(id)} was revoked before, at {say_utc(keys[id].revoked_at)} UTC")
    print(f"revoked {id} ({keys[id].name}): within seconds nobody gets in with it")
    return FINE


def _as_json(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "made_at": moment_or_none(key.made_at),
        "revoked_at": moment_or_none(key.revoked_at),
    }
