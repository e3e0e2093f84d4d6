"""`GET /v1/areas` and `GET /v1/areas/at`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.api.conditional import respond
from fansipan_gateway.areas.schemas import AreaCollection, AreaFeature, AreaParameters, PointParameters
from fansipan_gateway.areas.service import Areas

_GEOJSON: Final = "application/geo+json"
_MAX_AGE: Final = 300


class GeoJson(JSONResponse):
    """Documents the media type of the answers."""

    media_type = _GEOJSON


def areas_router(areas: Areas, access: ReadAccess) -> APIRouter:
    """The door to areas."""
    router = APIRouter(tags=["areas"])

    @router.get(
        "/v1/areas",
        summary="Communes as GeoJSON",
        response_class=GeoJson,
        response_model=AreaCollection,
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def read_areas(
        request: Request,
        parameters: Annotated[AreaParameters, Query()],
        reader: Annotated[Reader, Depends(access)],
    ) -> Response:
        """The communes of today, or of the day `at`, with their boundaries: illustrative ones, not official.

        Each tells in `predecessors` of which units it was made. Units that were merged since the day `at` have no
        geometry; they tell in `successors` where their ground lies now.
        """
        body = await areas.document(parameters.parent, parameters.at, geometry=parameters.geometry)
        return respond(request, body, public=reader.shared, max_age=_MAX_AGE, media_type=_GEOJSON)

    @router.get(
        "/v1/areas/at",
        summary="The commune of a point",
        response_class=GeoJson,
        response_model=AreaFeature,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def read_area_at(
        request: Request,
        parameters: Annotated[PointParameters, Query()],
        reader: Annotated[Reader, Depends(access)],
    ) -> Response:
        """The commune that holds a point today. A point on a border is in one commune: that of the lowest code."""
        body = await areas.commune_at(parameters.lon, parameters.lat, geometry=parameters.geometry)
        return respond(request, body, public=reader.shared, max_age=_MAX_AGE, media_type=_GEOJSON)

    return router
