"""Where things stand and stood. Triggers write the history and the area of a thing."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

import asyncpg

_HERE: Final = "SELECT location_id FROM thing_location WHERE thing_id = $1"
_LEAVE: Final = "DELETE FROM thing_location WHERE thing_id = $1"
_ARRIVE: Final = (
    "INSERT INTO thing_location (thing_id, location_id) SELECT $1::integer, unnest($2::integer[])"
)
_NOW: Final = "date_trunc('milliseconds', now())"
_HISTORY_OF_NOW: Final = (
    f"SELECT id FROM historical_location WHERE thing_id = ANY($1::integer[]) AND time = {_NOW} ORDER BY id"
)
_FORGET_NOW: Final = (
    f"DELETE FROM historical_location WHERE thing_id = $1 AND time = {_NOW} AND id <> ALL($2::integer[])"
)
_OF_NOW: Final = f"""
SELECT h.id, array(SELECT location_id FROM historical_location_location WHERE historical_location_id = h.id) AS stood
  FROM historical_location h WHERE h.thing_id = $1 AND h.time = {_NOW} AND h.id <> $2
"""
_IS_NEWEST: Final = """
SELECT NOT EXISTS (SELECT FROM historical_location other JOIN historical_location this ON this.thing_id = other.thing_id
                    WHERE this.id = $1 AND other.time > this.time)
"""
_LINK_HISTORY: Final = """
INSERT INTO historical_location_location (historical_location_id, location_id)
SELECT $1::integer, unnest($2::integer[]) ON CONFLICT DO NOTHING
"""
_UNLINK_HISTORY: Final = "DELETE FROM historical_location_location WHERE historical_location_id = $1"
_FEATURES: Final = "SELECT id FROM feature_of_interest WHERE location_id = ANY($1::integer[]) ORDER BY id"


class Places:
    """Links of things and of their history to locations.

    Args:
        connection: inside a transaction.
    """

    def __init__(self, connection: "asyncpg.Connection[Any]") -> None:
        self._connection = connection

    async def locations_of(self, thing_id: int) -> list[int]:
        """Ids of the locations where a thing stands."""
        return [row["location_id"] for row in await self._connection.fetch(_HERE, thing_id)]

    async def put(self, thing_id: int, locations: Collection[int]) -> bool:
        """Let a thing stand at these locations and no others; whether that is news. Of news the history tells."""
        wanted = sorted(set(locations))
        if sorted(await self.locations_of(thing_id)) == wanted:
            return False
        await self._connection.execute(_LEAVE, thing_id)
        await self._connection.execute(_ARRIVE, thing_id, wanted)
        return True

    async def history_of_now(self, things: Collection[int]) -> list[int]:
        """Ids of the history's rows that this transaction has written for things by moving them."""
        return [row["id"] for row in await self._connection.fetch(_HISTORY_OF_NOW, list(things))]

    async def remember(self, thing_id: int, time: datetime) -> int | None:
        """A new row of a thing's history; None: there is one of that time."""
        return await self._connection.fetchval(
            "INSERT INTO historical_location (thing_id, time) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id",
            thing_id,
            time,
        )

    async def link_history(self, history_id: int, locations: Collection[int]) -> None:
        """Add locations to a row of the history."""
        await self._connection.execute(_LINK_HISTORY, history_id, list(locations))

    async def relink_history(self, history_id: int, locations: Collection[int]) -> None:
        """Give a row of the history these locations and no others."""
        await self._connection.execute(_UNLINK_HISTORY, history_id)
        await self.link_history(history_id, locations)

    async def is_newest(self, history_id: int) -> bool:
        """Whether no row of the same thing's history is later."""
        return bool(await self._connection.fetchval(_IS_NEWEST, history_id))

    async def put_as_remembered(self, thing_id: int, history_id: int, locations: Collection[int]) -> bool:
        """As `put`, where the history has its row already. What it says of earlier moves in the transaction stays."""
        earlier = await self._connection.fetch(_OF_NOW, thing_id, history_id)
        news = await self.put(thing_id, locations)
        if news:
            for row in earlier:
                await self.relink_history(row["id"], row["stood"])
            kept = [history_id, *(row["id"] for row in earlier)]
            await self._connection.execute(_FORGET_NOW, thing_id, kept)
        return news

    async def take_back(self, thing_id: int, locations: Collection[int], history: Collection[int]) -> None:
        """Undo a move of an earlier transaction: the locations from before, without a trace in the history."""
        await self._connection.execute(_LEAVE, thing_id)
        if locations:
            await self._connection.execute(_ARRIVE, thing_id, list(locations))
        await self._connection.execute(
            f"DELETE FROM historical_location WHERE thing_id = $1 AND (id = ANY($2::integer[]) OR time = {_NOW})",
            thing_id,
            list(history),
        )

    async def features_of(self, locations: Collection[int]) -> list[int]:
        """Ids of the features that stand for locations."""
        return [row["id"] for row in await self._connection.fetch(_FEATURES, list(locations))]
