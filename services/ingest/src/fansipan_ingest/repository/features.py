"""Features of interest that observations name."""

from collections.abc import Set

from fansipan_common.db import Database


class FeatureRepository:
    """Reads `feature_of_interest`. Few requests name a feature, so nothing is remembered."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def existing(self, ids: Set[int]) -> Set[int]:
        """Those of some ids that exist.

        Raises:
            DatabaseAway.
        """
        if not ids:
            return ids
        rows = await self._database.fetch(
            "SELECT id FROM feature_of_interest WHERE id = ANY($1::integer[])", sorted(ids)
        )
        return {row["id"] for row in rows}
