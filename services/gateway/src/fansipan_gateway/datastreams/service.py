"""Finding datastreams."""

from dataclasses import dataclass
from typing import Any, Final

from fansipan_common.errors import NotFound
from fansipan_gateway.datastreams.domain import expected_interval_seconds, parse_datastream_reference
from fansipan_gateway.datastreams.repository import DatastreamFilter, DatastreamRepository
from fansipan_gateway.domain.cursor import decode_id_cursor, encode_cursor
from fansipan_gateway.domain.pages import Page, page_of
from fansipan_gateway.domain.results import Row, quality_of, result_of
from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.things.domain import like_pattern, parse_thing_reference

_KIND: Final = "datastreams"


@dataclass(frozen=True, slots=True)
class DatastreamQuery:
    """Which datastreams, as a caller says it; None restricts nothing."""

    thing: str | None = None
    observed_property: str | None = None
    area: str | None = None
    q: str | None = None


class Datastreams:
    """Finds datastreams."""

    def __init__(self, repository: DatastreamRepository) -> None:
        self._repository = repository

    async def list(
        self, query: DatastreamQuery, visibility: Visibility, *, limit: int, cursor: str | None
    ) -> Page:
        """One page of the datastreams that fit, in the order of their ids.

        Raises:
            BadCursor, DatabaseAway.
        """
        wanted = DatastreamFilter(
            thing=None if query.thing is None else parse_thing_reference(query.thing),
            observed_property=query.observed_property,
            area=query.area,
            like=None if query.q is None else like_pattern(query.q),
        )
        rows = await self._repository.fetch(
            wanted, visibility, after=decode_id_cursor(_KIND, cursor), limit=limit + 1
        )
        return page_of(rows, limit, _item, behind=lambda row: encode_cursor(_KIND, row["id"]))

    async def get(self, reference: str, visibility: Visibility) -> dict[str, Any]:
        """One datastream by id or key.

        Raises:
            NotFound: unknown, or not seen by this reader.
            DatabaseAway.
        """
        row = await self._repository.find(parse_datastream_reference(reference), visibility)
        if row is None:
            raise NotFound(f"there is no datastream {reference!r}; GET /v1/datastreams lists them")
        return _item(row)


def _item(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "key": row["key"],
        "name": row["name"],
        "description": row["description"],
        "properties": row["properties"],
        "observationType": row["observation_type"],
        "unitOfMeasurement": {
            "name": row["unit_name"],
            "symbol": row["unit_symbol"],
            "definition": row["unit_definition"],
        },
        "observedProperty": {
            "id": row["property_id"],
            "key": row["property_key"],
            "name": row["property_name"],
            "definition": row["property_definition"],
            "description": row["property_description"],
        },
        "thing": {
            "id": row["thing_id"],
            "key": row["thing_key"],
            "name": row["thing_name"],
            "properties": row["thing_properties"],
            "areaCode": row["area_code"],
            "longitude": row["longitude"],
            "latitude": row["latitude"],
        },
        "expectedIntervalSeconds": expected_interval_seconds(row["properties"]),
        "lastObservedAt": None if row["phenomenon_time"] is None else format_instant(row["phenomenon_time"]),
        "latest": None
        if row["phenomenon_time"] is None
        else {
            "phenomenonTime": format_instant(row["phenomenon_time"]),
            "result": result_of(row["result"], row["result_json"]),
            "resultQuality": quality_of(row["result_quality"]),
        },
    }
