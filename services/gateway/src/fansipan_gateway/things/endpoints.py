"""`GET /v1/things`."""

from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.api.conditional import respond
from fansipan_gateway.api.pages import respond_page
from fansipan_gateway.api.parameters import PathReference
from fansipan_gateway.things.schemas import Thing, ThingList, ThingParameters
from fansipan_gateway.things.service import Things

_MAX_AGE: Final = 10


def things_router(things: Things, access: ReadAccess) -> APIRouter:
    """The door to things."""
    router = APIRouter(tags=["things"])

    @router.get(
        "/v1/things",
        summary="Things, and where they stand",
        response_model=ThingList,
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def list_things(
        request: Request,
        parameters: Annotated[ThingParameters, Query()],
        reader: Annotated[Reader, Depends(access)],
    ) -> Response:
        """Things in the order of their ids."""
        page = await things.list(
            reader.visibility,
            area=parameters.area,
            q=parameters.q,
            limit=parameters.limit,
            cursor=parameters.cursor,
        )
        return respond_page(request, page, public=reader.shared, max_age=_MAX_AGE)

    @router.get(
        "/v1/things/{reference:path}",
        summary="One thing",
        response_model=Thing,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def get_thing(
        request: Request, reference: PathReference, reader: Annotated[Reader, Depends(access)]
    ) -> Response:
        """A thing by its id or its key `<provider>/<thing>`."""
        item = await things.get(reference, reader.visibility)
        return respond(request, orjson.dumps(item), public=reader.shared, max_age=_MAX_AGE)

    return router
