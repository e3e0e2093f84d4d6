"""`POST`, `PUT`, `PATCH` and `DELETE` of Observations, and `CreateObservations`."""

from typing import Any, Final

import anyio.to_thread
import orjson
from fastapi import Request, Response

from fansipan_gateway.api.conditional import etag_of, matches
from fansipan_gateway.domain.visibility import EVERYTHING, Visibility
from fansipan_gateway.sensor_things.faults import nothing_at
from fansipan_gateway.sensor_things.grammar.syntax import Options
from fansipan_gateway.sensor_things.model.entity import ID, SELF_LINK
from fansipan_gateway.sensor_things.model.sets import FEATURES_OF_INTEREST, OBSERVATIONS
from fansipan_gateway.sensor_things.planner.resources import Resource, Step
from fansipan_gateway.sensor_things.rendering.answers import Answer
from fansipan_gateway.sensor_things.service import SensorThings
from fansipan_gateway.sensor_things.writing.bodies import draft_of, object_of, read_json
from fansipan_gateway.sensor_things.writing.content_types import JSON, JSON_PATCH, MERGE_PATCH, require_type
from fansipan_gateway.sensor_things.writing.faults import HasChanged, NoSuchEntity, NotWritable, NotYours
from fansipan_gateway.sensor_things.writing.forms import BACK
from fansipan_gateway.sensor_things.writing.observations.changes import (
    Edit,
    document_of,
    edited,
    links_in,
    merging,
    replacing,
)
from fansipan_gateway.sensor_things.writing.observations.data_arrays import Row, rows_of
from fansipan_gateway.sensor_things.writing.observations.domain import Content, Target, difference
from fansipan_gateway.sensor_things.writing.observations.faults import DifferentResult, RefusedObservation
from fansipan_gateway.sensor_things.writing.observations.making import Maker
from fansipan_gateway.sensor_things.writing.observations.service import Observations, address_parts
from fansipan_gateway.sensor_things.writing.observations.written import NewObservation, Written
from fansipan_gateway.sensor_things.writing.patches import patched
from fansipan_gateway.sensor_things.writing.writer import Author

CREATE_OBSERVATIONS: Final = "CreateObservations"

_NO_STORE: Final = {"Cache-Control": "no-store"}
_ONLY_ADDRESS: Final = Options(select=(SELF_LINK, ID))
_STORED: Final = frozenset({"created", "same", "corrected"})
_STATUS: Final = {"created": 201, "same": 200, "corrected": 200}


class ObservationDoor:
    """Answers requests that write observations.

    Args:
        observations: writes them.
        maker: finds and makes what they belong to.
        things: shows them.
    """

    def __init__(self, observations: Observations, maker: Maker, things: SensorThings) -> None:
        self._observations = observations
        self._maker = maker
        self._things = things

    async def answer(self, request: Request, resource: Resource, author: Author, root: str) -> Response:
        """The answer to a request that writes at the address of Observations.

        Raises:
            NotWritable: nothing is written there with this method.
            ClientFault: what else is wrong; ServerFault: something of ours is away.
        """
        single = resource.last.single
        if request.method == "POST":
            if single:
                raise NotWritable(
                    "POST makes Observations in their set; PATCH changes one", "GET, PUT, PATCH, DELETE"
                )
            return await self._create(request, resource, author, root)
        if not single:
            raise NotWritable("Observations are several: say which, as in Observations(1)", "GET, POST")
        if request.method == "DELETE":
            return await self._delete(request, resource, author, root)
        return await self._change(request, resource, author, root)

    async def create_observations(self, request: Request, author: Author, root: str) -> Response:
        """The answer to `CreateObservations`: for each row its address, or `error` (with `?errors=detailed` why).

        Raises:
            NotWritable, UnsupportedMediaType, InvalidValue, MissingProperty, TooMuch, ServerFault.
        """
        if request.method != "POST":
            raise NotWritable("CreateObservations is for POST", "POST")
        require_type(request, JSON)
        body = await request.body()
        rows = await anyio.to_thread.run_sync(lambda: rows_of(read_json(body)))
        written = await self._write_rows(author, rows)
        detailed = request.query_params.get("errors") == "detailed"
        shown = [
            f"{root}/Observations({one.id})"
            if one.outcome in _STORED
            else f"error: {one.code}: {one.detail}"
            if detailed
            else "error"
            for one in written
        ]
        return Response(orjson.dumps(shown), 201, headers=_NO_STORE, media_type="application/json")

    async def _write_rows(self, author: Author, rows: list[Row]) -> list[Written]:
        ids = await self._maker.datastream_ids({row.datastream for row in rows})
        named = {row.feature for row in rows if row.feature is not None}
        seen = {
            feature: await self._maker.sees(author, FEATURES_OF_INTEREST, feature)
            for feature in sorted(named)
        }
        faults: dict[int, Written] = {}
        new: dict[int, NewObservation] = {}
        for number, row in enumerate(rows):
            datastream_id = ids.get(row.datastream)
            if row.fault is not None:
                faults[number] = row.fault
            elif datastream_id is None:
                faults[number] = _missing("Datastream", row.datastream)
            elif row.feature is not None and not seen[row.feature]:
                faults[number] = _missing("FeatureOfInterest", row.feature)
            else:
                new[number] = row.of(datastream_id)
        written = await self._observations.write(author.writer, list(new.values()))
        outcomes = dict(zip(new, written, strict=True)) | faults
        return [outcomes[number] for number in range(len(rows))]

    async def _create(self, request: Request, resource: Resource, author: Author, root: str) -> Response:
        require_type(request, JSON)
        given = None
        parents = resource.steps[:-1]
        if parents:
            given = BACK[parents[-1].entities.name, OBSERVATIONS.name]
        draft = draft_of(OBSERVATIONS, object_of(read_json(await request.body())), given)
        ids: dict[str, int] = {}
        if given is not None:
            found = await self._maker.find(author, parents)
            if found is None:
                raise nothing_at(resource.path)
            ids[given] = found
        async with self._maker.made(author, draft, ids) as observations:
            outcomes = await self._observations.write(author.writer, observations)
            for one in outcomes:
                if one.outcome not in _STORED:
                    raise _refusal(one, root)
        written = outcomes[-1]
        assert written.id is not None  # noqa: S101 - what is stored has an id
        answer = await self._show(author, written.id, root)
        return _shown(answer, _STATUS[written.outcome], f"{root}/Observations({written.id})")

    async def _change(self, request: Request, resource: Resource, author: Author, root: str) -> Response:
        types = JSON if request.method == "PUT" else (*JSON, MERGE_PATCH, JSON_PATCH)
        media_type = require_type(request, types)
        body = read_json(await request.body())
        edit, links = _edit_of(request.method, media_type, body)
        observation, target, ms, before = await self._target(request, resource, author, root)
        one = edited(edit(document_of(before, ms)), observation, ms)
        feature = before.feature_id
        if (link := links.get("Datastream")) is not None:
            ids = await self._maker.datastream_ids({link.id})
            if ids.get(link.id) != target.id:
                raise NotYours(
                    f"{link.path}: an Observation stays with its Datastream", extra={"path": link.path}
                )
        if "FeatureOfInterest" in links:
            link = links["FeatureOfInterest"]
            feature = None if link is None else await self._maker.link(author, link)
        after = Content(
            float(one.result) if type(one.result) is int else one.result,
            one.result_time,
            one.result_quality,
            one.parameters,
            feature,
        )
        if difference(before, after):
            await self._observations.replace(author.writer, target, ms, after)
        return _shown(await self._show(author, observation, root), 200)

    async def _delete(self, request: Request, resource: Resource, author: Author, root: str) -> Response:
        _, target, ms, _ = await self._target(request, resource, author, root)
        await self._observations.delete(author.writer, target, ms)
        return Response(status_code=200, headers=_NO_STORE)

    async def _target(
        self, request: Request, resource: Resource, author: Author, root: str
    ) -> tuple[int, Target, int, Content]:
        """The observation that is named and that the author may change: id, datastream, Unix ms, what it says."""
        observation = await self._maker.find(author, resource.steps)
        parts = None if observation is None else address_parts(observation)
        if observation is None or parts is None:
            raise nothing_at(resource.path)
        target = await self._observations.target(author.writer, parts[0])
        if isinstance(target, Written):
            raise NotYours(target.detail or "it is not yours")
        before = await self._observations.stored(parts)
        if before is None:
            raise nothing_at(resource.path)
        if_match = request.headers.get("if-match")
        if if_match is not None:
            now = etag_of((await self._read(observation, root, Options(), EVERYTHING)).body)
            if not matches(if_match, now):
                raise HasChanged("somebody changed it since it was read: read it again, then decide")
        return observation, target, parts[1], before

    async def _show(self, author: Author, observation: int, root: str) -> Answer:
        return await self._read(observation, root, Options() if author.reads else _ONLY_ADDRESS, EVERYTHING)

    async def _read(self, observation: int, root: str, options: Options, visibility: Visibility) -> Answer:
        steps = (Step(OBSERVATIONS, None, observation),)
        resource = Resource(steps, (), False, False, f"{OBSERVATIONS.name}({observation})")
        return await self._things.read(resource, options, visibility, root)


def _edit_of(method: str, media_type: str, body: Any) -> tuple[Edit, dict[str, Any]]:
    """How an observation is changed, and what it is linked to."""
    if media_type == JSON_PATCH:
        return lambda document: patched(document, body), {}
    document = object_of(body)
    return (replacing if method == "PUT" else merging)(document), links_in(document)


def _missing(kind: str, name: int | str) -> Written:
    return Written(None, "refused", "no-such-entity", f"there is no {kind} {name!r} that this key sees")


def _refusal(written: Written, root: str) -> Exception:
    detail = written.detail or written.outcome
    if written.outcome == "different":
        address = f"{root}/Observations({written.id})"
        return DifferentResult(detail, extra={"difference": written.difference, "existing": address})
    if written.code == "not-yours":
        return NotYours(detail)
    if written.code == "no-such-entity":
        return NoSuchEntity("$.Datastream", detail)
    return RefusedObservation(written.code or "observation-refused", detail)


def _shown(answer: Answer, status: int, location: str | None = None) -> Response:
    headers = {**_NO_STORE, "ETag": etag_of(answer.body)}
    if location is not None:
        headers["Location"] = location
    return Response(answer.body, status, headers=headers, media_type=answer.media_type)
