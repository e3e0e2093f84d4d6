"""Load the administrative units of `catalogue/areas` into the database."""

import csv
import json
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb

_MERGED_ON: Final = "2025-07-01"
"""The communes and the province are those in force since this day."""

_UPSERT: Final = """
INSERT INTO area (code, parent_code, name, name_en, full_name, full_name_en, unit_type, area_km2,
                  label_lon, label_lat, bbox, boundary, valid_from)
VALUES (%(code)s, %(parent_code)s, %(name)s, %(name_en)s, %(full_name)s, %(full_name_en)s, %(unit_type)s,
        %(area_km2)s, %(label_lon)s, %(label_lat)s, %(bbox)s, %(boundary)s, %(valid_from)s)
ON CONFLICT (code) DO UPDATE SET
    parent_code = excluded.parent_code, name = excluded.name, name_en = excluded.name_en,
    full_name = excluded.full_name, full_name_en = excluded.full_name_en, unit_type = excluded.unit_type,
    area_km2 = excluded.area_km2, label_lon = excluded.label_lon, label_lat = excluded.label_lat,
    bbox = excluded.bbox, boundary = excluded.boundary, valid_from = excluded.valid_from
"""


def load_areas(url: str, catalogue: Path) -> int:
    """Insert or update the province and its communes from GeoJSON; returns how many units there are.

    Raises:
        FileNotFoundError: the catalogue has no areas.
        ValueError: a feature lacks a code, a name or a boundary.
    """
    folder = catalogue / "areas"
    labels = _labels(folder / "laocai-communes.csv")
    rows = [
        *_rows(folder / "laocai-province.geojson", labels, parent_code=None),
        *_rows(folder / "laocai-communes.geojson", labels, parent_code="15"),
    ]
    with psycopg.connect(url, connect_timeout=10) as connection, connection.cursor() as cursor:
        cursor.executemany(_UPSERT, rows)
    return len(rows)


def _labels(path: Path) -> dict[str, tuple[float, float]]:
    """Longitude and latitude of a point inside each commune."""
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: (float(row["label_lon"]), float(row["label_lat"])) for row in csv.DictReader(file)
        }


def _rows(
    path: Path, labels: dict[str, tuple[float, float]], *, parent_code: str | None
) -> list[dict[str, Any]]:
    collection = json.loads(path.read_text(encoding="utf-8"))
    return [_row(feature, labels, parent_code, path) for feature in collection["features"]]


def _row(
    feature: dict[str, Any], labels: dict[str, tuple[float, float]], parent_code: str | None, path: Path
) -> dict[str, Any]:
    properties = feature["properties"]
    try:
        code, name, geometry = str(properties["code"]), properties["name"], feature["geometry"]
        longitudes, latitudes = zip(*_positions(geometry["coordinates"]), strict=True)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name}: a feature has no usable code, name or boundary: {error}") from error
    middle = ((min(longitudes) + max(longitudes)) / 2, (min(latitudes) + max(latitudes)) / 2)
    label = labels.get(code, middle)
    bbox = [min(longitudes), min(latitudes), max(longitudes), max(latitudes)]
    return {
        "code": code,
        "parent_code": parent_code,
        "name": name,
        "name_en": properties.get("name_en", name),
        "full_name": properties.get("full_name", name),
        "full_name_en": properties.get("full_name_en", name),
        "unit_type": properties.get("unit_type", "tỉnh"),
        "area_km2": properties.get("area_km2"),
        "label_lon": label[0],
        "label_lat": label[1],
        "bbox": bbox,
        "boundary": Jsonb(geometry),
        "valid_from": _MERGED_ON,
    }


def _positions(coordinates: Any) -> list[tuple[float, float]]:
    if isinstance(coordinates[0], int | float):
        return [(coordinates[0], coordinates[1])]
    return [position for part in coordinates for position in _positions(part)]
