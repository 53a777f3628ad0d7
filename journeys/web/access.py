"""Access: who may come in, by the key they bring and what it is good for.

A key is `Authorization: Bearer jrn_…`; where Segment's libraries call, it may be a user name as well.  The store keeps
only its hash; here a key that was found good is remembered for a few seconds, by its hash too, so that a busy sender
costs one look-up now and then.  A key that is revoked is refused at the latest when those seconds are over.  What is
wrong with a key is never told: one that never was and one that was revoked get the same answer.
"""

from __future__ import annotations

from base64 import b64decode
from hashlib import sha256
from typing import Final, Literal

from starlette.requests import Request

from journeys.clock import Clock
from journeys.store.database import Database
from journeys.store.keys import ApiKey, find_key

from .problems import NO_KEY, WRONG_SCOPE, Refusal
from .rates import Rates
from .reading import read_off

Scope = Literal["ingest", "read", "admin"]

_REMEMBERED_FOR: Final = 5_000_000  # microseconds
_REMEMBERED_MAX: Final = 1_000  # keys
_LENGTH_MAX: Final = 200  # characters of anything that may be a key


class Access:
    def __init__(self, *, database: Database, clock: Clock, rates: Rates) -> None:
        self._database = database
        self._clock = clock
        self._rates = rates
        self._found: dict[bytes, tuple[int, ApiKey]] = {}

    async def allow(self, request: Request, scope: Scope, *, by_name: bool = False) -> ApiKey:
        """The key of a request that may do this; else a Refusal.  `admin` opens every door.

        With `by_name` it may also be the user name of Basic authentication.
        """
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        text = text.strip()
        if by_name and scheme.lower() == "basic":
            scheme, text = "bearer", _name_in(text)
        if not text or scheme.lower() != "bearer":
            self._rates.count_failure(request)
            ways = "as the user name of Basic authentication" if by_name else "`Authorization: Bearer jrn_…`"
            raise _no_key(f"say who you are: {ways}", None)
        key = await self._find(text, request)
        if key is None:
            self._rates.count_failure(request)
            raise _no_key("there is no such key, or it was revoked", "invalid_token")
        self._rates.count("key", key.id)
        if scope not in key.scopes and "admin" not in key.scopes:
            raise Refusal(
                WRONG_SCOPE,
                f"a key with the scope `{scope}` is needed; this one has {_said(key)}",
                headers={"WWW-Authenticate": f'Bearer realm="journeys", error="insufficient_scope", scope="{scope}"'},
            )
        return key

    async def _find(self, text: str, request: Request) -> ApiKey | None:
        if len(text) > _LENGTH_MAX or not text.startswith("jrn_") or not text.isascii():
            return None
        digest = sha256(text.encode()).digest()
        now = self._clock()
        at, key = self._found.get(digest, (0, None))
        # A clock that was set back makes nothing last longer.
        if key is not None and 0 <= now - at < _REMEMBERED_FOR:
            return key
        if key is None:
            # Before it costs a look.  Who was let in once waits for nobody who guesses from the same address.
            self._rates.refuse_failing(request)
        key = await read_off(self._database, lambda connection: find_key(connection, text))
        if key is None:
            self._found.pop(digest, None)
        else:
            if len(self._found) >= _REMEMBERED_MAX:
                self._found.clear()
            self._found[digest] = (now, key)
        return key


def _name_in(text: str) -> str:
    """The user name; an empty text where there is none."""
    try:
        return b64decode(text, validate=True).partition(b":")[0].decode("ascii")
    except ValueError:
        return ""


def _no_key(detail: str, error: str | None) -> Refusal:
    challenge = 'Bearer realm="journeys"' + ("" if error is None else f', error="{error}"')
    return Refusal(NO_KEY, detail, headers={"WWW-Authenticate": challenge})


def _said(key: ApiKey) -> str:
    return ", ".join([f"`{scope}`" for scope in sorted(key.scopes)]) or "none"
