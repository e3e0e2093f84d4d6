"""`GET /v1/data-health`."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.api.conditional import respond
from fansipan_gateway.data_health.repository import HealthFilter
from fansipan_gateway.data_health.schemas import Health, HealthParameters
from fansipan_gateway.data_health.service import DataHealth


def data_health_router(health: DataHealth, access: ReadAccess) -> APIRouter:
    """The door to data health."""
    router = APIRouter(tags=["data health"])

    @router.get(
        "/v1/data-health",
        summary="Which sensors report",
        response_model=Health,
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def get_data_health(
        request: Request,
        parameters: Annotated[HealthParameters, Query()],
        reader: Annotated[Reader, Depends(access)],
    ) -> Response:
        """Datastreams by state and provider, those that have been silent for longest, and figures of data health.

        Datastreams of properties that people enter by hand are left out, as the indicator `sensor-freshness` says.
        """
        document = await health.read(HealthFilter(parameters.area, parameters.provider), reader.visibility)
        return respond(request, orjson.dumps(document), public=reader.shared)

    return router
