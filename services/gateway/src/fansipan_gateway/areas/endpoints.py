"""`GET /v1/areas`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.api.conditional import respond
from fansipan_gateway.areas.schemas import AreaCollection, AreaParameters
from fansipan_gateway.areas.service import Areas

_GEOJSON: Final = "application/geo+json"
_MAX_AGE: Final = 300


def areas_router(areas: Areas, access: ReadAccess) -> APIRouter:
    """The door to areas."""
    router = APIRouter(tags=["areas"])

    @router.get(
        "/v1/areas",
        summary="Communes as GeoJSON",
        response_model=AreaCollection,
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def read_areas(
        request: Request,
        parameters: Annotated[AreaParameters, Query()],
        reader: Annotated[Reader, Depends(access)],
    ) -> Response:
        """The communes in force today with their boundaries. The boundaries are illustrative, not official."""
        body = await areas.document(parameters.parent, geometry=parameters.geometry)
        return respond(request, body, public=reader.public, max_age=_MAX_AGE, media_type=_GEOJSON)

    return router
