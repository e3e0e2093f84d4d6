"""`$resultFormat=CSV` and `GeoJSON`: entities as flat rows."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_GEOMETRIES: Final = ("location", "feature", "observedArea")
_PLACES: Final = ("Locations", "FeatureOfInterest", "FeaturesOfInterest", "Location")


def flat(entity: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """An entity as columns: parts of objects and of expanded entities as `Datastream/name`; lists stay JSON text.

    Addresses of other entities are left out.
    """
    columns: dict[str, Any] = {}
    for name, value in entity.items():
        if name.endswith(("@iot.navigationLink", "@iot.nextLink")):
            continue
        if isinstance(value, Mapping) and name not in _GEOMETRIES:
            columns |= flat(value, f"{prefix}{name}/")
        else:
            columns[f"{prefix}{name}"] = value
    return columns


def csv_text(entities: Sequence[Mapping[str, Any]]) -> bytes:
    """A header and a line for each entity, as RFC 4180 has it, in UTF-8.

    A text that a spreadsheet would take for a formula gets an apostrophe in front, as in our other CSV files.
    """
    rows = [flat(entity) for entity in entities]
    header = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([_cell(row.get(name)) for name in header] for row in rows)
    return out.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_DANGEROUS) else value
    return orjson.dumps(value).decode()


def feature_collection(entities: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """RFC 7946. The geometry is the entity's own, else that of the first place that is expanded in it, else null."""
    return {"type": "FeatureCollection", "features": [_feature(entity) for entity in entities]}


def _feature(entity: Mapping[str, Any]) -> dict[str, Any]:
    feature: dict[str, Any] = {"type": "Feature", "geometry": _geometry(entity)}
    if "@iot.id" in entity:
        feature["id"] = entity["@iot.id"]
    kept = {name: value for name, value in entity.items() if name not in _GEOMETRIES}
    feature["properties"] = flat(kept)
    return feature


def _geometry(entity: Mapping[str, Any]) -> Any:
    for name in _GEOMETRIES:
        if isinstance(found := entity.get(name), Mapping):
            return found.get("geometry") if found.get("type") == "Feature" else found
    for name in _PLACES:
        place = entity.get(name)
        if isinstance(place, list):
            place = place[0] if place else None
        if isinstance(place, Mapping) and (geometry := _geometry(place)) is not None:
            return geometry
    return None
