"""The ring of live events in Redis, read only (but for the mark that makes an empty ring have a place)."""

from typing import Any, Final

import orjson
import structlog
from redis.asyncio import BlockingConnectionPool, Redis

from fansipan_common.contracts.live import DATA_FIELD, RING, RING_LENGTH, TOPIC_FIELD, LiveTopic
from fansipan_gateway.live.domain import EventId, LiveEvent, parse_event_id

_log = structlog.get_logger(__name__)

_BLOCK_MS: Final = 2_000
_SOCKET_SECONDS: Final = 5.0
_CONNECT_SECONDS: Final = 1.0
_CONNECTIONS: Final = 8
_COUNT: Final = 100


class BadRing(Exception):
    """The ring holds what is none of ours."""


class RingRepository:
    """Reads the ring. Every command has a timeout; all raise `RedisError`, `OSError` or `TimeoutError`."""

    def __init__(self, url: str, prefix: str) -> None:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=_SOCKET_SECONDS,
            socket_timeout=_SOCKET_SECONDS,
            socket_connect_timeout=_CONNECT_SECONDS,
        )
        self._redis: Any = Redis(connection_pool=pool)
        self._pool = pool
        self._key = prefix + RING

    async def newest(self) -> EventId:
        """The newest place; an empty ring gets a mark first."""
        entries = await self._redis.xrevrange(self._key, count=1)
        if not entries:
            fields = {TOPIC_FIELD: LiveTopic.MARK.value, DATA_FIELD: ""}
            return _id(await self._redis.xadd(self._key, fields, maxlen=RING_LENGTH, approximate=True))
        return _id(entries[0][0])

    async def oldest(self) -> EventId | None:
        """The oldest place that is still kept; None when the ring is empty."""
        entries = await self._redis.xrange(self._key, count=1)
        return _id(entries[0][0]) if entries else None

    async def following(self, place: EventId) -> list[LiveEvent]:
        """What comes after a place; waits up to two seconds for it. At most 100 events."""
        answer = await self._redis.xread({self._key: str(place)}, count=_COUNT, block=_BLOCK_MS)
        return [_event(entry) for _, entries in _streams(answer) for entry in entries]

    async def between(self, after: EventId, until: EventId) -> list[LiveEvent]:
        """What comes after a place, up to another and with it. At most 100 events."""
        entries = await self._redis.xrange(self._key, f"({after}", str(until), count=_COUNT)
        return [_event(entry) for entry in entries]

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()
        await self._pool.disconnect()


def _streams(answer: Any) -> Any:
    """(stream, entries), in the shape of RESP 2 as of RESP 3."""
    if isinstance(answer, dict):
        return [(name, [entry for part in parts for entry in part]) for name, parts in answer.items()]
    return answer or []


def _id(raw: bytes) -> EventId:
    found = parse_event_id(raw.decode())
    if found is None:
        raise BadRing(f"{raw!r} is no id of a stream")
    return found


def _event(entry: Any) -> LiveEvent:
    raw_id, fields = entry
    data: bytes = fields[DATA_FIELD.encode()]
    topic = fields[TOPIC_FIELD.encode()].decode()
    try:
        return LiveEvent(_id(raw_id), LiveTopic(topic), orjson.loads(data) if data else {}, len(data))
    except ValueError as error:  # a newer analytics wrote it: whoever cares reads again
        _log.error("live event cannot be read; is the gateway older than analytics?", error=str(error))
        return LiveEvent(_id(raw_id), LiveTopic.RESET, {}, 0)
