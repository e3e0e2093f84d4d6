"""Open data as ready-made documents: everybody may ask, so each is made at most once in some seconds."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

import orjson
from anyio import to_thread

from fansipan_common.errors import NotFound
from fansipan_gateway.domain.visibility import PUBLIC
from fansipan_gateway.indicators.catalogue import IndicatorCatalogue
from fansipan_gateway.indicators.domain.documents import summary
from fansipan_gateway.indicators.domain.subjects import Subject
from fansipan_gateway.indicators.domain.versions import IndicatorEntry
from fansipan_gateway.indicators.service.newest import NewestFigures
from fansipan_gateway.open_data.domain import links
from fansipan_gateway.open_data.domain.catalogue import Province, Publisher, catalogue_document
from fansipan_gateway.open_data.domain.negotiation import CatalogueForm
from fansipan_gateway.open_data.graph import as_turtle
from fansipan_gateway.open_data.repository import OpenDataRepository

_CATALOGUE_SECONDS: Final = 300.0
_LATEST_SECONDS: Final = 10.0
_MAX_KEPT: Final = 32
_DESCRIBED: Final = (
    "id", "names", "shortNames", "description", "group", "unit", "decimals", "direction", "version", "periods",
    "bands", "sources",
)  # fmt: skip
_FIGURE: Final = (
    "period", "start", "end", "value", "band", "sampleCount", "completeness", "missing", "provisional", "closed",
    "knownFrom", "previous", "change",
)  # fmt: skip


class Kept:
    """Documents that are made anew after some seconds; who asks meanwhile waits for the one that is being made."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._documents: dict[tuple[str, ...], tuple[bytes, float]] = {}
        self._making = asyncio.Lock()

    async def get(self, key: tuple[str, ...], seconds: float, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """The document of a key, made when there is none of the last `seconds`."""
        known = self._fresh(key)
        if known is not None:
            return known
        async with self._making:
            known = self._fresh(key)
            if known is None:
                known = await make()
                while len(self._documents) >= _MAX_KEPT:
                    del self._documents[next(iter(self._documents))]
                self._documents[key] = (known, self._monotonic() + seconds)
            return known

    def _fresh(self, key: tuple[str, ...]) -> bytes | None:
        document, until = self._documents.get(key, (None, 0.0))
        return document if until > self._monotonic() else None


class OpenData:
    """Serves the catalogue and the public indicators.

    Args:
        repository: the province, and how far figures reach.
        catalogue: definitions.
        newest: newest figures.
        publisher: who publishes.
        province: its code.
        open_api: whether the JSON answers are read without a login.
        now: the clock.
    """

    def __init__(
        self,
        repository: OpenDataRepository,
        catalogue: IndicatorCatalogue,
        newest: NewestFigures,
        publisher: Publisher,
        province: str,
        now: Callable[[], datetime],
        *,
        open_api: bool,
    ) -> None:
        self._repository = repository
        self._catalogue = catalogue
        self._newest = newest
        self._publisher = publisher
        self._province = province
        self._open_api = open_api
        self._now = now
        self._kept = Kept()

    async def catalogue(self, base: str, form: CatalogueForm) -> bytes:
        """The catalogue for an address of the gateway.

        Raises:
            NotFound: the province is not in the database.
            DatabaseAway.
        """

        async def make() -> bytes:
            return await self._describe(base, form)

        return await self._kept.get(("catalogue", base, form), _CATALOGUE_SECONDS, make)

    async def indicators(self, base: str) -> bytes:
        """JSON of the public indicators with the province's newest figures.

        Raises:
            NotFound: the province is not in the database.
            DatabaseAway.
        """

        async def make() -> bytes:
            return await self._list(base)

        return await self._kept.get(("indicators", base), _LATEST_SECONDS, make)

    async def _describe(self, base: str, form: CatalogueForm) -> bytes:
        now = self._now()
        province = await self._find_province()
        versions = [entry.shown(now) for entry in await self._public()]
        extents = await self._repository.extents(
            [version.id for version in versions], [version.version.periods[0] for version in versions]
        )
        document = orjson.dumps(
            catalogue_document(base, self._publisher, province, versions, extents, open_api=self._open_api)
        )
        return document if form is CatalogueForm.JSON_LD else await to_thread.run_sync(as_turtle, document)

    async def _list(self, base: str) -> bytes:
        now = self._now()
        province = await self._find_province()
        cards = await self._newest.cards(
            Subject("area", province.code), PUBLIC, group=None, kind=None, as_of=None
        )
        latest = {card["indicator"]: {name: card[name] for name in _FIGURE} for card in cards}
        items = [self._item(base, entry, latest.get(entry.key), now) for entry in await self._public()]
        items.sort(key=lambda item: (item["group"], item["id"]))
        return orjson.dumps(
            {
                "licence": self._publisher.licence,
                "publisher": self._publisher.name,
                "province": {
                    "kind": "area",
                    "key": province.code,
                    "name": province.name,
                    "nameEn": province.name_en,
                },
                "items": items,
            }
        )

    def _item(
        self, base: str, entry: IndicatorEntry, latest: dict[str, Any] | None, now: datetime
    ) -> dict[str, Any]:
        described, version = summary(entry, now), entry.shown(now)
        return {
            **{name: described[name] for name in _DESCRIBED},
            "latest": latest,
            "links": {
                "downloads": links.downloads(base, version),
                "values": links.values(base, version, self._province),
                "definition": f"{base}/v1/indicators/{entry.key}",
            },
        }

    async def _public(self) -> list[IndicatorEntry]:
        return [entry for entry in await self._catalogue.entries(PUBLIC) if not entry.retired]

    async def _find_province(self) -> Province:
        province = await self._repository.province(self._province)
        if province is None:
            raise NotFound(f"there is no area {self._province}: load the areas with `fansipan migrate`")
        return province
