"""Where the bridge reads: the stream of what was stored, in Redis, and the entities, in the database."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from pydantic import ValidationError
from redis.asyncio import BlockingConnectionPool, Redis

from fansipan_common.contracts.broadcast import (
    STORED,
    STORED_FIELD,
    WANTED,
    WANTED_SECONDS,
    StoredObservations,
    WantedDatastreams,
)
from fansipan_common.contracts.identity import split_observation_id
from fansipan_common.db import Database
from fansipan_gateway.domain.visibility import EVERYTHING
from fansipan_gateway.sensor_things.grammar.syntax import Options
from fansipan_gateway.sensor_things.model.sets import OBSERVATIONS
from fansipan_gateway.sensor_things.planner.binding import Binding
from fansipan_gateway.sensor_things.planner.levels import Planner
from fansipan_gateway.sensor_things.planner.seen import Seen
from fansipan_gateway.sensor_things.rendering.entities import Renderer
from fansipan_gateway.sensor_things.repository import SensorThingsRepository

_log = structlog.get_logger(__name__)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WEEK_MS: Final = 7 * 24 * 3_600_000
_BLOCK_MS: Final = 1_000
_SOCKET_SECONDS: Final = 5.0
_CONNECT_SECONDS: Final = 1.0

_PROVIDERS: Final = """
SELECT d.id, p.key FROM datastream d JOIN thing t ON t.id = d.thing_id JOIN provider p ON p.id = t.provider_id
 WHERE d.id = ANY($1::integer[])
"""
_PROVIDER_OF: Final = {
    "Things": "SELECT p.key FROM thing t JOIN provider p ON p.id = t.provider_id WHERE t.id = $1",
    "Datastreams": """SELECT p.key FROM datastream d JOIN thing t ON t.id = d.thing_id
        JOIN provider p ON p.id = t.provider_id WHERE d.id = $1""",
}

Identity = tuple[int, int]
"""Datastream id and Unix ms."""


class StoredFeed:
    """The stream of identities that analytics appends while we want it.

    Every call has a timeout; all raise `RedisError`, `OSError` or `TimeoutError`.
    """

    def __init__(self, url: str, prefix: str) -> None:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=2,
            timeout=_SOCKET_SECONDS,
            socket_timeout=_SOCKET_SECONDS,
            socket_connect_timeout=_CONNECT_SECONDS,
        )
        self._redis: Any = Redis(connection_pool=pool)
        self._pool = pool
        self._key = prefix + STORED
        self._wanted = prefix + WANTED

    async def want(self, datastreams: list[int] | None) -> None:
        """Ask for a while to be told of these datastreams, or of all."""
        await self._redis.set(
            self._wanted, WantedDatastreams(ids=datastreams).model_dump_json(), ex=WANTED_SECONDS
        )

    async def newest(self) -> str:
        """The place of the newest entry."""
        entries = await self._redis.xrevrange(self._key, count=1)
        return entries[0][0].decode() if entries else "0-0"

    async def following(self, place: str, count: int) -> tuple[str, list[Identity]]:
        """What comes after a place, of at most `count` entries, and the new place; waits a second for the first."""
        answer = await self._redis.xread({self._key: place}, count=count, block=_BLOCK_MS)
        streams: Any = answer.values() if isinstance(answer, dict) else [each[1] for each in answer or []]
        found: list[Identity] = []
        for entries in streams:
            for entry_id, fields in _flat(entries):
                place = entry_id.decode()
                try:
                    entry = StoredObservations.model_validate_json(fields[STORED_FIELD.encode()])
                except (ValidationError, KeyError) as error:
                    _log.error("what was stored cannot be read; is the gateway older?", error=str(error))
                    continue
                found += zip(entry.ids, entry.ms, strict=True)
        return place, found

    async def is_lost(self, place: str) -> bool:
        """Whether entries behind a place are gone, unread."""
        entries = await self._redis.xrange(self._key, count=1)
        return bool(entries) and place != "0-0" and _order(entries[0][0].decode()) > _order(place)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()
        await self._pool.disconnect()


def _flat(entries: Any) -> Any:
    """(id, fields), in the shape of RESP 2 as of RESP 3."""
    return [entry for part in entries for entry in (part if isinstance(part, list) else [part])]


def _order(place: str) -> tuple[int, int]:
    ms, _, number = place.partition("-")
    return int(ms), int(number or 0)


class Observations:
    """Reads observations by their identities, as SensorThings shows them."""

    def __init__(self, things: SensorThingsRepository, database: Database, root: str) -> None:
        self._things = things
        self._database = database
        self._renderer = Renderer(root)

    async def read(self, identities: Sequence[Identity]) -> list[tuple[int, dict[str, Any]]]:
        """Datastream and entity of each that there is, those of one datastream by their time; a statement for each
        week of data.

        Raises:
            DatabaseAway, TooExpensive.
        """
        weeks: dict[int, list[Identity]] = {}
        for identity in identities:
            weeks.setdefault(identity[1] // _WEEK_MS, []).append(identity)
        found: dict[int, tuple[int, dict[str, Any]]] = {}
        for week in weeks.values():
            for entity_id, datastream, entity in await self._read(week):
                found[entity_id] = (datastream, entity)
        return list(found.values())

    async def _read(self, identities: list[Identity]) -> list[tuple[int, int, dict[str, Any]]]:
        binding = Binding()
        times = [_EPOCH + timedelta(milliseconds=ms) for _, ms in identities]
        ids = binding.add([datastream for datastream, _ in identities], "int[]")
        moments = binding.add(times, "timestamptz[]")
        first, last = binding.add(min(times), "timestamptz"), binding.add(max(times), "timestamptz")

        def where(alias: str) -> list[str]:
            return [
                f"({alias}.datastream_id, {alias}.phenomenon_time) IN (SELECT * FROM unnest({ids}, {moments}))",
                f"{alias}.phenomenon_time BETWEEN {first} AND {last}",
            ]

        planner = Planner(binding, Seen(EVERYTHING, binding), times[0], {})
        level, statement = planner.page(OBSERVATIONS, Options(top=len(identities)), where, None)
        rows = await self._things.fetch(statement, binding)
        return [
            (row[0], split_observation_id(row[0])[0], self._renderer.entity(level, row))
            for row in rows[: level.limit]
        ]

    async def providers(self, datastreams: Sequence[int]) -> dict[int, str]:
        """Keys of the providers of datastreams.

        Raises:
            DatabaseAway.
        """
        return {row["id"]: row["key"] for row in await self._database.fetch(_PROVIDERS, list(datastreams))}

    async def provider_of(self, entities: str, entity_id: int) -> str | None:
        """Key of the provider of a thing or a datastream; None: of others, or when it is not there.

        Raises:
            DatabaseAway.
        """
        query = _PROVIDER_OF.get(entities)
        row = None if query is None else await self._database.fetchrow(query, entity_id)
        return None if row is None else row["key"]
