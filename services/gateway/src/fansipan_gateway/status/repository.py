"""When the newest reading was stored."""

from datetime import datetime
from typing import Final

from fansipan_common.db import Database

_NEWEST: Final = "SELECT max(stored_at) FROM latest_observation"


class ArrivalRepository:
    """Reads `latest_observation`: a row for each datastream, no chunk of the time series."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self) -> datetime | None:
        """When the newest reading was stored; None: there is none.

        Raises:
            DatabaseAway.
        """
        async with self._database.connection() as connection:
            return await connection.fetchval(_NEWEST)
