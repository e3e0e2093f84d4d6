"""`GET /v1/datastreams`."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.api.conditional import respond
from fansipan_gateway.api.pages import respond_page
from fansipan_gateway.api.parameters import PathReference
from fansipan_gateway.datastreams.schemas import Datastream, DatastreamList, DatastreamParameters
from fansipan_gateway.datastreams.service import DatastreamQuery, Datastreams


def datastreams_router(datastreams: Datastreams, access: ReadAccess) -> APIRouter:
    """The door to datastreams."""
    router = APIRouter(tags=["datastreams"])

    @router.get(
        "/v1/datastreams",
        summary="Datastreams with their latest values",
        response_model=DatastreamList,
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def list_datastreams(
        request: Request,
        parameters: Annotated[DatastreamParameters, Query()],
        reader: Annotated[Reader, Depends(access)],
    ) -> Response:
        """Datastreams in the order of their ids; several filters must all fit."""
        page = await datastreams.list(
            DatastreamQuery(
                thing=parameters.thing,
                observed_property=parameters.observed_property,
                area=parameters.area,
                q=parameters.q,
            ),
            reader.visibility,
            limit=parameters.limit,
            cursor=parameters.cursor,
        )
        return respond_page(request, page, public=reader.shared)

    @router.get(
        "/v1/datastreams/{reference:path}",
        summary="One datastream with its latest value",
        response_model=Datastream,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def get_datastream(
        request: Request, reference: PathReference, reader: Annotated[Reader, Depends(access)]
    ) -> Response:
        """A datastream by its id or its key `<provider>/<thing>/<property>`."""
        item = await datastreams.get(reference, reader.visibility)
        return respond(request, orjson.dumps(item), public=reader.shared)

    return router
