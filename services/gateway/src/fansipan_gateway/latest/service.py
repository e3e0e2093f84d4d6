"""Reading latest values."""

from collections.abc import Sequence
from typing import Any, Final

from fansipan_common.errors import ClientFault
from fansipan_gateway.datastreams.directory import DatastreamDirectory
from fansipan_gateway.domain.cursor import decode_id_cursor, encode_cursor
from fansipan_gateway.domain.pages import Page, page_of
from fansipan_gateway.domain.results import Row, quality_of, result_of
from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.latest.repository import LatestRepository
from fansipan_gateway.things.domain import ThingReference, parse_thing_reference

_KIND: Final = "latest"


class NoSelection(ClientFault):
    """It is not said whose latest values are wanted."""

    code, title = "invalid-parameter", "Bad request"


class Latest:
    """Reads latest values.

    Args:
        repository: where they are.
        directory: names and ids of datastreams.
    """

    def __init__(self, repository: LatestRepository, directory: DatastreamDirectory) -> None:
        self._repository = repository
        self._directory = directory

    async def read(
        self,
        visibility: Visibility,
        *,
        datastreams: Sequence[str],
        area: str | None,
        thing: str | None,
        limit: int,
        cursor: str | None,
    ) -> Page:
        """One page of latest values, in the order of datastream ids; a datastream without any observation has none.

        Raises:
            NoSelection: neither datastreams nor a place is named, or both are.
            NotFound: a datastream is unknown, or not seen by this reader.
            BadCursor, DatabaseAway.
        """
        by_place = area is not None or thing is not None
        if bool(datastreams) == by_place:
            raise NoSelection(
                "name what is wanted: datastream=… (repeat it for several), or area=… and/or thing=…"
            )
        after = decode_id_cursor(_KIND, cursor)
        rows: Sequence[Row]
        if by_place:
            reference = ThingReference() if thing is None else parse_thing_reference(thing)
            rows = await self._repository.fetch_by_place(
                area, reference, visibility, after=after, limit=limit + 1
            )
            keys = {row[0]: row[6] for row in rows}
        else:
            keys = {d.id: d.key for d in await self._directory.resolve(datastreams, visibility)}
            rows = await self._repository.fetch_by_id(list(keys), after=after, limit=limit + 1)
        return page_of(
            rows,
            limit,
            lambda row: _item(row, keys[row[0]]),
            behind=lambda row: encode_cursor(_KIND, row[0]),
        )


def _item(row: Row, key: str) -> dict[str, Any]:
    return {
        "datastream": key,
        "phenomenonTime": format_instant(row[1]),
        "result": result_of(row[2], row[3]),
        "resultQuality": quality_of(row[4]),
        "storedAt": format_instant(row[5]),
    }
