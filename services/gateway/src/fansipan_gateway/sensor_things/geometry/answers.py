"""Evaluating a condition for many geometries."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fansipan_gateway.sensor_things.geometry.questions import Question

_PREDICATES: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "geo.intersects": shapely.intersects,
    "st_equals": shapely.equals,
    "st_disjoint": shapely.disjoint,
    "st_touches": shapely.touches,
    "st_within": shapely.within,
    "st_overlaps": shapely.overlaps,
    "st_crosses": shapely.crosses,
    "st_intersects": shapely.intersects,
    "st_contains": shapely.contains,
}
_COMPARE: Final[Mapping[str, Callable[[Any, float], Any]]] = {
    "eq": np.equal,
    "ne": np.not_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "lt": np.less,
    "le": np.less_equal,
}


def fulfilling(question: Question, rows: Sequence[tuple[int, str]]) -> list[int]:
    """Ids of those rows (id, GeoJSON) that fulfil a condition. What is no geometry fulfils none.

    Distances and lengths are in degrees, as other SensorThings servers have them.
    """
    if not rows:
        return []
    texts = np.array([text for _, text in rows], dtype=object)
    geometries = shapely.from_geojson(texts, on_invalid="ignore")
    there = ~shapely.is_missing(geometries)
    fitting = np.asarray(_fits(question, geometries), dtype=bool) & there
    return np.array([row_id for row_id, _ in rows])[fitting].tolist()


def _fits(question: Question, geometries: NDArray[Any]) -> Any:
    if question.operator:
        values = (
            shapely.length(geometries)
            if question.other is None
            else shapely.distance(geometries, question.other)
        )
        return _COMPARE[question.operator](values, question.number)
    pair: tuple[Any, Any] = (
        (geometries, question.other) if question.property_first else (question.other, geometries)
    )
    if question.pattern:
        return shapely.relate_pattern(*pair, question.pattern)
    return _PREDICATES[question.name](*pair)
