"""`GET /sta/v1.1/Datastreams(1)/aggregate`: figures per interval and time zone."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.api.conditional import respond
from fansipan_gateway.sensor_things.aggregates.parameters import parse_wanted
from fansipan_gateway.sensor_things.aggregates.service import Aggregates
from fansipan_gateway.sensor_things.endpoints import given_in
from fansipan_gateway.sensor_things.routing import ROOT, MessageRoute, root_of


def aggregates_router(aggregates: Aggregates, access: ReadAccess, public_url: str | None) -> APIRouter:
    """The door for aggregations, which stands before the one for all other paths.

    Args:
        aggregates: computes figures.
        access: says who reads.
        public_url: address of the gateway for links; None: each request's own.
    """
    router = APIRouter(route_class=MessageRoute, include_in_schema=False)

    @router.get(ROOT + "/{path:path}/aggregate")
    async def aggregate(request: Request, path: str, reader: Annotated[Reader, Depends(access)]) -> Response:
        given = given_in(request.url.query)
        answer = await aggregates.read(
            path, parse_wanted(given), reader.visibility, root_of(request, public_url), given
        )
        return respond(request, answer.body, public=reader.shared, media_type=answer.media_type)

    return router
