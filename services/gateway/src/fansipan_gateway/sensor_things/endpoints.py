"""`GET /sta/v1.1/…`: the SensorThings API 1.1."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

import orjson
from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute

from fansipan_common.errors import FansipanError
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.api.conditional import respond
from fansipan_gateway.api.parameters import restore_plus
from fansipan_gateway.sensor_things.faults import BadQuery, OnlyRead
from fansipan_gateway.sensor_things.grammar.options import parse_options
from fansipan_gateway.sensor_things.grammar.paths import parse_path, split_query
from fansipan_gateway.sensor_things.landing import landing
from fansipan_gateway.sensor_things.planner.resources import resource_of
from fansipan_gateway.sensor_things.service import SensorThings

ROOT: Final = "/sta/v1.1"
_MAX_PARAMETERS: Final = 100


class _Route(APIRoute):
    """Problems carry a `message`, too: clients of SensorThings show that."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_with_message(request: Request) -> Response:
            try:
                return await handle(request)
            except FansipanError as error:
                error.extra.setdefault("message", error.detail)
                raise

        return handle_with_message


def sensor_things_router(things: SensorThings, access: ReadAccess, public_url: str | None) -> APIRouter:
    """The door of SensorThings clients. Its addresses are not in our OpenAPI file: the standard describes them.

    Args:
        things: reads entities.
        access: says who reads.
        public_url: address of the gateway for links; None: each request's own.
    """
    router = APIRouter(route_class=_Route, include_in_schema=False)

    def root_of(request: Request) -> str:
        return (public_url or str(request.base_url)).rstrip("/") + ROOT

    @router.get(ROOT)
    @router.get(ROOT + "/{path:path}")
    async def read(request: Request, reader: Annotated[Reader, Depends(access)], path: str = "") -> Response:
        text, forgotten = split_query(path)
        root = root_of(request)
        segments = parse_path(text)
        if not segments:
            return respond(request, orjson.dumps(landing(root)), public=reader.shared)
        query = "&".join(filter(None, (forgotten, request.url.query)))
        answer = await things.read(
            resource_of(segments), parse_options(_given(query)), reader.visibility, root
        )
        if answer.status != 200:
            return Response(status_code=answer.status)
        return respond(request, answer.body, public=reader.shared, media_type=answer.media_type)

    @router.api_route(ROOT, methods=["POST", "PUT", "PATCH", "DELETE"])
    @router.api_route(ROOT + "/{path:path}", methods=["POST", "PUT", "PATCH", "DELETE"])
    async def write(path: str = "") -> Response:
        raise OnlyRead

    return router


def _given(query: str) -> list[tuple[str, str]]:
    try:
        given = parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS, errors="strict")
    except ValueError as error:
        raise BadQuery("query", f"this cannot be read: {error}") from error
    return [(name, str(restore_plus(value))) for name, value in given]
