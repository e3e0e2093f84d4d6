"""Checking GeoJSON (RFC 7946) as it comes in."""

import math
from collections.abc import Callable
from typing import Any, Final, cast

from fansipan_gateway.sensor_things.writing.faults import InvalidValue

_COLLECTION: Final = "GeometryCollection"
_FEATURE: Final = "Feature"
_MAX_NESTED: Final = 4


def check_geometry(value: Any, path: str) -> dict[str, Any]:
    """A GeoJSON geometry, or a Feature that has one, as it is.

    Raises:
        InvalidValue: it is neither; the path leads to what is wrong.
    """
    return _checked(value, path, _MAX_NESTED, bare=False)


def _checked(value: Any, path: str, nested: int, *, bare: bool) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidValue(
            path, "a GeoJSON object is wanted, as {'type': 'Point', 'coordinates': [104.01, 22.42]}"
        )
    found = cast("dict[str, Any]", value)
    kind = found.get("type")
    if kind == _FEATURE and not bare:
        _checked(found.get("geometry"), f"{path}.geometry", nested, bare=True)
        return found
    if kind == _COLLECTION:
        members = found.get("geometries")
        if not isinstance(members, list) or not nested:
            raise InvalidValue(
                f"{path}.geometries", f"a list of geometries is wanted, {_MAX_NESTED} deep at most"
            )
        for number, member in enumerate(cast("list[Any]", members)):
            _checked(member, f"{path}.geometries[{number}]", nested - 1, bare=True)
        return found
    check = _SHAPES.get(kind) if isinstance(kind, str) else None
    if check is None:
        known = [*_SHAPES, _COLLECTION, *([] if bare else [_FEATURE])]
        raise InvalidValue(f"{path}.type", f"one of {', '.join(known)} is wanted")
    check(found.get("coordinates"), f"{path}.coordinates")
    return found


def _position(value: Any, path: str) -> tuple[float, ...]:
    numbers = cast("list[Any]", value) if isinstance(value, list) else []
    if not 2 <= len(numbers) <= 3 or not all(_is_number(number) for number in numbers):
        raise InvalidValue(
            path, "a position is wanted: [longitude, latitude], perhaps with a height in metres"
        )
    if not (-180 <= numbers[0] <= 180 and -90 <= numbers[1] <= 90):
        raise InvalidValue(path, "degrees are wanted, longitude (-180 to 180) before latitude (-90 to 90)")
    return tuple(float(number) for number in numbers)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _several(check: Callable[[Any, str], Any], least: int, wanted: str) -> Callable[[Any, str], list[Any]]:
    def several(value: Any, path: str) -> list[Any]:
        if not isinstance(value, list) or len(cast("list[Any]", value)) < least:
            raise InvalidValue(path, f"{wanted} is wanted")
        return [check(one, f"{path}[{number}]") for number, one in enumerate(cast("list[Any]", value))]

    return several


_line = _several(_position, 2, "a list of two positions or more")


def _ring(value: Any, path: str) -> None:
    positions = _several(_position, 4, "a ring of four positions or more")(value, path)
    if positions[0] != positions[-1]:
        raise InvalidValue(path, "a ring ends where it begins")


_polygon = _several(_ring, 1, "a list of rings")
_SHAPES: Final[dict[str, Callable[[Any, str], Any]]] = {
    "Point": _position,
    "MultiPoint": _several(_position, 1, "a list of positions"),
    "LineString": _line,
    "MultiLineString": _several(_line, 1, "a list of lines"),
    "Polygon": _polygon,
    "MultiPolygon": _several(_polygon, 1, "a list of polygons"),
}
