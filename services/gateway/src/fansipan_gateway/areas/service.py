"""Areas as ready-made GeoJSON documents: they are large and hardly ever change."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import orjson

from fansipan_common.errors import NotFound
from fansipan_gateway.areas.repository import AreaRepository
from fansipan_gateway.domain.results import Row
from fansipan_indicators.periods import ZONE

_KINDS: Final = ("Phường", "Xã", "Thị trấn")
"""The types of communes before July 2025: the full name begins with one."""


@dataclass(frozen=True, slots=True)
class Document:
    """A serialised answer, and until when (monotonic seconds) it may be used."""

    body: bytes
    until: float


def _now() -> datetime:
    return datetime.now(UTC)


class Areas:
    """Serves the communes of a day as a GeoJSON FeatureCollection, and the commune of a point as a Feature.

    A collection is kept for `ttl` seconds or until `invalidate`, and not more than `capacity` of them, because any day
    may be asked for. Nothing is kept for a province without communes, so that invented codes take no memory.
    """

    def __init__(
        self,
        repository: AreaRepository,
        *,
        ttl: float = 60.0,
        capacity: int = 16,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._repository = repository
        self._ttl = ttl
        self._capacity = capacity
        self._monotonic = monotonic
        self._now = now
        self._documents: dict[tuple[str | None, bool, date], Document] = {}

    async def document(self, parent: str | None, at: date | None, *, geometry: bool) -> bytes:
        """UTF-8 GeoJSON of the communes of `parent`, or of all provinces; without `geometry` that member is null.

        Args:
            parent: code of a province of today.
            at: the day whose units are wanted; None: today in Việt Nam. Those that were merged since have no geometry.
            geometry: whether boundaries are wanted.

        Raises:
            DatabaseAway.
        """
        day = at or self._now().astimezone(ZONE).date()
        key = (parent, geometry, day)
        known = self._documents.pop(key, None)
        if known is not None and known.until > self._monotonic():
            self._documents[key] = known  # at the end: the one used longest ago is forgotten first
            return known.body
        features = [
            _feature(row) for row in await self._repository.fetch_communes(parent, day, geometry=geometry)
        ]
        features += [_former_feature(row) for row in await self._repository.fetch_former(parent, day)]
        features.sort(key=lambda feature: feature["id"])
        body = orjson.dumps({"type": "FeatureCollection", "features": features})
        if features:
            while len(self._documents) >= self._capacity:
                del self._documents[next(iter(self._documents))]
            self._documents[key] = Document(body, self._monotonic() + self._ttl)
        return body

    async def commune_at(self, longitude: float, latitude: float, *, geometry: bool) -> bytes:
        """UTF-8 GeoJSON of the commune in force that holds a point (degrees, WGS 84); the border belongs to it.

        Raises:
            NotFound: the point is in none.
            DatabaseAway.
        """
        # repr: the shortest decimal number that is read as this float, which is what the caller wrote
        x, y = Decimal(repr(longitude)), Decimal(repr(latitude))
        row = await self._repository.fetch_at(x, y, geometry=geometry)
        if row is None:
            raise NotFound(
                f"no commune holds longitude {x}, latitude {y}; GET /v1/areas lists those there are"
            )
        return orjson.dumps(_feature(row))

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
            "predecessors": row["predecessors"],
        },
        "geometry": row["boundary"],
    }


def _former_feature(row: Row) -> dict[str, Any]:
    full_name: str = row["full_name"]
    kind = next((kind for kind in _KINDS if full_name.startswith(f"{kind} ")), None)
    return {
        "type": "Feature",
        "id": row["code"],
        "properties": {
            "code": row["code"],
            "name": full_name if kind is None else full_name[len(kind) + 1 :],
            "fullName": full_name,
            "unitType": None if kind is None else kind.lower(),
            "district": row["district"],
            "province": row["province"],
            "validUntil": row["valid_until"].isoformat(),
            "successors": row["successors"],
        },
        "geometry": None,
    }
