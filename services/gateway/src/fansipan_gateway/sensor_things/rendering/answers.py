"""Whole answers, in the form that was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from fansipan_gateway.domain.results import Row
from fansipan_gateway.sensor_things.faults import BadQuery, nothing_at
from fansipan_gateway.sensor_things.grammar.syntax import ResultFormat
from fansipan_gateway.sensor_things.model.entity import ID
from fansipan_gateway.sensor_things.model.sets import OBSERVATIONS
from fansipan_gateway.sensor_things.planner.levels import Level
from fansipan_gateway.sensor_things.planner.resources import Resource
from fansipan_gateway.sensor_things.rendering.data_array import data_arrays
from fansipan_gateway.sensor_things.rendering.entities import COUNT, NEXT_LINK, Renderer, counted
from fansipan_gateway.sensor_things.rendering.tables import csv_text, feature_collection

JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """A body and what it is; an empty one with status 204."""

    body: bytes
    media_type: str = JSON
    status: int = 200


def answer_of_entity(level: Level, row: Row, resource: Resource, root: str) -> Answer:
    """One entity, or the part of it that a path names.

    Raises:
        NoSuchPath: it has no such part.
        BadQuery: it has no such form.
    """
    entity = Renderer(root).entity(level, row)
    return _member(resource, entity, row[0]) if resource.member else _written(level, [entity], entity)


def answer_of_page(
    level: Level, rows: Sequence[Row], count: int | None, resource: Resource, root: str
) -> Answer:
    """A page of a collection.

    Raises:
        BadQuery: it has no such form.
    """
    if level.options.result_format is ResultFormat.DATA_ARRAY:
        return _as_data_array(level, rows, count, resource.path, root)
    page = Renderer(root).page(level, rows, resource.path, count)
    return _written(level, page["value"], page)


def _member(resource: Resource, entity: dict[str, Any], entity_id: int) -> Answer:
    name = resource.member[-1]
    value = entity_id if resource.member == (ID,) else entity[resource.member[0]]
    for key in resource.member[1:]:
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            raise nothing_at(resource.path)
    if not resource.raw:
        return Answer(orjson.dumps({name: value}))
    if value is None:
        return Answer(b"", status=204)
    if isinstance(value, dict | list):
        return Answer(orjson.dumps(value))
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return Answer(text.encode(), "text/plain; charset=utf-8")


def _as_data_array(level: Level, rows: Sequence[Row], count: int | None, path: str, root: str) -> Answer:
    if level.entities is not OBSERVATIONS:
        raise BadQuery("$resultFormat", "dataArray is for Observations")
    if level.expands:
        raise BadQuery("$resultFormat", "a dataArray has no room for $expand: leave it out")
    page: dict[str, Any] = {} if count is None else dict(counted(COUNT, count))
    if (following := Renderer(root).next_link(level, rows, path)) is not None:
        page[NEXT_LINK] = following
    page["value"] = data_arrays(level, rows, root)
    return Answer(orjson.dumps(page))


def _written(level: Level, entities: list[dict[str, Any]], whole: Any) -> Answer:
    match level.options.result_format:
        case ResultFormat.CSV:
            return Answer(csv_text(entities), "text/csv; charset=utf-8")
        case ResultFormat.GEO_JSON:
            return Answer(orjson.dumps(feature_collection(entities)), "application/geo+json")
        case ResultFormat.DATA_ARRAY:
            raise BadQuery(
                "$resultFormat", f"dataArray is for several Observations, not for one {level.entities.one}"
            )
        case _:
            return Answer(orjson.dumps(whole))
