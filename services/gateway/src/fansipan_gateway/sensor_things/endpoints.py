"""`/sta/v1.1/…`: the SensorThings API 1.1."""

from typing import Annotated, Final
from urllib.parse import parse_qsl

import orjson
from fastapi import APIRouter, Depends, Request, Response

from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.api.conditional import respond
from fansipan_gateway.api.parameters import restore_plus
from fansipan_gateway.sensor_things.faults import BadQuery
from fansipan_gateway.sensor_things.grammar.options import parse_options
from fansipan_gateway.sensor_things.grammar.paths import parse_path, split_query
from fansipan_gateway.sensor_things.landing import landing
from fansipan_gateway.sensor_things.planner.resources import resource_of
from fansipan_gateway.sensor_things.routing import ROOT, MessageRoute, root_of
from fansipan_gateway.sensor_things.service import SensorThings
from fansipan_gateway.sensor_things.writing.endpoints import WritingDoor
from fansipan_gateway.sensor_things.writing.ownership import WriteAccess
from fansipan_gateway.sensor_things.writing.writer import Author

_MAX_PARAMETERS: Final = 100


def sensor_things_router(
    things: SensorThings,
    access: ReadAccess,
    door: WritingDoor,
    write_access: WriteAccess,
    public_url: str | None,
    mqtt: str | None = None,
) -> APIRouter:
    """The door of SensorThings clients. Its addresses are not in our OpenAPI file: the standard describes them.

    Args:
        things: reads entities.
        access: says who reads.
        door: writes entities.
        write_access: says who writes.
        public_url: address of the gateway for links; None: each request's own.
        mqtt: address of the broker for clients.
    """
    router = APIRouter(route_class=MessageRoute, include_in_schema=False)

    @router.get(ROOT)
    @router.get(ROOT + "/{path:path}")
    async def read(request: Request, reader: Annotated[Reader, Depends(access)], path: str = "") -> Response:
        text, forgotten = split_query(path)
        root = root_of(request, public_url)
        segments = parse_path(text)
        if not segments:
            return respond(request, orjson.dumps(landing(root, mqtt)), public=reader.shared)
        query = "&".join(filter(None, (forgotten, request.url.query)))
        answer = await things.read(
            resource_of(segments), parse_options(given_in(query)), reader.visibility, root
        )
        if answer.status != 200:
            return Response(status_code=answer.status)
        return respond(request, answer.body, public=reader.shared, media_type=answer.media_type)

    @router.api_route(ROOT, methods=["POST", "PUT", "PATCH", "DELETE"])
    @router.api_route(ROOT + "/{path:path}", methods=["POST", "PUT", "PATCH", "DELETE"])
    async def write(
        request: Request, author: Annotated[Author, Depends(write_access)], path: str = ""
    ) -> Response:
        return await door.answer(request, path, author, root_of(request, public_url))

    return router


def given_in(query: str) -> list[tuple[str, str]]:
    """Names and values in a query string.

    Raises:
        BadQuery: it cannot be read.
    """
    try:
        given = parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS, errors="strict")
    except ValueError as error:
        raise BadQuery("query", f"this cannot be read: {error}") from error
    return [(name, str(restore_plus(value))) for name, value in given]
