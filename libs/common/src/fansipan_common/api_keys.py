"""Who an API key belongs to: remembered for seconds, and for minutes while the database is away."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog

from fansipan_common.db import Database, DatabaseAway
from fansipan_common.errors import Forbidden, Unauthorized
from fansipan_common.security import Scope, secret_matches, split_api_key

_log = structlog.get_logger(__name__)

_QUERY: Final = """
SELECT k.secret_hash, k.scopes, k.datastream_prefixes, k.expires_at, k.revoked_at,
       p.id AS provider_id, p.key AS provider_key, p.auto_register, p.disabled_at
  FROM api_key k JOIN provider p ON p.id = k.provider_id
 WHERE k.id = $1
"""
_LOOKUP_SECONDS: Final = 3.0
_PAUSE_SECONDS: Final = 1.0
_MAX_ENTRIES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Principal:
    """The provider behind an API key, and what the key may do.

    Attributes:
        provider_id: id of the row in `provider`.
        provider_key: first segment of the provider's datastream keys.
        key_id: the public part of the API key; safe to log.
        scopes: what the key may do.
        datastream_prefixes: beginnings of the datastream keys it may write; empty means all of them.
        auto_register: whether unknown datastreams of the provider are registered on first use.
    """

    provider_id: int
    provider_key: str
    key_id: str
    scopes: frozenset[Scope]
    datastream_prefixes: tuple[str, ...]
    auto_register: bool

    def require(self, scope: Scope) -> None:
        """Raise `Forbidden` unless the key has `scope`."""
        if scope not in self.scopes:
            raise Forbidden(f"this API key lacks the scope {scope.value!r}; ask for a key that has it")

    def may_write_to(self, datastream_key: str) -> bool:
        """Whether the key may write to a datastream: one of its provider, under one of its prefixes."""
        own = len(self.provider_key)
        return (
            datastream_key.startswith(self.provider_key)
            and datastream_key[own : own + 1] == "/"
            and (not self.datastream_prefixes or datastream_key.startswith(self.datastream_prefixes))
        )


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database said of a key id; `principal` is None when it has no such key."""

    principal: Principal | None
    secret_hash: bytes
    expires_at: datetime | None
    revoked_at: datetime | None
    disabled_at: datetime | None
    loaded_at: float
    generation: int


class ApiKeys:
    """Authenticates API keys against the database, through a cache.

    A known key is asked for again after `ttl` seconds, an unknown one after `unknown_ttl`; `invalidate` makes
    the next use of every key ask again. While the database is away, keys loaded in the last `stale_for`
    seconds stay good.

    Args:
        database: where `api_key` and `provider` are.
        ttl, unknown_ttl, stale_for: seconds.
        monotonic, now: clocks, to be replaced in tests.
    """

    def __init__(
        self,
        database: Database,
        *,
        ttl: float = 10.0,
        unknown_ttl: float = 1.0,
        stale_for: float = 600.0,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._ttl = ttl
        self._unknown_ttl = unknown_ttl
        self._stale_for = stale_for
        self._monotonic = monotonic
        self._now = now
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._loading: dict[str, asyncio.Task[_Known]] = {}
        self._generation = 0
        self._away_until = float("-inf")

    async def authenticate(self, text: str) -> Principal:
        """The principal of the API key `text` (`fsp_<id>_<secret>`).

        Raises:
            Unauthorized: not a key, unknown, expired, revoked, or of a provider that is disabled.
            DatabaseAway: the database does not answer and the key was not seen lately.
        """
        parts = split_api_key(text)
        if parts is None:
            raise Unauthorized("this is not an API key; it looks like fsp_<id>_<secret>")
        key_id, secret = parts
        known = await self._find(key_id)
        if known.principal is None or not secret_matches(secret, known.secret_hash):
            raise Unauthorized("the API key is not known; check it, or ask for a new one")
        if known.revoked_at is not None:
            raise Unauthorized(
                f"the API key was revoked at {known.revoked_at:%Y-%m-%dT%H:%M:%SZ}; ask for a new one"
            )
        if known.expires_at is not None and known.expires_at <= self._now():
            raise Unauthorized(
                f"the API key expired at {known.expires_at:%Y-%m-%dT%H:%M:%SZ}; ask for a new one"
            )
        if known.disabled_at is not None:
            raise Unauthorized(
                f"the provider was disabled at {known.disabled_at:%Y-%m-%dT%H:%M:%SZ}; ask who runs the platform"
            )
        return known.principal

    def invalidate(self) -> None:
        """Ask the database again at the next use of every key; called when `registry_changed` is notified."""
        self._generation += 1

    async def _find(self, key_id: str) -> _Known:
        known = self._known.get(key_id)
        if known is not None and self._is_fresh(known):
            return known
        stale = known if known is not None and self._may_serve_stale(known) else None
        if stale is not None and self._monotonic() < self._away_until:
            return stale
        try:
            return await self._load_once(key_id)
        except DatabaseAway:
            if stale is None:
                raise
            if self._monotonic() >= self._away_until:
                _log.warning(
                    "the database is away, API keys seen lately stay good", stale_for=self._stale_for
                )
            self._away_until = self._monotonic() + _PAUSE_SECONDS
            return stale

    def _is_fresh(self, known: _Known) -> bool:
        ttl = self._unknown_ttl if known.principal is None else self._ttl
        return known.generation == self._generation and self._monotonic() - known.loaded_at < ttl

    def _may_serve_stale(self, known: _Known) -> bool:
        return known.principal is not None and self._monotonic() - known.loaded_at < self._stale_for

    async def _load_once(self, key_id: str) -> _Known:
        """Load a key; callers that ask for the same one meanwhile share the query."""
        task = self._loading.get(key_id)
        if task is None:
            task = asyncio.create_task(self._load(key_id), name="api-key-lookup")
            self._loading[key_id] = task
            task.add_done_callback(lambda done: self._loaded(key_id, done))
        return await asyncio.shield(task)

    def _loaded(self, key_id: str, task: asyncio.Task[_Known]) -> None:
        del self._loading[key_id]
        if task.cancelled() or task.exception() is not None:
            return  # each waiter is told
        self._known[key_id] = task.result()
        self._known.move_to_end(key_id)
        while len(self._known) > _MAX_ENTRIES:
            self._known.popitem(last=False)

    async def _load(self, key_id: str) -> _Known:
        generation = self._generation  # a change notified during the query makes its result stale at once
        try:
            async with asyncio.timeout(_LOOKUP_SECONDS):
                row = await self._database.fetchrow(_QUERY, key_id)
        except TimeoutError as error:
            raise DatabaseAway("the database does not answer; try again") from error
        if row is None:
            return _Known(None, b"", None, None, None, self._monotonic(), generation)
        principal = Principal(
            provider_id=row["provider_id"],
            provider_key=row["provider_key"],
            key_id=key_id,
            scopes=frozenset(Scope(scope) for scope in row["scopes"]),
            datastream_prefixes=tuple(row["datastream_prefixes"]),
            auto_register=row["auto_register"],
        )
        return _Known(
            principal,
            row["secret_hash"],
            row["expires_at"],
            row["revoked_at"],
            row["disabled_at"],
            self._monotonic(),
            generation,
        )
