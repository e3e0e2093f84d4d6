"""`GET /v1/indicators` and `/v1/indicators/{id}`."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.api.conditional import respond
from fansipan_gateway.indicators.catalogue import IndicatorCatalogue
from fansipan_gateway.indicators.domain.documents import summary, whole
from fansipan_gateway.indicators.schemas.definitions import IndicatorDetail, IndicatorList
from fansipan_gateway.indicators.schemas.parameters import DetailParameters, IndicatorId, ListParameters

TAG: Final = "indicators"
_MAX_AGE: Final = 10


def definitions_router(
    catalogue: IndicatorCatalogue, access: ReadAccess, now: Callable[[], datetime]
) -> APIRouter:
    """The door to definitions."""
    router = APIRouter(tags=[TAG])

    @router.get(
        "/v1/indicators",
        summary="Indicators",
        response_model=IndicatorList,
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def list_indicators(
        request: Request,
        parameters: Annotated[ListParameters, Query()],
        reader: Annotated[Reader, Depends(access)],
    ) -> Response:
        """What is computed, by id: names, unit, bands, limits, the law, and the versions.

        Operators see all indicators, anonymous readers those that are public; API keys these, and those that are
        computed for things.
        """
        at = now()
        items = [
            item
            for entry in await catalogue.entries(reader.visibility)
            if not entry.retired
            and (parameters.public is None or entry.public is parameters.public)
            and (item := summary(entry, at))["group"] == (parameters.group or item["group"])
        ]
        return respond(request, orjson.dumps({"items": items}), public=reader.shared, max_age=_MAX_AGE)

    @router.get(
        "/v1/indicators/{indicator}",
        summary="One indicator",
        response_model=IndicatorDetail,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def get_indicator(
        request: Request,
        indicator: IndicatorId,
        parameters: Annotated[DetailParameters, Query()],
        reader: Annotated[Reader, Depends(access)],
    ) -> Response:
        """Everything that a version of an indicator says, its formula in words too."""
        at = now()
        entry = await catalogue.find(indicator, reader.visibility)
        version = entry.shown(at) if parameters.version is None else entry.numbered(parameters.version)
        return respond(
            request, orjson.dumps(whole(entry, version, at)), public=reader.shared, max_age=_MAX_AGE
        )

    return router
