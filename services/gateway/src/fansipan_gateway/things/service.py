"""Finding things."""

from typing import Any, Final

from fansipan_common.errors import NotFound
from fansipan_gateway.domain.cursor import decode_id_cursor, encode_cursor
from fansipan_gateway.domain.pages import Page, page_of
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.things.domain import like_pattern, parse_thing_reference
from fansipan_gateway.things.repository import ThingFilter, ThingRepository

_KIND: Final = "things"


class Things:
    """Finds things."""

    def __init__(self, repository: ThingRepository) -> None:
        self._repository = repository

    async def list(
        self, visibility: Visibility, *, area: str | None, q: str | None, limit: int, cursor: str | None
    ) -> Page:
        """One page of the things that fit, in the order of their ids.

        Raises:
            BadCursor, DatabaseAway.
        """
        wanted = ThingFilter(area, None if q is None else like_pattern(q))
        rows = await self._repository.fetch(
            wanted, visibility, after=decode_id_cursor(_KIND, cursor), limit=limit + 1
        )
        return page_of(rows, limit, _item, behind=lambda row: encode_cursor(_KIND, row["id"]))

    async def get(self, reference: str, visibility: Visibility) -> dict[str, Any]:
        """One thing by id or by key `<provider>/<thing>`.

        Raises:
            NotFound: unknown, or not seen by this reader.
            DatabaseAway.
        """
        row = await self._repository.find(parse_thing_reference(reference), visibility)
        if row is None:
            raise NotFound(f"there is no thing {reference!r}; GET /v1/things lists them")
        return _item(row)


def _item(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "key": row["key"],
        "name": row["name"],
        "description": row["description"],
        "properties": row["properties"],
        "areaCode": row["area_code"],
        "longitude": row["longitude"],
        "latitude": row["latitude"],
        "datastreamCount": row["datastream_count"],
        "lastObservedAt": None
        if row["last_observed_at"] is None
        else format_instant(row["last_observed_at"]),
    }
