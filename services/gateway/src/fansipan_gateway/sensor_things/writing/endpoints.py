"""`POST`, `PUT`, `PATCH` and `DELETE` of `/sta/v1.1/…`: from a request to what is written."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import Request, Response

from fansipan_gateway.api.conditional import etag_of
from fansipan_gateway.sensor_things.grammar.paths import parse_path
from fansipan_gateway.sensor_things.model.sets import OBSERVATIONS
from fansipan_gateway.sensor_things.planner.resources import Resource, resource_of
from fansipan_gateway.sensor_things.writing.bodies import Change, draft_of, object_of, read_json
from fansipan_gateway.sensor_things.writing.content_types import JSON, JSON_PATCH, MERGE_PATCH, require_type
from fansipan_gateway.sensor_things.writing.faults import NotWritable
from fansipan_gateway.sensor_things.writing.forms import BACK, Form
from fansipan_gateway.sensor_things.writing.observations.door import CREATE_OBSERVATIONS, ObservationDoor
from fansipan_gateway.sensor_things.writing.patches import merged, patched, whole
from fansipan_gateway.sensor_things.writing.service import EntityWriter, PlanChange, WrittenEntity
from fansipan_gateway.sensor_things.writing.writer import Author

_OF_ENTITY: Final = "GET, PUT, PATCH, DELETE"
_OF_SET: Final = "GET, POST"


class WritingDoor:
    """Answers requests that write.

    Args:
        entities: writes all but Observations.
        observations: writes these.
    """

    def __init__(self, entities: EntityWriter, observations: ObservationDoor) -> None:
        self._entities = entities
        self._observations = observations

    async def answer(self, request: Request, path: str, author: Author, root: str) -> Response:
        """The answer to a request that writes.

        Args:
            request: method, headers and body.
            path: behind the service's root.
            author: who writes.
            root: address of the service.

        Raises:
            NotWritable: nothing is written there with this method.
            ClientFault: what else is wrong; ServerFault: something of ours is away.
        """
        segments = parse_path(path)
        if not segments:
            raise NotWritable("nothing is written at the root: POST to a set, as Things", "GET")
        if [(one.name, one.id) for one in segments] == [(CREATE_OBSERVATIONS, None)]:
            return await self._observations.create_observations(request, author, root)
        resource = resource_of(segments)
        if resource.member or resource.references:
            raise NotWritable("single properties and links are written by PATCH of their entity", "GET")
        if resource.last.entities is OBSERVATIONS:
            return await self._observations.answer(request, resource, author, root)
        if request.method == "POST":
            return await self._create(request, resource, author, root)
        if not resource.last.single:
            raise NotWritable(
                f"{resource.last.entities.name} are several: say which, as in {resource.last.entities.name}(1)",
                _OF_SET,
            )
        if request.method == "DELETE":
            await self._entities.delete(resource, request.headers.get("if-match"), author, root)
            return Response(status_code=200, headers={"Cache-Control": "no-store"})
        return await self._change(request, resource, author, root)

    async def _create(self, request: Request, resource: Resource, author: Author, root: str) -> Response:
        last = resource.last
        if last.single:
            raise NotWritable(
                "POST makes entities in a set, as Things; an entity is changed by PATCH", _OF_ENTITY
            )
        given = None
        if len(resource.steps) > 1:
            given = BACK[resource.steps[-2].entities.name, last.entities.name]
        require_type(request, JSON)
        body = object_of(read_json(await request.body()))
        draft = draft_of(last.entities, body, given)
        written = await self._entities.create(resource, draft, author, root)
        return _shown(written, root, status=201)

    async def _change(self, request: Request, resource: Resource, author: Author, root: str) -> Response:
        types = JSON if request.method == "PUT" else (*JSON, MERGE_PATCH, JSON_PATCH)
        media_type = require_type(request, types)
        body = read_json(await request.body())
        plan = _json_patch(body) if media_type == JSON_PATCH else _merge(object_of(body), request.method)
        written = await self._entities.change(resource, plan, request.headers.get("if-match"), author, root)
        return _shown(written, root, status=200)


def _merge(body: dict[str, Any], method: str) -> PlanChange:
    async def plan(form: Form, entity_id: int, _document: Callable[[], Awaitable[dict[str, Any]]]) -> Change:
        return (whole if method == "PUT" else merged)(form, entity_id, body)

    return plan


def _json_patch(operations: Any) -> PlanChange:
    async def plan(form: Form, entity_id: int, document: Callable[[], Awaitable[dict[str, Any]]]) -> Change:
        return whole(form, entity_id, patched(await document(), operations))

    return plan


def _shown(written: WrittenEntity, root: str, *, status: int) -> Response:
    body = written.answer.body
    headers = {"Cache-Control": "no-store", "ETag": etag_of(body)}
    if status == 201:
        headers["Location"] = f"{root}/{written.entities.name}({written.id})"
    return Response(body, status, headers=headers, media_type=written.answer.media_type)
