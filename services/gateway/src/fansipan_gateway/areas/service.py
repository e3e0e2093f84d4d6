"""Areas as ready-made GeoJSON documents: they are large and hardly ever change."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from fansipan_gateway.areas.repository import AreaRepository
from fansipan_gateway.domain.results import Row


@dataclass(frozen=True, slots=True)
class Document:
    """A serialised answer, and until when (monotonic seconds) it may be used."""

    body: bytes
    until: float


class Areas:
    """Serves the communes as a GeoJSON FeatureCollection.

    A document is kept for `ttl` seconds or until `invalidate`. Nothing is kept for a province without communes, so
    that invented codes take no memory.
    """

    def __init__(
        self,
        repository: AreaRepository,
        *,
        ttl: float = 60.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._repository = repository
        self._ttl = ttl
        self._monotonic = monotonic
        self._documents: dict[tuple[str | None, bool], Document] = {}

    async def document(self, parent: str | None, *, geometry: bool) -> bytes:
        """UTF-8 GeoJSON of the communes of `parent`, or of all provinces; without `geometry` that member is null.

        Raises:
            DatabaseAway.
        """
        known = self._documents.get((parent, geometry))
        if known is not None and known.until > self._monotonic():
            return known.body
        rows = await self._repository.fetch_communes(parent, geometry=geometry)
        body = orjson.dumps({"type": "FeatureCollection", "features": [_feature(row) for row in rows]})
        if rows:
            self._documents[parent, geometry] = Document(body, self._monotonic() + self._ttl)
        return body

    def invalidate(self) -> None:
        """Read the areas again at the next request."""
        self._documents.clear()


def _feature(row: Row) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": row["code"],
        "bbox": row["bbox"],
        "properties": {
            "code": row["code"],
            "name": row["name"],
            "nameEn": row["name_en"],
            "fullName": row["full_name"],
            "fullNameEn": row["full_name_en"],
            "unitType": row["unit_type"],
            "areaKm2": row["area_km2"],
            "parentCode": row["parent_code"],
            "label": [row["label_lon"], row["label_lat"]],
        },
        "geometry": row["boundary"],
    }
