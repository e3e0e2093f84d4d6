"""`GET /v1/latest`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.api.pages import respond_page
from fansipan_gateway.latest.schemas import LatestList, LatestParameters
from fansipan_gateway.latest.service import Latest


def latest_router(latest: Latest, access: ReadAccess) -> APIRouter:
    """The door to latest values."""
    router = APIRouter(tags=["observations"])

    @router.get(
        "/v1/latest",
        summary="Latest values",
        response_model=LatestList,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def read_latest(
        request: Request,
        parameters: Annotated[LatestParameters, Query()],
        reader: Annotated[Reader, Depends(access)],
    ) -> Response:
        """What datastreams measured last: of those named, or of those in an area or on a thing.

        A datastream that never had an observation has no item.
        """
        page = await latest.read(
            reader.visibility,
            datastreams=parameters.datastream,
            area=parameters.area,
            thing=parameters.thing,
            limit=parameters.limit,
            cursor=parameters.cursor,
        )
        return respond_page(request, page, public=reader.shared)

    return router
