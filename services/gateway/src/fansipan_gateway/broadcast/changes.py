"""Entities that were created, changed or deleted, as PostgreSQL tells it (`entity_changed`)."""

import asyncio
from collections import OrderedDict
from typing import Final, Literal

import asyncpg
import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fansipan_common.db import AWAY

_log = structlog.get_logger(__name__)

CHANNEL: Final = "entity_changed"
_MOST_WAITING: Final = 10_000
_LONGEST_PAUSE_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 15.0


class EntityChange(BaseModel):
    """`{"set": "Things", "id": 1, "what": "updated"}`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    entities: str = Field(alias="set")
    id: int
    what: Literal["created", "updated", "deleted"]


class EntityChanges:
    """Listens, and keeps what is to be published: 10,000 entities at most, each once. Run `run()` beside `take()`.

    What changes while the database is away from us is not heard of.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: OrderedDict[tuple[str, int], EntityChange] = OrderedDict()
        self._some = asyncio.Event()
        self._dropped = 0

    async def run(self) -> None:
        """Listen until cancelled; a lost connection is made anew with back-off."""
        pause = 0.2
        while True:
            try:
                connection = await asyncpg.connect(
                    self._url, timeout=5.0, server_settings={"application_name": "fansipan-gateway-mqtt"}
                )
            except AWAY as error:
                _log.warning("changes of entities cannot be heard", error=str(error), retry_in=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
                continue
            pause = 0.2
            try:
                await connection.add_listener(CHANNEL, self._hear)
                while not connection.is_closed():
                    await asyncio.sleep(_LOOK_SECONDS)
                    await connection.execute("SELECT 1", timeout=5.0)  # notices a dead peer
            except AWAY as error:
                _log.warning("the connection that tells of changes was lost", error=str(error))
            finally:
                connection.terminate()

    async def take(self) -> EntityChange:
        """The next change, whenever it comes."""
        while not self._waiting:
            self._some.clear()
            await self._some.wait()
        return self._waiting.popitem(last=False)[1]

    def take_dropped(self) -> int:
        """How many were let go since this was last asked, because too many waited."""
        dropped, self._dropped = self._dropped, 0
        return dropped

    def put_back(self, change: EntityChange) -> None:
        """It could not be published; unless it has changed again since, it comes first."""
        key = (change.entities, change.id)
        if key not in self._waiting:
            self._waiting[key] = change
            self._waiting.move_to_end(key, last=False)

    def _hear(self, _connection: object, _process: int, _channel: str, payload: object) -> None:
        try:
            change = EntityChange.model_validate_json(str(payload))
        except ValidationError as error:
            _log.error("a change of an entity cannot be read", payload=str(payload)[:200], error=str(error))
            return
        if len(self._waiting) >= _MOST_WAITING:
            self._waiting.popitem(last=False)
            self._dropped += 1
        self._waiting[change.entities, change.id] = change
        self._some.set()
